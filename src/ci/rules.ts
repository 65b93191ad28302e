/** Every rule of a check in one table: what it says, how grave it is, and where its page stands. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../bundle/emit/package-root.ts";
import type { Finding, Rule } from "../contract/build.ts";

export type Severity = Finding["severity"];

export interface RuleFacts {
  /** The first line of its page. */
  readonly title: string;
  readonly severity: Severity;
  /** With a workspace that governs the bundle, if that makes a difference: import or the page's policy settles it. */
  readonly governed?: Severity;
}

export const rules: Readonly<Record<Rule, RuleFacts>> = {
  "ungated-write": { title: "A write that nobody reviewed", severity: "error" },
  "unresolved-call": { title: "A call that the analysis cannot resolve", severity: "error" },
  "hardcoded-credential": {
    title: "A credential in the bundle",
    severity: "error",
    governed: "note",
  },
  "public-key": { title: "A key that is public by design", severity: "note" },
  "interpolated-sql": {
    title: "A value is pasted into the text of a statement",
    severity: "error",
    governed: "note",
  },
  "ambiguous-operation": { title: "Two operations match the same request", severity: "error" },
  "unmapped-origin": { title: "An origin that leads nowhere", severity: "error" },
  "mutating-get": {
    title: "A request that only asks, and changes data",
    severity: "error",
    governed: "warning",
  },
  bypass: { title: "A way to the network past the boundary", severity: "error" },
  "external-script": {
    title: "Code from elsewhere",
    severity: "error",
    governed: "warning",
  },
  "stale-operation": {
    title: "An operation that the bundle no longer sends",
    severity: "warning",
  },
  "interactive-transaction": {
    title: "A transaction that decides by its own results",
    severity: "error",
  },
  "expired-exemption": { title: "An exemption that is over", severity: "error" },
  "widened-access": { title: "The app may do more than before", severity: "error" },
  "unreadable-file": { title: "A file that cannot be read", severity: "error" },
  "invalid-rule": { title: "A rule that the sidecar refuses", severity: "error" },
  "unmatched-rule": { title: "A rule that matches no operation", severity: "warning" },
  "shadowed-rule": { title: "A rule that changes nothing", severity: "warning" },
  "unfit-condition": { title: "A condition that some operations cannot meet", severity: "warning" },
  "empty-group": { title: "A group that nobody can be in", severity: "warning" },
  "unsatisfiable-approval": { title: "An approval that nobody can give", severity: "warning" },
  "unreleasable-write": { title: "A held write that nobody can release", severity: "warning" },
  "unsealed-output": { title: "An emitted file is not what import wrote", severity: "error" },
};

/** The version of this package: reports name the tool, and the pages of the rules are those of its version. */
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  }
).version;

/** Where the page of a rule can be read by anybody: the package's own file, as the registry's mirror serves it. */
export function helpUri(rule: Rule): string {
  return `https://unpkg.com/govern@${packageVersion}/docs/rules/${rule}.md`;
}

/** The page of a rule, as it ships with the package. */
export function helpText(rule: Rule): string {
  return readFileSync(join(packageRoot(), `docs/rules/${rule}.md`), "utf8");
}

const ranks: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Orders by gravity, gravest first. */
export function compareSeverity(one: Severity, other: Severity): number {
  return ranks[one] - ranks[other];
}

export function severityOf(rule: Rule, governed: boolean): Severity {
  const { severity, governed: whenGoverned = severity } = rules[rule];
  return governed ? whenGoverned : severity;
}
