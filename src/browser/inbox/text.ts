/** Texts as people read them: nothing hidden, nothing that only looks like something else. */
import type { JsonValue } from "../../contract/json.ts";
export { visible } from "../console/elements.ts";

/** Whether a word has letters of several alphabets, as a look-alike has. */
export function mixesScripts(text: string): boolean {
  const words = text.match(/[\p{L}\p{M}\d]+/gu) ?? [];
  return words.some(
    (word) => /\p{Script=Latin}/u.test(word) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word),
  );
}

export interface Leaf {
  /** e.g. `body.amount`. */
  readonly path: string;
  readonly value: string;
  readonly kind: "text" | "number" | "boolean" | "nothing" | "empty";
}

function leaf(path: string, value: string, kind: Leaf["kind"]): Leaf {
  return { path, value, kind };
}

/** Every value of some arguments, each with its path; empty parts are left out where they are the request's frame. */
export function leavesOf(value: JsonValue, path = ""): readonly Leaf[] {
  if (value === null) return path === "body" ? [] : [leaf(path, "null", "nothing")];
  if (typeof value === "string") return [leaf(path, value, "text")];
  if (typeof value === "number") return [leaf(path, String(value), "number")];
  if (typeof value === "boolean") return [leaf(path, String(value), "boolean")];
  const members: readonly (readonly [string, JsonValue])[] = Array.isArray(value)
    ? value.map((one, index) => [`[${index}]`, one])
    : Object.entries(value).map(([name, one]) => [path === "" ? name : `.${name}`, one]);
  if (members.length > 0) return members.flatMap(([name, one]) => leavesOf(one, `${path}${name}`));
  const isFrame = /^(?:|path|query|headers|values)$/.test(path);
  return isFrame ? [] : [leaf(path, Array.isArray(value) ? "[]" : "{}", "empty")];
}

const units: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/** `3 min`, `23 h`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [unit, size] = units.find(([, each]) => seconds >= each) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** `2026-05-04 13:22:07` in UTC. */
export function utc(time: string): string {
  return `${time.replace("T", " ").replace(/(\.\d+)?Z$/, "")} UTC`;
}
