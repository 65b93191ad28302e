/** Names of path holes: the singular of the literal before it and `Id`, so that no minifier changes them. */
import type { HolePart, ParamValue } from "../evaluate/values.ts";

/** One path segment: texts and holes. */
export type Segment = (string | HolePart)[];

/** Path segments that say nothing of what is asked for. */
export const general = /^(?:api|rest|v\d+)?$/i;

const unchanged = /(?:ss|us|is|news|series|data|status)$/i;

/** The singular of an English plural, as far as path segments need it. */
export function singular(word: string): string {
  if (unchanged.test(word)) return word;
  if (/ies$/i.test(word) && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|z|us)es$/i.test(word)) return word.slice(0, -2);
  return /s$/i.test(word) && word.length > 2 ? word.slice(0, -1) : word;
}

function camelCase(text: string): string {
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
  return words
    .map((word, at) => (at === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
    .join("");
}

function baseName(literal: string | undefined): string {
  const word = literal === undefined ? "" : camelCase(singular(literal));
  if (word === "" || /^\d/.test(word)) return "id";
  return /Id$|^id$/.test(word) ? word : `${word}Id`;
}

/** A path template with its holes named. */
export function nameHoles(segments: readonly Segment[]): {
  path: string;
  encodedSlash: string[];
  soft: ParamValue[];
} {
  const used = new Map<string, number>();
  const encodedSlash: string[] = [];
  const soft: ParamValue[] = [];
  let literal: string | undefined;
  const texts = segments.map((segment) => {
    const named = segment.map((part) => {
      if (typeof part === "string") return part;
      const base = baseName(literal);
      const count = (used.get(base) ?? 0) + 1;
      used.set(base, count);
      const name = count === 1 ? base : `${base}${count}`;
      if (part.encoded) encodedSlash.push(name);
      else if (part.param) soft.push(part.param);
      return `{${name}}`;
    });
    const [only] = segment;
    if (segment.length === 1 && typeof only === "string") literal = only;
    return named.join("");
  });
  return { path: `/${texts.join("/")}`, encodedSlash, soft };
}
