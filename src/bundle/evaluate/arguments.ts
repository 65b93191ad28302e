/** Arguments of a call, with spreads taken apart where their elements are known. */
import type { Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Entered, Frame } from "./frame.ts";
import {
  undefinedValue,
  union,
  unknownSet,
  type ArrayValue,
  type Entry,
  type Values,
} from "./values.ts";

function plainEntry(values: Values, frame: Frame): Entry {
  return { key: undefined, spread: false, node: null, frame, values, optional: false };
}

function argumentEntry(node: Node | null, frame: Frame): Entry {
  return { key: undefined, spread: node?.type === "SpreadElement", node, frame, optional: false };
}

/** The arguments as entries; a spread whose elements are unknown ends the list with a spread entry. */
function entriesOf(evaluation: Evaluation, entered: Entered): Entry[] {
  const { caller } = entered;
  if (entered.values !== undefined)
    return entered.values.map((values) => plainEntry(values, caller));
  const entries: Entry[] = [];
  for (const node of entered.args) {
    if (node?.type !== "SpreadElement") {
      entries.push(argumentEntry(node, caller));
      continue;
    }
    const [list, ...others] = evaluation.evaluate(node.argument, caller);
    if (list?.kind === "array" && others.length === 0) {
      for (const element of list.elements) entries.push(element);
    } else entries.push(argumentEntry(node, caller));
  }
  return entries;
}

function valuesOf(evaluation: Evaluation, { values, node, frame }: Entry): Values {
  return values ?? nodeValues(evaluation, node, frame);
}

function nodeValues(evaluation: Evaluation, node: Node | null | undefined, frame: Frame): Values {
  return node ? evaluation.evaluate(node, frame) : [undefinedValue];
}

/** Whether all arguments up to an index stand there one by one. */
function isPlain({ args }: Entered, index: number): boolean {
  const last = Math.min(index, args.length - 1);
  for (let at = 0; at <= last; at += 1) if (args[at]?.type === "SpreadElement") return false;
  return true;
}

/** The values of the argument at an index; `undefined` if the call gives none. */
export function argumentValues(
  evaluation: Evaluation,
  entered: Entered | null,
  index: number,
): Values {
  if (entered === null) return unknownSet;
  if (entered.values !== undefined) return entered.values[index] ?? [undefinedValue];
  if (isPlain(entered, index)) return nodeValues(evaluation, entered.args[index], entered.caller);
  const entries = entriesOf(evaluation, entered);
  const spread = entries.findIndex((entry) => entry.spread);
  if (spread >= 0 && spread <= index) {
    const node = entries[spread]?.node;
    if (node?.type !== "SpreadElement") return unknownSet;
    const lists = evaluation.evaluate(node.argument, entered.caller);
    return union(...lists.map((list) => evaluation.property(list, String(index - spread))));
  }
  const entry = entries[index];
  return entry === undefined ? [undefinedValue] : valuesOf(evaluation, entry);
}

/** The arguments from an index on, as a rest parameter takes them. */
export function restArguments(
  evaluation: Evaluation,
  entered: Entered | null,
  index: number,
): ArrayValue {
  return {
    kind: "array",
    elements: entered === null ? [] : entriesOf(evaluation, entered).slice(index),
  };
}
