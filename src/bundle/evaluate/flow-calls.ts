/** Where a value goes that is called, constructed, or given as an argument. */
import {
  isClass,
  isFunction,
  memberName,
  isMember,
  type CallNode,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { asyncRunAt } from "./async-runners.ts";
import { ownedNodes } from "./bodies.ts";
import { definedField } from "./field-helpers.ts";
import { construction, instance, result, type Path } from "./flow-path.ts";
import { intoConstructor } from "./flow-constructors.ts";
import { gathered, intoMethod, intoSelf, promiseOf } from "./flow-methods.ts";
import { intoObject, intoParam, intoThis } from "./flow-targets.ts";
import { intoInterop } from "./flow-wrapped.ts";
import type { FlowTracker } from "./flow.ts";
import { isPrivateKey } from "./private-members.ts";
import { givesParam, mergesArguments, namesParam, omitsNames, wrapsParam } from "./lowered.ts";
import { carriedInto, isSteps } from "./this-carriers.ts";
import { hookCalls, usesDefault } from "./query-hooks.ts";
import { constructorOf } from "./class-members.ts";
import { contextReads } from "./page-contexts.ts";
import type { ContextValue, Value } from "./values.ts";

type Call = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

/** Calls that give back their first argument, or an object that stands for it. */
const passThrough = new Set([
  "useCallback",
  "memo",
  "forwardRef",
  "freeze",
  "useEvent",
  "defineProperty",
  "resolve",
  "mark",
  "seal",
]);

/** Calls that look at a value and keep nothing of it. */
const harmlessGlobals =
  /^(?:console\.|Array\.isArray$|Boolean$|Object\.(?:keys|getPrototypeOf|getOwnPropertyNames|hasOwn)$)/;

/** Functions of the language that give back their first argument; `Object(f)(…)` calls f without a receiver. */
const givesBack = /^Object(?:\.(?:defineProperty|defineProperties|setPrototypeOf|freeze|seal))?$/;

/** Functions of the language that call or construct their first argument. */
const reflects = /^Reflect\.(?:apply|construct)$/;

/** Components made by `jsx(Component, props)` and the like: props arrive at the first parameter. */
const elementMakers = new Set(["jsx", "jsxs", "jsxDEV", "createElement"]);

function calleeName(call: Call): string | undefined {
  const { callee } = call;
  const last = callee.type === "SequenceExpression" ? callee.expressions.at(-1) : callee;
  return last && isMember(last) ? memberName(last) : undefined;
}

/** Follows a value into a call, as its callee or as one of its arguments. */
export function flowIntoCall(
  tracker: FlowTracker,
  call: Call,
  value: { node: Node; path: Path },
): void {
  if (call.callee === value.node) intoCallee(tracker, call, value.path);
  else intoArgument(tracker, call, value);
}

function intoCallee(tracker: FlowTracker, call: Call, path: Path): void {
  const [first, ...rest] = path;
  if (first === undefined) tracker.use({ kind: "call", node: call });
  else if (call.type === "NewExpression") {
    // A constructor may return an object of its own.
    if (first === instance || (first === result && rest.length > 0)) tracker.to(call, rest);
    else if (first === construction) tracker.use({ kind: "call", node: call });
  } else if (first === result) tracker.to(call, rest);
}

function intoArgument(tracker: FlowTracker, call: Call, value: { node: Node; path: Path }): void {
  const index = call.arguments.indexOf(value.node as never);
  if (tracker.evaluation.program.wrapped.isDefinition(call)) return;
  if (intoConstructor(tracker, call, { index, path: value.path })) return;
  if (intoCarried(tracker, call, value)) return;
  if (isPrivateKey(tracker.evaluation, call, { node: value.node, index })) return;
  if (call.callee.type === "Super") return intoSuper(tracker, call, { index, path: value.path });
  if (intoHelper(tracker, call, { ...value, index })) return;
  const name = calleeName(call);
  if (name !== undefined && intoMethod(tracker, call, { name, index, path: value.path })) return;
  if (name !== undefined && intoNamed(tracker, call, { name, index, path: value.path })) return;
  const callees = tracker.evaluation.evaluate(call.callee, tracker.root);
  for (const callee of callees) intoKnown(tracker, call, { ...value, callee, index });
}

/** `wrap(function () {…}, this)`: the function runs with it; true if that is all that becomes of it. */
function intoCarried(
  tracker: FlowTracker,
  call: Call,
  { node, path }: { node: Node; path: Path },
): boolean {
  if (node.type !== "ThisExpression") return false;
  const carried = carriedInto(tracker.evaluation, call, node);
  for (const fn of carried) intoSelf(tracker, fn, path);
  return carried.length > 0 && carried.every(isSteps);
}

/** `super(x)`: into the constructor that the class inherits. */
function intoSuper(tracker: FlowTracker, call: Call, given: { index: number; path: Path }): void {
  const around = tracker.evaluation.program.unitOf(call).ancestors(call);
  const owner = around.find((node) => isClass(node));
  if (owner !== undefined) intoInherited(tracker, call, { ...given, owner });
  else tracker.escape(call, "it is passed to code that is not followed");
}

/** Into the constructor of the classes that one inherits from; where there is none, nobody takes what is given. */
function intoInherited(
  tracker: FlowTracker,
  call: Call,
  given: { owner: ClassNode; index: number; path: Path },
): void {
  let { owner } = given;
  for (let depth = 0; owner.superClass && depth < 8; depth += 1) {
    const parents = tracker.evaluation.evaluate(owner.superClass, tracker.root);
    const parent = parents.find((value) => value.kind === "class" || value.kind === "function");
    if (parent === undefined) break;
    const target = parent.kind === "class" ? constructorOf(parent.node) : parent.node;
    if (target !== undefined) return intoParam(tracker, target, given);
    owner = parent.node as ClassNode;
  }
  if (owner.superClass) tracker.escape(call, "it is passed to code that is not followed");
}

/** Helpers of compilers and hooks of libraries, known by their shape; false if the call is of none. */
function intoHelper(
  tracker: FlowTracker,
  call: Call,
  value: { node: Node; path: Path; index: number },
): boolean {
  if (intoRun(tracker, call, value)) return true;
  if (value.index === 0) return intoInterop(tracker, call, value.path);
  if (value.index === 2 && intoDefinedField(tracker, call, value.path)) return true;
  return intoHook(tracker, call, value);
}

/** Into a lowered async function: its `this`, or out of what it returns; false if the call runs none. */
function intoRun(
  tracker: FlowTracker,
  call: Call,
  { node, path }: { node: Node; path: Path },
): boolean {
  const run = asyncRunAt(tracker.evaluation, call);
  const generator = call.arguments.at(-1);
  if (run === undefined || !isFunction(generator)) return false;
  if (node === generator && path[0] === result) tracker.to(call, path.slice(1));
  if (node === run.self) {
    for (const inner of ownedNodes(generator)) {
      if (inner.type === "ThisExpression") tracker.to(inner, path);
    }
  }
  return true;
}

/** `__publicField(this, key, value)`; false if the call is none. */
function intoDefinedField(tracker: FlowTracker, call: Call, path: Path): boolean {
  const field = definedField(tracker.evaluation, call);
  if (field === undefined) return false;
  intoThis(tracker, call.arguments[0] as Node, [field.key, ...path]);
  return true;
}

/** `useSWR(key, fetcher)` and `useSWR(key, { fetcher })`; false if the call is none. */
function intoHook(
  tracker: FlowTracker,
  call: Call,
  { node, path }: { node: Node; path: Path },
): boolean {
  const isFetcher = path.length === 0 || (path.length === 1 && path[0] === "fetcher");
  const [key] = call.arguments;
  if (!isFetcher || key === undefined || !hookCalls(tracker).has(call)) return false;
  givenKey(tracker, key, path.length === 0 ? node : call.callee);
  return true;
}

function givenKey(tracker: FlowTracker, key: Node, callee: Node): void {
  const from = { of: key, each: false, index: 0, as: "key" as const };
  tracker.use({ kind: "given", node: key, callee, from });
}

/** `{ value: { fetcher } }` of the element that holds the configuration: every hook without a function calls it. */
function intoDefaults(tracker: FlowTracker, [prop, option, ...path]: Path): boolean {
  if (prop !== "value" || option !== "fetcher" || path.length > 0) return false;
  const calls = [...hookCalls(tracker)].filter(usesDefault);
  for (const call of calls) {
    const [key] = call.arguments;
    if (key !== undefined) givenKey(tracker, key, call.callee);
  }
  return calls.length > 0;
}

/** Calls that are known by the name of the method, whatever library it is of; false if this is none. */
function intoNamed(
  tracker: FlowTracker,
  call: Call,
  given: { name: string; index: number; path: Path },
): boolean {
  const { name, index, path } = given;
  if (isDependencies(call, name, index)) return true;
  if (elementMakers.has(name) && index < 2) return intoElement(tracker, call, { index, path });
  if (name === "assign") intoAssigned(tracker, call, path);
  if (name === "assign" || (passThrough.has(name) && index === 0)) {
    tracker.to(call, path);
    return true;
  }
  if (name === "useRef" && index === 0) {
    tracker.to(call, ["current", ...path]);
    return true;
  }
  if (!givesResult(name, index) || path[0] !== result) return false;
  tracker.to(call, path.slice(1));
  return true;
}

/** `jsx(Component, props)`: React calls the component with the props; false if it is no function that is given. */
function intoElement(
  tracker: FlowTracker,
  call: Call,
  { index, path }: { index: number; path: Path },
): boolean {
  const [component, props] = call.arguments as Node[];
  if (index === 1) {
    intoProps(tracker, call, path);
    return true;
  }
  if (path.length > 0 || component === undefined) return false;
  const from = { of: props ?? call, each: false, index: 0, as: "props" as const };
  tracker.use({ kind: "given", node: call, callee: component, from });
  return true;
}

/** Calls that give what the function gives that they are given. */
function givesResult(name: string, index: number): boolean {
  return (name === "useMemo" && index === 0) || name === "then" || name === "catch";
}

/** What a hook depends on is compared, and not kept. */
function isDependencies(call: Call, name: string, index: number): boolean {
  return /^use[A-Z]/.test(name) && index > 0 && call.arguments[index]?.type === "ArrayExpression";
}

function intoAssigned(tracker: FlowTracker, call: Call, path: Path): void {
  const [target] = call.arguments;
  if (target !== undefined && path.length > 0 && target.type !== "ObjectExpression") {
    intoObject(tracker, target, path);
  }
}

function intoKnown(
  tracker: FlowTracker,
  call: Call,
  value: { node: Node; path: Path; callee: Value; index: number },
): void {
  const { callee, path, index } = value;
  if (callee.kind === "function")
    return intoFunction(tracker, call, { fn: callee.node, path, index });
  if (callee.kind === "class") {
    const target = constructorOf(callee.node);
    if (target !== undefined) return intoParam(tracker, target, { index, path });
    return intoInherited(tracker, call, { owner: callee.node, index, path });
  }
  if (callee.kind === "global" && intoLanguage(tracker, call, callee.path, value)) return;
  const promise = callee.kind === "param" ? promiseOf(tracker, callee) : undefined;
  if (promise !== undefined) return tracker.to(promise, path);
  tracker.escape(call, "it is passed to code that is not followed");
}

/** Into a function of the language; false if it is none that is known. */
function intoLanguage(
  tracker: FlowTracker,
  call: Call,
  callee: string,
  { path, index }: { path: Path; index: number },
): boolean {
  if (harmlessGlobals.test(callee)) return true;
  const given = gathered(callee, path);
  if (index === 0 && givesBack.test(callee)) tracker.to(call, path);
  else if (given !== undefined) tracker.to(call, given);
  else if (index === 0 && reflects.test(callee) && path.length === 0) {
    tracker.use({ kind: "reflected", node: call });
  } else return false;
  return true;
}

function intoFunction(
  tracker: FlowTracker,
  call: Call,
  given: { fn: FunctionNode; path: Path; index: number },
): void {
  const { fn, path, index } = given;
  const { evaluation } = tracker;
  if (index === 0 && namesParam(evaluation, fn)) return tracker.to(call, path);
  if (path.length === 0 && wrapsParam(evaluation, fn, index)) return tracker.to(call, path);
  if (mergesArguments(evaluation, fn)) return tracker.to(call, path);
  if (index === 0 && path.length > 0 && omitsNames(evaluation, fn)) return tracker.to(call, path);
  if (givesParam(evaluation, fn, index)) tracker.to(call, path);
  intoParam(tracker, fn, { index, path });
}

/** What a provider is given arrives where its context is read. */
function intoReads(tracker: FlowTracker, context: ContextValue, [prop, ...path]: Path): void {
  if (prop !== "value") return;
  for (const read of contextReads(tracker.evaluation, context)) tracker.to(read, path);
}

function intoProps(tracker: FlowTracker, call: Call, path: Path): void {
  const [component] = call.arguments;
  const [first] = path;
  if (component === undefined || first === undefined || intoDefaults(tracker, path)) return;
  for (const value of tracker.evaluation.evaluate(component, tracker.root)) {
    if (value.kind === "function") intoParam(tracker, value.node, { index: 0, path });
    else if (value.kind === "class") tracker.to(value.node, [instance, "props", ...path]);
    else if (value.kind === "context") intoReads(tracker, value, path);
    // An element's handlers (`onClick`) are called by the page, with its own arguments.
    else if (value.kind !== "text")
      tracker.escape(call, "it is given to a component that is not followed");
    else tracker.escape(call, "the page calls it");
  }
}
