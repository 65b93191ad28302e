/** Texts with holes: how values become text, and how texts are joined. */
import type { Node } from "../modules/syntax.ts";
import {
  setCap,
  unknown,
  type HolePart,
  type Part,
  type TextValue,
  type Value,
  type Values,
} from "./values.ts";

function hole(value: Value, node?: Node): HolePart {
  const base = { kind: "hole" as const, ...(node === undefined ? {} : { node }) };
  switch (value.kind) {
    case "param":
      return { ...base, encoded: false, number: false, param: value };
    case "global":
      return { ...base, encoded: false, number: false, global: value.path };
    case "unknown":
      return { ...base, encoded: value.encoded === true, number: value.type === "number" };
    default:
      return { ...base, encoded: false, number: false };
  }
}

/** The parts of a value inside a text; `node` is the expression it comes from. */
function partsOf(value: Value, node?: Node): readonly Part[] {
  switch (value.kind) {
    case "text":
      return value.parts;
    case "literal":
      // Nobody asks for `/accounts/undefined`: the value is given in a way that is not seen.
      return value.value === undefined || value.value === null
        ? [hole(value, node)]
        : [{ kind: "text", text: String(value.value) }];
    case "query":
      return value.multipart ? [hole(value, node)] : [{ kind: "query", query: value }];
    default:
      return [hole(value, node)];
  }
}

/** A value as a text, as `String(value)` would give it. */
export function asText(value: Value, node?: Node): TextValue {
  return value.kind === "text" ? value : { kind: "text", parts: partsOf(value, node) };
}

interface JoinedSet {
  readonly values: Values;
  readonly node?: Node;
}

/** What is not set yet is in no text, as long as it may be set. */
export function withoutUnset(values: Values): Values {
  if (values.length < 2) return values;
  const set = values.filter(
    (value) => value.kind !== "literal" || (value.value !== undefined && value.value !== null),
  );
  return set.length === 0 ? values : set;
}

/** Every way to join one value of each set; one unknown text past the cap. */
export function joinTexts(all: readonly JoinedSet[]): Values {
  const sets = all.map((set) => ({ ...set, values: withoutUnset(set.values) }));
  const total = sets.reduce((product, set) => product * set.values.length, 1);
  if (total > setCap) return joinWidest(sets);
  let texts: (readonly Part[])[] = [[]];
  for (const { values, node } of sets) {
    texts = texts.flatMap((text) => values.map((value) => [...text, ...partsOf(value, node)]));
  }
  return texts.map((parts) => ({ kind: "text", parts }));
}

/** Past the cap the set with the most values becomes a hole. */
function joinWidest(sets: readonly JoinedSet[]): Values {
  const widest = Math.max(...sets.map((set) => set.values.length));
  const at = sets.findIndex((set) => set.values.length === widest);
  if (widest < 2) return [unknown];
  return joinTexts(sets.map((set, index) => (index === at ? { ...set, values: [unknown] } : set)));
}

/** Text that surely starts a value: the known text before the first hole. */
export function knownStart(value: TextValue): { text: string; whole: boolean } {
  let text = "";
  for (const part of value.parts) {
    if (part.kind !== "text") return { text, whole: false };
    text += part.text;
  }
  return { text, whole: true };
}

/** Replaces text in the known parts of a value. */
export function mapText(value: TextValue, change: (text: string) => string): TextValue {
  return {
    kind: "text",
    parts: value.parts.map((part) =>
      part.kind === "text" ? { ...part, text: change(part.text) } : part,
    ),
  };
}
