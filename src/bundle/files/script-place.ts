/** Where the code of a script stands in its file. */
import type { Script } from "./bundle.ts";

/** The offset in the file of an offset in the code. */
export function fileOffset({ offset, offsets }: Script, at: number): number {
  return offsets?.[at] ?? offset + at;
}

/** The offset in the code of an offset in the file, which the script holds. */
export function codeOffset({ offset, offsets }: Script, at: number): number {
  if (offsets === undefined) return at - offset;
  return Math.max(
    0,
    offsets.findLastIndex((one) => one <= at),
  );
}

/** Whether a run of the file lies in the script. */
export function holds(
  script: Script,
  run: { readonly start: number; readonly end: number },
): boolean {
  return run.start >= script.offset && run.end <= fileOffset(script, script.code.length);
}
