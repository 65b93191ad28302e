/**
 * The small helpers that bundlers and compilers put beside modules: those that define getters on an object, and those that
 * stand between CommonJS exports and ES imports. Known by what their bodies do.
 */
import type * as t from "@babel/types";
import { plainKey, type FunctionNode, type Node } from "../syntax.ts";
import type { Unit } from "../unit.ts";
import { callsOfHelper } from "./commonjs.ts";
import { heldBy, literalMembers, type Interop, type WrappedModules } from "./wrapped-module.ts";

/** Longest source of a helper. */
const helperLength = 900;

function paramIndex(fn: FunctionNode, node: Node | undefined): number {
  if (node?.type !== "Identifier") return -1;
  return fn.params.findIndex((param) => param.type === "Identifier" && param.name === node.name);
}

/** The calls of `Object.defineProperty`, also of a name that holds it. */
function definingCalls(unit: Unit): t.CallExpression[] {
  const found: t.CallExpression[] = [];
  for (const member of unit.index.members.get("defineProperty") ?? []) {
    const parent = unit.parentOf(member);
    if (parent?.type === "CallExpression" && parent.callee === member) found.push(parent);
    const held = heldBy(unit, member);
    for (const read of held?.reads ?? []) {
      const call = unit.parentOf(read);
      if (call?.type === "CallExpression" && call.callee === read) found.push(call);
    }
  }
  return found;
}

/** The `get` of a descriptor. */
function getterOf(descriptor: Node | undefined): Node | undefined {
  return literalMembers(descriptor)?.find(({ name }) => name === "get")?.node;
}

/** A helper that defines getters: `table` is the argument that holds them, `name` and `get` those of a single one. */
interface DefineHelper {
  readonly fn: FunctionNode;
  /** The argument that they are defined on; -1: the call's result. */
  readonly target: number;
  readonly table?: number;
  readonly name?: number;
  readonly get?: number;
}

function defineHelper(unit: Unit, call: t.CallExpression): DefineHelper | undefined {
  const fn = unit.functionOf(call);
  const get = getterOf(call.arguments[2]);
  if (fn === undefined || get === undefined) return undefined;
  const target = paramIndex(fn, call.arguments[0]);
  if (get.type === "MemberExpression" && get.computed) {
    const table = paramIndex(fn, get.object);
    return table < 0 ? undefined : { fn, target, table };
  }
  const name = paramIndex(fn, call.arguments[1]);
  const index = paramIndex(fn, get);
  return name < 0 || index < 0 || target < 0 ? undefined : { fn, target, name, get: index };
}

function targetOf(unit: Unit, call: t.CallExpression, helper: DefineHelper): Node | undefined {
  if (helper.target >= 0) return call.arguments[helper.target];
  const parent = unit.parentOf(call);
  return parent?.type === "VariableDeclarator" ? parent.id : undefined;
}

function defineBy(
  wrapped: WrappedModules,
  helper: DefineHelper,
  at: { unit: Unit; call: t.CallExpression },
): void {
  const { unit, call } = at;
  if (helper.target >= 0) wrapped.markDefinition(call);
  const target = targetOf(unit, call, helper);
  if (target === undefined) return;
  if (helper.table === undefined) {
    const key = call.arguments[helper.name ?? 0] as Node | undefined;
    const name = key && plainKey(key, true);
    const node = call.arguments[helper.get ?? 0] as Node | undefined;
    if (name !== undefined && node) wrapped.define(unit, target, { name, node, getter: true });
    return;
  }
  for (const { name, node } of literalMembers(call.arguments[helper.table]) ?? []) {
    wrapped.define(unit, target, { name, node, getter: true });
  }
}

/** Finds the helpers that define getters, and what they define. */
export function findDefinitions(wrapped: WrappedModules): void {
  for (const unit of wrapped.units) {
    for (const call of definingCalls(unit)) {
      const helper = defineHelper(unit, call);
      if (helper === undefined) continue;
      for (const at of callsOfHelper(wrapped, unit, helper.fn)) defineBy(wrapped, helper, at);
    }
  }
}

/** Which interop helper a function is that looks at `__esModule` of its first parameter. */
function interopKind(unit: Unit, fn: FunctionNode): Interop | undefined {
  const text = unit.textOf(fn);
  if (text.length > helperLength || fn.params.length === 0) return undefined;
  if (/\bdefault["'`]?\s*:\s*[\w$]+\s*\}/.test(text)) return "namespace";
  if (/["'`]default["'`]\s*,\s*\{\s*value\s*:/.test(text)) return "namespace";
  return fn.params.length === 1 && /\.default\s*:/.test(text) ? "default" : undefined;
}

/** Finds the interop helpers: `__toESM`, `_interopRequireDefault`, `getDefaultExportFromCjs` and the like. */
export function findInterop(wrapped: WrappedModules): void {
  for (const unit of wrapped.units) {
    for (const member of unit.index.members.get("__esModule") ?? []) {
      const fn = unit.functionOf(member);
      if (fn === undefined) continue;
      const looksAtParam = paramIndex(fn, member.object) === 0;
      const kind = looksAtParam ? interopKind(unit, fn) : undefined;
      if (kind === undefined) continue;
      for (const { call } of callsOfHelper(wrapped, unit, fn)) wrapped.interop(call, kind);
    }
  }
}
