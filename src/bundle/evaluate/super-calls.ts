/**
 * How constructor functions run the constructor that they inherit from, and hold their object meanwhile:
 * `_this = callSuper(this, C, [args])`, `_this = _super.call(this, args) || this`, as compilers write `super(args)`.
 */
import type { CallExpression } from "@babel/types";
import { isMember, memberName, spreadOf, type FunctionNode, type Node } from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";
import { namesConstructor, prototypeOf } from "./constructors.ts";
import type { Evaluation } from "./evaluation.ts";
import { onlyValue } from "./only-value.ts";

/** The call that runs the inherited constructor. */
export interface SuperCall {
  readonly call: CallExpression;
  /** Arguments as that constructor sees them. */
  readonly args: readonly Node[];
}

function listed(list: Node | undefined): Node[] {
  return list === undefined ? [] : [spreadOf(list)];
}

/** `Parent.call(this, a, b)`, `Parent.apply(this, list)`, whatever gives the parent but a member of an object. */
function indirect(call: CallExpression): Node[] | undefined {
  const { callee } = call;
  const [, ...rest] = call.arguments as Node[];
  if (!isMember(callee) || isMember(callee.object)) return undefined;
  const name = memberName(callee);
  if (name === "apply") return listed(rest[0]);
  return name === "call" ? rest : undefined;
}

/** Whether something is done with a value: what checks how a constructor is called takes the same arguments, and gives none. */
function isUsed({ program }: Evaluation, value: Node): boolean {
  let at = value;
  let parent = program.parentOf(at);
  while (parent?.type === "SequenceExpression" && parent.expressions.at(-1) === at) {
    at = parent;
    parent = program.parentOf(at);
  }
  return parent?.type !== "ExpressionStatement" && parent?.type !== "SequenceExpression";
}

/** Says whether a call runs the constructor that the function around it inherits from. */
export function superCall(evaluation: Evaluation, call: Node | undefined): SuperCall | undefined {
  if (call?.type !== "CallExpression" || call.arguments[0]?.type !== "ThisExpression") {
    return undefined;
  }
  const fn = evaluation.program.unitOf(call).functionOf(call);
  if (!isUsed(evaluation, call)) return undefined;
  if (fn === undefined || prototypeOf(evaluation, fn).parents.length === 0) return undefined;
  const [, own, list] = call.arguments as Node[];
  const args =
    own?.type === "Identifier" && namesConstructor(evaluation, fn, own)
      ? listed(list)
      : indirect(call);
  return args && { call, args };
}

/** The calls by which a constructor function runs the one that it inherits from. */
export function superCallsIn(evaluation: Evaluation, fn: FunctionNode): SuperCall[] {
  return ownedNodes(fn).flatMap((node) => superCall(evaluation, node) ?? []);
}

/** Whether an expression gives `this`, perhaps after the inherited constructor has run. */
function givesThis(evaluation: Evaluation, value: Node | null | undefined): boolean {
  switch (value?.type) {
    case "ThisExpression":
      return true;
    case "LogicalExpression":
      return givesThis(evaluation, value.right);
    case "CallExpression":
      return (
        superCall(evaluation, value) !== undefined ||
        (value.arguments[0]?.type === "ThisExpression" &&
          superCall(evaluation, value.arguments[1]) !== undefined)
      );
    default:
      return false;
  }
}

/** `this`, or a variable that holds it. */
export function isThis(evaluation: Evaluation, node: Node): boolean {
  if (node.type === "ThisExpression") return true;
  if (node.type === "AssignmentExpression") return givesThis(evaluation, node.right);
  return givesThis(evaluation, onlyValue(evaluation, node));
}
