/** What webpack's require function is used for: loading, interop, and defining exports. Its members' names are webpack's own. */
import type { Binding } from "../scope.ts";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  plainKey,
  type CallNode,
  type Node,
} from "../syntax.ts";
import type { Unit } from "../unit.ts";
import { readParams } from "./exports.ts";
import {
  heldBy,
  isCallOf,
  literalId,
  literalMembers,
  type DefinedMember,
  type WrappedModule,
  type WrappedModules,
} from "./wrapped-module.ts";

interface Requires {
  readonly unit: Unit;
  readonly binding: Binding;
  readonly table: ReadonlyMap<string, readonly WrappedModule[]>;
}

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

function load(
  wrapped: WrappedModules,
  requires: Requires,
  at: { call: Node; id: Node | undefined },
): void {
  const id = literalId(at.id);
  for (const module of (id === undefined ? undefined : requires.table.get(id)) ?? []) {
    wrapped.load(at.call, module);
  }
}

/** `promise.then(require.bind(require, id))`: the promise gives the module. */
function bound(wrapped: WrappedModules, requires: Requires, bind: Call): void {
  const then = requires.unit.parentOf(bind);
  const isThen =
    isCall(then) &&
    isMember(then.callee) &&
    memberName(then.callee) === "then" &&
    then.arguments[0] === bind;
  load(wrapped, requires, {
    call: isThen ? then : bind,
    id: bind.arguments[1],
  });
}

/**
 * `{name: () => value}`, and the list `["name", () => value, "other", 0, value]` of later versions. A setter may follow a
 * getter.
 */
export function definitions(node: Node | undefined, getter: boolean): DefinedMember[] {
  if (node?.type === "ArrayExpression") return listed(node.elements);
  return (literalMembers(node) ?? []).map((member) => ({ ...member, getter }));
}

function listed(elements: readonly (Node | null)[]): DefinedMember[] {
  const found: DefinedMember[] = [];
  for (let at = 0; at < elements.length;) {
    const name = literalId(elements[at]);
    const next = elements[at + 1];
    if (name === undefined || !next) return found;
    const isValue = next.type === "NumericLiteral";
    const node = isValue ? elements[at + 2] : next;
    if (node) found.push({ name, node, getter: !isValue });
    at += isValue || isFunction(elements[at + 2]) ? 3 : 2;
  }
  return found;
}

function define(wrapped: WrappedModules, unit: Unit, call: Call): void {
  const [target, second, third] = call.arguments as Node[];
  if (target === undefined) return;
  wrapped.markDefinition(call);
  const name = plainKey(second as Node, true);
  const members =
    name !== undefined && isFunction(third)
      ? [{ name, node: third, getter: true }]
      : [...definitions(second, true), ...definitions(third, false)];
  for (const member of members) wrapped.define(unit, target, member);
}

function markedEs(wrapped: WrappedModules, unit: Unit, call: Call): void {
  wrapped.markDefinition(call);
  const [target] = call.arguments;
  const binding = target?.type === "Identifier" ? unit.bindingOf(target) : undefined;
  const role = binding === undefined ? undefined : wrapped.roleOf(binding);
  if (role?.role === "exports") role.module.es = true;
}

/** A call of a member of the require function: `require.n(…)`. */
function helperCall(
  wrapped: WrappedModules,
  requires: Requires,
  named: { name: string; call: Call },
): void {
  const { name, call } = named;
  if (name === "bind") bound(wrapped, requires, call);
  else if (name === "n") wrapped.interop(call, "getter");
  else if (name === "t") namespaceCall(wrapped, requires, call);
  else if (name === "d") define(wrapped, requires.unit, call);
  else if (name === "r") markedEs(wrapped, requires.unit, call);
  else if (name === "cw") wrappedAlone(wrapped, requires.unit, call);
}

/** `require.cw((module, exports) => {…})`: a CommonJS module beside others in one scope, as the function that loads it. */
function wrappedAlone(wrapped: WrappedModules, unit: Unit, call: Call): void {
  const [factory] = call.arguments;
  const held = heldBy(unit, call);
  if (!isFunction(factory) || held === undefined) return;
  const module = wrapped.add(unit, factory, ["module", "exports"]);
  readParams(wrapped, module);
  for (const read of held.reads) {
    const use = unit.parentOf(read);
    if (isCallOf(use, read)) wrapped.load(use, module);
  }
}

/** The call of a member, or of its `bind`. */
export function callOfMember(unit: Unit, member: Node): Call | undefined {
  const parent = unit.parentOf(member);
  if (isCall(parent)) return parent.callee === member ? parent : undefined;
  if (parent === undefined || !isMember(parent) || memberName(parent) !== "bind") return undefined;
  const call = unit.parentOf(parent);
  return isCall(call) && call.callee === parent ? call : undefined;
}

/** `require.t(id, mode)` makes a namespace of what a module exports; it may be bound for later. */
function namespaceCall(wrapped: WrappedModules, requires: Requires, call: Call): void {
  const [first] = call.arguments;
  if (first?.type === "Identifier" && first.name === requires.binding.name) {
    bound(wrapped, requires, call);
  } else if (literalId(first) === undefined) {
    wrapped.interop(call, "namespace");
  } else load(wrapped, requires, { call, id: first });
}

/** Reads every use of a require function. */
export function readRequires(wrapped: WrappedModules, requires: Requires): void {
  const { unit, binding } = requires;
  for (const read of binding.reads) {
    const parent = unit.parentOf(read);
    if (isCall(parent) && parent.callee === read) {
      load(wrapped, requires, { call: parent, id: parent.arguments[0] });
      continue;
    }
    if (parent === undefined || !isMember(parent) || parent.object !== read) continue;
    const name = memberName(parent);
    const call = callOfMember(unit, parent);
    if (name !== undefined && call !== undefined) helperCall(wrapped, requires, { name, call });
  }
}
