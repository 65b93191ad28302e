/**
 * The baseline: findings that were there when a check was adopted. New ones fail, fixed ones leave it, none joins it later.
 * It hides no write: every report counts them, known or not.
 */
import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import * as z from "zod";
import type { Rule } from "../contract/build.ts";
import { GovernError } from "../errors/govern-error.ts";
import type { CheckFinding } from "./check-report.ts";
import { parseFile, readFileOf } from "./read-files.ts";

const entrySchema = z.strictObject({
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
  /** For the people who review it. */
  rule: z.string(),
  file: z.string(),
  message: z.string(),
});

const baselineSchema = z.strictObject({
  version: z.literal(1),
  app: z.string(),
  findings: z.array(entrySchema),
});
export type Baseline = z.infer<typeof baselineSchema>;

/** What no baseline accepts: they say that something is not as it was, and there was no such thing before. */
const neverKnown: ReadonlySet<Rule> = new Set(["unsealed-output", "widened-access"]);

const code = "baseline-invalid";

/**
 * Reads the baseline of an app; undefined if it is to be made. @throws GovernError `baseline-invalid` for one that is
 * missing, malformed or of another app.
 */
export async function readBaseline(
  path: string,
  app: string,
  update: boolean,
): Promise<Baseline | undefined> {
  if (!existsSync(path)) {
    if (update) return undefined;
    throw new GovernError(code, `There is no baseline at ${path}.`, {
      next: "Record what is known with --update-baseline, review the file and commit it.",
    });
  }
  const next = "Restore it from git, or remove it and record it again with --update-baseline.";
  const baseline = await readFileOf(path, baselineSchema, { name: path, code, next });
  if (baseline.app === app) return baseline;
  throw new GovernError(code, `${path} is the baseline of ${baseline.app}, not of ${app}.`, {
    next: "Give each app a baseline of its own.",
  });
}

/** What the baseline is to hold now: what it knew and is still there; of a new one, all that is not a note. */
export function updatedBaseline(
  app: string,
  before: Baseline | undefined,
  findings: readonly CheckFinding[],
): Baseline {
  const known = before && new Set(before.findings.map(({ fingerprint }) => fingerprint));
  const kept = findings.filter(
    ({ fingerprint, rule, severity, state }) =>
      !neverKnown.has(rule) &&
      state !== "suppressed" &&
      (known === undefined ? severity !== "note" : known.has(fingerprint)),
  );
  const entries = kept.map(({ fingerprint, rule, message, file, source }) => ({
    fingerprint,
    rule,
    file: source?.file ?? file,
    message,
  }));
  return { version: 1, app, findings: entries.toSorted(byFingerprint) };
}

function byFingerprint(a: { fingerprint: string }, b: { fingerprint: string }): number {
  return a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0;
}

/** The findings, those that a baseline knows marked so. */
export function markKnown(
  findings: readonly CheckFinding[],
  baseline: Baseline | undefined,
): CheckFinding[] {
  const known = new Set(baseline?.findings.map(({ fingerprint }) => fingerprint));
  return findings.map((finding) => {
    const isKnown =
      finding.state === "new" && known.has(finding.fingerprint) && !neverKnown.has(finding.rule);
    return isKnown ? { ...finding, state: "known" } : finding;
  });
}

/** Writes it whole or not at all. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<void> {
  const text = `${JSON.stringify(baseline, undefined, 2)}\n`;
  // What is written must be readable again.
  parseFile(text, baselineSchema, { name: path, code, next: "" });
  const fresh = `${path}.${String(process.pid)}.tmp`;
  try {
    await writeFile(fresh, text);
    await rename(fresh, path);
  } catch (cause) {
    throw new GovernError(code, `${path} cannot be written.`, {
      next: "Give --baseline a file in a folder that this account may write to.",
      cause,
    });
  }
}
