/**
 * Conditions that nothing is known of, but that several values hang on: method and path of one call are chosen by one test, so
 * they are not combined freely. A condition is named by what it reads; a root frame may decide it.
 */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isFunction,
  isMember,
  literalText,
  memberName,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import type { Evaluation } from "./evaluation.ts";
import type { MetChoice } from "./dependencies.ts";
import { frameAround, frameFor, type Frame } from "./frame.ts";
import { soleValue } from "./only-value.ts";
import { certainly, plainText } from "./values.ts";

/** What a test asks of something: whether it has one of some values. Truth is the value `true`. */
interface Choice {
  /** What is asked, whatever it is named by a minifier. */
  readonly key: string;
  readonly values: readonly string[];
  readonly negated: boolean;
  /** The function whose call decides it. */
  readonly owner: FunctionNode | undefined;
}

/** What stands for all other values. */
const otherwise = "";

type Place = Pick<Choice, "key" | "owner">;

const numbers = new WeakMap<Binding, number>();
let counted = 0;

function numberOf(binding: Binding): number {
  const known = numbers.get(binding);
  if (known !== undefined) return known;
  counted += 1;
  numbers.set(binding, counted);
  return counted;
}

/** The function that declares a binding; undefined at the top of a script. */
export function ownerOf(binding: Binding): FunctionNode | undefined {
  for (let scope: Binding["scope"] | null = binding.scope; scope !== null; scope = scope.parent) {
    if (isFunction(scope.node)) return scope.node;
  }
  return undefined;
}

/** Whether a variable has one value: minifiers part the declaration of an inlined parameter from its one assignment. */
function isConstant({ writes, declarations }: Binding): boolean {
  const [declaration, ...others] = declarations;
  if (writes.length === 0) return true;
  if (writes.length > 1 || others.length > 0) return false;
  return declaration?.type === "VariableDeclarator" && !declaration.init;
}

/** The only value of a variable, where that is itself a test. */
function testOf(binding: Binding): Node | undefined {
  const [declaration] = binding.declarations;
  const value = soleValue(binding);
  const isTest = /^(?:Unary|Binary|Logical)Expression$/.test(value?.type ?? "");
  const isPlain =
    declaration?.type === "VariableDeclarator" && declaration.id.type === "Identifier";
  return isPlain && isTest ? value : undefined;
}

/** `(x = value)` reads what x is from then on. */
function assigned(node: Node): Node {
  return node.type === "AssignmentExpression" && node.operator === "=" ? node.left : node;
}

function placeOf(evaluation: Evaluation, at: Node): Place | undefined {
  const node = assigned(at);
  if (node.type === "Identifier") {
    const binding = evaluation.program.bindingOf(node);
    if (binding === undefined) return { key: node.name, owner: undefined };
    if (!isConstant(binding)) return undefined;
    return { key: `#${numberOf(binding)}`, owner: ownerOf(binding) };
  }
  if (node.type !== "MemberExpression" && node.type !== "OptionalMemberExpression") {
    return undefined;
  }
  const name = memberName(node);
  const object = name === undefined ? undefined : placeOf(evaluation, node.object);
  return object && { ...object, key: `${object.key}.${String(name)}` };
}

function literalOf(node: Node): string | undefined {
  const text = literalText(node);
  if (text !== undefined) return `"${text}"`;
  if (node.type === "NumericLiteral" || node.type === "BooleanLiteral") return String(node.value);
  if (node.type === "NullLiteral") return "null";
  return node.type === "UnaryExpression" && node.operator === "void" ? "undefined" : undefined;
}

function comparison(evaluation: Evaluation, node: t.BinaryExpression): Choice | undefined {
  const { left, right, operator } = node;
  if (!/^[!=]==?$/.test(operator) || left.type === "PrivateName") return undefined;
  const [literal, other] = literalOf(left) === undefined ? [right, left] : [left, right];
  const value = literalOf(literal);
  const place = value === undefined ? undefined : placeOf(evaluation, other);
  if (value === undefined || place === undefined) return undefined;
  return {
    key: `${place.key} is`,
    values: [value],
    negated: operator.startsWith("!"),
    owner: place.owner,
  };
}

function findChoice(evaluation: Evaluation, at: Node): Choice | undefined {
  const node = assigned(at);
  if (node.type === "UnaryExpression" && node.operator === "!") {
    const inner = choiceOf(evaluation, node.argument);
    return inner && { ...inner, negated: !inner.negated };
  }
  if (node.type === "BinaryExpression") return comparison(evaluation, node);
  const binding = node.type === "Identifier" ? evaluation.program.bindingOf(node) : undefined;
  const test = binding && isConstant(binding) ? testOf(binding) : undefined;
  const inner = test && choiceOf(evaluation, test);
  if (inner !== undefined) return inner;
  const place = placeOf(evaluation, node);
  return place && { ...place, values: ["true"], negated: false };
}

const choices = new WeakMap<Node, Choice | null>();

function choiceOf(evaluation: Evaluation, node: Node): Choice | undefined {
  const known = choices.get(node);
  if (known !== undefined) return known ?? undefined;
  choices.set(node, null);
  const found = findChoice(evaluation, node);
  choices.set(node, found ?? null);
  return found;
}

/** How a choice is assumed to come out; it is noted, with the node that hangs on it. */
function decided(choice: Choice, at: { frame: Frame; by: Node }): boolean | undefined {
  const { key, values } = choice;
  const frame = frameFor(choice.owner, at.frame);
  const outcome = at.frame.root.outcomeOf({ key, values, by: at.by, frame });
  return outcome === undefined ? undefined : values.includes(outcome) !== choice.negated;
}

/** Whether a test holds in a frame, as far as it is known or decided; `by` is what hangs on it. */
export function decide(
  evaluation: Evaluation,
  test: Node,
  at: { frame: Frame; by: Node },
): boolean | undefined {
  const known = certainly(evaluation.evaluate(test, at.frame));
  if (known !== undefined) return known;
  const choice = choiceOf(evaluation, test);
  return choice && decided(choice, at);
}

/** What must hold for a node to run: a test, or a case of a `switch`. */
type Guard =
  | { readonly kind: "test"; readonly test: Node; readonly wanted: boolean }
  | { readonly kind: "case"; readonly of: t.SwitchStatement; readonly at: t.SwitchCase };

function guardAt(around: Node, inner: Node, outer: Node | undefined): Guard | undefined {
  switch (around.type) {
    case "IfStatement":
    case "ConditionalExpression":
      if (inner === around.test) return undefined;
      return { kind: "test", test: around.test, wanted: inner === around.consequent };
    case "LogicalExpression":
      if (inner === around.left || around.operator === "??") return undefined;
      return { kind: "test", test: around.left, wanted: around.operator === "&&" };
    case "SwitchCase":
      return outer?.type === "SwitchStatement" && inner !== around.test
        ? { kind: "case", of: outer, at: around }
        : undefined;
    default:
      return undefined;
  }
}

/** Whether a function is the callback of a list, which runs where it stands. */
function runsInPlace(unit: Unit, fn: Node): boolean {
  const call = unit.parentOf(fn);
  if (call?.type !== "CallExpression" || call.arguments[0] !== fn) return false;
  const { callee } = call;
  const name = isMember(callee) ? memberName(callee) : undefined;
  return name !== undefined && /^(?:forEach|map|filter|flatMap)$/.test(name);
}

/** The guards between a node and the function around it, innermost first; those around callbacks of lists, too. */
export function guardsOf(unit: Unit, node: Node): Guard[] {
  const guards: Guard[] = [];
  let inner = node;
  for (let at = unit.parentOf(node); at !== undefined; at = unit.parentOf(at)) {
    if (isFunction(at) && !runsInPlace(unit, at)) break;
    const guard = guardAt(at, inner, unit.parentOf(at));
    if (guard !== undefined) guards.push(guard);
    inner = at;
  }
  return guards;
}

/** The values of the cases that run the statements of one: those before it that have none of their own, too. */
function caseValues({ of, at }: Extract<Guard, { kind: "case" }>): (string | undefined)[] {
  const index = of.cases.indexOf(at);
  let first = index;
  while (first > 0 && of.cases[first - 1]?.consequent.length === 0) first -= 1;
  return of.cases.slice(first, index + 1).map(({ test }) => (test ? literalOf(test) : otherwise));
}

function caseHolds(
  evaluation: Evaluation,
  guard: Extract<Guard, { kind: "case" }>,
  at: { frame: Frame; by: Node },
): boolean | undefined {
  const own = caseValues(guard);
  const all = guard.of.cases.map(({ test }) => (test ? literalOf(test) : otherwise));
  if (all.includes(undefined)) return undefined;
  const negated = own.includes(otherwise);
  const values = (negated ? all.filter((one) => !own.includes(one)) : own).filter(
    (one) => one !== undefined && one !== otherwise,
  ) as string[];
  const [only, ...others] = evaluation.evaluate(guard.of.discriminant, at.frame);
  const text = only === undefined || others.length > 0 ? undefined : plainText(only);
  if (text !== undefined) return values.includes(`"${text}"`) !== negated;
  const place = placeOf(evaluation, guard.of.discriminant);
  return place && decided({ ...place, key: `${place.key} is`, values, negated }, at);
}

/** Whether a guard holds in a frame, as far as it is known or decided. */
export function holds(
  evaluation: Evaluation,
  guard: Guard,
  at: { frame: Frame; by: Node },
): boolean | undefined {
  if (guard.kind === "case") return caseHolds(evaluation, guard, at);
  const { program } = evaluation;
  const frame = frameAround(program, guard.test, at.frame);
  const known = decide(evaluation, guard.test, { ...at, frame });
  return known === undefined ? undefined : known === guard.wanted;
}

/** Most outcomes that one choice is tried with. */
const outcomeCap = 8;

/** What hangs on a choice that nothing is assumed of. */
interface OpenChoice {
  readonly values: Set<string>;
  readonly by: Set<Node>;
  readonly frames: Set<Frame>;
}

function openChoices(met: readonly MetChoice[]): Map<string, OpenChoice> {
  const found = new Map<string, OpenChoice>();
  for (const one of met) {
    const open = found.get(one.key) ?? { values: new Set(), by: new Set(), frames: new Set() };
    found.set(one.key, open);
    for (const value of one.values) open.values.add(value);
    open.by.add(one.by);
    open.frames.add(one.frame);
  }
  return found;
}

/** A choice that several values of an answer hang on, and its outcomes; undefined if there is none. */
export function sharedChoice(
  met: readonly MetChoice[],
): { key: string; outcomes: string[] } | undefined {
  for (const [key, open] of openChoices(met)) {
    if (open.by.size < 2 || open.frames.size > 1 || open.values.size >= outcomeCap) continue;
    return { key, outcomes: [...open.values, otherwise] };
  }
  return undefined;
}
