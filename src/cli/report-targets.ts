/** Where reports go: `--format` and `--output` in pairs, one of them at most to stdout. */
import { lstatSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { nearestKey } from "../contract/schema-keys.ts";
import { usageError } from "./failure.ts";

export interface Target<F extends string> {
  readonly format: F;
  /** Absolute; undefined for stdout. */
  readonly file: string | undefined;
}

interface Flags<F extends string> {
  readonly format: readonly F[];
  readonly output: readonly string[];
  readonly json?: boolean;
}

/** Parses one value of --format. */
export function formatParser<F extends string>(formats: readonly F[]) {
  return function parseFormat(value: string, earlier: readonly F[]): readonly F[] {
    const format = formats.find((each) => each === value);
    if (format !== undefined) return [...earlier, format];
    const near = nearestKey(value, formats);
    const meant = near === undefined ? "" : ` Did you mean ${near}?`;
    throw usageError(
      `"${value}" is not a format.${meant}`,
      `Give --format one of ${formats.join(", ")}.`,
    );
  };
}

/** Pairs each --output with the --format at the same place; a format without a file goes to stdout. */
export function targetsOf<F extends string>(
  { format, output, json = false }: Flags<F | "human" | "json">,
  cwd: string,
): readonly Target<F | "human" | "json">[] {
  if (json && format.length > 0) {
    throw usageError("--json is --format json, and a --format is given too.", "Give one of them.");
  }
  const chosen = format.length === 0 ? ([json ? "json" : "human"] as const) : format;
  if (output.length > chosen.length) {
    throw usageError("There are more --output than --format.", "Give each --output its --format.");
  }
  const targets = chosen.map((each, index) => {
    const file = output[index];
    return { format: each, file: file === undefined ? undefined : resolve(cwd, file) };
  });
  const files = targets.flatMap(({ file }) => file ?? []);
  if (targets.length - files.length > 1) {
    throw usageError("Two formats go to stdout.", "Give all but one --format its --output.");
  }
  if (new Set(files).size < files.length) {
    throw usageError("Two formats go to one --output.", "Give each a file of its own.");
  }
  return targets;
}

/** Removes the reports of an earlier run: if this one gives none, nobody may take theirs for its own. */
export function removeEarlier(targets: readonly Target<string>[]): void {
  for (const { file } of targets) {
    if (file !== undefined && lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) {
      rmSync(file);
    }
  }
}

/** Writes the reports that go to files. Each was rendered before, so that all are written or the run fails. */
export function writeReports(reports: readonly { file: string; text: string }[]): void {
  for (const { file, text } of reports) {
    try {
      writeFileSync(file, `${text}\n`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw usageError(
        `--output ${file} cannot be written: ${reason}.`,
        "Give a file in a folder that exists and that this account may write to.",
      );
    }
  }
}
