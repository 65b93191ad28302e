/** Judges what the analysis saw against what people reviewed. Pure: everything it weighs is handed to it. */
import type { Finding, Rule } from "../../contract/build.ts";
import { severityOf } from "../rules.ts";
import { sortFindings } from "../severity.ts";
import { faultyExemptions } from "./exemptions.ts";
import { externalFaults } from "./external.ts";
import { governingApp, type Fault, type Home, type Judged } from "./judged.ts";
import { unmappedOrigins } from "./origins.ts";
import { policyFaults } from "./policy.ts";
import { applySuppressions } from "./suppressions.ts";
import { interactiveTransactions } from "./transactions.ts";
import { mutatingGets, staleOperations, ungatedWrites } from "./writes.ts";

export interface JudgedFinding extends Finding {
  readonly home?: Home;
  readonly suppressed?: string;
}

/** Rules that are judged here; the analysis knows nothing of a workspace. */
const judgedHere: ReadonlySet<Rule> = new Set(["ungated-write", "unmapped-origin"]);

/** Everything that is wrong with shipping this bundle into this workspace, in one stable order. */
export function judgeBundle(judged: Judged): JudgedFinding[] {
  const governed = governingApp(judged) !== undefined;
  const faults: Fault[] = [
    ...ungatedWrites(judged),
    ...faultyExemptions(judged),
    ...unmappedOrigins(judged),
    ...mutatingGets(judged),
    ...staleOperations(judged),
    ...externalFaults(judged),
    ...interactiveTransactions(judged),
    ...policyFaults(judged, new Date(`${judged.today}T00:00:00Z`)),
    ...judged.report.findings.filter((finding) => !judgedHere.has(finding.rule)),
  ];
  return sortFindings(
    applySuppressions(faults, judged).map((fault) =>
      Object.assign({}, fault, { severity: severityOf(fault.rule, governed) }),
    ),
  );
}
