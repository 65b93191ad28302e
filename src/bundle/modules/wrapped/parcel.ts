/** Parcel's runtime: `parcelRequire….register("id", function (module, exports) {…})`, and `parcelRequire…("id")`. */
import type { Binding } from "../scope.ts";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../syntax.ts";
import type { Unit } from "../unit.ts";
import { readParams } from "./exports.ts";
import {
  heldBy,
  isCallOf,
  literalId,
  type WrappedModule,
  type WrappedModules,
} from "./wrapped-module.ts";

/** The global that all scripts of one build share; a hash may follow. */
const globalName = /^parcelRequire\w*$/;

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

interface Uses {
  /** Calls of the require function. */
  readonly loads: Node[];
  readonly registrations: { unit: Unit; call: Call }[];
}

/** A member of the require function: `register`, called or kept under a name. */
function memberUse(unit: Unit, member: Node, uses: Uses): void {
  if (!isMember(member) || memberName(member) !== "register") return;
  const call = unit.parentOf(member);
  if (isCallOf(call, member)) uses.registrations.push({ unit, call });
  const held = heldBy(unit, member);
  for (const read of held?.reads ?? []) {
    const named = unit.parentOf(read);
    if (isCallOf(named, read)) uses.registrations.push({ unit, call: named });
  }
}

function requireUses(unit: Unit, require: Binding, uses: Uses): void {
  for (const read of require.reads) {
    const parent = unit.parentOf(read);
    if (isCallOf(parent, read)) uses.loads.push(parent);
    else if (parent !== undefined && isMember(parent) && parent.object === read) {
      memberUse(unit, parent, uses);
    }
  }
}

function usesOf(wrapped: WrappedModules, name: string): Uses {
  const uses: Uses = { loads: [], registrations: [] };
  for (const unit of wrapped.units) {
    for (const member of unit.index.members.get(name) ?? []) {
      const require = heldBy(unit, member);
      if (require !== undefined) requireUses(unit, require, uses);
      const parent = unit.parentOf(member);
      if (isCallOf(parent, member)) uses.loads.push(parent);
      else if (parent !== undefined && isMember(parent)) memberUse(unit, parent, uses);
    }
  }
  return uses;
}

function register(wrapped: WrappedModules, unit: Unit, factory: FunctionNode): WrappedModule {
  const module = wrapped.add(unit, factory, ["module", "exports"]);
  readParams(wrapped, module);
  return module;
}

/** Finds the modules of parcel builds. */
export function findParcelModules(wrapped: WrappedModules): void {
  const names = new Set(wrapped.units.flatMap((unit) => [...unit.index.members.keys()]));
  for (const name of names) {
    if (!globalName.test(name)) continue;
    const uses = usesOf(wrapped, name);
    const modules = new Map<string, WrappedModule>();
    for (const { unit, call } of uses.registrations) {
      const id = literalId(call.arguments[0]);
      const factory = call.arguments[1];
      if (id === undefined || !isFunction(factory) || modules.has(id)) continue;
      modules.set(id, register(wrapped, unit, factory));
    }
    for (const load of uses.loads) {
      const id = isCall(load) ? literalId(load.arguments[0]) : undefined;
      const module = id === undefined ? undefined : modules.get(id);
      if (module !== undefined) wrapped.load(load, module);
    }
  }
}
