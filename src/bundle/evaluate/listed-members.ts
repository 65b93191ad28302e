/** Members that a list names: `["get", "post"].forEach((verb) => { client[verb] = … })`. */
import type * as t from "@babel/types";
import { isMember, memberName, type FunctionNode, type Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameFor, type Frame } from "./frame.ts";
import { plainText, type Entry, type Value, type Values } from "./values.ts";

/** Most members that one list names. */
const rowCap = 16;

interface Callback {
  readonly fn: FunctionNode;
  readonly call: t.CallExpression;
  readonly list: Node;
}

/** The function around an assignment whose first parameter names the member that is assigned. */
function namingFunction(
  evaluation: Evaluation,
  write: t.AssignmentExpression,
): FunctionNode | undefined {
  const { left } = write;
  if (left.type !== "MemberExpression" || left.property.type !== "Identifier") return undefined;
  const binding = evaluation.program.bindingOf(left.property);
  const fn = evaluation.program.unitOf(write).functionOf(write);
  const [param] = fn?.params ?? [];
  const isOwn = fn !== undefined && binding?.kind === "param" && binding.declarations.includes(fn);
  return isOwn && param?.type === "Identifier" && param.name === binding.name ? fn : undefined;
}

/** That function, where it is the callback of a list. */
function callbackAround(
  evaluation: Evaluation,
  write: t.AssignmentExpression,
): Callback | undefined {
  const fn = namingFunction(evaluation, write);
  const call = fn && evaluation.program.parentOf(fn);
  if (call?.type !== "CallExpression" || call.arguments[0] !== fn) return undefined;
  const { callee } = call;
  const isEach = isMember(callee) && memberName(callee) === "forEach";
  return fn !== undefined && isEach ? { fn, call, list: callee.object } : undefined;
}

/** The elements of a list that are all plain texts. */
function namesIn(evaluation: Evaluation, lists: Values): readonly Value[] | undefined {
  const [list, ...others] = lists;
  if (list?.kind !== "array" || others.length > 0 || list.elements.length > rowCap)
    return undefined;
  const names: Value[] = [];
  for (const element of list.elements) {
    const { node, frame, spread } = element;
    const given = element.values ?? (node === null ? [] : evaluation.evaluate(node, frame));
    const [name, ...more] = spread ? [] : given;
    if (name === undefined || more.length > 0 || plainText(name) === undefined) return undefined;
    names.push(name);
  }
  return names;
}

/** The members that an assignment in the callback of a list makes, each in the frame of its element. */
export function listedRows(
  evaluation: Evaluation,
  write: t.AssignmentExpression,
  frame: Frame,
): Omit<Entry, "node">[] | undefined {
  const around = write.operator === "=" ? callbackAround(evaluation, write) : undefined;
  if (around === undefined) return undefined;
  const { fn, call, list } = around;
  const caller = frameFor(evaluation.program.unitOf(call).functionOf(call), frame);
  const names = namesIn(evaluation, evaluation.evaluate(list, caller));
  return names?.map((name) => ({
    key: plainText(name),
    spread: false,
    frame: evaluation.frameOf(
      { kind: "function", node: fn, env: caller },
      { args: [], caller, values: [[name]] },
      call,
    ),
    optional: false,
  }));
}

/** The names that an assignment in the callback of a list gives members; undefined if they are not known. */
export function listedNames(
  evaluation: Evaluation,
  write: Node | undefined,
): readonly string[] | undefined {
  if (write?.type !== "AssignmentExpression") return undefined;
  const rows = listedRows(evaluation, write, evaluation.bareRoot);
  return rows?.flatMap(({ key }) => (key === undefined ? [] : [key]));
}
