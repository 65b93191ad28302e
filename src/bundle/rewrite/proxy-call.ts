/** Source of calls of the proxy: built as a tree and printed, never pasted together. */
import generatorModule from "@babel/generator";
import {
  arrayExpression,
  callExpression,
  identifier,
  memberExpression,
  parenthesizedExpression,
  stringLiteral,
  type Expression,
} from "@babel/types";

/** The package is CommonJS: its default export arrives wrapped or not, by who loads it. */
const either = generatorModule as unknown as
  | typeof generatorModule.default
  | { default: typeof generatorModule.default };
const generate = "default" in either ? either.default : either;

/** A run of the bundle's own source that stays where it is: an argument, or the expression of a template's hole. */
type Kept = object;

const mark = "__kept__";

/** In parentheses: what stood in a template's hole may be a comma expression. */
const keptElement = (): Expression => parenthesizedExpression(identifier(mark));

function argumentOf(value: string | Kept | readonly Kept[]): Expression {
  if (typeof value === "string") return stringLiteral(value);
  return Array.isArray(value) ? arrayExpression(value.map(keptElement)) : identifier(mark);
}

/**
 * The source of `__govern.<member>(…)`, cut where kept source goes in: one piece more than there are kept runs. An
 * argument is a text, a kept run, or a list of kept runs.
 */
export function proxyCall(
  member: string,
  values: readonly (string | Kept | readonly Kept[])[],
): string[] {
  const callee = memberExpression(identifier("__govern"), identifier(member));
  const { code } = generate(callExpression(callee, values.map(argumentOf)), {
    compact: true,
    jsescOption: { minimal: true },
  });
  return code.split(mark);
}
