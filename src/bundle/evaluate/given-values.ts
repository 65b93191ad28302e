/** The arguments of functions that no call expression enters: of list methods, of promises, of query libraries. */
import type * as t from "@babel/types";
import type { Evaluation } from "./evaluation.ts";
import type { Given } from "./flow.ts";
import type { Frame } from "./frame.ts";
import { listElements } from "./list-elements.ts";
import { elementValues, entryValues } from "./names.ts";
import type { CallNode, FunctionNode } from "../modules/syntax.ts";
import { textValue, truthiness, unknownSet, type Entry, type Values } from "./values.ts";

interface Question {
  readonly given: Given;
  /** The function that is entered. */
  readonly fn: FunctionNode;
  /** Where what it is given is evaluated. */
  readonly frame: Frame;
}

/** What a function is called with. */
export function givenValues(evaluation: Evaluation, question: Question): Values[] {
  const { given, frame } = question;
  if (given.as === "context") return [contextOf(question)];
  if (given.as === "template") return templateArguments(evaluation, question);
  const held = evaluation.evaluate(given.of, frame);
  if (given.as === "key") return keyArguments(evaluation, held, question);
  const before = Array.from({ length: given.index }, () => unknownSet);
  const after = Array.from({ length: 3 }, () => unknownSet);
  return [...before, given.each ? elementValues(evaluation, held) : held, ...after];
}

/** `{ queryKey }`, as TanStack Query hands it on. */
function contextOf({ given, frame }: Question): Values {
  const base = { spread: false, frame, optional: false };
  const rest: Entry = { ...base, key: undefined, node: null };
  return [{ kind: "object", entries: [rest, { ...base, key: "queryKey", node: given.of }] }];
}

/** What a tag is given: the texts of its template, and what stands between them. */
function templateArguments(evaluation: Evaluation, { given, frame }: Question): Values[] {
  const { quasis, expressions } = given.of as t.TemplateLiteral;
  const base = { key: undefined, spread: false, node: null, frame, optional: false };
  const elements = quasis.map((quasi) => ({
    ...base,
    values: [textValue(quasi.value.cooked ?? "", quasi)],
  }));
  const values = expressions.map((node) => evaluation.evaluate(node, frame));
  return [[{ kind: "array", elements, exact: true }], ...values];
}

/** A key as SWR hands it on: what a function gives, a list as it is or taken apart; nothing where there is no key. */
function keyArguments(
  evaluation: Evaluation,
  keys: Values,
  { given, fn, frame }: Question,
): Values[] {
  const called = keys.flatMap((value) =>
    value.kind === "function"
      ? evaluation.returned(value, { args: [], caller: frame, values: [] }, given.of as CallNode)
      : [value],
  );
  const set = called.filter((value) => truthiness(value) !== false);
  const [list] = set;
  const elements = list?.kind === "array" ? listElements(evaluation, list) : undefined;
  if (elements === undefined || set.length > 1 || fn.params.length < 2) {
    return [set.length === 0 ? unknownSet : set];
  }
  return elements.map((element) => entryValues(evaluation, element));
}
