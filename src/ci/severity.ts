/** How a check ends: the order of its findings, what counts, and the exit code that follows from it alone. */
import type { Finding } from "../contract/build.ts";
import { exitCodes, type ExitCode } from "../errors/exit-codes.ts";
import { compareSeverity } from "./rules.ts";

export interface Counts {
  readonly error: number;
  readonly warning: number;
  readonly note: number;
}

export function countFindings(findings: readonly Pick<Finding, "severity">[]): Counts {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const finding of findings) counts[finding.severity] += 1;
  return counts;
}

export function exitCodeOf(counts: Counts): ExitCode {
  return counts.error > 0 ? exitCodes.findings : exitCodes.good;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One order whatever the order of discovery: severity, place, rule, message. */
export function sortFindings<F extends Finding>(findings: readonly F[]): F[] {
  return findings.toSorted(
    (a, b) =>
      compareSeverity(a.severity, b.severity) ||
      compareTexts(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareTexts(a.rule, b.rule) ||
      compareTexts(a.message, b.message),
  );
}
