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
import { definesOnPrototype, prototypeOf } from "./constructors.ts";
import { instance, result, type Path } from "./flow-path.ts";
import { functionsOf, intoMembers, intoParam, intoParams } from "./flow-targets.ts";
import type { FlowTracker } from "./flow.ts";
import { superCall, superCallsIn, type SuperCall } from "./super-calls.ts";
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
  const [target, second] = call.arguments as Node[];
  const argument = call.arguments[index] as Node;
  const run = superCall(tracker.evaluation, call);
  if (run !== undefined) return intoSuperCall(tracker, run, given);
  if (target === undefined || second === undefined) return false;
  if (index === 0) return inheritors(tracker, target, second).length > 0;
  if (path[0] === instance || path.length === 0) {
    return inherits(tracker, target, { parent: argument, path });
  }
  return intoTable(tracker, call, { table: argument, isFirst: index === 1, path });
}

/** A getter gives its result without a call. */
function called(path: Path): Path {
  return path[0] === result ? path.slice(1) : path;
}

function intoTable(
  tracker: FlowTracker,
  call: Call,
  given: { table: Node; isFirst: boolean; path: Path },
): boolean {
  const [target] = call.arguments as [Node];
  const [at, kind, ...rest] = given.path;
  if (at === undefined || !/^\d+$/.test(at) || (kind !== "value" && kind !== "get")) return false;
  const key = rowKey(tracker, given.table, at);
  if (key === undefined) return false;
  const isPrototype = isMember(target) && memberName(target) === "prototype";
  const owner = isPrototype ? target.object : target;
  const ofInstance = isPrototype || (given.isFirst && definesOnPrototype(tracker.evaluation, call));
  const member = [key, ...(kind === "get" ? called(rest) : rest)];
  intoMembers(tracker, owner, ofInstance ? [instance, ...member] : member);
  return true;
}

function inherits(
  tracker: FlowTracker,
  target: Node,
  given: { parent: Node; path: Path },
): boolean {
  const { parent, path } = given;
  const found = inheritors(tracker, target, parent);
  for (const fn of found) {
    if (path.length > 0) tracker.to(fn, path);
    for (const { call, args } of path.length > 0 ? [] : superCallsIn(tracker.evaluation, fn)) {
      tracker.use({ kind: "super", node: call, callee: parent, args });
    }
  }
  return found.length > 0;
}

/** The constructors that a call makes inherit from another. */
function inheritors(tracker: FlowTracker, target: Node, parent: Node): FunctionNode[] {
  return functionsOf(tracker, target).filter((fn) =>
    prototypeOf(tracker.evaluation, fn).parents.includes(parent),
  );
}

/** `callSuper(this, C, [args])`: what is given to it goes to the inherited constructor, the object comes back. */
function intoSuperCall(
  tracker: FlowTracker,
  { call, args }: SuperCall,
  { index, path }: { index: number; path: Path },
): boolean {
  const fn = tracker.evaluation.program.unitOf(call).functionOf(call);
  const argument = call.arguments[index] as Node;
  if (index === 0) tracker.to(call, path);
  for (const parent of fn === undefined ? [] : prototypeOf(tracker.evaluation, fn).parents) {
    for (const target of functionsOf(tracker, parent)) {
      const at = args.indexOf(argument);
      if (at >= 0) intoParam(tracker, target, { index: at, path });
      else if (args.some((one) => one.type === "SpreadElement" && one.argument === argument)) {
        intoParams(tracker, target, path);
      }
    }
  }
  return true;
}

/** The objects that a constructor function makes are `this` in it and in its members. */
export function throughThis(tracker: FlowTracker, fn: FunctionNode, path: Path): void {
  const [first, ...rest] = path;
  if (first === undefined || first === result) return;
  const ofInstance = first === instance;
  const { members } = prototypeOf(tracker.evaluation, fn);
  const functions = members.filter((one) => one.static !== ofInstance).map((one) => one.node);
  for (const one of ofInstance ? [fn, ...functions] : functions) {
    for (const inner of isFunction(one) ? ownedNodes(one) : []) {
      if (inner.type === "ThisExpression") tracker.to(inner, ofInstance ? rest : path);
    }
  }
}
