/** Where values go that are given to methods of the language: `call` and `apply`, `push`, `Object.values`, a promise's own functions. */
import type * as t from "@babel/types";
import {
  isMember,
  plainKey,
  type CallNode,
  type FunctionNode,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";
import { callbacks } from "./flow-lists.ts";
import { element, isIndex, result, type Path } from "./flow-path.ts";
import { functionsOf, intoObject, intoParam, intoParams } from "./flow-targets.ts";
import type { FlowTracker } from "./flow.ts";
import { carriedInto } from "./this-carriers.ts";
import type { ParamValue } from "./values.ts";

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

interface Given {
  readonly name: string;
  readonly index: number;
  readonly path: Path;
}

/** Methods of any object, asked of it through `call`, that keep nothing. */
const looks = /^(?:hasOwnProperty|propertyIsEnumerable|isPrototypeOf|toString)$/;

function memberOf(call: Call): MemberNode | undefined {
  const { callee } = call;
  const last = callee.type === "SequenceExpression" ? callee.expressions.at(-1) : callee;
  return isMember(last) ? last : undefined;
}

/** Follows an argument of a method of the language; false if it is none that is known. */
export function intoMethod(tracker: FlowTracker, call: Call, given: Given): boolean {
  const member = memberOf(call);
  if (member === undefined) return false;
  switch (given.name) {
    case "call":
    case "apply":
      return intoInvoked(tracker, call, { ...given, target: member.object });
    case "push":
    case "unshift":
      return intoList(tracker, member, given);
    case "concat":
      if (!isIndex(given.path[0] ?? "")) return false;
      tracker.to(call, [element, ...given.path.slice(1)]);
      return true;
    case "defineProperty":
      return intoDefined(tracker, call, given);
    default:
      return intoCalled(tracker, call, { ...given, of: member.object });
  }
}

/** `promise.then(f)` and `list.map(f)`: f is called with what is in there. */
function intoCalled(
  tracker: FlowTracker,
  call: Call,
  given: Given & { readonly of: Node },
): boolean {
  const { name, index, path, of } = given;
  const each = callbacks.get(name)?.at(-1);
  if (index !== 0 || (each === undefined && name !== "then")) return false;
  const callee = call.arguments[0] as Node;
  const from = { of, each: each !== undefined, index: each ?? 0 };
  if (path.length === 0) tracker.use({ kind: "given", node: call, callee, from });
  else if (path[0] !== result || each === undefined) return false;
  else if (/^(?:map|flatMap)$/.test(name)) tracker.to(call, [element, ...path.slice(1)]);
  else if (name.startsWith("reduce")) tracker.to(call, path.slice(1));
  return true;
}

/** `f.call(self, …)` and `f.apply(self, list)`. */
function intoInvoked(
  tracker: FlowTracker,
  call: Call,
  given: Given & { readonly target: Node },
): boolean {
  const { name, index, path, target } = given;
  const method = isMember(target) ? plainKey(target.property, target.computed) : undefined;
  if (method !== undefined && looks.test(method)) return true;
  if (method === "slice" && index === 0 && isIndex(path[0] ?? "")) {
    tracker.to(call, [element, ...path.slice(1)]);
    return true;
  }
  if (index === 0) return intoReceiver(tracker, call, { target, path });
  const functions = functionsOf(tracker, target);
  for (const fn of functions) {
    if (name === "call") intoParam(tracker, fn, { index: index - 1, path });
    else intoParams(tracker, fn, path);
  }
  return functions.length > 0;
}

/** `f.apply(self, list)`: also through helpers around f. */
function intoReceiver(
  tracker: FlowTracker,
  call: Call,
  { target, path }: { target: Node; path: Path },
): boolean {
  const carried = carriedInto(tracker.evaluation, call, call.arguments[0] as Node);
  const functions = carried.length > 0 ? carried : functionsOf(tracker, target);
  for (const fn of functions) intoSelf(tracker, fn, path);
  return functions.length > 0;
}

/** Into `this` of a function. */
export function intoSelf(tracker: FlowTracker, fn: FunctionNode, path: Path): void {
  for (const inner of ownedNodes(fn)) {
    if (inner.type === "ThisExpression") tracker.to(inner, path);
  }
}

/** `f(...list)`; false if nothing is known of the function. */
export function intoSpread(
  tracker: FlowTracker,
  call: Call,
  given: { spread: t.SpreadElement; path: Path },
): boolean {
  const [, ...rest] = given.path;
  const isOnly = call.arguments[0] === given.spread;
  const functions = functionsOf(tracker, call.callee);
  for (const fn of functions) intoParams(tracker, fn, isOnly ? given.path : [element, ...rest]);
  return functions.length > 0;
}

/** `list.push(x)`; other objects have methods of that name that the bundle defines. */
function intoList(tracker: FlowTracker, member: MemberNode, given: Given): boolean {
  if (functionsOf(tracker, member).length > 0) return false;
  intoObject(tracker, member.object, [element, ...given.path]);
  return true;
}

/** `Object.defineProperty(object, name, {value})`. */
function intoDefined(tracker: FlowTracker, call: Call, given: Given): boolean {
  const [target, name] = call.arguments as Node[];
  const [kind, ...rest] = given.path;
  if (given.index !== 2 || target === undefined || name === undefined) return false;
  const inner = kind === "value" ? rest : kind === "get" ? rest.slice(1) : undefined;
  if (inner === undefined) return kind === "set";
  intoObject(tracker, target, [plainKey(name, true) ?? element, ...inner]);
  return true;
}

/** What a function of the language gives that gathers what is in its argument; undefined for all others. */
export function gathered(global: string, path: Path): Path | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return undefined;
  if (global === "Object.values") return [element, ...rest];
  if (global === "Object.entries") return [element, "1", ...rest];
  if (!isIndex(first)) return undefined;
  if (global === "Array.from" || global === "Promise.all") return path;
  return /^Promise\.(?:race|any)$/.test(global) ? rest : undefined;
}

/** `new Promise((resolve) => resolve(x))`: the promise, seen from `resolve`. */
export function promiseOf(
  tracker: FlowTracker,
  { fn, binding, path }: ParamValue,
): Node | undefined {
  const made = tracker.parentOf(fn);
  const [resolve] = fn.params;
  if (made?.type !== "NewExpression" || made.arguments[0] !== fn || path.length > 0)
    return undefined;
  if (made.callee.type !== "Identifier" || made.callee.name !== "Promise") return undefined;
  return resolve?.type === "Identifier" && resolve.name === binding?.name ? made : undefined;
}
