/** The members of classes and constructors, as they stand in the code. */
import type * as t from "@babel/types";
import { isFunction, plainKey, type ClassNode, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { ownedNodes } from "./bodies.ts";
import type { Evaluation } from "./evaluation.ts";
import { definedField } from "./field-helpers.ts";
import { isThis } from "./super-calls.ts";
import { sharingThis } from "./this-carriers.ts";

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

/** A place that sets a member of `this`. */
export interface SelfWrite {
  readonly at: Node;
  /** Undefined where the member is only declared. */
  readonly value: Node | undefined;
  /** Undefined where it is set. */
  readonly operator: "+=" | "other" | undefined;
}

const writesOfClass = new WeakMap<ClassNode, Map<string, SelfWrite[]>>();

/** `this.k = …` in the methods of a class, by key. */
export function selfWrites(evaluation: Evaluation, node: ClassNode): Map<string, SelfWrite[]> {
  const known = writesOfClass.get(node);
  if (known !== undefined) return known;
  const functions = node.body.body.filter((member) => isFunction(member) && !isStatic(member));
  const writes = writesIn(evaluation, functions);
  writesOfClass.set(node, writes);
  return writes;
}

/** `this.k = …` in functions, by key, and the same through a compiler's helper. */
export function writesIn(
  evaluation: Evaluation,
  functions: readonly Node[],
): Map<string, SelfWrite[]> {
  const writes = new Map<string, SelfWrite[]>();
  const sharing = functions.flatMap((fn) => (isFunction(fn) ? sharingThis(evaluation, fn) : []));
  for (const fn of new Set(sharing)) {
    for (const inner of ownedNodes(fn)) {
      const write = memberWrite(evaluation, inner) ?? definedField(evaluation, inner);
      if (write === undefined) continue;
      const { key, value } = write;
      writes.set(key, [
        ...(writes.get(key) ?? []),
        { at: inner, value, operator: operatorOf(inner) },
      ]);
    }
  }
  return writes;
}

/** How an assignment changes what was there; undefined where it sets it. */
function operatorOf(node: Node): SelfWrite["operator"] {
  if (node.type !== "AssignmentExpression" || /^(?:\|\||&&|\?\?)?=$/.test(node.operator)) {
    return undefined;
  }
  return node.operator === "+=" ? "+=" : "other";
}

function memberWrite(evaluation: Evaluation, node: Node): { key: string; value: Node } | undefined {
  if (node.type !== "AssignmentExpression" || node.left.type !== "MemberExpression") {
    return undefined;
  }
  if (!isThis(evaluation, node.left.object)) return undefined;
  const key = plainKey(node.left.property, node.left.computed);
  return key === undefined ? undefined : { key, value: node.right };
}

/** Whether a write surely runs when an object is made: a statement of the constructor itself. */
export function isConstructorStatement(unit: Unit, node: ClassNode, write: SelfWrite): boolean {
  if (write.operator !== undefined) return false;
  let at = unit.parentOf(write.at);
  if (at?.type === "SequenceExpression") at = unit.parentOf(at);
  if (at?.type !== "ExpressionStatement") return false;
  const target = constructorOf(node);
  return target !== undefined && unit.parentOf(at) === target.body;
}
