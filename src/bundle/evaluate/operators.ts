/** Operators whose result is known when their operands are. */
import type * as t from "@babel/types";
import type { Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Frame } from "./frame.ts";
import { joinTexts } from "./texts.ts";
import {
  certainly,
  literalValue,
  plainText,
  truthiness,
  union,
  unknownSet,
  type Value,
  type Values,
} from "./values.ts";

const number: Values = [{ kind: "unknown", type: "number" }];
const boolean: Values = [{ kind: "unknown", type: "boolean" }];

/** The operands of a chain of `+`, left to right: bundles hold chains too long for recursion. */
function addends(node: t.BinaryExpression): Node[] {
  const found: Node[] = [];
  let at: Node = node;
  while (at.type === "BinaryExpression" && at.operator === "+") {
    found.push(at.right);
    at = at.left;
  }
  found.push(at);
  return found.toReversed();
}

function isNumber(value: Value): boolean {
  if (value.kind === "literal") return typeof value.value === "number";
  return value.kind === "unknown" && value.type === "number";
}

function sum(evaluation: Evaluation, node: t.BinaryExpression, frame: Frame): Values {
  const operands = addends(node);
  if (operands.length > 200) return unknownSet;
  const sets = operands.map((operand) => ({
    values: evaluation.evaluate(operand, frame),
    node: operand,
  }));
  return sets.every((set) => set.values.every(isNumber)) ? number : joinTexts(sets);
}

/** A value that equality can be told of, or undefined. */
function comparable(values: Values): { value: unknown } | undefined {
  const [value] = values;
  if (value === undefined || values.length > 1) return undefined;
  if (value.kind === "literal") return { value: value.value };
  const text = plainText(value);
  return text === undefined ? undefined : { value: text };
}

function nullish(given: unknown): boolean {
  return given === null || given === undefined;
}

function isEqual(left: Values, right: Values, loose: boolean): boolean | undefined {
  const one = comparable(left);
  const other = comparable(right);
  if (one !== undefined && other !== undefined) {
    if (loose && nullish(one.value) && nullish(other.value)) return true;
    return one.value === other.value;
  }
  const known = one ?? other;
  const open = one === undefined ? left : right;
  const certain = open.every((value) =>
    /^(?:object|array|function|class|instance|json|text)$/.test(value.kind),
  );
  return known !== undefined && nullish(known.value) && certain ? false : undefined;
}

function equality(evaluation: Evaluation, node: t.BinaryExpression, frame: Frame): Values {
  if (node.left.type === "PrivateName") return boolean;
  const left = evaluation.evaluate(node.left, frame);
  const right = evaluation.evaluate(node.right, frame);
  const equal = isEqual(left, right, node.operator.length === 2);
  if (equal === undefined) return boolean;
  return [literalValue(node.operator.startsWith("!") ? !equal : equal)];
}

function comparison(evaluation: Evaluation, node: t.BinaryExpression, frame: Frame): Values {
  if (node.left.type === "PrivateName") return boolean;
  const left = comparable(evaluation.evaluate(node.left, frame))?.value;
  const right = comparable(evaluation.evaluate(node.right, frame))?.value;
  if (typeof left !== "number" || typeof right !== "number") return boolean;
  if (left === right) return [literalValue(node.operator.endsWith("="))];
  return [literalValue(node.operator.startsWith("<") ? left < right : left > right)];
}

/** `text.length - 1`. */
function difference(evaluation: Evaluation, node: t.BinaryExpression, frame: Frame): Values {
  if (node.left.type === "PrivateName") return number;
  const left = comparable(evaluation.evaluate(node.left, frame))?.value;
  const right = comparable(evaluation.evaluate(node.right, frame))?.value;
  const isKnown = typeof left === "number" && typeof right === "number";
  return isKnown ? [literalValue(left - right)] : number;
}

/** What a binary operator gives. */
export function binaryValues(
  evaluation: Evaluation,
  node: t.BinaryExpression,
  frame: Frame,
): Values {
  if (node.operator === "+") return sum(evaluation, node, frame);
  if (/^[!=]==?$/.test(node.operator)) return equality(evaluation, node, frame);
  if (/^[<>]=?$/.test(node.operator)) return comparison(evaluation, node, frame);
  if (node.operator === "-") return difference(evaluation, node, frame);
  return /^(?:[-*/%|&^]|\*\*|<<|>>>?)$/.test(node.operator) ? number : boolean;
}

const typeNames: Readonly<Record<string, string>> = {
  text: "string",
  object: "object",
  array: "object",
  query: "object",
  request: "object",
  instance: "object",
  function: "function",
  class: "function",
  json: "string",
};

function typeName(value: Value): string | undefined {
  if (value.kind === "literal") return value.value === null ? "object" : typeof value.value;
  if (value.kind === "unknown") return value.type;
  return typeNames[value.kind];
}

function typeText(values: Values): Values {
  const names = new Set(values.map(typeName));
  const [name] = names;
  return names.size === 1 && name !== undefined
    ? [{ kind: "text", parts: [{ kind: "text", text: name }] }]
    : [{ kind: "unknown", type: "string" }];
}

function negated(values: Values): Values {
  const known = certainly(values);
  return known === undefined ? boolean : [literalValue(!known)];
}

/** What a unary operator gives. */
export function unaryValues(evaluation: Evaluation, node: t.UnaryExpression, frame: Frame): Values {
  switch (node.operator) {
    case "!":
      return negated(evaluation.evaluate(node.argument, frame));
    case "void":
      return [literalValue(undefined)];
    case "typeof":
      return typeText(evaluation.evaluate(node.argument, frame));
    case "-": {
      const [only] = evaluation.evaluate(node.argument, frame);
      const isKnown = only?.kind === "literal" && typeof only.value === "number";
      return isKnown ? [literalValue(-only.value)] : number;
    }
    case "+":
    case "~":
      return number;
    default:
      return boolean;
  }
}

/** `value ?? ""`: the empty text stands for a value that is not there yet. */
function asFallback(value: Value): Value {
  if (plainText(value) !== "") return value;
  return { kind: "text", parts: [{ kind: "text", text: "", argument: true }] };
}

/** What `&&`, `||` and `??` give. */
export function logicalValues(
  evaluation: Evaluation,
  node: t.LogicalExpression,
  frame: Frame,
): Values {
  const left = evaluation.evaluate(node.left, frame);
  const keeps = (value: Value): boolean | undefined => {
    if (node.operator === "??") {
      if (value.kind === "literal") return value.value !== null && value.value !== undefined;
      return truthiness(value) === undefined ? undefined : true;
    }
    const truthy = truthiness(value);
    return truthy === undefined ? undefined : node.operator === "||" ? truthy : !truthy;
  };
  const kept = left.filter((value) => keeps(value) !== false);
  if (left.every((value) => keeps(value) === true)) return left;
  const right = evaluation.evaluate(node.right, frame);
  // An unknown left side of `&&` gives its own falsy value, which no text or object is built from.
  if (node.operator === "&&") {
    const falsy = kept.filter((value) => truthiness(value) === false);
    const open = kept.some((value) => truthiness(value) === undefined);
    return union(falsy, open ? [literalValue(undefined)] : [], right);
  }
  return union(kept, kept.length > 0 ? right.map(asFallback) : right);
}
