/** Where values go that stand in lists: to the callbacks of list methods, into copies, and out of them. */
import { isCall, type FunctionNode, type MemberNode, type Node } from "../modules/syntax.ts";
import { element, type Path } from "./flow-path.ts";
import { intoParam } from "./flow-targets.ts";
import type { FlowTracker } from "./flow.ts";

/** Methods that call a function with each element, and which of its parameters takes it. */
export const callbacks: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>(
  [
    ["forEach", [0]],
    ["map", [0]],
    ["flatMap", [0]],
    ["filter", [0]],
    ["find", [0]],
    ["findLast", [0]],
    ["findIndex", [0]],
    ["findLastIndex", [0]],
    ["some", [0]],
    ["every", [0]],
    ["sort", [0, 1]],
    ["toSorted", [0, 1]],
    ["reduce", [0, 1]],
    ["reduceRight", [0, 1]],
  ],
);
const givesList =
  /^(?:filter|slice|splice|concat|reverse|sort|toSorted|toReversed|flat|values|entries)$/;
const givesElement = /^(?:find|findLast|pop|shift|at|reduce|reduceRight)$/;
const givesNothing =
  /^(?:push|unshift|indexOf|lastIndexOf|includes|join|keys|hasOwnProperty|toString|forEach|map|flatMap|findIndex|findLastIndex|some|every)$/;

/** Into a parameter of a function that a call is given; the functions that it can be. */
export function intoCallback(
  tracker: FlowTracker,
  callback: Node,
  given: { index: number; path: Path },
): FunctionNode[] {
  const values = tracker.evaluation.evaluate(callback, tracker.root);
  const functions = values.flatMap((value) => (value.kind === "function" ? [value.node] : []));
  for (const fn of functions) intoParam(tracker, fn, given);
  const isLost = values.some((value) => value.kind === "param" || value.kind === "unknown");
  if (isLost) tracker.escape(callback, "it is passed to code that is not followed");
  return functions;
}

/** Follows an element of a list through a member of the list. */
export function listMember(
  tracker: FlowTracker,
  member: MemberNode,
  asked: { name: string; path: Path },
): void {
  const { name } = asked;
  const [first, ...rest] = asked.path;
  const call = tracker.parentOf(member);
  if (!isCall(call) || call.callee !== member) {
    if (name !== "length" && first === element) unfollowed(tracker, member);
    return;
  }
  const [callback] = call.arguments;
  for (const index of callback ? (callbacks.get(name) ?? []) : []) {
    intoCallback(tracker, callback as Node, { index, path: rest });
  }
  if (givesList.test(name))
    tracker.to(call, [element, ...(name === "entries" ? ["1"] : []), ...rest]);
  else if (givesElement.test(name)) tracker.to(call, rest);
  else if (!givesNothing.test(name)) unfollowed(tracker, member);
}

function unfollowed(tracker: FlowTracker, member: MemberNode): void {
  tracker.escape(member, "it is in a list that is used in a way that is not followed");
}
