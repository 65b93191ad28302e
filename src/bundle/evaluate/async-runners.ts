/**
 * Async functions as compilers lower them for older targets: `run(this, arguments, function* () { … yield … })`. The helper
 * enters the generator at once, with that `this` and those arguments, and promises what it returns; `yield` awaits.
 */
import {
  isCall,
  isFunction,
  spreadOf,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { asPattern, helperLength } from "./helper-text.ts";

export interface AsyncRun {
  readonly call: Exclude<CallNode, { type: "TaggedTemplateExpression" }>;
  readonly self: Node;
  readonly args: readonly Node[];
}

const runs = new WeakMap<FunctionNode, AsyncRun | null>();
const runners = new WeakMap<FunctionNode, boolean>();

/** `fn = fn.apply(self, list)` on the last parameter, inside a promise. */
function isRunner(evaluation: Evaluation, fn: FunctionNode): boolean {
  const known = runners.get(fn);
  if (known !== undefined) return known;
  const [self, list] = fn.params;
  const last = fn.params.at(-1);
  const isShaped =
    fn.params.length > 2 &&
    self?.type === "Identifier" &&
    list?.type === "Identifier" &&
    last?.type === "Identifier" &&
    appliesTo(evaluation.program.unitOf(fn).textOf(fn), [last.name, self.name, list.name]);
  runners.set(fn, isShaped);
  return isShaped;
}

function appliesTo(text: string, names: readonly [string, string, string]): boolean {
  if (text.length > helperLength || !text.includes("Promise")) return false;
  const [fn, self, list] = names.map(asPattern);
  return new RegExp(String.raw`\.apply\(\s*${self}\s*,\s*${list}\b`).test(text)
    ? new RegExp(String.raw`${fn}\s*=\s*${fn}\.apply\(`).test(text)
    : false;
}

export function isGenerator(fn: FunctionNode): boolean {
  return fn.type !== "ArrowFunctionExpression" && Boolean(fn.generator);
}

/** The call that runs a generator as an async function; undefined if it is none. */
export function asyncRunOf(evaluation: Evaluation, fn: FunctionNode): AsyncRun | undefined {
  const known = runs.get(fn);
  if (known !== undefined) return known ?? undefined;
  const found = isGenerator(fn) ? findRun(evaluation, fn) : undefined;
  runs.set(fn, found ?? null);
  return found;
}

function findRun(evaluation: Evaluation, fn: FunctionNode): AsyncRun | undefined {
  const call = evaluation.program.parentOf(fn);
  if (!isCall(call) || call.arguments.at(-1) !== fn || call.arguments.length < 3) return undefined;
  const [only, ...others] = evaluation.evaluate(call.callee, evaluation.bareRoot);
  if (only?.kind !== "function" || others.length > 0) return undefined;
  if (!isRunner(evaluation, only.node)) return undefined;
  const [self, list] = call.arguments as Node[];
  return self && { call, self, args: listed(list) };
}

/** `null` or `void 0` stands for no arguments. */
function listed(list: Node | undefined): Node[] {
  return list?.type === "Identifier" || list?.type === "ArrayExpression" ? [spreadOf(list)] : [];
}

/** The run that a call starts. */
export function asyncRunAt(evaluation: Evaluation, call: CallNode): AsyncRun | undefined {
  if (!isCall(call)) return undefined;
  const fn = call.arguments.at(-1);
  return isFunction(fn) ? asyncRunOf(evaluation, fn) : undefined;
}
