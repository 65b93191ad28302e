/** The Code Quality report of GitLab: a JSON list, compared by fingerprint with that of the target branch. */
import type { CheckFinding, CheckReport } from "../check-report.ts";
import { counted, writesText } from "./counted.ts";

const severities = { error: "critical", warning: "minor", note: "info" } as const;

interface Issue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: "info" | "minor" | "major" | "critical" | "blocker";
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

function issueOf({ message, rule, fingerprint, severity, location }: CheckFinding): Issue {
  return {
    description: message,
    check_name: rule,
    fingerprint,
    severity: severities[severity],
    location: { path: location.uri, lines: { begin: location.line } },
  };
}

/** The format has findings alone: the count of writes is one of them. */
function writesIssue(report: CheckReport): Issue {
  return {
    description: `${counted(report.operations.length, "operation")}: ${writesText(report)}.`,
    check_name: "writes",
    fingerprint: `writes-${report.app}`,
    severity: "info",
    location: { path: report.path.replace(/^(?:\.\/)+/, ""), lines: { begin: 1 } },
  };
}

/** Every finding but those that are suppressed. */
export function renderGitlab(report: CheckReport): string {
  const found = report.findings.filter(({ state }) => state !== "suppressed").map(issueOf);
  return JSON.stringify([...found, writesIssue(report)], undefined, 2);
}
