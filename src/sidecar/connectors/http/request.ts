/** Renders the upstream request of an HTTP or GraphQL operation from its template and validated arguments. Nothing is forwarded. */
import type { GraphqlArguments, HttpArguments } from "../../../contract/arguments.ts";
import type { JsonValue } from "../../../contract/canonical-json.ts";
import type { GraphqlOperation, HttpOperation } from "../../../contract/operation.ts";
import { parseTemplate, renderTemplate, type PathTemplate } from "../../matching/path-template.ts";
import { renderQuery } from "../../matching/query.ts";

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query below the upstream's own base. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
}

interface RequestParts {
  readonly operation: HttpOperation;
  readonly arguments: HttpArguments;
  readonly payload: Uint8Array | null;
  readonly contentType: string | null;
}

function bodyOf(parts: RequestParts): Uint8Array | string | null {
  const body: JsonValue = parts.arguments.body;
  switch (parts.operation.body.type) {
    case "none":
      return null;
    case "json":
      return parts.contentType === null && body === null ? null : JSON.stringify(body);
    case "form":
      return body === null ? null : renderQuery(body as Record<string, JsonValue>);
    case "text":
    case "binary":
    case "multipart":
      return parts.payload;
  }
}

interface RenderedPath {
  readonly template: PathTemplate;
  readonly holes: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, JsonValue>>;
}

/** What renders to nothing but itself: no reader takes a dot segment, a slash or another origin from it. */
const plainPath = /^(?:\/(?!\.{0,2}(?:\/|$))[\w.~!'()*-]+)+\/?$/;

const templates = new WeakMap<HttpOperation | GraphqlOperation, PathTemplate>();

/** The template of an operation, parsed once. */
function templateOf(operation: HttpOperation | GraphqlOperation): PathTemplate {
  const known = templates.get(operation);
  if (known !== undefined) return known;
  const slashes = operation.kind === "http" ? operation.encodedSlash : undefined;
  const template = parseTemplate(operation.path, slashes);
  templates.set(operation, template);
  return template;
}

/** Path and query below the base path; undefined if a URL parser reads another origin or path from them. */
function renderPath(base: URL, { template, holes, query: keys }: RenderedPath): string | undefined {
  const basePath = base.pathname.replace(/\/+$/, "");
  const pathname = `${basePath}${renderTemplate(template, holes)}`;
  const query = renderQuery(keys);
  const path = query === "" ? pathname : `${pathname}?${query}`;
  if (plainPath.test(pathname)) return path;
  const parsed = URL.canParse(path, base.origin) ? new URL(path, base.origin) : undefined;
  return parsed?.origin === base.origin && parsed.pathname === pathname ? path : undefined;
}

/**
 * Renders the request of a GraphQL operation: always by POST, with the registered document and the checked variables.
 * Undefined like {@link renderRequest}.
 */
export function renderDocument(
  base: URL,
  parts: {
    readonly operation: GraphqlOperation;
    readonly arguments: GraphqlArguments;
    readonly query: Readonly<Record<string, JsonValue>>;
  },
): UpstreamRequest | undefined {
  const { document, operationName } = parts.operation;
  const { path: holes, variables, headers } = parts.arguments;
  const path = renderPath(base, {
    template: templateOf(parts.operation),
    holes,
    query: parts.query,
  });
  if (path === undefined) return undefined;
  const named = operationName === undefined ? {} : { operationName };
  return {
    method: "POST",
    path,
    headers: { ...headers, accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({ query: document, ...named, variables }),
  };
}

/**
 * Renders method, path, query, registered headers and body below the base path. Undefined if the URL that results is not
 * the one that was meant once a URL parser has read it: it must keep origin and path to the byte.
 */
export function renderRequest(base: URL, parts: RequestParts): UpstreamRequest | undefined {
  const template = templateOf(parts.operation);
  const { path: holes, query } = parts.arguments;
  const path = renderPath(base, { template, holes, query });
  if (path === undefined) return undefined;
  const body = bodyOf(parts);
  return {
    method: parts.operation.method,
    path,
    headers: {
      ...parts.arguments.headers,
      ...(body !== null && parts.contentType !== null ? { "content-type": parts.contentType } : {}),
    },
    body,
  };
}
