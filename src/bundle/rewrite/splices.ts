/**
 * Splices: the only way in which a file of a bundle is changed. Each replaces one run of the original text; everything
 * between them stays as it was, so that undoing the log gives the input back to the byte.
 */
import MagicString from "magic-string";
import { GovernError } from "../../errors/govern-error.ts";
import type { BundleFile } from "../files/bundle.ts";

/** One replaced run: UTF-16 offsets in the original text. An empty run is an insertion. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A splice with what stood there, so that it can be undone. */
export interface LoggedSplice extends Splice {
  readonly original: string;
}

export interface FileLog {
  /** Path in the input. */
  readonly from: string;
  /** Path in the output. */
  readonly to: string;
  readonly splices: readonly LoggedSplice[];
}

/** All that a rewrite did to a bundle. */
export interface SpliceLog {
  readonly files: readonly FileLog[];
  /** Output files that have no counterpart in the input. */
  readonly added: readonly string[];
  /** Input files that are not served: source maps, compressed copies. */
  readonly removed: readonly BundleFile[];
}

/** Whether a run shares text with any of some splices. */
export function touches(
  run: { readonly start: number; readonly end: number },
  splices: readonly Splice[],
): boolean {
  return splices.some((splice) => run.start < splice.end && run.end > splice.start);
}

function byPlace(a: Splice, b: Splice): number {
  if (a.start !== b.start) return a.start - b.start;
  // An insertion stands before what is replaced at the same offset; of two replaced runs the longer one encloses.
  if (a.start === a.end || b.start === b.end) return a.end - b.end;
  return b.end - a.end;
}

/**
 * Puts splices in order. One that lies within a longer one is dropped: the text it would change is gone.
 * @throws GovernError `internal` when two overlap in part.
 */
export function orderSplices(splices: readonly Splice[], file: string): Splice[] {
  const ordered: Splice[] = [];
  let last: Splice | undefined;
  for (const splice of splices.toSorted(byPlace)) {
    if (last !== undefined && splice.start < last.end) {
      if (splice.end <= last.end) continue;
      throw new GovernError(
        "internal",
        `two changes overlap in ${file} at offset ${String(splice.start)}`,
      );
    }
    ordered.push(splice);
    last = splice;
  }
  return ordered;
}

/** The text with ordered splices applied, ready for its source map. */
export function applySplices(text: string, splices: readonly Splice[]): MagicString {
  const output = new MagicString(text);
  for (const splice of splices) {
    if (splice.start === splice.end) output.appendLeft(splice.start, splice.text);
    else if (splice.text === "") output.remove(splice.start, splice.end);
    else output.update(splice.start, splice.end, splice.text);
  }
  return output;
}

function undoFile(text: string, log: FileLog): string {
  let out = "";
  let at = 0;
  let origin = 0;
  for (const splice of log.splices) {
    const kept = splice.start - origin;
    out += text.slice(at, at + kept);
    at += kept;
    if (!text.startsWith(splice.text, at)) {
      throw new GovernError("internal", `the log does not fit ${log.to} at offset ${String(at)}`);
    }
    out += splice.original;
    at += splice.text.length;
    origin = splice.end;
  }
  return out + text.slice(at);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Takes a rewritten bundle's files back to the input: the proof that nothing outside the splices changed.
 * @throws GovernError `internal` when the log does not fit the files.
 */
export function undoSplices(
  rewritten: { readonly files: ReadonlyMap<string, Uint8Array> },
  log: SpliceLog,
): Map<string, Uint8Array> {
  const input = new Map<string, Uint8Array>();
  const accounted = new Set(log.added);
  for (const file of log.files) {
    const bytes = rewritten.files.get(file.to);
    if (bytes === undefined) throw new GovernError("internal", `${file.to} is not in the output`);
    accounted.add(file.to);
    const undone =
      file.splices.length === 0 ? bytes : encoder.encode(undoFile(decoder.decode(bytes), file));
    input.set(file.from, undone);
  }
  for (const file of log.removed) input.set(file.path, file.bytes);
  for (const path of rewritten.files.keys()) {
    if (!accounted.has(path)) throw new GovernError("internal", `${path} is not in the log`);
  }
  return input;
}
