/** A summary in Markdown, for a pull request or a job's page. */
import type { CheckFinding, CheckReport } from "../check-report.ts";
import { callText } from "../judge/judged.ts";
import { helpUri } from "../rules.ts";
import { verdictText, writesText } from "./counted.ts";

const marks = { error: "❌", warning: "⚠️", note: "ℹ️" } as const;

/** Text that means itself in a cell of a table. */
export function cellText(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_{}[\]<>()#+!|~-]/g, (character) =>
      /[<>]/.test(character) ? (character === "<" ? "&lt;" : "&gt;") : `\\${character}`,
    )
    .trim();
}

/** Code that means itself in a cell: a longer fence than any run of backticks in it. */
export function codeText(text: string): string {
  const plain = text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
  const runs = [...plain.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = "`".repeat(Math.max(0, ...runs) + 1);
  return fence.length === 1 ? `\`${plain}\`` : `${fence} ${plain} ${fence}`;
}

export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function findingRow(finding: CheckFinding): string[] {
  const { severity, rule, location, message, fix, state, suppressed } = finding;
  const why =
    state === "new" ? "" : ` (${state}${suppressed === undefined ? "" : `: ${suppressed}`})`;
  return [
    marks[severity],
    `[${rule}](${helpUri(rule)})`,
    codeText(`${location.uri}:${location.line}`),
    cellText(`${message}${fix === undefined ? "" : ` ${fix}`}${why}`),
  ];
}

function writeRow(report: CheckReport): (id: string) => string[] {
  const ungated = new Map(
    report.findings
      .filter(({ rule }) => rule === "ungated-write")
      .map(({ operation, state }) => [operation, state]),
  );
  return (id) => {
    const operation = report.operations.find((one) => one.id === id);
    const state = ungated.get(id);
    const told =
      state === undefined ? "reviewed" : state === "known" ? "**ungated** (known)" : "**ungated**";
    return [codeText(id), codeText(operation === undefined ? "" : callText(operation)), told];
  };
}

/** Verdict, every write, every finding. */
export function renderMarkdown(report: CheckReport): string {
  const writes = report.operations.filter(({ access }) => access === "write").map(({ id }) => id);
  const against = report.against === undefined ? "" : `, compared with ${codeText(report.against)}`;
  const sections = [
    `### govern check: ${cellText(report.app)} ${report.passed ? "✅" : "❌"} ${verdictText(report)}`,
    `${writesText(report)}${against}.`,
  ];
  if (writes.length > 0) {
    sections.push(tableText(["write", "call", "review"], writes.map(writeRow(report))));
  }
  if (report.findings.length > 0) {
    sections.push(tableText(["", "rule", "where", "what"], report.findings.map(findingRow)));
  }
  return sections.join("\n\n");
}
