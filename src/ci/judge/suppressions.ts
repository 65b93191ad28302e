/** Findings that govern.yaml accepts for a while, and acceptances that are over. */
import type { Suppression } from "../../contract/workspace.ts";
import { workspacePlace, type Fault, type Judged } from "./judged.ts";

export type JudgedFault = Fault & {
  /** The reason of the entry of `suppress` that accepts it. */
  readonly suppressed?: string;
};

function covers(entry: Suppression, fault: Fault, { report }: Judged): boolean {
  if (entry.rule !== fault.rule) return false;
  return entry.file === undefined
    ? fault.operation !== undefined && entry.operation === `${report.app}/${fault.operation}`
    : entry.file === (fault.source?.file ?? fault.file);
}

/** The faults, each with the reason that accepts it; expired entries accept nothing and are faults themselves. */
export function applySuppressions(faults: readonly Fault[], judged: Judged): JudgedFault[] {
  const entries = judged.workspace?.suppress ?? [];
  const live = entries.filter(({ until }) => until >= judged.today);
  const over = entries.flatMap((entry, index): Fault[] => {
    if (entry.until >= judged.today) return [];
    if (!faults.some((fault) => covers(entry, fault, judged))) return [];
    return [
      {
        rule: "expired-exemption",
        ...workspacePlace(judged, ["suppress", index]),
        message: `This suppression of ${entry.rule} ended on ${entry.until}: what it accepted counts again.`,
        fix: "Mend what it accepted and remove it from `suppress` in govern.yaml, or renew it with its reason.",
      },
    ];
  });
  const judgedFaults = faults.map((fault): JudgedFault => {
    const entry = live.find((one) => covers(one, fault, judged));
    return entry === undefined ? fault : { ...fault, suppressed: entry.reason };
  });
  return [...judgedFaults, ...over];
}
