/** How an analysis reads in a terminal: what is in the bundle, what is open, what is wrong, what to do next. */
import type { CheckFinding, CheckReport } from "../ci/check-report.ts";
import { findingsText, writesText } from "../ci/formats/counted.ts";
import { callText, placesOf } from "../ci/judge/judged.ts";
import type { Finding, InspectReport, Site } from "../contract/build.ts";
import type { Operation } from "../contract/operation.ts";
import type { Look } from "./output.ts";
import { renderTable, type Cell } from "./table.ts";
import { counted, hangingParagraph, visibleText } from "./text.ts";

type Place = Pick<Finding, "file" | "line" | "column" | "source">;
type Paint = (text: string) => string;
type Seen = Pick<InspectReport, "app" | "operations" | "bundle" | "sites" | "observations"> &
  Partial<Pick<InspectReport, "origins" | "external">> & { readonly findings: readonly Finding[] };

const marks = { error: "✗", warning: "!", note: "·" } as const;
const colors = { error: "red", warning: "yellow", note: "blue" } as const;

/** The source place when it is known, else that of the bundle; lines and columns as editors count them. */
function placeText({ file, line, column, source }: Place, withColumn: boolean): string {
  const place = source ?? { file, line, column };
  return `${place.file}:${place.line}${withColumn ? `:${place.column + 1}` : ""}`;
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000
    ? `${Math.round(bytes / 1000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function summaryLines(seen: Seen, look: Look): string[] {
  const { paint } = look;
  const writes = seen.operations.filter((operation) => operation.access === "write").length;
  const open = seen.sites.filter((site) => site.status === "open").length;
  const facts = `${counted(seen.bundle.files, "file")}, ${sizeText(seen.bundle.bytes)}`;
  const parts = [
    counted(seen.operations.length - writes, "read"),
    writes > 0 ? paint.yellow.bold(counted(writes, "write")) : counted(0, "write"),
    open > 0 ? paint.red.bold(counted(open, "open site")) : counted(0, "open site"),
    counted(seen.findings.length, "finding"),
  ];
  return [`${paint.bold(visibleText(seen.app))} ${paint.dim(`· ${facts}`)}`, parts.join(" · ")];
}

function whereText(operation: Operation, sites: readonly Site[]): string {
  const at = [...new Set(placesOf(sites, operation.id).map((place) => placeText(place, false)))];
  const [first = "-", ...others] = at;
  return others.length === 0 ? first : `${first} +${others.length}`;
}

function operationRow(operation: Operation, seen: Seen, look: Look): Cell[] {
  const { paint } = look;
  const write = operation.access === "write";
  const accessPaint: Paint = (text) => (write ? paint.yellow.bold(text) : paint.green(text));
  return [
    { text: operation.id, paint: (text) => (write ? paint.bold(text) : text) },
    { text: operation.access, paint: accessPaint },
    callText(operation),
    { text: whereText(operation, seen.sites), paint: (text) => paint.cyan(text) },
  ];
}

function renderOperations(seen: Seen, look: Look): string {
  const columns = [
    { head: "OPERATION", min: 28 },
    { head: "ACCESS", min: 6 },
    { head: "CALL", min: 20 },
    { head: "WHERE", min: 12 },
  ];
  // Writes first: they are what is reviewed.
  const rows = seen.operations
    .toSorted((a, b) => Number(a.access === "read") - Number(b.access === "read"))
    .map((operation) => operationRow(operation, seen, look));
  return renderTable(columns, rows, look);
}

/** What recorded traffic confirms, and what it shows that nothing explains. */
function renderObservations({ observations, operations }: Seen, look: Look): string[] {
  if (observations === undefined) return [];
  const seen = operations.filter(({ id }) => observations.operations[id] !== undefined).length;
  const bases = Object.entries(observations.bases).map(
    ([base, address]) => `  ${visibleText(base)} is ${visibleText(address)}`,
  );
  const unexplained = observations.unexplained.map(
    ({ method, origin, path }) =>
      `  ${look.paint.yellow("?")} ${method} ${visibleText(origin === "same-origin" ? "" : origin)}${visibleText(path)}`,
  );
  return [
    `recorded: ${counted(observations.requests, "request")}, ${String(seen)} of ${counted(operations.length, "operation")} seen`,
    ...bases,
    ...(unexplained.length === 0 ? [] : ["no operation explains:", ...unexplained]),
  ];
}

/** Origins that are not simply data, with what they are taken for. */
function renderOrigins({ origins = [] }: Seen, look: Look): string {
  const rows = origins
    .filter(({ class: kind }) => kind !== "data")
    .map((one): Cell[] => [one.origin, one.class, one.why]);
  const columns = [
    { head: "ORIGIN", min: 20 },
    { head: "CLASS", min: 9 },
    { head: "WHY", min: 16 },
  ];
  return rows.length === 0 ? "" : renderTable(columns, rows, look);
}

/** Kinds of assets that `apps.<app>.page` can allow. */
const allowable: ReadonlySet<string> = new Set(["img", "font", "style", "media", "frame"]);

/** What becomes of an asset from elsewhere in the governed page. */
function fateOf(kind: string, app: string): string {
  if (allowable.has(kind)) return `not loaded until apps.${app}.page.${kind} allows it`;
  if (kind === "connect") return "a hint, which is not followed";
  if (kind === "form") return "not sent, unless it is an operation";
  return kind === "worker"
    ? "not started: the page's policy takes workers from files of the app alone"
    : "not loaded: serve it with the app, whose files the page's policy takes alone";
}

/** What the page takes from elsewhere, each origin and kind once. */
function renderExternal({ external = [], app }: Seen, look: Look): string {
  const found = new Map(external.map((one) => [`${one.origin} ${one.kind}`, one]));
  const rows = [...found.values()].map(({ origin, kind, file }): Cell[] => [
    { text: kind, paint: (text) => look.paint.yellow(text) },
    origin,
    { text: file, paint: (text) => look.paint.cyan(text) },
    fateOf(kind, app),
  ]);
  const columns = [
    { head: "ASSET", min: 6 },
    { head: "FROM", min: 16 },
    { head: "IN", min: 12 },
    { head: "GOVERNED", min: 16 },
  ];
  return rows.length === 0 ? "" : renderTable(columns, rows, look);
}

function renderOpenSites(sites: readonly Site[], look: Look): string {
  const rows = sites
    .filter((site) => site.status === "open")
    .map((site): Cell[] => [
      { text: site.id, paint: (text) => look.paint.red(text) },
      site.recognizer,
      { text: placeText(site, true), paint: (text) => look.paint.cyan(text) },
      site.reason ?? "",
    ]);
  const columns = [
    { head: "OPEN", min: 4 },
    { head: "CLIENT", min: 6 },
    { head: "WHERE", min: 12 },
    { head: "WHY", min: 16 },
  ];
  return renderTable(columns, rows, look);
}

/** One finding: severity, rule and place in a line, then what is wrong and what to do. */
function renderFinding(finding: Finding, look: Look): string {
  const { paint, width } = look;
  const color = paint[colors[finding.severity]];
  const head = [
    color.bold(`${marks[finding.severity]} ${finding.severity}[${finding.rule}]`),
    paint.cyan(visibleText(placeText(finding, true))),
  ].join(" ");
  const message = hangingParagraph(visibleText(finding.message), width, 2);
  const lines = [head, `  ${message}`];
  if (finding.fix !== undefined) {
    lines.push(`  ${paint.dim(`→ ${hangingParagraph(visibleText(finding.fix), width, 4)}`)}`);
  }
  return lines.join("\n");
}

function joinSections(sections: readonly string[]): string {
  return sections.filter((section) => section !== "").join("\n\n");
}

function nextStep(text: string, look: Look): string {
  return `${look.paint.cyan("→")} ${hangingParagraph(text, look.width, 2)}`;
}

function renderSeen(seen: Seen, look: Look): string[] {
  return [
    summaryLines(seen, look).join("\n"),
    renderOperations(seen, look),
    renderOpenSites(seen.sites, look),
    renderOrigins(seen, look),
    renderExternal(seen, look),
    renderObservations(seen, look).join("\n"),
  ];
}

function renderFindings(findings: readonly Finding[], look: Look): string {
  return findings.map((finding) => renderFinding(finding, look)).join("\n");
}

/** What `govern inspect` prints. */
export function renderInspection(report: InspectReport, bundlePath: string, look: Look): string {
  const shown = visibleText(bundlePath);
  const next = `\`govern import ${shown}\` governs it, \`govern check ${shown}\` judges it.`;
  return joinSections([
    ...renderSeen(report, look),
    renderFindings(report.findings, look),
    nextStep(next, look),
  ]);
}

function verdictLine(report: CheckReport, look: Look): string {
  const { paint } = look;
  const verdict = report.passed ? paint.green.bold("✓ passed") : paint.red.bold("✗ failed");
  const findings = findingsText(report);
  const compared =
    report.against === undefined ? "" : `, compared with ${visibleText(report.against)}`;
  const text = `${verdict}${findings === "" ? "" : ` with ${findings}`}${compared}`;
  const writes = writesText(report);
  return `${text} ${paint.dim("·")} ${report.writes.ungated > 0 ? paint.yellow(writes) : writes}`;
}

/** Findings that do not count, a line each. */
function renderAccepted(findings: readonly CheckFinding[], look: Look): string {
  return findings
    .filter(({ state }) => state !== "new")
    .map((finding) => {
      const { state, rule, suppressed } = finding;
      const reason = suppressed === undefined ? "" : `: ${visibleText(suppressed)}`;
      const place = visibleText(placeText(finding, true));
      return look.paint.dim(`· ${state} [${rule}] ${place}${reason}`);
    })
    .join("\n");
}

function checkNext(report: CheckReport): string {
  const shown = visibleText(report.path);
  if (report.against !== undefined) return "Let somebody who may decide it review what is wider.";
  if (report.target === "emitted") return "Import the bundle again; do not edit what import wrote.";
  return report.governed
    ? `\`govern import ${shown}\` brings operations.json up to date; review and commit it.`
    : `\`govern import ${shown}\` puts this bundle behind a boundary.`;
}

/** What `govern check` prints for people. */
export function renderCheck(report: CheckReport, look: Look): string {
  const counting = report.findings.filter(({ state }) => state === "new");
  return joinSections([
    ...renderSeen(report, look),
    renderFindings(counting, look),
    renderAccepted(report.findings, look),
    verdictLine(report, look) + (report.passed ? "" : `\n${nextStep(checkNext(report), look)}`),
  ]);
}
