/** Judges what the analysis saw against what people reviewed. Pure: everything it weighs is handed to it. */
import type { Finding, InspectReport, Rule, Site } from "../contract/build.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Operation } from "../contract/operation.ts";
import type { App, ApprovalRule, Workspace } from "../contract/workspace.ts";
import { severityOf, sortFindings } from "./severity.ts";

export interface Judged {
  readonly report: InspectReport;
  /** As the person named it, for the next steps. */
  readonly bundlePath: string;
  /** The workspace around, if there is one. */
  readonly workspace: Workspace | undefined;
  /** The app's operations.json, if there is one. */
  readonly reviewed: readonly Operation[] | undefined;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

type SitePlace = Pick<Site, "file" | "line" | "column" | "source">;

/** A finding before its severity is known. */
type Fault = Omit<Finding, "severity">;

/** The app of the workspace that the bundle belongs to. */
export function governingApp(judged: Judged): App | undefined {
  return judged.workspace?.apps?.[judged.report.app];
}

/**
 * The sites that send an operation and nothing more general: the call of a statement rather than the construction of its
 * client.
 */
export function sitesOf(sites: readonly Site[], operation: string): readonly Site[] {
  const senders = sites.filter((site) => site.operations.includes(operation));
  const least = Math.min(...senders.map((site) => site.operations.length));
  return senders.filter((site) => site.operations.length === least);
}

/** Where the app asks for an operation: the callers of a shared wrapper, else the sites themselves. */
export function placesOf(sites: readonly Site[], operation: string): readonly SitePlace[] {
  return sitesOf(sites, operation).flatMap((site): readonly SitePlace[] => {
    const calls = site.calls?.filter((call) => call.operation === operation) ?? [];
    return calls.length > 0 ? calls : [site];
  });
}

function placeOf(
  sites: readonly Site[],
  operation: string,
): Pick<Fault, "file" | "line" | "column"> {
  const [first] = placesOf(sites, operation);
  if (first === undefined) return { file: "operations.json", line: 1, column: 0 };
  const { file, line, column, source } = first;
  return { file, line, column, ...(source === undefined ? {} : { source }) };
}

/** `POST https://api.acme.example/api/credits`, or the statement. */
export function callText(operation: Operation): string {
  switch (operation.kind) {
    case "http":
    case "stream": {
      const base = operation.origin === "same-origin" ? "" : operation.origin;
      return `${operation.method} ${base}${operation.path}`;
    }
    case "graphql":
      return `${operation.operationName ?? "anonymous"} at ${operation.origin}${operation.path}`;
    case "sql":
      return operation.statement;
    case "sql-batch":
      return `a batch of ${operation.statements.length} statements`;
  }
}

/** Whether two operations are the same to a reviewer; why one has its access may be told in other words. */
function sameContract(a: Operation, b: Operation): boolean {
  return canonicalJson({ ...a, why: "" }) === canonicalJson({ ...b, why: "" });
}

function ungatedReason(operation: Operation, judged: Judged): string | undefined {
  const { app } = judged.report;
  if (judged.workspace === undefined) return "no workspace governs this bundle";
  if (governingApp(judged) === undefined) return `govern.yaml has no app "${app}"`;
  const reviewed = judged.reviewed?.find((each) => each.id === operation.id);
  if (reviewed === undefined) return "it is not in the reviewed operations.json";
  if (reviewed.access !== "write") return "operations.json has it as a read";
  return sameContract(reviewed, operation)
    ? undefined
    : "it is not what operations.json has under its id";
}

function ungatedWrites(judged: Judged): Fault[] {
  const { report, bundlePath } = judged;
  return report.operations.flatMap((operation): Fault[] => {
    if (operation.access !== "write") return [];
    const reason = ungatedReason(operation, judged);
    if (reason === undefined) return [];
    return [
      {
        rule: "ungated-write",
        ...placeOf(report.sites, operation.id),
        message: `${callText(operation)} changes data, and ${reason}.`,
        fix: `Run \`govern import ${bundlePath}\`, review operations.json and commit it.`,
        operation: operation.id,
      },
    ];
  });
}

function tablesOf(operation: Operation, all: readonly Operation[]): readonly string[] {
  if (operation.kind === "sql") return operation.tables;
  if (operation.kind !== "sql-batch") return [];
  return all.flatMap((each) =>
    each.kind === "sql" && operation.statements.includes(each.id) ? each.tables : [],
  );
}

/** Whether an exemption names a write of this app, its condition aside; as the gate does, see policy/gate.ts. */
function exempts({ match }: ApprovalRule, operation: Operation, judged: Judged): boolean {
  const { app, operations } = judged.report;
  const tables = tablesOf(operation, operations);
  return (
    (match.operation === undefined || match.operation === `${app}/${operation.id}`) &&
    (match.table === undefined ||
      (tables.length > 0 && tables.every((table) => table === match.table))) &&
    (match.app === undefined || match.app === app) &&
    (match.access === undefined || match.access === "write")
  );
}

function exemptionFault(rule: ApprovalRule, today: string): string | undefined {
  if (!("require" in rule)) return undefined;
  if (rule.reason.trim() === "") return "without a reason";
  return rule.until !== undefined && rule.until < today ? `that ended on ${rule.until}` : undefined;
}

/** Writes that a rule takes out of the gate when it may not. */
function faultyExemptions(judged: Judged): Fault[] {
  const { report, today } = judged;
  return (judged.workspace?.approvals ?? []).flatMap((rule): Fault[] => {
    const fault = exemptionFault(rule, today);
    if (fault === undefined) return [];
    return report.operations
      .filter((operation) => operation.access === "write" && exempts(rule, operation, judged))
      .map((operation) => ({
        rule: "ungated-write",
        ...placeOf(report.sites, operation.id),
        message: `${callText(operation)} changes data, and govern.yaml exempts it from approval ${fault}.`,
        fix: "Remove the exemption from `approvals` in govern.yaml, or renew it with its reason.",
        operation: operation.id,
      }));
  });
}

/** What an operation is mapped to a resource by, most specific first. */
function resourceKeys(operation: Operation): readonly string[] {
  return operation.kind === "sql" || operation.kind === "sql-batch"
    ? [`sql:${operation.client}`, "sql"]
    : [operation.origin];
}

function unmappedOrigins(judged: Judged): Fault[] {
  const app = governingApp(judged);
  if (app === undefined) return [];
  const { report, bundlePath } = judged;
  // Telemetry is answered without an upstream.
  const apart = new Set(
    report.origins.filter(({ class: kind }) => kind === "telemetry").map(({ origin }) => origin),
  );
  const reported = new Set<string>();
  return report.operations.flatMap((operation): Fault[] => {
    const keys = resourceKeys(operation);
    const key = keys[0] as string;
    if (keys.some((each) => app.resources[each] !== undefined) || apart.has(key)) return [];
    if (reported.has(key)) return [];
    reported.add(key);
    return [
      {
        rule: "unmapped-origin",
        ...placeOf(report.sites, operation.id),
        message: `No resource is mapped to ${key} in apps.${report.app}.resources of govern.yaml.`,
        fix: `Run \`govern import ${bundlePath} --upstream ${key}=<address>\`, or map it by hand.`,
      },
    ];
  });
}

/** Rules that are judged here; the analysis knows nothing of a workspace. */
const judgedHere: ReadonlySet<Rule> = new Set(["ungated-write", "unmapped-origin"]);

/** Everything that is wrong with shipping this bundle into this workspace, in one stable order. */
export function judgeBundle(judged: Judged): Finding[] {
  const governed = governingApp(judged) !== undefined;
  const seen = judged.report.findings.filter((finding) => !judgedHere.has(finding.rule));
  const faults: Fault[] = [
    ...ungatedWrites(judged),
    ...faultyExemptions(judged),
    ...unmappedOrigins(judged),
    ...seen,
  ];
  return sortFindings(
    faults.map((fault) => Object.assign({}, fault, { severity: severityOf(fault.rule, governed) })),
  );
}
