/** Values that stand in a text of JSON. */
import { RootFrame } from "./frame.ts";
import { literalValue, plainText, textValue, type Value } from "./values.ts";

/** For values that need none. */
const noFrame = new RootFrame();

/** What a text of JSON holds; of one that only the run time knows nothing is known. */
export function parsed(value: Value): Value {
  if (value.kind === "json") return value.of;
  try {
    return jsonValue(JSON.parse(plainText(value) ?? ""), 0);
  } catch {
    return { kind: "unknown" };
  }
}

/** Deepest nesting of JSON that is read. */
const jsonDepth = 8;

function jsonValue(given: unknown, depth: number): Value {
  if (typeof given === "string") return textValue(given);
  if (given === null || typeof given === "number" || typeof given === "boolean") {
    return literalValue(given);
  }
  if (typeof given !== "object" || depth > jsonDepth) return { kind: "unknown" };
  const entries = Object.entries(given).map(([key, one]) => ({
    key: Array.isArray(given) ? undefined : key,
    spread: false,
    node: null,
    frame: noFrame,
    optional: false,
    values: [jsonValue(one, depth + 1)],
  }));
  return Array.isArray(given) ? { kind: "array", elements: entries } : { kind: "object", entries };
}
