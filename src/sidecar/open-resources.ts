/** Opens a connector for each resource of the workspace. The one place that knows all kinds of connectors. */
import { resolve as resolvePath } from "node:path";
import { canonicalJson, sha256Hex } from "../contract/canonical-json.ts";
import { parseDuration } from "../contract/duration.ts";
import type {
  HttpResource,
  PostgresResource,
  Resource as ResourceRule,
} from "../contract/resource.ts";
import type { Workspace } from "../contract/workspace.ts";
import { GovernError } from "../errors/govern-error.ts";
import type { Connector } from "./connectors/connector.ts";
import { addressRules } from "./connectors/http/addresses.ts";
import { assertedIdentity } from "./connectors/http/asserted.ts";
import type { Idempotency } from "./connectors/http/idempotency.ts";
import { openHttpConnector } from "./connectors/http/connector.ts";
import { passthroughIdentity } from "./connectors/http/passthrough.ts";
import type { UpstreamIdentity } from "./connectors/http/upstream-identity.ts";
import { openPostgresConnector } from "./connectors/postgres/connector.ts";
import { openSqliteConnector } from "./connectors/sqlite/connector.ts";
import type { Assertions } from "./identity/assertions.ts";
import type { PassedCredentials } from "./identity/user-credentials.ts";
import { firstBadNetwork } from "./networks.ts";
import type { Secrets } from "./secrets.ts";
import type { Resource } from "./snapshot.ts";

const defaultTimeout = 30_000;

export interface OpenResourcesOptions {
  readonly workspace: Workspace;
  readonly workspaceDir: string;
  readonly secrets: Secrets;
  readonly assertions: Assertions;
}

type Opening = Omit<OpenResourcesOptions, "workspace">;

function invalid(name: string, message: string, next: string): GovernError {
  return new GovernError("workspace-invalid", `resources.${name} ${message}`, { next });
}

function readUpstream(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.search !== ""
  ) {
    throw invalid(
      name,
      "has an upstream that is no http(s) address.",
      "Write it like https://api.example.",
    );
  }
  return url;
}

/** Headers that would name somebody else than the caller. */
function checkNames(name: string, { auth, headers }: HttpResource): void {
  const set = Object.keys(headers ?? {}).map((header) => header.toLowerCase());
  const taken = auth === "service" ? [] : ["authorization", "cookie"];
  if (!set.some((header) => taken.includes(header))) return;
  throw invalid(
    name,
    `has auth: ${auth} and a credential of its own in headers.`,
    "Keep one: auth: service for the resource's own credential, else no authorization in headers.",
  );
}

function passedBy(rule: ResourceRule, { identity }: Workspace): PassedCredentials {
  if (rule.kind !== "http" || rule.auth !== "passthrough") return "none";
  return identity?.proxy === undefined ? "all" : "without-cookies";
}

/** The networks of a resource; an upstream that no network may make right is a GovernError. */
function networksOf(
  name: string,
  { networks = [] }: HttpResource,
  upstream: URL,
): readonly string[] {
  const bad = firstBadNetwork(networks);
  if (bad !== undefined) {
    throw invalid(
      name,
      `has networks of which ${JSON.stringify(networks[bad])} is none.`,
      "Write addresses or networks like 10.0.0.0/8.",
    );
  }
  if (!addressRules(networks).permits(upstream.hostname)) {
    throw invalid(
      name,
      "has an upstream of the kind that metadata services have.",
      `If that is meant, list the address in resources.${name}.networks.`,
    );
  }
  return networks;
}

function identityOf(
  { auth }: HttpResource,
  upstream: URL,
  assertions: Assertions,
): UpstreamIdentity | undefined {
  if (auth === "passthrough") return passthroughIdentity(upstream);
  return auth === "asserted" ? assertedIdentity(upstream, assertions) : undefined;
}

/** A key that stands in `headers` too would be one for all writes, which an upstream takes for repeats of the first. */
function idempotencyOf(
  name: string,
  { idempotency, headers }: HttpResource,
): Idempotency | undefined {
  if (idempotency === undefined) return undefined;
  const header = (idempotency.header ?? "Idempotency-Key").toLowerCase();
  if (Object.keys(headers ?? {}).some((one) => one.toLowerCase() === header)) {
    const next = `Take ${header} out of resources.${name}.headers: each write gets a key of its own.`;
    throw invalid(name, `sets the header of its idempotency to one value for all writes.`, next);
  }
  return { header, keep: parseDuration(idempotency.keep) };
}

function openHttp(name: string, rule: HttpResource, { secrets, assertions }: Opening): Connector {
  checkNames(name, rule);
  const place = `resources.${name}`;
  const headers: Record<string, string> = {};
  for (const [header, value] of Object.entries(rule.headers ?? {})) {
    headers[header.toLowerCase()] = secrets.resolve(value, `${place}.headers.${header}`);
  }
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(rule.query ?? {})) {
    query[key] = secrets.resolve(value, `${place}.query.${key}`);
  }
  const upstream = readUpstream(name, secrets.resolve(rule.upstream, `${place}.upstream`));
  const identity = identityOf(rule, upstream, assertions);
  const idempotency = idempotencyOf(name, rule);
  return openHttpConnector({
    name,
    upstream,
    headers,
    query,
    networks: networksOf(name, rule, upstream),
    ...(idempotency === undefined ? {} : { idempotency }),
    ...(identity === undefined ? {} : { identity }),
  });
}

function openSqlite(name: string, url: string, workspaceDir: string): Connector {
  if (!url.startsWith("sqlite:")) {
    throw invalid(name, "has a url that is no SQLite file.", "Write it like sqlite:./ledger.db.");
  }
  return openSqliteConnector({
    name,
    file: resolvePath(workspaceDir, url.slice("sqlite:".length)),
  });
}

function openPostgres(
  name: string,
  { set }: PostgresResource,
  url: string,
  timeout: number,
): Connector {
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalid(
      name,
      "has a url that is no PostgreSQL address.",
      "Write it like postgres://db.example:5432/ledger.",
    );
  }
  return openPostgresConnector({ name, url, timeout, ...(set === undefined ? {} : { set }) });
}

function openConnector(
  name: string,
  rule: ResourceRule,
  timeout: number,
  options: Opening,
): Connector {
  const { secrets, workspaceDir } = options;
  if (rule.kind === "http") return openHttp(name, rule, options);
  if (rule.kind === "mysql") {
    throw invalid(
      name,
      `is of kind ${rule.kind}, for which this version has no connector.`,
      "Kinds with a connector: http, postgres, sqlite.",
    );
  }
  const url = secrets.resolve(rule.url, `resources.${name}.url`);
  if (rule.kind === "postgres") return openPostgres(name, rule, url, timeout);
  return openSqlite(name, url, workspaceDir);
}

/** The same for the same resource with the same secrets: another version of the workspace keeps its connections. */
function keyOf(name: string, rule: ResourceRule, secrets: Secrets): string {
  const text = canonicalJson(rule);
  try {
    return sha256Hex(canonicalJson([name, text, secrets.resolve(text, `resources.${name}`)]));
  } catch {
    return sha256Hex(canonicalJson([name, text]));
  }
}

/** Those that are open, by what they were opened from. */
export type OpenedResources = Map<string, Resource>;

/**
 * Opens all resources, or none: what was opened for a workspace is closed again when one of its resources cannot be. Those
 * in `opened` are taken as they are, and new ones are put there.
 */
export async function openResources(
  { workspace, ...options }: OpenResourcesOptions,
  opened: OpenedResources = new Map(),
): Promise<ReadonlyMap<string, Resource>> {
  const resources = new Map<string, Resource>();
  const fresh: OpenedResources = new Map();
  try {
    for (const [name, rule] of Object.entries(workspace.resources ?? {})) {
      const passes = passedBy(rule, workspace);
      const key = `${keyOf(name, rule, options.secrets)} ${JSON.stringify(passes)}`;
      const timeout = rule.timeout === undefined ? defaultTimeout : parseDuration(rule.timeout);
      const known = opened.get(key);
      const resource = known ?? {
        name,
        connector: openConnector(name, rule, timeout, options),
        timeout,
        passes,
        preview: rule.kind !== "http" && rule.preview === true,
      };
      if (known === undefined) fresh.set(key, resource);
      resources.set(name, resource);
    }
  } catch (error) {
    await closeResources(fresh);
    throw error;
  }
  for (const [key, resource] of fresh) opened.set(key, resource);
  return resources;
}

export async function closeResources(resources: ReadonlyMap<string, Resource>): Promise<void> {
  await Promise.all([...resources.values()].map(({ connector }) => connector.close()));
}
