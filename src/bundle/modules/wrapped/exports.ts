/** CommonJS exports inside a wrapped module: members of `exports`, `module.exports`, and properties defined on them. */
import type * as t from "@babel/types";
import { isCall, isMember, memberName, plainKey, type Node } from "../syntax.ts";
import type { Binding } from "../scope.ts";
import type { Unit } from "../unit.ts";
import {
  literalMembers,
  type Role,
  type WrappedModule,
  type WrappedModules,
} from "./wrapped-module.ts";

/** `void 0` in `exports.a = exports.b = void 0` says nothing of the export. */
function isVoid(node: Node): boolean {
  return node.type === "UnaryExpression" && node.operator === "void";
}

/** The value at the end of `exports.a = exports.b = value`. */
function assigned(node: t.AssignmentExpression): Node {
  let value: Node = node.right;
  while (value.type === "AssignmentExpression" && isMember(value.left)) value = value.right;
  return value;
}

/** `Object.defineProperty(exports, "name", {get() {…}})`, also with a value. */
function definedProperty(wrapped: WrappedModules, unit: Unit, target: Node): void {
  const call = unit.parentOf(target);
  if (!isCall(call) || call.arguments[0] !== target || !isMember(call.callee)) return;
  if (memberName(call.callee) !== "defineProperty") return;
  const name = plainKey(call.arguments[1] as Node, true);
  if (name === undefined) return;
  for (const { name: key, node } of literalMembers(call.arguments[2]) ?? []) {
    if (key === "get" || key === "value") {
      wrapped.define(unit, target, { name, node, getter: key === "get" });
    }
  }
}

/** What is done with an expression that holds the exports of a module. */
function exportsUse(wrapped: WrappedModules, unit: Unit, target: Node): void {
  const parent = unit.parentOf(target);
  if (parent?.type !== "MemberExpression" || parent.object !== target) {
    return definedProperty(wrapped, unit, target);
  }
  const name = memberName(parent);
  const write = unit.parentOf(parent);
  if (write?.type !== "AssignmentExpression" || write.left !== parent) return;
  const node = assigned(write);
  if (name === undefined || write.operator !== "=" || isVoid(node)) return;
  wrapped.define(unit, target, { name, node, getter: false });
}

/** `module.exports`: its members, and what replaces it. */
function moduleUse(wrapped: WrappedModules, role: Role, read: Node): void {
  const { unit } = role.module;
  const member = unit.parentOf(read);
  if (member?.type !== "MemberExpression" || member.object !== read) return;
  if (memberName(member) !== "exports") return;
  const write = unit.parentOf(member);
  if (write?.type === "AssignmentExpression" && write.left === member) {
    const node = assigned(write);
    if (write.operator === "=" && !isVoid(node)) wrapped.replace(role.module, node);
  } else exportsUse(wrapped, unit, member);
}

/** Reads what a module exports through the names that it is given. */
export function readExports(wrapped: WrappedModules, binding: Binding): void {
  const role = wrapped.roleOf(binding);
  if (role === undefined || role.role === "require") return;
  for (const read of binding.reads) {
    if (role.role === "exports") exportsUse(wrapped, role.module.unit, read);
    else moduleUse(wrapped, role, read);
  }
}

/** Reads what a module's function does with the names that it is given. */
export function readParams(wrapped: WrappedModules, { unit, factory }: WrappedModule): void {
  for (const param of factory.params) {
    const binding =
      param.type === "Identifier" ? unit.scopeOf(param).lookup(param.name) : undefined;
    if (binding !== undefined) readExports(wrapped, binding);
  }
}
