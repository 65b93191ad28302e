/** Copies of a stripped credential that no cut covers: dead code, comments, another file, in whatever form. They go too. */
import type { Cut } from "../analysis.ts";
import { formsOf, isTelling, runAround } from "../credentials/forms.ts";
import { strippedText } from "../credentials/scan-text.ts";
import { touches, type Splice } from "./splices.ts";

/** More secrets than a bundle has by accident: each costs a pass over every file. */
const most = 500;

/** The secrets that a rewrite removes and that must not be found in its output. */
export function strippedValues(cuts: readonly Cut[]): string[] {
  const values = cuts.flatMap((cut) =>
    cut.kind === "credential"
      ? [cut.value, ...(cut.secret === undefined ? [] : [cut.secret])].filter(isTelling)
      : [],
  );
  return [...new Set(values)].slice(0, most).toSorted((a, b) => b.length - a.length);
}

function* placesOf(text: string, part: string): Generator<number> {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) yield at;
}

/** A run of base64 that holds a value, without it; the run as a whole where it is no text that can be written anew. */
function recoded(run: string, values: readonly string[]): string {
  const text = Buffer.from(run, "base64").toString("utf8");
  const clean = values.reduce((out, value) => out.replaceAll(value, strippedText), text);
  return clean === text || text.includes("\ufffd")
    ? strippedText
    : Buffer.from(clean).toString("base64");
}

/** Splices for the copies in a text that lie outside the other splices. */
export function leftoverSplices(
  text: string,
  splices: readonly Splice[],
  cuts: readonly Cut[],
): Splice[] {
  const found: Splice[] = [];
  const add = (copy: Splice): void => {
    if (!touches(copy, splices) && !touches(copy, found)) found.push(copy);
  };
  const values = strippedValues(cuts);
  for (const value of values) {
    const { texts, cores } = formsOf(value);
    for (const form of texts) {
      for (const at of placesOf(text, form)) {
        add({ start: at, end: at + form.length, text: strippedText });
      }
    }
    for (const core of cores) {
      for (const at of placesOf(text, core)) {
        const { start, end } = runAround(text, at);
        add({ start, end, text: recoded(text.slice(start, end), values) });
      }
    }
  }
  return found;
}
