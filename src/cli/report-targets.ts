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

/** As they were given. */
export interface ReportFlags {
  readonly format: readonly string[];
  readonly output: readonly string[];
  readonly json?: boolean;
}

function formatOf<F extends string>(text: string, formats: readonly F[]): F {
  const format = formats.find((each) => each === text);
  if (format !== undefined) return format;
  const near = nearestKey(text, formats);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  throw usageError(
    `"${text}" is not a format.${meant}`,
    `Give --format one of ${formats.join(", ")}.`,
  );
}

/**
 * Removes the reports of an earlier run, whatever else is wrong with the command line: if this run gives none, nobody may
 * take theirs for its own.
 */
function removeEarlier(files: readonly string[]): void {
  for (const file of files) {
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) rmSync(file);
  }
}

/** The same for a command line that was refused before its options were known. */
export function removeEarlierReports(argv: readonly string[], cwd: string): void {
  const [command = "", ...rest] = argv;
  if (!["check", "diff"].includes(command)) return;
  const files = rest.flatMap((word, index) => {
    if (word === "--output") return rest[index + 1] ?? [];
    return word.startsWith("--output=") ? word.slice("--output=".length) : [];
  });
  removeEarlier(files.map((file) => resolve(cwd, file)));
}

/** Pairs each --output with the --format at the same place; a format without a file goes to stdout. */
export function targetsOf<F extends string>(
  { format, output, json = false }: ReportFlags,
  formats: readonly F[],
  cwd: string,
): readonly Target<F>[] {
  removeEarlier(output.map((file) => resolve(cwd, file)));
  if (json && format.length > 0) {
    throw usageError("--json is --format json, and a --format is given too.", "Give one of them.");
  }
  const chosen = format.length === 0 ? [json ? "json" : "human"] : format;
  if (output.length > chosen.length) {
    throw usageError("There are more --output than --format.", "Give each --output its --format.");
  }
  const targets = chosen.map((each, index) => {
    const file = output[index];
    return {
      format: formatOf(each, formats),
      file: file === undefined ? undefined : resolve(cwd, file),
    };
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

function writeReport(file: string, text: string): void {
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

/** Renders all reports, writes those that go to files, then hands over the one for stdout. */
export async function giveReports<F extends string>(
  targets: readonly Target<F>[],
  render: (format: F, toFile: boolean) => Promise<string>,
  print: (text: string) => void,
): Promise<void> {
  const reports = [];
  for (const { format, file } of targets) {
    reports.push({ file, text: await render(format, file !== undefined) });
  }
  for (const { file, text } of reports) if (file !== undefined) writeReport(file, text);
  for (const { file, text } of reports) if (file === undefined) print(text);
}
