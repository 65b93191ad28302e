/**
 * Which resource each call of an app goes to: what the workspace says already stays, what it does not say is asked for,
 * given by --upstream, or read off the bundle.
 */
import type { Resource } from "../../contract/resource.ts";
import type { Workspace } from "../../contract/workspace.ts";
import type { Operation } from "../../contract/operation.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Analysis, CredentialCut } from "../analysis.ts";
import { secretName, type Secret } from "./secrets.ts";

export interface Mapping {
  readonly key: string;
  readonly resource: string;
  /** The resource to be added; null where the workspace has it. */
  readonly definition: Resource | null;
}

export interface MappingPlan {
  /** All mappings of the app that are new. */
  readonly mappings: readonly Mapping[];
  readonly secrets: readonly Secret[];
  /** What the workspace maps already, with the address there. */
  readonly mapped: readonly { readonly key: string; readonly address: string | undefined }[];
}

interface Target {
  readonly key: string;
  readonly kind: "http" | "sql";
  readonly dialect: "postgres" | "mysql" | "sqlite";
  readonly operations: readonly Operation[];
  readonly credentials: readonly CredentialCut[];
  readonly hasLogin: boolean;
}

function keyOf(operation: Operation): string {
  return operation.kind === "sql" || operation.kind === "sql-batch"
    ? `sql:${operation.client}`
    : operation.origin;
}

function credentialsOf(analysis: Analysis, key: string): CredentialCut[] {
  return analysis.cuts.filter((cut): cut is CredentialCut => {
    if (cut.kind !== "credential" || cut.use === null) return false;
    return "client" in cut.use ? `sql:${cut.use.client}` === key : cut.use.origin === key;
  });
}

/** An app that sends its user's own token must not be given a service's: that would raise its privilege. */
function sendsOwnToken(
  operations: readonly Operation[],
  credentials: readonly CredentialCut[],
): boolean {
  const stripped = new Set(
    credentials.map(({ use }) => (use !== null && "header" in use ? use.header : "")),
  );
  return operations.some(
    (operation) =>
      operation.kind === "http" &&
      operation.headers.includes("authorization") &&
      !stripped.has("authorization"),
  );
}

function operationsByKey(analysis: Analysis): Map<string, Operation[]> {
  const byKey = new Map<string, Operation[]>();
  for (const one of analysis.operations) {
    const known = byKey.get(keyOf(one));
    if (known === undefined) byKey.set(keyOf(one), [one]);
    else known.push(one);
  }
  for (const cut of analysis.cuts) {
    const key = cut.kind === "client" ? `sql:${cut.client}` : null;
    if (key !== null && !byKey.has(key)) byKey.set(key, []);
  }
  return byKey;
}

function targetOf(analysis: Analysis, key: string, operations: readonly Operation[]): Target {
  const credentials = credentialsOf(analysis, key);
  const sql = operations.find((one) => one.kind === "sql" || one.kind === "sql-batch");
  const isLogin = analysis.origins.some((one) => one.origin === key && one.class === "auth");
  return {
    key,
    kind: key.startsWith("sql:") ? "sql" : "http",
    dialect: sql?.dialect ?? "postgres",
    operations,
    credentials,
    hasLogin: isLogin || sendsOwnToken(operations, credentials),
  };
}

/** Where the app's calls go; telemetry is answered by the sidecar itself. */
function targetsOf(analysis: Analysis): Target[] {
  const unmapped = new Set(
    analysis.origins.filter((one) => one.class === "telemetry").map(({ origin }) => origin),
  );
  return [...operationsByKey(analysis)]
    .filter(([key]) => !unmapped.has(key))
    .map(([key, operations]) => targetOf(analysis, key, operations))
    .toSorted((a, b) => a.kind.localeCompare(b.kind) || (a.key < b.key ? -1 : 1));
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

function hostOf(url: string): string | null {
  return /^(?:https?|wss?):\/\//i.test(url) && URL.canParse(url) ? new URL(url).host : null;
}

/** `api-acme-example` of `https://api.acme.example`, `neon` of `sql:neon`, `<app>-backend` of its own origin. */
function resourceName(key: string, app: string): string {
  if (key === "same-origin") return `${app}-backend`;
  return slug(hostOf(key) ?? key.replace(/^sql:/, "")) || "upstream";
}

/** An absolute origin is its own upstream; a socket's is reached by the http address beside it. */
function knownUpstream(target: Target, resource: string): string | null {
  if (target.kind === "sql") {
    return target.credentials.length > 0 ? `\${env:${secretName(resource, "url")}}` : null;
  }
  return hostOf(target.key) === null ? null : target.key.replace(/^ws/i, "http");
}

export interface PlanOptions {
  readonly app: string;
  readonly analysis: Analysis;
  readonly workspace: Workspace | null;
  /** Of --upstream, by key. */
  readonly upstreams: ReadonlyMap<string, string>;
}

function mappedResource(options: PlanOptions, target: Target): string | undefined {
  const mapped = options.workspace?.apps?.[options.app]?.resources;
  return mapped?.[target.key] ?? (target.kind === "sql" ? mapped?.["sql"] : undefined);
}

/** A connection string with a password, in whatever place and spelling: it belongs in secrets.env. */
const connectionSecret =
  /^[a-z0-9+]+:\/\/[^@]*:[^@]*@|[?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*=/i;

/** An API's address goes into govern.yaml, which is committed. */
function checkPlainAddress(key: string, address: string): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.username === "" && url.password === "")) return;
  throw new GovernError("usage", `--upstream ${key}: the address holds a user name or password.`, {
    next: `Give ${url.protocol}//${url.host}${url.pathname}; put the credential into resources.<name>.headers as a reference.`,
  });
}

function checkUpstreams(options: PlanOptions, targets: readonly Target[]): void {
  const keys = targets.map(({ key }) => key);
  for (const [key, address] of options.upstreams) {
    if (!key.startsWith("sql:")) checkPlainAddress(key, address);
    if (keys.includes(key)) continue;
    const known = keys.length === 0 ? "it calls nothing" : `it calls ${keys.join(", ")}`;
    throw new GovernError("usage", `--upstream ${key}: the bundle does not call that; ${known}.`, {
      next: "Give --upstream KEY=URL with one of these keys.",
    });
  }
}

/** @throws GovernError `upstream-needed`. */
function needUpstreams(keys: readonly string[]): void {
  if (keys.length === 0) return;
  const flags = keys.map((key) => {
    const example = key.startsWith("sql:") ? "postgres://HOST/DATABASE" : "https://HOST";
    return `--upstream '${key}=${example}'`;
  });
  throw new GovernError("upstream-needed", `The bundle does not say where ${keys.join(", ")} is.`, {
    next: `Give ${flags.join(" ")}, with the real address.`,
    details: { keys },
  });
}

/** Secrets by name: a second value for one name takes the name with a number. */
class SecretNames {
  readonly #values = new Map<string, string>();

  add(name: string, value: string): string {
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? name : `${name}_${String(number)}`;
      const known = this.#values.get(candidate);
      if (known !== undefined && known !== value) continue;
      this.#values.set(candidate, value);
      return candidate;
    }
  }

  list(): Secret[] {
    return [...this.#values].map(([name, value]) => ({ name, value }));
  }
}

/** What a resource sends in place of the stripped credentials. */
interface SentBySidecar {
  readonly headers: Record<string, string>;
  readonly query: Record<string, string>;
}

/** Stores a target's stripped credentials; gives the headers and query keys that the resource sets with them. */
function keepCredentials(target: Target, resource: string, names: SecretNames): SentBySidecar {
  const sent: SentBySidecar = { headers: {}, query: {} };
  for (const { use, value, secret = value } of target.credentials) {
    if (use === null) continue;
    if ("client" in use) names.add(secretName(resource, "url"), secret);
    else if ("query" in use) {
      sent.query[use.query] ??= `\${env:${names.add(secretName(resource, use.query), secret)}}`;
    } else {
      const name = names.add(secretName(resource, use.header), secret);
      sent.headers[use.header] ??= `${use.prefix}\${env:${name}}`;
    }
  }
  return sent;
}

/** Credentials that no call sends: kept for people alone. */
function keepUnused(options: PlanOptions, targets: readonly Target[], names: SecretNames): void {
  const used = new Set(targets.flatMap(({ credentials }) => credentials));
  for (const cut of options.analysis.cuts) {
    if (cut.kind !== "credential" || used.has(cut)) continue;
    names.add(secretName(options.app, "stripped"), cut.secret ?? cut.value);
  }
}

function databaseKind(url: string, target: Target): "sqlite" | "postgres" | "mysql" {
  if (/^sqlite:/i.test(url)) return "sqlite";
  if (/^(?:mysql|mariadb)/i.test(url)) return "mysql";
  return /^postgres/i.test(url) ? "postgres" : target.dialect;
}

function resourceOf(
  target: Target,
  wanted: { resource: string; upstream: string },
  names: SecretNames,
): Resource {
  const { resource, upstream } = wanted;
  const { headers, query } = keepCredentials(target, resource, names);
  if (target.kind === "http") {
    if (target.hasLogin) return { kind: "http", upstream, auth: "passthrough" };
    return {
      kind: "http",
      upstream,
      auth: "service",
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(Object.keys(query).length > 0 ? { query } : {}),
    };
  }
  const kind = databaseKind(upstream, target);
  if (!connectionSecret.test(upstream)) return { kind, url: upstream };
  return { kind, url: `\${env:${names.add(secretName(resource, "url"), upstream)}}` };
}

/** The name to use for a new resource: the workspace's own of that name if it is the same, else a free one. */
function placeResource(
  wanted: string,
  define: (name: string, names: SecretNames) => Resource,
  taken: ReadonlyMap<string, Resource>,
): { resource: string; isNew: boolean } {
  for (let number = 1; ; number += 1) {
    const resource = number === 1 ? wanted : `${wanted}-${String(number)}`;
    const known = taken.get(resource);
    if (known === undefined) return { resource, isNew: true };
    const same = JSON.stringify(known) === JSON.stringify(define(resource, new SecretNames()));
    if (same) return { resource, isNew: false };
  }
}

/** What the workspace maps stays; the credentials are kept under the names of its resources. */
function keepMapped(
  options: PlanOptions,
  targets: readonly Target[],
  names: SecretNames,
): MappingPlan["mapped"] {
  return targets.flatMap((target) => {
    const name = mappedResource(options, target);
    if (name === undefined) return [];
    keepCredentials(target, name, names);
    const resource = options.workspace?.resources?.[name];
    return [
      { key: target.key, address: resource?.kind === "http" ? resource.upstream : resource?.url },
    ];
  });
}

/**
 * Keys of `apps.<app>.resources` that the workspace has for the calls of a bundle: nothing needs to be asked about them.
 */
export function mappedKeys(options: PlanOptions): string[] {
  const targets = targetsOf(options.analysis);
  return targets.filter((one) => mappedResource(options, one) !== undefined).map(({ key }) => key);
}

/**
 * Plans the mappings that the workspace lacks.
 * @throws GovernError `upstream-needed` with the exact flags to give, `usage` for an --upstream that fits no call.
 */
export function planMappings(options: PlanOptions): MappingPlan {
  const targets = targetsOf(options.analysis);
  checkUpstreams(options, targets);
  const names = new SecretNames();
  const mapped = keepMapped(options, targets, names);
  const open = targets
    .filter(({ key }) => !mapped.some((one) => one.key === key))
    .map((target) => {
      const resource = resourceName(target.key, options.app);
      const given = options.upstreams.get(target.key);
      const seen = options.analysis.observations?.bases[target.key];
      const known = (name: string): string | null => given ?? seen ?? knownUpstream(target, name);
      return { target, resource, known };
    });
  needUpstreams(
    open.flatMap(({ target, resource, known }) => (known(resource) === null ? [target.key] : [])),
  );
  const taken = new Map(Object.entries(options.workspace?.resources ?? {}));
  const mappings = open.map(({ target, resource, known }): Mapping => {
    const define = (name: string, into: SecretNames): Resource =>
      resourceOf(target, { resource: name, upstream: known(name) ?? "" }, into);
    const placed = placeResource(resource, define, taken);
    const definition = define(placed.resource, names);
    taken.set(placed.resource, definition);
    return {
      key: target.key,
      resource: placed.resource,
      definition: placed.isNew ? definition : null,
    };
  });
  keepUnused(options, targets, names);
  return { mappings, secrets: names.list(), mapped };
}
