/**
 * The workspace as a call sees it: apps, operations, resources and rules at one moment. Immutable; every call keeps the
 * snapshot that it began with. Must not read files: load-workspace.ts does.
 */
import type { External, Site } from "../contract/build.ts";
import { canonicalJson, sha256Hex } from "../contract/canonical-json.ts";
import type {
  Access,
  GraphqlOperation,
  HttpOperation,
  Operation,
  SqlOperation,
} from "../contract/operation.ts";
import { operationDigest, originId, statementDigest } from "../contract/operation-id.ts";
import type { App, Workspace } from "../contract/workspace.ts";
import { callPlaces, type CallPlace } from "./approvals/words.ts";
import type { Rules } from "./rules.ts";
import type { Connector } from "./connectors/connector.ts";
import type { PassedCredentials } from "./identity/user-credentials.ts";
import { compileDocuments, type DocumentMatcher } from "./matching/document-matcher.ts";
import { compileMatcher, type OperationMatcher } from "./matching/operation-matcher.ts";

/** An operation with what governs it: the access in force, its content digest, its resource. */
export interface GovernedOperation {
  readonly operation: Operation;
  readonly access: Access;
  /** Of a batch, over its statements as well. */
  readonly digest: string;
  /** The statements of a batch, in order; none of any other operation. */
  readonly statements: readonly SqlOperation[];
  /** e.g. `POST /api/accounts/{accountId}/credits`, or the statement. */
  readonly summary: string;
  /** Null where no resource is mapped: calls are refused. */
  readonly resource: Resource | null;
}

export interface Resource {
  readonly name: string;
  readonly connector: Connector;
  /** Milliseconds that one call may take. */
  readonly timeout: number;
  /** Which of the app user's own credentials it gets. */
  readonly passes?: PassedCredentials;
  /** Approvers may see what a held statement would change. */
  readonly preview?: boolean;
}

export interface AppSnapshot {
  readonly name: string;
  /** Digest of the bundle that was imported. */
  readonly build: string;
  /** Absolute path of the files that are served. */
  readonly web: string;
  readonly page: App["page"];
  /** What its files take from other origins, as import saw them. */
  readonly external: readonly External[];
  readonly operations: ReadonlyMap<string, GovernedOperation>;
  readonly matcher: OperationMatcher;
  readonly documents: DocumentMatcher;
  /** Origin ids of the wire → origin texts of operations. */
  readonly origins: ReadonlyMap<string, string>;
  /** Where the app asks for each operation. */
  readonly places: ReadonlyMap<string, readonly CallPlace[]>;
  /** Origin ids of telemetry that no resource takes. */
  readonly telemetry: ReadonlySet<string>;
  /** SQL clients → digest of a text → operation id. */
  readonly statements: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** SQL clients → ids of a batch's statements, as one text → operation id. */
  readonly batches: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Snapshot {
  readonly workspace: Workspace;
  readonly rules: Rules;
  readonly apps: ReadonlyMap<string, AppSnapshot>;
}

/** What people are shown of an operation. */
function summaryOf(operation: Operation, statements: readonly SqlOperation[]): string {
  switch (operation.kind) {
    case "http":
    case "stream":
      return operation.origin === "same-origin"
        ? `${operation.method} ${operation.path}`
        : `${operation.method} ${operation.origin}${operation.path}`;
    case "sql":
      return operation.statement;
    case "sql-batch":
      return statements.map(({ statement }) => statement).join("; ");
    case "graphql": {
      const base = operation.origin === "same-origin" ? "" : operation.origin;
      return `POST ${base}${operation.path} ${operation.document}`;
    }
  }
}

export interface AppParts {
  readonly name: string;
  readonly build: string;
  readonly web: string;
  readonly page: App["page"];
  readonly external?: readonly External[];
  readonly operations: readonly Operation[];
  readonly telemetry: ReadonlySet<string>;
  readonly sites: readonly Site[];
  accessOf(operation: Operation): Access;
  resourceOf(operation: Operation): Resource | null;
}

function indexStatements(
  operations: readonly Operation[],
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const clients = new Map<string, Map<string, string>>();
  for (const operation of operations) {
    if (operation.kind !== "sql") continue;
    const texts = clients.get(operation.client) ?? new Map<string, string>();
    clients.set(operation.client, texts);
    // A text that import bound by place is no text of the page: it is known by its id alone.
    if (operation.interpolated !== true)
      texts.set(statementDigest(operation.statement), operation.id);
  }
  return clients;
}

/** By which a batch is found: only the very statements, in their order. */
export function batchKey(ids: readonly string[]): string {
  return ids.join(" ");
}

function indexBatches(
  operations: readonly Operation[],
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const clients = new Map<string, Map<string, string>>();
  for (const operation of operations) {
    if (operation.kind !== "sql-batch") continue;
    const batches = clients.get(operation.client) ?? new Map<string, string>();
    clients.set(operation.client, batches.set(batchKey(operation.statements), operation.id));
  }
  return clients;
}

/** The statements of a batch: each registered, of its own client and dialect; else none, and it cannot run. */
function statementsOf(
  operation: Operation,
  known: ReadonlyMap<string, Operation>,
): readonly SqlOperation[] {
  if (operation.kind !== "sql-batch") return [];
  const statements = operation.statements
    .map((id) => known.get(id))
    .filter(
      (one): one is SqlOperation =>
        one?.kind === "sql" && one.client === operation.client && one.dialect === operation.dialect,
    );
  return statements.length === operation.statements.length ? statements : [];
}

function digestOf(operation: Operation, statements: readonly SqlOperation[]): string {
  const digest = operationDigest(operation);
  return operation.kind === "sql-batch"
    ? sha256Hex(canonicalJson([digest, ...statements.map(operationDigest)]))
    : digest;
}

/** Indexes one app. Matching sees operations under the access in force. */
export function buildApp(parts: AppParts): AppSnapshot {
  const operations = new Map<string, GovernedOperation>();
  const http: HttpOperation[] = [];
  const graphql: GraphqlOperation[] = [];
  const origins = new Map<string, string>();
  const known = new Map(parts.operations.map((one) => [one.id, one]));
  for (const operation of parts.operations) {
    const statements = statementsOf(operation, known);
    // The strictest of all: a batch that was called a read holds no write.
    const access = [operation, ...statements].some((one) => parts.accessOf(one) === "write")
      ? "write"
      : "read";
    operations.set(operation.id, {
      operation,
      access,
      digest: digestOf(operation, statements),
      statements,
      summary: summaryOf(operation, statements),
      resource: parts.resourceOf(operation),
    });
    if (operation.kind === "http") http.push({ ...operation, access });
    if (operation.kind === "graphql") graphql.push({ ...operation, access });
    const isHttp = operation.kind === "http" || operation.kind === "graphql";
    if (isHttp && operation.origin !== "same-origin") {
      origins.set(originId(operation.origin), operation.origin);
    }
  }
  const { name, build, web, page, telemetry, external = [], sites } = parts;
  return {
    name,
    build,
    web,
    page,
    external,
    operations,
    matcher: compileMatcher(http),
    documents: compileDocuments(graphql),
    places: callPlaces(sites),
    telemetry,
    origins,
    statements: indexStatements(parts.operations),
    batches: indexBatches(parts.operations),
  };
}
