/** The members of classes and constructors, as they stand in the code. */
import type * as t from "@babel/types";
import { isFunction, plainKey, type ClassNode, type Node } from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";

export type Member = ClassNode["body"]["body"][number];

export function memberKey(member: Member): string | undefined {
  if (!("key" in member)) return undefined;
  return plainKey(member.key, "computed" in member && member.computed);
}

export function isStatic(member: Member): boolean {
  return "static" in member && member.static === true;
}

/** The constructor that runs for a class, or undefined if it is inherited or there is none. */
export function constructorOf(node: ClassNode): t.ClassMethod | undefined {
  return node.body.body.find(
    (member): member is t.ClassMethod =>
      member.type === "ClassMethod" && member.kind === "constructor",
  );
}

const writesOfClass = new WeakMap<ClassNode, Map<string, t.AssignmentExpression[]>>();

/** `this.k = …` in the methods of a class, by key. */
export function selfWrites(node: ClassNode): Map<string, t.AssignmentExpression[]> {
  const known = writesOfClass.get(node);
  if (known !== undefined) return known;
  const functions = node.body.body.filter((member) => isFunction(member) && !isStatic(member));
  const writes = writesIn(functions);
  writesOfClass.set(node, writes);
  return writes;
}

/** `this.k = …` in functions, by key. */
export function writesIn(functions: readonly Node[]): Map<string, t.AssignmentExpression[]> {
  const writes = new Map<string, t.AssignmentExpression[]>();
  for (const fn of functions) {
    for (const inner of isFunction(fn) ? ownedNodes(fn) : []) {
      if (inner.type !== "AssignmentExpression" || inner.left.type !== "MemberExpression") continue;
      if (inner.left.object.type !== "ThisExpression") continue;
      const key = plainKey(inner.left.property, inner.left.computed);
      if (key !== undefined) writes.set(key, [...(writes.get(key) ?? []), inner]);
    }
  }
  return writes;
}
