/** A privilege diff in Markdown, for a pull request. */
import { deltasText } from "../judge/widening.ts";
import type { Change, PrivilegeDiff } from "../privileges/change.ts";
import { counted } from "./counted.ts";
import { cellText, codeText, tableText } from "./markdown.ts";

function changeRow(change: Change): string[] {
  const { widens, operation, message } = change;
  return [
    widens ? "⚠️ wider" : "narrower",
    operation === undefined ? "govern.yaml" : codeText(operation),
    cellText(message),
    cellText(deltasText(change)),
  ];
}

/** `3 changes widen what the app may do.` */
export function widenedText({ changes }: PrivilegeDiff): string {
  const count = changes.filter(({ widens }) => widens).length;
  if (count === 0) return "Nothing that the app may do is wider.";
  return `${counted(count, "change")} widen${count === 1 ? "s" : ""} what the app may do.`;
}

export function renderDiffMarkdown(diff: PrivilegeDiff): string {
  const sections = [
    `### govern diff: ${codeText(diff.old)} → ${codeText(diff.new)}`,
    `${diff.widened ? "⚠️" : "✅"} ${widenedText(diff)}`,
  ];
  if (diff.changes.length > 0) {
    sections.push(tableText(["", "operation", "change", "what"], diff.changes.map(changeRow)));
  }
  if (diff.reach.length > 0) {
    sections.push(`The app as a whole: ${cellText(deltasText({ deltas: diff.reach }))}`);
  }
  return sections.join("\n\n");
}
