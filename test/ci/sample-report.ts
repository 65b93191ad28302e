/** A report with a finding of every kind that a format has to tell apart, and texts that a careless one would break on. */
import type { CheckFinding, CheckReport } from "../../src/ci/check-report.ts";
import { sampleReport } from "../cli/sample-report.ts";

export const hostileText = `50% of "x" <b>&amp; 'y' | a, b: c\r\n\`d\`\u0000\u001B[31m ::error::`;

const at = (line: number) => ({ file: "assets/index-QD5hgFml.js", line, column: 9 });

const findings: readonly CheckFinding[] = [
  {
    rule: "ungated-write",
    severity: "error",
    ...at(1),
    source: { file: "src/Credit form.tsx", line: 12, column: 4 },
    message: "POST https://api.acme.example/api/credits changes data.",
    fix: "Review it.",
    operation: "post-accounts-credits-3f9a2c",
    fingerprint: "1".repeat(32),
    state: "new",
    location: { uri: "web/src/Credit form.tsx", line: 12, column: 5 },
    bundleLocation: { uri: "web/dist/assets/index-QD5hgFml.js", line: 1, column: 10 },
  },
  {
    rule: "hardcoded-credential",
    severity: "error",
    ...at(2),
    message: "A key.",
    fingerprint: "2".repeat(32),
    state: "known",
    location: { uri: "web/dist/assets/index-QD5hgFml.js", line: 2, column: 10 },
  },
  {
    rule: "unresolved-call",
    severity: "error",
    ...at(3),
    message: "Computed.",
    fingerprint: "3".repeat(32),
    state: "suppressed",
    suppressed: hostileText,
    location: { uri: "web/dist/assets/index-QD5hgFml.js", line: 3, column: 10 },
  },
  {
    rule: "mutating-get",
    severity: "warning",
    ...at(4),
    message: hostileText,
    fix: hostileText,
    fingerprint: "4".repeat(32),
    state: "new",
    location: { uri: "web/dist/a,b:c%.js", line: 4, column: 10 },
  },
  {
    rule: "public-key",
    severity: "note",
    file: "govern.yaml",
    line: 5,
    column: 0,
    home: "govern.yaml",
    message: "Public.",
    fingerprint: "5".repeat(32),
    state: "new",
    location: { uri: "govern.yaml", line: 5, column: 1 },
  },
];

const { origins: _origins, external: _external, ...facts } = sampleReport;

export const checked: CheckReport = {
  ...facts,
  path: "./web/dist",
  target: "bundle",
  governed: true,
  findings,
  writes: { total: 1, ungated: 1, known: 0 },
  counts: { error: 1, warning: 1, note: 1 },
  known: 1,
  suppressed: 1,
  passed: false,
};
