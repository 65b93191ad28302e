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

const given = { argument: true } as const;

/** The parts of a value inside a text; `node` is the expression it comes from. */
function partsOf(value: Value, node?: Node): readonly Part[] {
  switch (value.kind) {
    case "text":
      return value.parts;
    case "literal":
      // Nobody asks for `/accounts/undefined`: the value is given in a way that is not seen.
      return value.value === undefined || value.value === null
        ? [hole(value, node)]
        : [{ kind: "text", text: String(value.value), ...(value.argument ? given : {}) }];
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

/** Longest text, and most parts of one, that are put together: what is longer is no address and no statement. */
const lengthCap = 1_000_000;
const partsCap = 4000;

/** How long a value makes a text, and of how many parts. */
function sizeOf(value: Value): { length: number; parts: number } {
  if (value.kind !== "text") return { length: 0, parts: 1 };
  let length = 0;
  for (const part of value.parts) if (part.kind === "text") length += part.text.length;
  return { length, parts: value.parts.length };
}

function isTooLong(sets: readonly JoinedSet[]): boolean {
  let length = 0;
  let parts = 0;
  for (const { values } of sets) {
    const sizes = values.map(sizeOf);
    length += Math.max(0, ...sizes.map((size) => size.length));
    parts += Math.max(0, ...sizes.map((size) => size.parts));
  }
  return length > lengthCap || parts > partsCap;
}

/** One value of each set, joined in every way. */
function joinEvery(sets: readonly JoinedSet[]): TextValue[] {
  const total = sets.reduce((product, set) => product * set.values.length, 1);
  const texts: Part[][] = Array.from({ length: total }, () => []);
  let repeat = total;
  for (const { values, node } of sets) {
    const pieces = values.map((value) => partsOf(value, node));
    repeat /= values.length;
    for (const [at, text] of texts.entries()) {
      for (const part of pieces[Math.floor(at / repeat) % pieces.length] ?? []) text.push(part);
    }
  }
  return texts.map((parts) => ({ kind: "text", parts }));
}

/** Every way to join one value of each set; past the cap of values some become holes, past that of length all. */
export function joinTexts(all: readonly JoinedSet[]): Values {
  const sets = all.map((set) => ({ ...set, values: withoutUnset(set.values) }));
  if (isTooLong(sets)) return [{ kind: "unknown", type: "string", reason: "too long a text" }];
  const total = sets.reduce((product, set) => product * set.values.length, 1);
  return joinEvery(total > setCap ? withoutWidest(sets) : sets);
}

/** The sets with the most values become holes, until there are few enough ways to join them. */
function withoutWidest(sets: readonly JoinedSet[]): readonly JoinedSet[] {
  const order = [...sets.keys()].toSorted(
    (a, b) => (sets[a]?.values.length ?? 0) - (sets[b]?.values.length ?? 0) || b - a,
  );
  let total = 1;
  const kept = new Set<number>();
  for (const at of order) {
    total *= sets[at]?.values.length ?? 1;
    if (total > setCap) break;
    kept.add(at);
  }
  return sets.map((set, at) => (kept.has(at) ? set : { ...set, values: [unknown] }));
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
