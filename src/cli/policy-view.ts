/** How the analysis of rules reads in a terminal. */
import type { PolicyFinding } from "../policy/check.ts";
import type { PolicyChange, PolicyDiff } from "../policy/diff.ts";
import type { ExplainedRule, Explanation, RulePart } from "../policy/explain.ts";
import type { CaseResult } from "../policy/run-cases.ts";
import type { Look } from "./output.ts";
import { renderTable, type Cell } from "./table.ts";
import { counted, hangingParagraph, visibleText } from "./text.ts";

const marks = { error: "✗", warning: "!", note: "·" } as const;
const colors = { error: "red", warning: "yellow", note: "blue" } as const;

function count(findings: readonly PolicyFinding[], severity: PolicyFinding["severity"]): string {
  return counted(findings.filter((one) => one.severity === severity).length, severity);
}

/** The findings, each with its place, and their number. */
export function renderFindings(findings: readonly PolicyFinding[], look: Look): string {
  const { paint } = look;
  if (findings.length === 0) return `${paint.green("✓")} every rule has a part`;
  const lines = findings.map(({ severity, place, message, rule }) => {
    const mark = paint[colors[severity]](marks[severity]);
    const where = `${place.file}:${place.line}:${place.column}`;
    const text = `${where} ${visibleText(message)} (${rule})`;
    return `${mark} ${hangingParagraph(text, look.width, 2)}`;
  });
  const counts = (["error", "warning", "note"] as const).map((one) => count(findings, one));
  return [...lines, "", counts.join(", ")].join("\n");
}

const partTexts: Readonly<Record<RulePart, string>> = {
  decides: "decides",
  agrees: "agrees",
  outweighed: "applies, and another rule counts more",
  "other-groups": "not for a group of the caller",
  "other-operations": "not for this operation",
  "condition-false": "its condition is not met",
  "condition-failed": "its condition could not be evaluated",
  ended: "ended",
};

function ruleRows(rules: readonly ExplainedRule[], look: Look): Cell[][] {
  const { paint } = look;
  return rules.map(({ name, effect, part }) => {
    const quiet = part === "other-groups" || part === "other-operations";
    const style = part === "decides" ? paint.bold : quiet ? paint.dim : (text: string) => text;
    return [
      { text: name, paint: style },
      { text: effect, paint: style },
      { text: partTexts[part], paint: style },
    ];
  });
}

function gateLine({ authorize, gate }: Explanation, look: Look): string {
  const { paint } = look;
  if (authorize.decision === "deny") {
    return `${paint.red.bold("denied")} ${authorize.code === "policy-failed" ? "(policy-failed) " : ""}· ${authorize.reason}`;
  }
  if (!gate.required)
    return `${paint.green.bold("runs at once")} · ${authorize.reason}; ${gate.reason}`;
  const { all, any } = gate.approvers ?? {};
  const people =
    all === undefined
      ? any === undefined
        ? "nobody can release it"
        : `${gate.quorum} of ${any.join(", ")}`
      : `${gate.quorum} of ${all.join(", ")}, each group`;
  return `${paint.yellow.bold("held")} for ${people} · ${authorize.reason}; ${gate.reason}`;
}

/** The decision on a call, then each rule's part in it. */
export function renderExplanation(
  explanation: Explanation,
  groups: readonly string[],
  look: Look,
): string {
  const rules = [...explanation.permissions, ...explanation.approvals, ...explanation.limits];
  const table = renderTable(
    [{ head: "RULE" }, { head: "EFFECT" }, { head: "PART" }],
    ruleRows(rules, look),
    look,
  );
  const who = `groups: ${groups.length === 0 ? "none" : visibleText(groups.join(", "))}`;
  return [gateLine(explanation, look), look.paint.dim(who), "", table || "there are no rules"].join(
    "\n",
  );
}

/** Each case with what came of it; of those that failed, why. */
export function renderCases(
  results: readonly CaseResult[],
  placeOf: (index: number) => string,
  look: Look,
): string {
  const { paint } = look;
  const lines = results.map(({ passed, name, index, expected, got, reason }) => {
    if (passed) return `${paint.green("✓")} ${visibleText(name)}`;
    const came = got === null ? "it cannot be judged" : `got ${got}`;
    const text = `${placeOf(index)} ${name}: expected ${expected}, ${came}: ${reason}`;
    return `${paint.red("✗")} ${hangingParagraph(visibleText(text), look.width, 2)}`;
  });
  const failed = results.filter(({ passed }) => !passed).length;
  const total =
    failed === 0
      ? `${counted(results.length, "case")}, all as expected`
      : `${failed} of ${counted(results.length, "case")} failed`;
  return [...lines, "", total].join("\n");
}

const changeMarks = { gains: "+", loses: "-", changes: "~" } as const;
const changeColors = { gains: "green", loses: "red", changes: "yellow" } as const;

type Marked = Pick<PolicyChange, "kind" | "before" | "after">;

function changeLine(what: string, { kind, before, after }: Marked, look: Look): string {
  const mark = look.paint[changeColors[kind]](changeMarks[kind]);
  const text = visibleText(`${what}: ${before} → ${after}`);
  return `  ${mark} ${hangingParagraph(text, look.width - 2, 4)}`;
}

function memberLines({ groups }: PolicyDiff, look: Look): string[] {
  const lines = groups.map(({ group, before, after, unbound }) => {
    const free = unbound.length === 0 ? "" : `; who leaves is free of ${unbound.join(", ")}`;
    const text = `group ${group}: ${before || "not there"} → ${after || "not there"}${free}`;
    return `${look.paint.yellow("~")} ${hangingParagraph(visibleText(text), look.width, 2)}`;
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
}

/** Blocks of lines under what each is about, e.g. a group. */
function blocks<C extends Marked>(
  changes: readonly C[],
  headOf: (change: C) => string,
  whatOf: (change: C) => string,
  look: Look,
): string[] {
  return [...new Set(changes.map(headOf))].map((head) => {
    const own = changes.filter((one) => headOf(one) === head);
    const lines = own.map((one) => changeLine(whatOf(one), one, look));
    return [look.paint.bold(visibleText(head)), ...lines].join("\n");
  });
}

/** Who gains (+), loses (-) or has otherwise (~) what, by group; who releases alone; what leads elsewhere. */
export function renderDiff(diff: PolicyDiff, look: Look): string {
  const { changes, breakGlass, routes } = diff;
  const parts = [
    ...memberLines(diff, look),
    ...blocks(
      changes,
      ({ group }) => group,
      ({ operation, access }) => `${operation} (${access})`,
      look,
    ),
    ...blocks(
      breakGlass,
      ({ person }) => `break glass: ${person}`,
      ({ operation }) => operation,
      look,
    ),
    ...blocks(
      routes,
      () => "where calls lead",
      ({ operation }) => operation,
      look,
    ),
  ];
  if (parts.length === 0) return "nothing changes";
  const all = [...changes, ...breakGlass, ...routes];
  const total = (kind: PolicyChange["kind"], word: string): string =>
    `${all.filter((one) => one.kind === kind).length} ${word}`;
  const counts = [total("gains", "gained"), total("loses", "lost"), total("changes", "otherwise")];
  return [...parts, counts.join(", ")].join("\n\n");
}
