/** How a privilege diff reads in a terminal: what widens first. */
import { widenedText } from "../ci/formats/diff-markdown.ts";
import type { Change, Delta, PrivilegeDiff } from "../ci/privileges/change.ts";
import type { Look } from "./output.ts";
import { hangingParagraph, visibleText } from "./text.ts";

function renderDelta({ sign, what }: Delta, { paint }: Look): string {
  const text = `${sign} ${visibleText(what)}`;
  return sign === "+" ? paint.yellow(text) : paint.dim(text);
}

function renderChange(change: Change, look: Look): string {
  const { paint, width } = look;
  const mark = change.widens ? paint.yellow.bold("+ wider") : paint.dim("- narrower");
  const operation = change.operation === undefined ? "" : ` ${paint.bold(change.operation)}`;
  const message = hangingParagraph(visibleText(change.message), width, 2);
  const deltas = change.deltas.map((delta) => `    ${renderDelta(delta, look)}`);
  return [`${mark}${operation}`, `  ${message}`, ...deltas].join("\n");
}

export function renderDiff(diff: PrivilegeDiff, look: Look): string {
  const { paint } = look;
  const head = `${paint.bold(visibleText(diff.old))} → ${paint.bold(visibleText(diff.new))}`;
  const changes = diff.changes.map((change) => renderChange(change, look)).join("\n");
  const reach = diff.reach.map((delta) => `  ${renderDelta(delta, look)}`);
  const whole = reach.length === 0 ? "" : ["The app as a whole:", ...reach].join("\n");
  const verdict = diff.widened ? paint.yellow.bold("! ") : paint.green.bold("✓ ");
  return [head, changes, whole, `${verdict}${widenedText(diff)}`]
    .filter((section) => section !== "")
    .join("\n\n");
}
