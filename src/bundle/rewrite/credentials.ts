/** Copies of a stripped credential that no cut covers: dead code, comments, another file. They go too. */
import type { Cut } from "../analysis.ts";
import { touches, type Splice } from "./splices.ts";

/** What takes a credential's place. */
const strippedText = "govern-stripped";

/** Shorter values are words that stand in a bundle for many reasons. */
const shortest = 8;

/** The secrets that a rewrite removes and that must not be found in its output. */
export function strippedValues(cuts: readonly Cut[]): string[] {
  const values = cuts.flatMap((cut) =>
    cut.kind === "credential" && cut.value.length >= shortest ? [cut.value] : [],
  );
  return [...new Set(values)].toSorted((a, b) => b.length - a.length);
}

/** Splices for the copies in a text that lie outside the other splices. */
export function leftoverSplices(
  text: string,
  splices: readonly Splice[],
  cuts: readonly Cut[],
): Splice[] {
  const found: Splice[] = [];
  for (const value of strippedValues(cuts)) {
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) {
      const end = at + value.length;
      const copy = { start: at, end, text: strippedText };
      if (!touches(copy, splices) && !touches(copy, found)) found.push(copy);
    }
  }
  return found;
}
