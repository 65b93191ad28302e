/** What is judged, and what comes of it before its severity is known. */
import type { Finding, InspectReport, Site } from "../../contract/build.ts";
import type { Operation } from "../../contract/operation.ts";
import type { LocateWorkspace } from "../../contract/workspace-fault.ts";
import type { App, Workspace } from "../../contract/workspace.ts";

export interface Judged {
  readonly report: InspectReport;
  /** As the person named it, for the next steps. */
  readonly bundlePath: string;
  /** The workspace around, if there is one. */
  readonly workspace: Workspace | undefined;
  /** Where a path of govern.yaml stands. */
  readonly locate: LocateWorkspace;
  /** The app's operations.json, if there is one. */
  readonly reviewed: readonly Operation[] | undefined;
  /** What was reviewed of the workspace's other apps. */
  readonly others?: ReadonlyMap<string, readonly Operation[]>;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/** The files beside the bundle that a finding can stand in. */
export type Home = "govern.yaml" | "operations.json";

export interface Fault extends Omit<Finding, "severity"> {
  /** Its `file` is that one, none of the bundle's. */
  readonly home?: Home;
}

type SitePlace = Pick<Site, "file" | "line" | "column" | "source">;

/** The app of the workspace that the bundle belongs to. */
export function governingApp({ workspace, report }: Judged): App | undefined {
  const apps = workspace?.apps ?? {};
  return Object.hasOwn(apps, report.app) ? apps[report.app] : undefined;
}

/**
 * The sites that send an operation and nothing more general: the call of a statement rather than the construction of its
 * client.
 */
function sitesOf(sites: readonly Site[], operation: string): readonly Site[] {
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

type Place = Pick<Fault, "file" | "line" | "column" | "source" | "home">;

/** Where a finding about an operation stands: where the app first asks for it, else the contract. */
export function placeOf(sites: readonly Site[], operation: string): Place {
  const [first] = placesOf(sites, operation);
  if (first === undefined) {
    return { file: "operations.json", line: 1, column: 0, home: "operations.json" };
  }
  const { file, line, column, source } = first;
  return { file, line, column, ...(source === undefined ? {} : { source }) };
}

/** A place in govern.yaml. */
export function workspacePlace({ locate }: Judged, path: readonly (string | number)[]): Place {
  const { line, column } = locate(path);
  return { file: "govern.yaml", line, column: column - 1, home: "govern.yaml" };
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
