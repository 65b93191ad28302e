/** How grave each rule is, in one table; the exit code follows from it alone. */
import type { Finding, Rule } from "../contract/build.ts";

type Severity = Finding["severity"];

/** With a workspace that governs the bundle. Without one every fault is an error. */
const governedSeverities: Readonly<Record<Rule, Severity>> = {
  "ungated-write": "error",
  "unresolved-call": "error",
  "ambiguous-operation": "error",
  "unmapped-origin": "error",
  "unreadable-file": "error",
  "unsealed-output": "error",
  // Import takes these out of what it ships.
  "hardcoded-credential": "note",
  // Published by its vendor's own design.
  "public-key": "note",
  "interpolated-sql": "note",
};

const ranks: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

export function severityOf(rule: Rule, governed: boolean): Severity {
  return governed || rule === "public-key" ? governedSeverities[rule] : "error";
}

export interface Counts {
  readonly error: number;
  readonly warning: number;
  readonly note: number;
}

export function countFindings(findings: readonly Finding[]): Counts {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const finding of findings) counts[finding.severity] += 1;
  return counts;
}

/** 1 if anything is an error, else 0. */
export function exitCodeOf(counts: Counts): 0 | 1 {
  return counts.error > 0 ? 1 : 0;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One order whatever the order of discovery: severity, place, rule, message. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      ranks[a.severity] - ranks[b.severity] ||
      compareTexts(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareTexts(a.rule, b.rule) ||
      compareTexts(a.message, b.message),
  );
}
