/** Fields of classes as compilers write them for older browsers: calls like `__publicField(this, "key", value)`. */
import type * as t from "@babel/types";
import { literalText, type FunctionNode, type Node } from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";
import type { Evaluation } from "./evaluation.ts";
import { isThis } from "./super-calls.ts";

/** Longest source of a helper. */
const helperLength = 600;

const helpers = new WeakMap<FunctionNode, boolean>();

export interface DefinedField {
  readonly key: string;
  /** Undefined for a field that is only declared. */
  readonly value: Node | undefined;
}

/** The field of `this` that a call defines, or undefined if it is no such call. */
export function definedField(evaluation: Evaluation, call: Node): DefinedField | undefined {
  if (call.type !== "CallExpression") return undefined;
  const [object, name, value] = call.arguments as Node[];
  const key = name && literalText(name);
  if (object === undefined || key === undefined || call.arguments.length > 3) return undefined;
  if (!isThis(evaluation, object)) return undefined;
  return isHelper(evaluation, call.callee) ? { key, value } : undefined;
}

function isHelper(evaluation: Evaluation, callee: Node): boolean {
  const [only] = evaluation.evaluate(callee, evaluation.bareRoot);
  return only?.kind === "function" && definesField(evaluation, only.node);
}

/** Whether a function sets the member of its first argument that its second names. */
function definesField(evaluation: Evaluation, fn: FunctionNode): boolean {
  const known = helpers.get(fn);
  if (known !== undefined) return known;
  // A helper that calls itself is none.
  helpers.set(fn, false);
  const found = setsMember(evaluation, fn);
  helpers.set(fn, found);
  return found;
}

function setsMember(evaluation: Evaluation, fn: FunctionNode): boolean {
  const [object, key] = fn.params;
  if (object?.type !== "Identifier" || key?.type !== "Identifier") return false;
  if (evaluation.program.unitOf(fn).textOf(fn).length > helperLength) return false;
  const isObject = (node: Node | undefined): boolean =>
    node?.type === "Identifier" && node.name === object.name;
  return ownedNodes(fn).some((node) => {
    if (node.type === "AssignmentExpression") return isMemberOf(node.left, object, key);
    if (node.type !== "CallExpression" || !isObject(node.arguments[0])) return false;
    return isHelper(evaluation, node.callee);
  });
}

function isMemberOf(node: Node, object: t.Identifier, key: t.Identifier): boolean {
  if (node.type !== "MemberExpression" || !node.computed) return false;
  if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return false;
  return node.object.name === object.name && node.property.name === key.name;
}
