/**
 * Ids say what an operation is, never where it stands: the same source through another minifier gives the same ids, and
 * adding an operation renames no other.
 */
import { canonicalJson, sha256Hex, type JsonValue } from "./canonical-json.ts";
import type { Body, Field, Fields, Operation } from "./operation.ts";
import { collapseStatement } from "./statement-text.ts";

type WithoutId<O> = O extends unknown ? Omit<O, "id"> : never;

/** An operation before it has its id. */
export type UnnamedOperation = WithoutId<Operation>;

/** A path template with its holes' names removed: `/a/{}/b/{*}`. */
export function pathShape(path: string): string {
  return path.replaceAll(/\{[^{}*]*(\*?)\}/g, "{$1}");
}

function literalFields(
  fields: Readonly<Record<string, Field>> | undefined,
): Record<string, JsonValue> {
  const literals: Record<string, JsonValue> = {};
  for (const [name, field] of Object.entries(fields ?? {})) {
    if (typeof field !== "object") continue;
    if ("literal" in field) literals[name] = field.literal;
    else if ("prefix" in field) literals[name] = `${field.prefix}{}`;
  }
  return literals;
}

function discriminators(operation: { query?: Fields; body?: Body }): Record<string, JsonValue> {
  const query = literalFields(operation.query?.fields);
  const body = literalFields(operation.body?.fields);
  return {
    ...(Object.keys(query).length > 0 ? { query } : {}),
    ...(Object.keys(body).length > 0 ? { body } : {}),
  };
}

function identityOf(operation: UnnamedOperation): Record<string, JsonValue> {
  switch (operation.kind) {
    case "http":
    case "stream":
      return {
        kind: operation.kind,
        origin: operation.origin,
        method: operation.method,
        path: pathShape(operation.path),
        ...discriminators(operation),
      };
    case "sql":
      return {
        kind: operation.kind,
        client: operation.client,
        statement: collapseStatement(operation.statement),
      };
    case "sql-batch":
      return { kind: operation.kind, client: operation.client, statements: operation.statements };
    case "graphql":
      return {
        kind: operation.kind,
        origin: operation.origin,
        path: pathShape(operation.path),
        document: operation.document,
        ...(operation.operationName === undefined
          ? {}
          : { operationName: operation.operationName }),
      };
  }
}

const versionSegment = /^v\d+$/i;

/** A document without a name is called by its first field. */
function documentWords(document: string, name: string | undefined): string[] {
  const verb = /^(query|mutation|subscription)/.exec(document)?.[1] ?? "query";
  return [verb, name ?? /\{ ?(\w+)/.exec(document)?.[1] ?? ""];
}

function slugWords(operation: UnnamedOperation): string[] {
  switch (operation.kind) {
    case "http":
    case "stream": {
      const segments = operation.path
        .split("/")
        .filter(
          (part) =>
            part !== "" && part !== "api" && !part.includes("{") && !versionSegment.test(part),
        );
      return [operation.method, ...segments.slice(0, 4)];
    }
    case "sql":
      return [
        /^[A-Za-z]+/.exec(operation.statement)?.[0] ?? "statement",
        ...operation.tables.slice(0, 4),
      ];
    case "sql-batch":
      return ["batch", operation.client];
    case "graphql":
      return documentWords(operation.document, operation.operationName);
  }
}

function slugify(words: readonly string[]): string {
  return words
    .flatMap((word) =>
      word
        .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
        .toLowerCase()
        .split(/[^a-z0-9]+/),
    )
    .filter((word) => word !== "")
    .join("-")
    .slice(0, 80)
    .replace(/-+$/, "");
}

/**
 * What an operation is, as canonical JSON: its id is a digest of it, too short to stand for it where somebody may want two
 * operations of one id.
 */
export function operationIdentity(operation: UnnamedOperation): string {
  return canonicalJson(identityOf(operation));
}

/** The id of an operation: slug, `-`, and the first six hex digits of the SHA-256 of its canonical identity. */
export function operationId(operation: UnnamedOperation): string {
  const digest = sha256Hex(operationIdentity(operation)).slice(0, 6);
  return `${slugify(slugWords(operation)) || operation.kind}-${digest}`;
}

/** Digest of a whole operation, as approvals are bound to it: SHA-256 hex over its canonical JSON. */
export function operationDigest(operation: Operation): string {
  return sha256Hex(canonicalJson(operation));
}

/** Digest by which a page names a statement: SHA-256 hex of the collapsed text. */
export function statementDigest(statement: string): string {
  return sha256Hex(collapseStatement(statement));
}

/**
 * The origin that rewritten code carries in place of a base which only the run time knows (`{apiUrl}`): no browser can reach
 * it, and the proxy module takes it for what it is, the origin of the app's calls to that base.
 */
export function baseOrigin(base: string): string {
  return `https://b${sha256Hex(base).slice(0, 8)}.govern.invalid`;
}

/** The id of an origin: the first eight hex digits of the SHA-256 of its text in the governed bundle. */
export function originId(origin: string): string {
  return sha256Hex(origin.startsWith("{") ? baseOrigin(origin) : origin).slice(0, 8);
}
