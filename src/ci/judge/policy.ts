/** What `govern policy check` says of the rules, against what this bundle would ship. */
import { checkPolicy, type PolicyFinding } from "../../policy/check.ts";
import { governingApp, type Fault, type Judged } from "./judged.ts";

const fixes: Readonly<Record<Exclude<PolicyFinding["rule"], "ended-exemption">, string>> = {
  "invalid-rule":
    "Correct the name or the condition, or remove the rule; the sidecar does not start with it.",
  "unmatched-rule": "Remove it, or name an operation that the app has.",
  "shadowed-rule": "Remove it, or the rule that decides before it.",
  "unfit-condition": "Name the operations that have the field, or give them a rule of their own.",
  "empty-group": "Give the group a claim or a member, or remove it.",
  "unsatisfiable-approval": "Name groups that somebody is in, or ask for fewer people.",
  "unreleasable-write": "Add an approval rule that says who decides, or take the permission away.",
};

/**
 * Faults of the rules. The operations of this app are those that the bundle sends, and those that only recorded traffic
 * shows; an ended exemption is told by expired-exemption.
 */
export function policyFaults(judged: Judged, time: Date): Fault[] {
  const { workspace, report, reviewed = [], others = new Map(), locate } = judged;
  if (workspace === undefined || governingApp(judged) === undefined) return [];
  const sent = new Set(report.operations.map(({ id }) => id));
  const observed = reviewed.filter(({ id, observed: seen }) => seen === true && !sent.has(id));
  const apps = new Map([...others, [report.app, [...report.operations, ...observed]]]);
  return checkPolicy(workspace, apps, { locate, time }).flatMap((finding): Fault[] => {
    const { rule, severity, place, message } = finding;
    // Notes are for who works on the rules: `govern policy check` has them.
    if (rule === "ended-exemption" || severity === "note") return [];
    return [
      {
        rule,
        file: "govern.yaml",
        line: place.line,
        column: place.column - 1,
        home: "govern.yaml",
        message: `${message}.`,
        fix: fixes[rule],
      },
    ];
  });
}
