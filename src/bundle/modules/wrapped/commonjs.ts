/**
 * CommonJS wrappers of esbuild and rolldown: a helper makes a function of `(exports, module) => {…}` that runs it once and
 * gives what it exports. Known by the shape of the helper, which other scripts may import.
 */
import type * as t from "@babel/types";
import type { Binding } from "../scope.ts";
import { isCall, isFunction, type FunctionNode, type Node } from "../syntax.ts";
import type { Unit } from "../unit.ts";
import { readParams } from "./exports.ts";
import { heldBy, isCallOf, type WrappedModules } from "./wrapped-module.ts";

/** `run((module = {exports: {}}).exports, module)`: the call that runs a module, seen from its first argument. */
function isFreshExports(node: Node): boolean {
  if (node.type !== "MemberExpression" || node.object.type !== "AssignmentExpression") return false;
  const { right } = node.object;
  const [property] = right.type === "ObjectExpression" ? right.properties : [];
  return property?.type === "ObjectProperty" && property.value.type === "ObjectExpression";
}

/** The helper around such a call: it gives a function, and takes the module's function first. */
function helperAround(unit: Unit, exported: Node): FunctionNode | undefined {
  const call = unit.parentOf(exported);
  if (!isFreshExports(exported) || !isCall(call) || call.arguments[0] !== exported)
    return undefined;
  const once = unit.functionOf(call);
  const helper = once && unit.functionOf(once);
  return helper !== undefined && helper.params.length > 0 ? helper : undefined;
}

/** The module's function: the argument itself, or the only method of an object that names its file. */
function factoryOf(call: t.CallExpression): FunctionNode | undefined {
  const [given] = call.arguments;
  if (given?.type === "ArrowFunctionExpression" || given?.type === "FunctionExpression")
    return given;
  const [only, ...others] = given?.type === "ObjectExpression" ? given.properties : [];
  if (only === undefined || others.length > 0) return undefined;
  if (only.type === "ObjectMethod") return only;
  return only.type === "ObjectProperty" && isFunction(only.value) ? only.value : undefined;
}

function addModule(wrapped: WrappedModules, unit: Unit, call: t.CallExpression): void {
  const factory = factoryOf(call);
  if (factory === undefined) return;
  const module = wrapped.add(unit, factory, ["exports", "module"]);
  const direct = unit.parentOf(call);
  if (isCallOf(direct, call)) wrapped.load(direct, module);
  const held = heldBy(unit, call);
  for (const { unit: at, read } of held === undefined ? [] : wrapped.reads(unit, held)) {
    const load = at.parentOf(read);
    if (isCallOf(load, read)) wrapped.load(load, module);
  }
  readParams(wrapped, module);
}

/** The calls of a helper, in every script that it reaches. */
export function callsOfHelper(
  wrapped: WrappedModules,
  unit: Unit,
  helper: FunctionNode,
): { unit: Unit; call: t.CallExpression }[] {
  const held: Binding | undefined = heldBy(unit, helper);
  if (held === undefined) return [];
  return wrapped.reads(unit, held).flatMap(({ unit: at, read }) => {
    const call = at.parentOf(read);
    return call?.type === "CallExpression" && call.callee === read ? [{ unit: at, call }] : [];
  });
}

/** Finds the CommonJS modules that esbuild and rolldown wrapped. */
export function findCommonJsModules(wrapped: WrappedModules): void {
  for (const unit of wrapped.units) {
    for (const member of unit.index.members.get("exports") ?? []) {
      const helper = helperAround(unit, member);
      if (helper === undefined) continue;
      for (const { unit: at, call } of callsOfHelper(wrapped, unit, helper)) {
        addModule(wrapped, at, call);
      }
    }
  }
}
