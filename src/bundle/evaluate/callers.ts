/** Who calls a function: the calls that its value reaches, and whether there may be others. */
import { asyncRunOf } from "./async-runners.ts";
import type { Evaluation } from "./evaluation.ts";
import { FlowTracker, type Given, type Use } from "./flow.ts";
import {
  isCall,
  isMember,
  memberName,
  spreadOf,
  type CallNode,
  type FunctionNode,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";

export interface Caller {
  /** The call that enters it, or the place that stands for it. */
  readonly call: Node;
  /** The expression whose value is called. */
  readonly callee: Node;
  /** Arguments as the function sees them. */
  readonly args: readonly Node[];
  /** What it is called with, where there is no call expression. */
  readonly given?: Given;
}

export interface Callers {
  readonly callers: readonly Caller[];
  /** Why there may be calls that are not among them; undefined if these are all. */
  readonly escapes: string | undefined;
  /** Globals of the page that it becomes. */
  readonly globals: readonly string[];
}

const known = new WeakMap<Evaluation, Map<FunctionNode, Callers>>();

/** The callers of a function, found once per evaluation. */
export function callersOf(evaluation: Evaluation, fn: FunctionNode): Callers {
  const cache = known.get(evaluation) ?? new Map<FunctionNode, Callers>();
  known.set(evaluation, cache);
  const cached = cache.get(fn);
  if (cached !== undefined) return cached;
  const found = findCallers(evaluation, fn);
  cache.set(fn, found);
  return found;
}

function directCaller(call: CallNode): Caller {
  if (call.type !== "TaggedTemplateExpression") {
    return { call, callee: call.callee, args: call.arguments };
  }
  const given = { of: call.quasi, each: false, index: 0, as: "template" as const };
  return { call, callee: call.tag, args: [], given };
}

/** The caller at a use of a function, or why there may be others. */
function callerAt(evaluation: Evaluation, use: Use): Caller | string | undefined {
  switch (use.kind) {
    case "escape":
      return use.reason;
    case "reflected":
      return "it is called by reflection";
    case "super":
      return { call: use.node, callee: use.callee, args: use.args };
    case "given":
      return { call: use.node, callee: use.callee, args: [], given: use.from };
    case "call":
      return directCaller(use.node);
    case "member":
      return indirectCaller(evaluation, use.node);
    default:
      return undefined;
  }
}

function findCallers(evaluation: Evaluation, fn: FunctionNode): Callers {
  const run = asyncRunOf(evaluation, fn);
  if (run !== undefined) {
    const { call, args } = run;
    return { callers: [{ call, callee: fn, args }], escapes: undefined, globals: [] };
  }
  const callers: Caller[] = [];
  const globals: string[] = [];
  let escapes: string | undefined;
  for (const use of new FlowTracker(evaluation).run(fn, []).uses) {
    if (use.kind === "global") globals.push(use.name);
    const found = callerAt(evaluation, use);
    if (typeof found === "string") escapes ??= found;
    else if (found !== undefined) callers.push(found);
  }
  return { callers, escapes, globals };
}

/** `f.call(self, …)` and `f.apply(self, list)`: the arguments as f sees them. */
export function indirectCall(
  { program }: Evaluation,
  member: MemberNode,
): { readonly call: CallNode; readonly args: readonly Node[] } | undefined {
  const call = program.parentOf(member);
  if (!isCall(call) || call.callee !== member) return undefined;
  const [, ...rest] = call.arguments as Node[];
  const name = memberName(member);
  if (name === "call") return { call, args: rest };
  const [list] = rest;
  if (name !== "apply" || list === undefined) return undefined;
  return { call, args: [spreadOf(list)] };
}

/** Of a function that is bound to arguments nothing is known. */
function indirectCaller(evaluation: Evaluation, member: MemberNode): Caller | string | undefined {
  const called = indirectCall(evaluation, member);
  if (called !== undefined) return { ...called, callee: member.object };
  const name = memberName(member);
  return name === "apply" || name === "bind" ? `it is called through ${name}` : undefined;
}

/** Functions with more callers are shared helpers: none of them says more than the helper itself. */
const namingCallers = 4;
/** Farthest that people are led from a call to the code that asks for it. */
const namingSteps = 4;

/**
 * Where the app asks for what a call does: through functions that few call, out to those that nothing calls (components,
 * handlers, jobs). The call itself where nobody is known to call the function around it.
 */
export function askedAt(evaluation: Evaluation, call: Node): readonly Node[] {
  let places: readonly Node[] = [call];
  for (let step = 0; step < namingSteps; step += 1) {
    const outer = places.flatMap((place) => callsAround(evaluation, place) ?? [place]);
    if (outer.length > namingCallers || outer.every((place) => places.includes(place))) break;
    places = [...new Set(outer)];
  }
  return places;
}

function callsAround(evaluation: Evaluation, place: Node): readonly Node[] | undefined {
  const fn = evaluation.program.unitOf(place).functionOf(place);
  if (fn === undefined) return undefined;
  const calls = callersOf(evaluation, fn).callers.flatMap(({ call, callee }) =>
    namesFunction(evaluation, callee) ? [call] : [],
  );
  return calls.length === 0 || calls.length > namingCallers ? undefined : calls;
}

/** Whether a callee names a function or an object of the app: what a library calls is its parameter, or a variable it sets. */
function namesFunction(evaluation: Evaluation, callee: Node): boolean {
  let at = callee;
  while (isMember(at) || at.type === "SequenceExpression") {
    at = isMember(at) ? at.object : (at.expressions.at(-1) as Node);
  }
  if (at.type === "ThisExpression") return true;
  const binding = at.type === "Identifier" ? evaluation.program.bindingOf(at) : undefined;
  return binding !== undefined && binding.kind !== "param" && binding.writes.length === 0;
}
