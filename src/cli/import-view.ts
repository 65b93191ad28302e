/** What `govern import` says when it is done: what was governed, where it leads, what was written, what to do next. */
import { dirname, join, relative } from "node:path";
import type { ImportResult } from "../bundle/import.ts";
import type { Look } from "./output.ts";
import { counted, hangingParagraph, padEnd, visibleText } from "./text.ts";

function contractText({ contract, analysis }: ImportResult): string {
  const writes = analysis.operations.filter((operation) => operation.access === "write").length;
  const changes = [
    ...(contract.added.length > 0 ? [`${contract.added.length} new`] : []),
    ...(contract.changed.length > 0 ? [`${contract.changed.length} changed`] : []),
    ...(contract.removed.length > 0 ? [`${contract.removed.length} gone`] : []),
  ].join(", ");
  const all = [counted(analysis.operations.length - writes, "read"), counted(writes, "write")].join(
    ", ",
  );
  return changes === "" ? all : `${all} (${changes})`;
}

function resourceText(definition: ImportResult["mappings"][number]["definition"]): string {
  if (definition === null) return "";
  const address = definition.kind === "http" ? definition.upstream : definition.url;
  return ` (${definition.kind}, ${address})`;
}

function unreadRow({ findings }: ImportResult): (readonly [string, string])[] {
  const files = new Set(
    findings.filter(({ rule }) => rule === "unreadable-file").map(({ file }) => file),
  );
  if (files.size === 0) return [];
  return [
    [
      "not read",
      `${counted(files.size, "file")}: what they call is not known; \`govern check\` names them`,
    ],
  ];
}

function rowsOf(result: ImportResult, cwd: string): (readonly [string, string])[] {
  const open = result.analysis.sites.filter((site) => site.status === "open").length;
  return [
    ["operations", contractText(result)],
    ...result.mappings.map(({ key, resource, definition }): readonly [string, string] => [
      "resource",
      `${key} → ${resource}${resourceText(definition)}`,
    ]),
    ...(result.secrets.length === 0
      ? []
      : [
          [
            "credentials",
            `${result.secrets.join(", ")}: out of the bundle, in .govern/secrets.env`,
          ] as const,
        ]),
    ...(open === 0
      ? []
      : [
          [
            "open",
            `${counted(open, "call")} cannot be resolved and will be refused: \`govern check\` names the places`,
          ] as const,
        ]),
    ...unreadRow(result),
    ["app", relative(cwd, result.appDir) || "."],
    ["rules", relative(cwd, result.workspaceFile)],
  ];
}

/** What serve and check must be told when import wrote elsewhere than they look. */
function governedFlag({ appDir, workspaceFile }: ImportResult, cwd: string): string {
  const governed = dirname(dirname(appDir));
  if (governed === join(dirname(workspaceFile), "governed")) return "";
  return ` --governed ${visibleText(relative(cwd, governed) || ".")}`;
}

/** Renders the result of an import. */
export function renderImport(result: ImportResult, cwd: string, look: Look): string {
  const { paint, width } = look;
  const rows = rowsOf(result, cwd);
  const label = Math.max(...rows.map(([name]) => name.length)) + 2;
  const head = result.unchanged
    ? `${visibleText(result.app)} is imported already: nothing changed.`
    : `${visibleText(result.app)} is governed.`;
  const lines = rows.map(([name, text]) => {
    const shown = hangingParagraph(visibleText(text), width, label + 2);
    return `  ${paint.dim(padEnd(name, label))}${shown}`;
  });
  const notes = result.notes.map(
    (note) => `${paint.yellow.bold("!")} ${hangingParagraph(visibleText(note), width, 2)}`,
  );
  const governed = governedFlag(result, cwd);
  const next = result.isNewWorkspace
    ? `Read operations.json and govern.yaml, commit both; \`govern serve --dev${governed}\` runs the app.`
    : `Review operations.json and commit it; \`govern serve${governed}\` runs the app.`;
  return [
    `${paint.green.bold("✓")} ${paint.bold(head)}`,
    ...lines,
    ...notes,
    ...(result.unchanged ? [] : [`${paint.cyan("→")} ${hangingParagraph(next, width, 2)}`]),
  ].join("\n");
}
