/** The arguments of functions that no call expression enters: of list methods, promises, query libraries, components. */
import type * as t from "@babel/types";
import { isCall, type CallNode, type FunctionNode } from "../modules/syntax.ts";
import { literalMembers } from "../modules/wrapped/wrapped-module.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Given } from "./flow.ts";
import type { Frame } from "./frame.ts";
import { listElements } from "./list-elements.ts";
import { elementValues, entryValues } from "./names.ts";
import {
  textValue,
  truthiness,
  unknownSet,
  type Entry,
  type Value,
  type Values,
} from "./values.ts";

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
  if (given.as === "props") return [held.map((props) => withInjected(evaluation, props, frame))];
  const before = Array.from({ length: given.index }, () => unknownSet);
  const after = Array.from({ length: 3 }, () => unknownSet);
  return [...before, given.each ? elementValues(evaluation, held) : held, ...after];
}

const injected = new WeakMap<Evaluation, ReadonlySet<string>>();

/** The props that `cloneElement(element, { … })` gives to elements that were made without them. */
function injectedProps(evaluation: Evaluation): ReadonlySet<string> {
  const known = injected.get(evaluation);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const unit of evaluation.program.units) {
    for (const member of unit.index.members.get("cloneElement") ?? []) {
      const call = unit.parentOf(member);
      const props = isCall(call) ? call.arguments[1] : undefined;
      for (const { name } of literalMembers(props) ?? []) found.add(name);
    }
  }
  injected.set(evaluation, found);
  return found;
}

/** Props as they stand, and those that may be added later. */
function withInjected(evaluation: Evaluation, props: Value, frame: Frame): Value {
  if (props.kind !== "object") return props;
  const base = { spread: false, node: null, frame, values: unknownSet, optional: true };
  const added = [...injectedProps(evaluation)].map((key): Entry => ({ ...base, key }));
  return added.length === 0 ? props : { ...props, entries: [...added, ...props.entries] };
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
    return [set.length === 0 ? unknownSet : set, ...mutationArgument(evaluation, fn, frame)];
  }
  return elements.map((element) => entryValues(evaluation, element));
}

/** What a mutation of SWR hands on beside its key: `{ arg }`, which the event gives. */
function mutationArgument({ program }: Evaluation, fn: FunctionNode, frame: Frame): Values[] {
  const [, second] = fn.params;
  const takes = second?.type === "ObjectPattern" ? second : fn;
  if (second === undefined || !/[{,.]\s*arg\b/.test(program.unitOf(fn).textOf(takes))) return [];
  const base = { spread: false, node: null, frame, optional: false };
  return [[{ kind: "object", entries: [{ ...base, key: "arg", values: unknownSet }] }]];
}
