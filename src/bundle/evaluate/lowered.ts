/** Helpers that compilers put into bundles for old browsers, known by what they do with their arguments. */
import type * as t from "@babel/types";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { returnsOf } from "./bodies.ts";
import type { Evaluation } from "./evaluation.ts";

/** Longest source of a helper. */
const helperLength = 1200;

const mergers = new WeakMap<FunctionNode, boolean>();

/** The value of `a, b, value`. */
function lastOf(node: Node): Node {
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
  const text = evaluation.program.unitOf(fn).textOf(fn);
  const loops = text.length < helperLength && /arguments\[/.test(text) && /\bfor\s*\(/.test(text);
  const merges =
    loops &&
    returnsOf(fn).some((one) => isParam(fn, lastOf(one), 0)) &&
    /\bin\b|[kK]eys|Propert/.test(text);
  mergers.set(fn, merges);
  return merges;
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
