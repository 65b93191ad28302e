/** Renders the upstream request of an HTTP operation from its template and validated arguments. Nothing is forwarded. */
import type { HttpArguments } from "../../../contract/arguments.ts";
import type { JsonValue } from "../../../contract/canonical-json.ts";
import type { HttpOperation } from "../../../contract/operation.ts";
import { parseTemplate, renderTemplate } from "../../matching/path-template.ts";
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

/**
 * Renders method, path, query, registered headers and body below the base path. Undefined if the URL that results is not
 * the one that was meant once a URL parser has read it: it must keep origin and path to the byte.
 */
export function renderRequest(base: URL, parts: RequestParts): UpstreamRequest | undefined {
  const template = parseTemplate(parts.operation.path, parts.operation.encodedSlash);
  const basePath = base.pathname.replace(/\/+$/, "");
  const pathname = `${basePath}${renderTemplate(template, parts.arguments.path)}`;
  const query = renderQuery(parts.arguments.query);
  const path = query === "" ? pathname : `${pathname}?${query}`;
  const parsed = URL.canParse(path, base.origin) ? new URL(path, base.origin) : undefined;
  if (parsed?.origin !== base.origin || parsed.pathname !== pathname) return undefined;
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
