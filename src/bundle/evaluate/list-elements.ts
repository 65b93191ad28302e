/** The elements of a list, with what is spread into it. */
import type { Evaluation } from "./evaluation.ts";
import { entryValues } from "./names.ts";
import type { ArrayValue, Entry } from "./values.ts";

/** Deepest nesting of spreads. */
const spreadDepth = 8;

/** All elements; undefined if something is spread into the list that is not known. */
export function listElements(
  evaluation: Evaluation,
  list: ArrayValue,
  depth = 0,
): readonly Entry[] | undefined {
  if (list.elements.every((element) => !element.spread)) return list.elements;
  if (depth > spreadDepth) return undefined;
  const found: Entry[] = [];
  for (const element of list.elements) {
    if (!element.spread) {
      found.push(element);
      continue;
    }
    const [inner, ...others] = entryValues(evaluation, element);
    const elements =
      inner?.kind === "array" && others.length === 0
        ? listElements(evaluation, inner, depth + 1)
        : undefined;
    if (elements === undefined) return undefined;
    found.push(...elements);
  }
  return found;
}
