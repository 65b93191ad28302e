/** The sentences that every format says of a report: none may leave out the writes. */
import type { CheckReport } from "../check-report.ts";

export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** `3 writes, 2 ungated (1 of them known)`. */
export function writesText({ writes }: CheckReport): string {
  const { total, ungated, known } = writes;
  const knownText = known === 0 ? "" : ` (${known} of them known in the baseline)`;
  return `${counted(total, "write")}, ${ungated} ungated${knownText}`;
}

/** `2 errors, 1 note, 3 known, 1 suppressed`; empty for nothing. */
export function findingsText({ counts, known, suppressed }: CheckReport): string {
  return [
    ...(["error", "warning", "note"] as const)
      .filter((severity) => counts[severity] > 0)
      .map((severity) => counted(counts[severity], severity)),
    ...(known > 0 ? [`${known} known`] : []),
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
  ].join(", ");
}

/** `failed with 2 errors`, `passed`. */
export function verdictText(report: CheckReport): string {
  const findings = findingsText(report);
  const verdict = report.passed ? "passed" : "failed";
  return findings === "" ? verdict : `${verdict} with ${findings}`;
}
