/** The numbers and names of a text's placeholders. */
import { freeName, isHazardous } from "../parameter-names.ts";
import type { LexedDialect, Token } from "./lexer.ts";
import { meetingOf, type Place } from "./parameters.ts";

/** The placeholders and holes of a text. */
export function placeholders(tokens: readonly Token[]): Token[] {
  return tokens.filter(({ kind }) => kind === "parameter" || kind === "hole");
}

/**
 * The number of each placeholder, in the order of the text: `?` takes the next one; `?3` says its own; a name takes a new
 * one where it is first seen (SQLite's rule, see its documentation of parameters).
 */
export function parameterNumbers(tokens: readonly Token[], dialect: LexedDialect): number[] {
  const named = new Map<string, number>();
  let last = 0;
  return placeholders(tokens).map(({ kind, text }) => {
    const own = kind === "hole" || text === "?" ? null : text;
    const known = own === null ? undefined : named.get(own);
    if (known !== undefined) return known;
    const explicit = dialect === "sqlite" && own !== null && /^\?\d+$/.test(own);
    const number = explicit ? Number(own.slice(1)) : last + 1;
    last = Math.max(last, number);
    if (own !== null) named.set(own, number);
    return number;
  });
}

/** What the placeholders are called: by their own name, or by the column they meet. */
function givenNames(
  places: readonly Place[],
  written: readonly Token[],
  numbers: readonly number[],
): Map<number, string> {
  const given = new Map<number, string>();
  for (const [index, number] of numbers.entries()) {
    const own = /^[:@$](\w+)$/.exec(written[index]?.text ?? "")?.[1];
    const place = places[index];
    const name = own ?? (place === undefined ? undefined : meetingOf(place)?.name);
    if (name !== undefined && !given.has(number) && !isHazardous(name)) given.set(number, name);
  }
  return given;
}

/** A name for each number from 1; `p` and the number where nothing names it; a repeated name gets 2, 3. */
export function parameterNames(
  places: readonly Place[],
  tokens: readonly Token[],
  dialect: LexedDialect,
): string[] {
  const numbers = parameterNumbers(tokens, dialect);
  const given = givenNames(places, placeholders(tokens), numbers);
  const names = new Set<string>();
  for (let number = 1; number <= Math.max(0, ...numbers); number += 1) {
    names.add(freeName(given.get(number) ?? `p${number}`, names));
  }
  return [...names];
}
