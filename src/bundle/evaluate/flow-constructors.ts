/** Where values go through constructor functions: into their prototypes, through `this`, and to those that inherit. */
import {
  isFunction,
  isMember,
  memberName,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { literalMembers } from "../modules/wrapped/wrapped-module.ts";
import { ownedNodes } from "./bodies.ts";
import { prototypeOf } from "./constructors.ts";
import { instance, type Path } from "./flow-path.ts";
import { functionsOf, intoMembers } from "./flow-targets.ts";
import type { FlowTracker } from "./flow.ts";
import { plainText } from "./values.ts";

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

/** The name of a row of a table of members. */
function rowKey(tracker: FlowTracker, table: Node, at: string): string | undefined {
  const { evaluation, root } = tracker;
  for (const value of evaluation.evaluate(table, root)) {
    const row = value.kind === "array" ? value.elements[Number(at)]?.node : undefined;
    const key = literalMembers(row)?.find(({ name }) => name === "key")?.node;
    const [text] = key === undefined ? [] : evaluation.evaluate(key, root).map(plainText);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** `createClass(F, [{key, value}])` and `inherits(F, Parent)`; false if the call is neither. */
export function intoConstructor(
  tracker: FlowTracker,
  call: Call,
  given: { index: number; path: Path },
): boolean {
  const { index, path } = given;
  const [target] = call.arguments as Node[];
  const argument = call.arguments[index] as Node;
  if (index === 0 || target === undefined) return false;
  if (path[0] === instance) return inherits(tracker, target, { parent: argument, path });
  return intoTable(tracker, target, { table: argument, isFirst: index === 1, path });
}

function intoTable(
  tracker: FlowTracker,
  target: Node,
  given: { table: Node; isFirst: boolean; path: Path },
): boolean {
  const [at, kind, ...rest] = given.path;
  if (at === undefined || !/^\d+$/.test(at) || (kind !== "value" && kind !== "get")) return false;
  const key = rowKey(tracker, given.table, at);
  if (key === undefined) return false;
  const isPrototype = isMember(target) && memberName(target) === "prototype";
  const owner = isPrototype ? target.object : target;
  const ofInstance = isPrototype || given.isFirst;
  intoMembers(tracker, owner, ofInstance ? [instance, key, ...rest] : [key, ...rest]);
  return true;
}

function inherits(
  tracker: FlowTracker,
  target: Node,
  given: { parent: Node; path: Path },
): boolean {
  const found = functionsOf(tracker, target).filter((fn) =>
    prototypeOf(tracker.evaluation, fn).parents.includes(given.parent),
  );
  for (const fn of found) tracker.to(fn, given.path);
  return found.length > 0;
}

/** The objects that a constructor function makes are `this` in it and in its members. */
export function throughThis(tracker: FlowTracker, fn: FunctionNode, path: Path): void {
  const [first, ...rest] = path;
  if (first !== instance) return;
  const { members } = prototypeOf(tracker.evaluation, fn);
  const functions = members.filter((member) => !member.static).map((member) => member.node);
  for (const one of [fn, ...functions]) {
    for (const inner of isFunction(one) ? ownedNodes(one) : []) {
      if (inner.type === "ThisExpression") tracker.to(inner, rest);
    }
  }
}
