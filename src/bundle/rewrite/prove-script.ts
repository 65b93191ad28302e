/**
 * The cheap proof that a rewritten script is right, without parsing it whole again: every sink that was counted before the
 * cuts is gone, and what stands around each change parses. Where it fails nothing is said: the script is then looked over.
 */
import { parse, type ParseResult } from "@babel/parser";
import type { ScriptMarks, Slice } from "../analysis.ts";
import { isBanner } from "./proxy-text.ts";
import { sinksOf } from "./sink-census.ts";
import type { FileLog, LoggedSplice } from "./splices.ts";
import { misreadIn } from "./verify-script.ts";

/** Code that makes a script of each kind of slice. */
const wrappings: Readonly<Record<Slice["kind"], readonly [string, string]>> = {
  function: ["(", ")"],
  "object-member": ["({", "})"],
  "class-member": ["class C extends D{", "}"],
  statement: ["", ""],
};

/** Slices longer than this part of the script are no gain. */
const worthwhile = 0.6;

/** What `#name` means stands in the class around the slice. */
const needsContext = "InvalidPrivateFieldResolution";

function parseSlice(text: string, kind: Slice["kind"]): ParseResult | null {
  const [before, after] = wrappings[kind];
  try {
    const file = parse(`${before}${text}${after}`, {
      sourceType: "unambiguous",
      attachComment: false,
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowSuperOutsideMethod: true,
      allowNewTargetOutsideFunction: true,
      allowUndeclaredExports: true,
    });
    const errors = file.errors ?? [];
    return errors.every(({ reasonCode }) => reasonCode === needsContext) ? file : null;
  } catch (error) {
    // A syntax error, or too deep: the whole script decides.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

/** A change that cannot break what it stands in: the proxy before the code, a map's comment, a name inside a text. */
function isHarmless({ start, end, text, original }: LoggedSplice): boolean {
  if (start === end) return isBanner(text.trimStart().replace(/^;?\s*\/\*/, ""));
  if (text === "") return original.startsWith("//");
  const plain = /^[\w.$@/+=:?&%~-]+$/;
  return plain.test(text) && plain.test(original);
}

/** The outermost of some slices that hold changes. */
function outermost(slices: readonly Slice[]): Slice[] {
  const found: Slice[] = [];
  for (const slice of slices.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = found.at(-1);
    if (last === undefined || slice.start >= last.end) found.push(slice);
  }
  return found;
}

/** Where an offset of the input stands in the output; changes right at it count with what is before. */
function outputOffset(splices: readonly LoggedSplice[], offset: number, isEnd: boolean): number {
  let moved = offset;
  for (const { start, end, text } of splices) {
    if (isEnd ? start >= offset : end > offset) break;
    moved += text.length - (end - start);
  }
  return moved;
}

function isSliceRight(output: string, { splices }: FileLog, slice: Slice): boolean {
  const start = outputOffset(splices, slice.start, false);
  const file = parseSlice(output.slice(start, outputOffset(splices, slice.end, true)), slice.kind);
  if (file === null || misreadIn(file.program).length > 0) return false;
  const shift = start - wrappings[slice.kind][0].length;
  const inserted = splices.map((splice) => {
    const at = outputOffset(splices, splice.start, false);
    return { start: at, end: at + splice.text.length };
  });
  // Names that were there before are judged with the scopes around them, by the census.
  return !sinksOf(file.program).some((sink) =>
    inserted.some((run) => sink.start + shift >= run.start && sink.end + shift <= run.end),
  );
}

/**
 * Whether a rewritten script surely parses and reaches the network through the proxy alone.
 * @param output its text
 * @param marks what was noted of it before it was cut
 */
export function isProven(output: string, log: FileLog, marks: ScriptMarks): boolean {
  const { splices } = log;
  const isGone = (sink: { start: number; end: number }): boolean =>
    splices.some((splice) => splice.start <= sink.start && sink.end <= splice.end);
  if (!marks.sinks.every(isGone)) return false;
  const slices = outermost(marks.slices);
  const isPlaced = (splice: LoggedSplice): boolean =>
    isHarmless(splice) ||
    slices.some((slice) => slice.start <= splice.start && splice.end <= slice.end);
  if (!splices.every(isPlaced)) return false;
  const length = slices.reduce((sum, { start, end }) => sum + end - start, 0);
  if (length > output.length * worthwhile) return false;
  return slices.every((slice) => isSliceRight(output, log, slice));
}
