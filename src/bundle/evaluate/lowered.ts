/** Helpers that compilers put into bundles for old browsers, known by what they do with their arguments. */
import type * as t from "@babel/types";
import {
  isCall,
  isFunction,
  isMember,
  literalText,
  memberName,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { returnsOf } from "./bodies.ts";
import type { Evaluation } from "./evaluation.ts";
import { asPattern, helperLength } from "./helper-text.ts";

const mergers = new WeakMap<FunctionNode, boolean>();

/** The value of `a, b, value`. */
export function lastOf(node: Node): Node {
  let at = node;
  while (at.type === "SequenceExpression") at = at.expressions.at(-1) ?? at;
  return at;
}

function isParam(fn: FunctionNode, node: Node, index: number): boolean {
  const param = fn.params[index];
  return param?.type === "Identifier" && node.type === "Identifier" && node.name === param.name;
}

/** Whether a function copies all its further arguments into the first and gives that: `_objectSpread`, `__assign`. */
export function mergesArguments(evaluation: Evaluation, fn: FunctionNode): boolean {
  const known = mergers.get(fn);
  if (known !== undefined) return known;
  // A helper that asks for itself is none.
  mergers.set(fn, false);
  const text = evaluation.program.unitOf(fn).textOf(fn);
  const merges =
    text.length < helperLength &&
    (describesSecond(evaluation, fn) ||
      ((copiesArguments(text) || copiesSecond(fn, text)) &&
        returnsOf(fn).some((one) => isParam(fn, lastOf(one), 0))));
  mergers.set(fn, merges);
  return merges;
}

function copiesArguments(text: string): boolean {
  return /arguments\[/.test(text) && /\bfor\s*\(/.test(text) && /\bin\b|[kK]eys|Propert/.test(text);
}

/** `for (k in b || (b = {})) …`, or all the descriptors of b: the helpers for two objects. */
function copiesSecond({ params }: FunctionNode, text: string): boolean {
  const [, second, ...others] = params;
  if (second?.type !== "Identifier" || others.length > 0) return false;
  const name = asPattern(second.name);
  const loop = new RegExp(String.raw`\bin ${name}\s*\|\|\s*\(${name}\s*=\s*\{\}\)`);
  return loop.test(text) || /defineProperties\([\s\S]*getOwnPropertyDescriptors\(/.test(text);
}

/** `(a, b) => Object.defineProperties(a, Object.getOwnPropertyDescriptors(b))`, through names for both functions. */
function describesSecond(evaluation: Evaluation, fn: FunctionNode): boolean {
  const [only, ...others] = returnsOf(fn).map(lastOf);
  if (!isCall(only) || others.length > 0 || only.arguments.length !== 2) return false;
  const [target, described] = only.arguments as Node[];
  if (target === undefined || !isParam(fn, target, 0) || !isCall(described)) return false;
  const [source] = described.arguments as Node[];
  if (source === undefined || !isParam(fn, source, 1)) return false;
  return (
    isGlobalCall(evaluation, only.callee, "Object.defineProperties") &&
    isGlobalCall(evaluation, described.callee, "Object.getOwnPropertyDescriptors")
  );
}

function isGlobalCall(evaluation: Evaluation, callee: Node, path: string): boolean {
  const values = evaluation.evaluate(callee, evaluation.bareRoot);
  return values.some((value) => value.kind === "global" && value.path === path);
}

const omitters = new WeakMap<FunctionNode, boolean>();

/** Whether a function copies its first argument without the names in the second: `_objectWithoutProperties`, `__rest`. */
export function omitsNames(evaluation: Evaluation, fn: FunctionNode): boolean {
  const known = omitters.get(fn);
  if (known !== undefined) return known;
  const [source, names, ...others] = fn.params;
  const text = evaluation.program.unitOf(fn).textOf(fn);
  const omits =
    source?.type === "Identifier" &&
    names?.type === "Identifier" &&
    others.length === 0 &&
    text.length < helperLength &&
    /\bfor\s*\(|[kK]eys\(/.test(text) &&
    (text.includes(`${names.name}.indexOf(`) || text.includes(`${names.name}.includes(`)) &&
    /getOwnPropertySymbols|hasOwnProperty|\.call\(/.test(text) &&
    !returnsOf(fn).some((one) => isParam(fn, lastOf(one), 0));
  omitters.set(fn, omits);
  return omits;
}

const namers = new WeakMap<FunctionNode, boolean>();

/** Whether a function gives what it is given a name, and does nothing else: a bundler keeps the names of functions so. */
export function namesParam(evaluation: Evaluation, fn: FunctionNode): boolean {
  const known = namers.get(fn);
  if (known !== undefined) return known;
  // A helper that asks for itself is none.
  namers.set(fn, false);
  const [only, ...others] = fn.params.length === 2 ? returnsOf(fn).map(lastOf) : [];
  const [target, key] = isCall(only) && others.length === 0 ? (only.arguments as Node[]) : [];
  const names =
    isCall(only) &&
    target !== undefined &&
    isParam(fn, target, 0) &&
    literalText(key) === "name" &&
    isGlobalCall(evaluation, only.callee, "Object.defineProperty");
  namers.set(fn, names);
  return names;
}

/** Whether a function gives back the argument at an index, as it is. */
export function givesParam(evaluation: Evaluation, fn: FunctionNode, index: number): boolean {
  return returnsOf(fn).some((one) => {
    const last = lastOf(one);
    if (last.type !== "Identifier" || !isParam(fn, last, index)) return false;
    const binding = evaluation.program.bindingOf(last);
    return binding?.kind === "param" && binding.declarations.includes(fn);
  });
}

/** Whether what a function returns here is one of its own parameters: whoever called it has it already. */
export function returnsParam(evaluation: Evaluation, fn: FunctionNode, node: Node): boolean {
  const last = lastOf(node);
  const binding = last.type === "Identifier" ? evaluation.program.bindingOf(last) : undefined;
  return binding?.kind === "param" && binding.declarations.includes(fn);
}

/** The function whose `arguments` an expression holds. */
function ownerOfArguments(
  evaluation: Evaluation,
  node: Node | undefined,
): FunctionNode | undefined {
  if (node?.type !== "Identifier") return undefined;
  const unit = evaluation.program.unitOf(node);
  const binding = unit.bindingOf(node);
  if (binding === undefined) {
    let fn = node.name === "arguments" ? unit.functionOf(node) : undefined;
    while (fn?.type === "ArrowFunctionExpression") fn = unit.functionOf(fn);
    return fn;
  }
  const [declaration] = binding.declarations;
  if (declaration?.type === "VariableDeclarator") {
    return ownerOfArguments(evaluation, declaration.init ?? undefined);
  }
  return isFunction(declaration) && restName(declaration) === node.name ? declaration : undefined;
}

const argumentReads = new WeakMap<Unit, Map<FunctionNode, Node[]>>();

/** Where a function reads its `arguments`. */
export function argumentsOf(evaluation: Evaluation, fn: FunctionNode): readonly Node[] {
  const unit = evaluation.program.unitOf(fn);
  const known = argumentReads.get(unit);
  if (known !== undefined) return known.get(fn) ?? [];
  const found = new Map<FunctionNode, Node[]>();
  for (const read of unit.index.unbound.get("arguments") ?? []) {
    const owner = ownerOfArguments(evaluation, read);
    if (owner !== undefined) found.set(owner, [...(found.get(owner) ?? []), read]);
  }
  argumentReads.set(unit, found);
  return found.get(fn) ?? [];
}

/** The name of a parameter that takes all arguments. */
function restName(fn: FunctionNode): string | undefined {
  const [param] = fn.params;
  const rest = param?.type === "RestElement" ? param.argument : undefined;
  return rest?.type === "Identifier" ? rest.name : undefined;
}

/** `f.apply(this, arguments)`: the function that hands all its arguments on to f. */
export function forwarderOf(evaluation: Evaluation, apply: Node): FunctionNode | undefined {
  const call = evaluation.program.parentOf(apply);
  if (!isCall(call) || call.callee !== apply || call.arguments.length !== 2) return undefined;
  return ownerOfArguments(evaluation, call.arguments[1]);
}

/** Whether a helper makes of the function it is given another that hands its arguments on: `_asyncToGenerator`. */
export function wrapsParam(evaluation: Evaluation, fn: FunctionNode, index: number): boolean {
  const unit = evaluation.program.unitOf(fn);
  const param = fn.params[index];
  if (param?.type !== "Identifier" || unit.textOf(fn).length > helperLength) return false;
  const binding = unit.scopeOf(param).lookup(param.name);
  return (binding?.reads ?? []).some((read: t.Identifier) => {
    const member = unit.parentOf(read);
    if (member === undefined || !isMember(member) || memberName(member) !== "apply") return false;
    const forwarder = forwarderOf(evaluation, member);
    return forwarder !== undefined && forwarder !== fn && unit.functionOf(forwarder) === fn;
  });
}
