/** What the helpers of postgres.js write in the holes of its templates. */
import { helperPieces, helperPlace, listPlace, quoteName } from "../../../contract/sql-helper.ts";
import { explore } from "../../evaluate/contexts.ts";
import { plainText, type Value } from "../../evaluate/values.ts";
import { isCall, isMember, literalText, memberName, type Node } from "../../modules/syntax.ts";
import type { RecognizerContext } from "../recognizer.ts";
import type { Call } from "../sql-calls.ts";
import {
  plainRules,
  withValue,
  type Appended,
  type TemplateRules,
  type Text,
} from "../sql-templates.ts";

/** Text and values after what stands before. */
function write(before: Text, pieces: readonly (string | null)[]): Text[] {
  let { text, values } = before;
  for (const piece of pieces) {
    if (piece === null) ({ text, values } = withValue({ text, values }));
    else text += piece;
  }
  return [{ text, values }];
}

const elementsOf = (node: Node): Node[] =>
  node.type === "ArrayExpression" ? node.elements.filter((one) => one !== null) : [node];

/** What an expression may be, whoever calls the function around it; undefined where that is not known. */
function valuesOf(
  context: RecognizerContext,
  call: Call,
  node: Node,
): readonly Value[] | undefined {
  const explored = explore(context.evaluator, call, (frame) => {
    const values = context.evaluator.evaluate(node, frame);
    const hard = values.filter((value) => value.kind === "param");
    const results = values.filter((value) => value.kind !== "param");
    return { results, open: [], needs: { hard, soft: [] } };
  });
  return explored.open.length > 0 || explored.results.length === 0 ? undefined : explored.results;
}

/** Rows of known columns. */
interface Rows {
  readonly columns: readonly string[];
  readonly count: number;
}

/** The columns of an object, in its order. */
function columnsOf(value: Value): string[] | undefined {
  if (value.kind !== "object") return undefined;
  const keys = value.entries.map(({ key, optional }) => (optional ? undefined : key));
  return keys.every((key) => key !== undefined) ? [...new Set(keys)] : undefined;
}

/** The rows that a value is: one object, or a list that is spelled out. */
function rowsOf(value: Value, named: readonly string[] | undefined): Rows | undefined {
  if (value.kind === "object") {
    const columns = named ?? columnsOf(value);
    return columns && { columns, count: 1 };
  }
  return undefined;
}

/** The rows that a helper may be given; undefined where their number or names are not known. */
function givenRows(
  context: RecognizerContext,
  call: Call,
  { given, named }: { given: Node; named: readonly string[] | undefined },
): readonly Rows[] | undefined {
  const isSpelledOut = given.type === "ArrayExpression";
  const first = isSpelledOut ? elementsOf(given)[0] : given;
  if (first === undefined || first.type === "SpreadElement") return undefined;
  const rows = valuesOf(context, call, first)?.map((value) => rowsOf(value, named));
  if (rows === undefined || !rows.every((one) => one !== undefined)) return undefined;
  if (!isSpelledOut) return distinct(rows);
  const { elements } = given;
  const isSure = elements.every((one) => one?.type === "ObjectExpression");
  return isSure ? rows.map(({ columns }) => ({ columns, count: elements.length })) : undefined;
}

function distinct(rows: readonly Rows[]): Rows[] {
  return [...new Map(rows.map((one) => [one.columns.join("\0"), one])).values()];
}

const unknownRows = { reason: "the rows that it puts into its text are only known at run time" };
const unknownNames = { reason: "the names that it puts into its text are only known at run time" };

/** Names, from literals or from what the app chooses among. */
function names(context: RecognizerContext, given: readonly Node[], before: Text): Appended {
  const listed = given.flatMap(elementsOf);
  const texts = listed.map((one) => {
    context.evaluator.budget = 20_000;
    return context.evaluator.evaluate(one, context.evaluator.bareRoot).map(plainText);
  });
  let all: string[][] = [[]];
  for (const choice of texts) {
    const known = choice.filter((text) => text !== undefined);
    if (known.length !== choice.length) return unknownNames;
    all = all.flatMap((some) => known.map((text) => [...some, text]));
  }
  return all.map((some) => ({ ...before, text: before.text + some.map(quoteName).join(",") }));
}

function helper(context: RecognizerContext, call: Call, before: Text): Appended {
  const [given, ...rest] = call.arguments as Node[];
  if (given === undefined || given.type === "SpreadElement") return unknownNames;
  const place = helperPlace(before.text);
  if (place === "in" && rest.length === 0) {
    const { before: text, after } = listPlace(before.text);
    return write({ ...before, text }, [null, after]);
  }
  const isName = literalText(given) !== undefined;
  if (place === "names" || place === "select" || isName) {
    return names(context, [given, ...rest], before);
  }
  const listed = rest.flatMap(elementsOf).map((one) => literalText(one));
  const named = listed.filter((name) => name !== undefined);
  if (named.length < listed.length) return unknownNames;
  return rowValues(context, { call, given, named }, before);
}

/** Rows of values, under names that are given or those of their objects. */
function rowValues(
  context: RecognizerContext,
  { call, given, named }: { call: Call; given: Node; named: readonly string[] },
  before: Text,
): Appended {
  const place = helperPlace(before.text);
  const asked = { given, named: named.length === 0 ? undefined : named };
  const rows = givenRows(context, call, asked);
  if (rows === undefined) return unknownRows;
  const made = rows.map(({ columns, count }) => helperPieces(place, columns, count));
  return made.every((pieces) => pieces !== null)
    ? made.flatMap((pieces) => write(before, pieces))
    : unknownNames;
}

/** How its templates are read; `own` are the calls of its client that are no templates. */
export function postgresRules(own: ReadonlySet<Node>): TemplateRules {
  return {
    helper(context, call, before) {
      if (own.has(call) && isCall(call)) return helper(context, call, before);
      return plainRules.helper(context, call, before);
    },
  };
}

/** What is done with the result of a template besides waiting for it. */
export function chainFault(context: RecognizerContext, template: Node): string | undefined {
  const member = context.program.parentOf(template);
  if (!isMember(member) || member.object !== template) return undefined;
  const name = memberName(member) ?? "";
  const plain = ["then", "catch", "finally", "values", "raw", "execute", "simple"];
  return plain.includes(name) ? undefined : `${name}() reads its result in parts, which is refused`;
}
