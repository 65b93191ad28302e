/**
 * Functions that run with the `this` of another, as compilers take methods apart: the body of a generator that is given
 * together with `this`, an asynchronous function behind helpers that is called by `f.apply(this, arguments)`.
 */
import type * as t from "@babel/types";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { heldBy } from "../modules/wrapped/wrapped-module.ts";
import { ownedNodes } from "./bodies.ts";
import type { Evaluation } from "./evaluation.ts";
import { isThis } from "./super-calls.ts";

type Call = Exclude<CallNode, t.TaggedTemplateExpression>;

/** Most helpers around a function. */
const helperDepth = 4;

function hasOwnThis(node: Node | null | undefined): node is FunctionNode {
  return isFunction(node) && node.type !== "ArrowFunctionExpression";
}

/** The function that helpers are put around: `f`, `wrap(mark(f))`, a variable that holds that. */
function innermost(evaluation: Evaluation, node: Node | null | undefined, depth = 0): Node[] {
  if (!node || depth > helperDepth) return [];
  if (hasOwnThis(node)) return [node];
  if (node.type === "AssignmentExpression") return innermost(evaluation, node.right, depth + 1);
  if (isCall(node)) return innermost(evaluation, node.arguments[0], depth + 1);
  const binding = node.type === "Identifier" ? evaluation.program.bindingOf(node) : undefined;
  const values = [
    ...(binding?.declarations ?? []).map((one) =>
      one.type === "VariableDeclarator" ? one.init : undefined,
    ),
    ...(binding?.writes ?? []).map((one) =>
      one.type === "AssignmentExpression" ? one.right : undefined,
    ),
  ];
  return values.flatMap((value) => (isCall(value) ? innermost(evaluation, value, depth + 1) : []));
}

/** The functions whose `this` becomes an argument of a call that is `this` itself. */
export function carriedInto(evaluation: Evaluation, call: Call, given: Node): FunctionNode[] {
  const { callee } = call;
  const name = isMember(callee) ? memberName(callee) : undefined;
  if (isMember(callee) && /^(?:apply|call|bind)$/.test(name ?? "")) {
    return call.arguments[0] === given
      ? innermost(evaluation, callee.object).filter(hasOwnThis)
      : [];
  }
  return (call.arguments as Node[]).filter(hasOwnThis);
}

/** Whether a function is the body of a generator taken apart: `for (;;) switch (state.next) {…}`, or gives one. */
export function isSteps({ body }: FunctionNode): boolean {
  const first = body.type === "BlockStatement" ? body.body[0] : undefined;
  if (first?.type === "ForStatement" || first?.type === "WhileStatement") {
    return first.body.type === "SwitchStatement" || first.body.type === "BlockStatement";
  }
  if (first?.type !== "ReturnStatement") return first?.type === "SwitchStatement";
  const given = isCall(first.argument) ? first.argument.arguments : [];
  return given.some((one) => isFunction(one) && isSteps(one));
}

/** `f.apply(this, arguments)` of what holds a function. */
function appliedTo(evaluation: Evaluation, held: Node): Node[] {
  const { program } = evaluation;
  const member = program.parentOf(held);
  if (!isMember(member) || member.object !== held) return [];
  if (!/^(?:apply|call|bind)$/.test(memberName(member) ?? "")) return [];
  const call = program.parentOf(member);
  const [self] = isCall(call) && call.callee === member ? (call.arguments as Node[]) : [];
  return self !== undefined && isThis(evaluation, self) ? [self] : [];
}

/** The expressions that give a function its `this`; none for a function that is called in ways of its own. */
export function carriersOf(evaluation: Evaluation, fn: FunctionNode): Node[] {
  const { program } = evaluation;
  const call = program.parentOf(fn);
  if (isCall(call) && call.callee !== fn) {
    const beside = (call.arguments as Node[]).find((one) => one.type === "ThisExpression");
    if (beside !== undefined) return [beside];
  }
  let at: Node = fn;
  const found: Node[] = [];
  for (let depth = 0; depth <= helperDepth; depth += 1) {
    found.push(...appliedTo(evaluation, at));
    const held = heldBy(program.unitOf(at), at);
    for (const read of held?.reads ?? []) found.push(...appliedTo(evaluation, read));
    const outer = program.parentOf(at);
    const isHelper = isCall(outer) && outer.arguments[0] === at;
    if (!isHelper && outer?.type !== "AssignmentExpression") break;
    at = outer;
  }
  return found;
}

/** The functions whose own `this` an expression sees, through all that carry it; undefined for none. */
export function thisOwners(evaluation: Evaluation, node: Node): (FunctionNode | undefined)[] {
  const found = new Set<FunctionNode | undefined>();
  const seen = new Set<FunctionNode>();
  const waiting = [node];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const unit = evaluation.program.unitOf(at);
    let fn = unit.functionOf(at);
    while (fn?.type === "ArrowFunctionExpression") fn = unit.functionOf(fn);
    if (fn !== undefined && seen.has(fn)) continue;
    if (fn !== undefined) seen.add(fn);
    const carriers = fn === undefined ? [] : carriersOf(evaluation, fn);
    if (carriers.length === 0) found.add(fn);
    waiting.push(...carriers);
  }
  return [...found];
}

/** A function and those that run with its `this`. */
export function sharingThis(evaluation: Evaluation, fn: FunctionNode): FunctionNode[] {
  const found = new Set([fn]);
  for (const one of found) {
    for (const inner of ownedNodes(one)) {
      if (inner.type !== "ThisExpression") continue;
      const call = evaluation.program.parentOf(inner);
      if (!isCall(call) || call.callee === inner) continue;
      for (const carried of carriedInto(evaluation, call, inner)) found.add(carried);
    }
  }
  return [...found];
}
