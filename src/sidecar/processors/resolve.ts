/**
 * resolve: which registered operation a request asks for, from the request alone. Must not judge arguments, and never
 * takes a hint of the page (site, build) for more than a hint.
 */
import { headers as govern, paths } from "../../contract/wire.ts";
import {
  proceed,
  refuse,
  type CallRequest,
  type IdentifiedCall,
  type Part,
  type RawArguments,
  type ResolvedCall,
  type Step,
} from "../lifecycle.ts";
import type { DocumentMatch } from "../matching/document-matcher.ts";
import { parseQuery } from "../matching/query.ts";
import { parseStrictJson } from "../matching/strict-json.ts";
import { readSqlBody, type SqlAsk } from "../validation/sql-body.ts";
import { batchKey, type GovernedOperation } from "../snapshot.ts";

interface Found {
  readonly target: GovernedOperation;
  readonly access: "read" | "write";
  readonly raw: RawArguments;
}

type Search =
  | { readonly ok: true; readonly found: Found }
  | { readonly ok: false; readonly halt: Step<never> & { readonly ok: false } };

const stop = (halt: Step<never> & { readonly ok: false }): Search => ({ ok: false, halt });

/** Where an HTTP call goes: same-origin at its native path, others below `/_govern/http/<origin id>`. */
function httpTarget(call: IdentifiedCall): { origin: string; path: string } | undefined {
  const { path } = call.request;
  if (!path.startsWith(paths.http)) return { origin: "same-origin", path };
  const rest = path.slice(paths.http.length);
  const cut = rest.indexOf("/");
  const origin = call.app.origins.get(cut < 0 ? rest : rest.slice(0, cut));
  return origin === undefined || cut < 0 ? undefined : { origin, path: rest.slice(cut) };
}

/** A page of another build may ask for what this build no longer has. */
function unregistered(call: IdentifiedCall, detail: string): Search {
  const build = call.request.headers.get(govern.build);
  return stop(
    build !== undefined && build !== call.app.build
      ? refuse("stale-build", "The app was updated: reload the page.")
      : refuse("unregistered", detail),
  );
}

function isJson(request: CallRequest): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(
    request.headers.get("content-type") ?? "",
  );
}

const notJson = { ok: false, reason: "it is not sent as JSON" } as const;

/** A call to an address that takes registered GraphQL documents. */
function resolveDocument(call: IdentifiedCall, match: DocumentMatch): Search {
  if (match.kind === "refused") return unregistered(call, `Not registered: ${match.reason}.`);
  const target = call.app.operations.get(match.operation.id);
  if (target === undefined) return unregistered(call, "Not registered.");
  const raw: RawArguments = { kind: "graphql", holes: match.holes, variables: match.variables };
  return { ok: true, found: { target, access: match.access, raw } };
}

function resolveHttp(call: IdentifiedCall): Search {
  const { request, app } = call;
  const query = parseQuery(request.query);
  if (query === undefined) return stop(refuse("invalid-arguments", "The query cannot be read."));
  const target = httpTarget(call);
  if (target === undefined) return unregistered(call, "No operation of this app has this origin.");
  const document = app.documents.match({
    method: request.method,
    origin: target.origin,
    rawPath: target.path,
    query,
    body: () => (isJson(request) ? parseStrictJson(request.body) : notJson),
  });
  if (document !== undefined) return resolveDocument(call, document);
  const match = app.matcher.match({
    method: request.method,
    origin: target.origin,
    rawPath: target.path,
    query,
    // Whatever its content type says: an upstream may read it as JSON all the same.
    body() {
      const parsed = parseStrictJson(request.body);
      return parsed.ok ? parsed.value : undefined;
    },
  });
  if (match.kind === "unmatched") return unregistered(call, `Not registered: ${match.reason}.`);
  if (match.kind === "ambiguous") {
    return stop(refuse("ambiguous-operation", `It could be ${match.operations.join(" or ")}.`));
  }
  const governed = app.operations.get(match.operation.id);
  if (governed === undefined) return unregistered(call, "Not registered.");
  const raw: RawArguments = { kind: "http", holes: match.holes };
  return { ok: true, found: { target: governed, access: match.access, raw } };
}

/** The registered statement that is asked for; undefined if there is none of this client. */
function statementOf(
  app: IdentifiedCall["app"],
  client: string,
  ask: SqlAsk,
): GovernedOperation | undefined {
  const id = ask.digest === undefined ? ask.operation : app.statements.get(client)?.get(ask.digest);
  const target = app.operations.get(id ?? "");
  return target?.operation.kind === "sql" && target.operation.client === client
    ? target
    : undefined;
}

function resolveBatch(call: IdentifiedCall, client: string, asks: readonly SqlAsk[]): Search {
  const { app } = call;
  const statements = asks.map((ask) => statementOf(app, client, ask)?.operation.id);
  if (statements.includes(undefined)) {
    return unregistered(call, "A statement of this batch is not registered.");
  }
  const id = app.batches.get(client)?.get(batchKey(statements as string[]));
  const target = app.operations.get(id ?? "");
  if (target === undefined || target.statements.length === 0) {
    return unregistered(call, "These statements are not registered as one batch.");
  }
  const raw: RawArguments = { kind: "sql-batch", values: asks.map(({ values }) => values) };
  return { ok: true, found: { target, access: target.access, raw } };
}

function resolveSql(call: IdentifiedCall): Search {
  const { request, app } = call;
  if (request.method !== "POST" || !isJson(request) || request.query !== "") {
    return stop(refuse("unregistered", "SQL calls are sent by POST as JSON."));
  }
  const texts = app.statements.get(request.path.slice(paths.sql.length));
  if (texts === undefined) return unregistered(call, "No operation of this app has this client.");
  const client = request.path.slice(paths.sql.length);
  const body = readSqlBody(request.body);
  if (body === undefined) {
    return stop(refuse("invalid-arguments", "The call is not {digest or operation, values}."));
  }
  if ("batch" in body) return resolveBatch(call, client, body.batch);
  const target = statementOf(app, client, body);
  if (target === undefined) return unregistered(call, "This statement is not registered.");
  const raw: RawArguments = { kind: "sql", values: body.values };
  return { ok: true, found: { target, access: target.access, raw } };
}

const dataDestinations = new Set(["empty", "document", "image", "audio", "video", "track", "font"]);

/**
 * What the answer is for (Sec-Fetch-Dest, Fetch Metadata): never code or a frame, and a write is not set off by an image
 * or another part of a page.
 */
function isFitDestination(request: CallRequest, access: "read" | "write"): boolean {
  const destination = request.headers.get("sec-fetch-dest") ?? "empty";
  if (access === "read") return dataDestinations.has(destination);
  return destination === "empty" || destination === "document";
}

/** The id of the origin that a call below `/_govern/http/` names. */
function originIdOf({ path }: CallRequest): string | undefined {
  return path.startsWith(paths.http) ? path.slice(paths.http.length).split("/")[0] : undefined;
}

async function resolve(call: IdentifiedCall): Promise<Step<ResolvedCall>> {
  if (call.app.telemetry.has(originIdOf(call.request) ?? "")) {
    return { ok: false, halt: { kind: "dropped", reason: "telemetry without a resource" } };
  }
  const isSql = call.request.path.startsWith(paths.sql);
  const search = isSql ? resolveSql(call) : resolveHttp(call);
  if (!search.ok) return search.halt;
  const { target, access, raw } = search.found;
  if (target.resource === null) {
    return refuse("unmapped-resource", `No resource is mapped for ${target.operation.id}.`);
  }
  if (!isFitDestination(call.request, access)) {
    return refuse("unregistered", "The operation is not run for this part of a page.");
  }
  return proceed({ ...call, target, access, raw });
}

export function createResolve(): Part<"resolve"> {
  return { point: "resolve", process: resolve };
}
