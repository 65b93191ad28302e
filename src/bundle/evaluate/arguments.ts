/** Arguments of a call, with spreads taken apart where their elements are known. */
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

/** The arguments as entries; a spread whose elements are unknown ends the list with a spread entry. */
function entriesOf(evaluation: Evaluation, entered: Entered): Entry[] {
  const { caller } = entered;
  if (entered.values !== undefined)
    return entered.values.map((values) => plainEntry(values, caller));
  const entries: Entry[] = [];
  for (const node of entered.args) {
    const base = { key: undefined, frame: caller, optional: false };
    if (node?.type !== "SpreadElement") {
      entries.push({ ...base, spread: false, node });
      continue;
    }
    const [list, ...others] = evaluation.evaluate(node.argument, caller);
    if (list?.kind === "array" && others.length === 0) {
      for (const element of list.elements) entries.push(element);
    } else entries.push({ ...base, spread: true, node });
  }
  return entries;
}

function valuesOf(evaluation: Evaluation, entry: Entry): Values {
  if (entry.values !== undefined) return entry.values;
  return entry.node === null ? [undefinedValue] : evaluation.evaluate(entry.node, entry.frame);
}

/** The values of the argument at an index; `undefined` if the call gives none. */
export function argumentValues(
  evaluation: Evaluation,
  entered: Entered | null,
  index: number,
): Values {
  if (entered === null) return unknownSet;
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
