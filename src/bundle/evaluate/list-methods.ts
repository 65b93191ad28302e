/** Methods of lists whose elements are known. */
import type { BuiltinCall, BuiltinMethod } from "./builtin-call.ts";
import type { Evaluation } from "./evaluation.ts";
import { listElements } from "./list-elements.ts";
import { entryValues } from "./names.ts";
import { conversions } from "./text-conversions.ts";
import { joinTexts, knownStart } from "./texts.ts";
import {
  plainText,
  textValue,
  truthiness,
  union,
  unknownSet,
  type ArrayValue,
  type Entry,
  type QueryValue,
  type Value,
  type Values,
} from "./values.ts";

/** Longest list that a method is computed for. */
const lengthCap = 40;
/** Most elements that a filter may or may not keep. */
const doubtCap = 3;

function elementsOf(evaluation: Evaluation, self: Value): readonly Entry[] | undefined {
  const elements = self.kind === "array" ? listElements(evaluation, self) : undefined;
  return elements !== undefined && elements.length <= lengthCap ? elements : undefined;
}

function joined(evaluation: Evaluation, self: Value, call: BuiltinCall): Values | undefined {
  if (self.kind === "param") return [self];
  if (self.kind !== "array") return undefined;
  const [separator] = call.argument(0);
  const text = separator?.kind === "literal" ? "," : separator && plainText(separator);
  const elements = elementsOf(evaluation, self);
  if (elements === undefined) return text === "&" ? [pairsOf(evaluation, [])] : unknownSet;
  if (text === undefined) return unknownSet;
  const lists = alternatives(elements);
  if (lists === undefined) return text === "&" ? [pairsOf(evaluation, elements)] : unknownSet;
  return union(
    ...lists.map((list) =>
      joinTexts(
        list.flatMap((element, at) => [
          ...(at === 0 ? [] : [{ values: [textValue(text)] }]),
          {
            values: entryValues(evaluation, element),
            ...(element.node === null ? {} : { node: element.node }),
          },
        ]),
      ),
    ),
  );
}

/** Every list that elements which may be missing make; undefined if they are too many. */
function alternatives(elements: readonly Entry[]): Entry[][] | undefined {
  if (elements.filter((element) => element.optional).length > doubtCap) return undefined;
  let lists: Entry[][] = [[]];
  for (const element of elements) {
    const without = element.optional ? lists : [];
    lists = [...lists.map((list) => [...list, element]), ...without];
  }
  return lists;
}

/** `["a=1", "b=" + x].join("&")`: a query with these fields, and perhaps others. */
function pairsOf(evaluation: Evaluation, elements: readonly Entry[]): QueryValue {
  const fields = new Map<string, Values>();
  for (const element of elements) {
    for (const value of entryValues(evaluation, element)) {
      const name =
        value.kind === "text" ? /^([\w.[\]-]+)=/.exec(knownStart(value).text)?.[1] : null;
      if (name) fields.set(name, [{ kind: "unknown", type: "string" }]);
    }
  }
  return { kind: "query", fields, open: true, multipart: false };
}

function entryOf(like: Entry, values: Values): Entry {
  return { key: undefined, spread: false, node: null, frame: like.frame, values, optional: false };
}

/** What a function gives for one element; undefined if it is none that is known. */
function applied(evaluation: Evaluation, given: Values, call: BuiltinCall): Values | undefined {
  const [callback] = call.argument(0);
  const entered = { args: [], caller: call.entered.caller, values: [given] };
  if (callback?.kind === "function") return evaluation.returned(callback, entered, call.node);
  const convert = callback?.kind === "global" ? conversions[callback.path] : undefined;
  return convert && given.map((value) => convert(value));
}

function mapped(evaluation: Evaluation, self: Value, call: BuiltinCall): Values | undefined {
  const elements = elementsOf(evaluation, self);
  if (elements === undefined) return undefined;
  const made: Entry[] = [];
  for (const element of elements) {
    const values = applied(evaluation, entryValues(evaluation, element), call);
    if (values === undefined) return undefined;
    made.push({ ...entryOf(element, values), optional: element.optional });
  }
  return [{ kind: "array", elements: made, exact: true }];
}

/** Whether a filter keeps a value, where that is certain. */
function keeps(evaluation: Evaluation, value: Value, call: BuiltinCall): boolean | undefined {
  const [callback] = call.argument(0);
  if (callback?.kind === "global" && callback.path === "Boolean") return truthiness(value);
  const answers = (applied(evaluation, [value], call) ?? unknownSet).map(truthiness);
  return answers.length === 1 ? answers[0] : undefined;
}

function filtered(evaluation: Evaluation, self: Value, call: BuiltinCall): Values | undefined {
  const elements = elementsOf(evaluation, self);
  if (elements === undefined) return undefined;
  let lists: Entry[][] = [[]];
  let doubts = 0;
  for (const element of elements) {
    const values = entryValues(evaluation, element);
    const verdicts = values.map((value) => keeps(evaluation, value, call));
    const kept = values.filter((_, at) => verdicts[at] !== false);
    if (kept.length === 0) continue;
    const without = kept.length < values.length || element.optional ? lists : [];
    if (without.length > 0) doubts += 1;
    if (doubts > doubtCap) return unknownSet;
    lists = [...lists.map((list) => [...list, entryOf(element, kept)]), ...without];
  }
  return lists.map((list): ArrayValue => ({ kind: "array", elements: list, exact: true }));
}

export const listMethods: Readonly<Record<string, BuiltinMethod>> = {
  join: joined,
  map: mapped,
  filter: filtered,
};
