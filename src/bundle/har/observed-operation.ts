/** From recorded requests to the shape of an operation. Only words that the bundle itself holds stay in a path. */
import type { Body, Field, Fields } from "../../contract/operation.ts";
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import { httpAccess } from "../../statements/http-access.ts";
import { nameHoles, type Segment } from "../operations/hole-names.ts";
import type { HarRequest } from "./read-har.ts";

/** What a value looks like. */
export type ValueType = "integer" | "uuid" | "string";

export function valueType(value: string): ValueType {
  if (/^-?\d{1,18}$/.test(value)) return "integer";
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value) ? "uuid" : "string";
}

/** Whether a path segment is a word of the app rather than a value. */
export type IsWord = (segment: string) => boolean;

function pathOf({ url }: HarRequest, isWord: IsWord): string {
  const segments = url.pathname
    .split("/")
    .slice(1)
    .map((raw): Segment => {
      if (raw === "") return [];
      return /^[A-Za-z][\w.~-]{0,60}$|^v\d+$/.test(raw) && isWord(raw)
        ? [raw]
        : [{ kind: "hole", encoded: false, number: valueType(raw) === "integer" }];
    });
  return nameHoles(segments).path;
}

function queryOf({ url }: HarRequest): Fields {
  const fields: Record<string, Field> = {};
  for (const key of [...url.searchParams.keys()].toSorted()) {
    fields[key] = url.searchParams.getAll(key).length > 1 ? { list: "string" } : "string";
  }
  return { fields, open: false };
}

function fieldType(value: unknown): Field {
  if (Array.isArray(value)) return { list: "any" };
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" ? type : "any";
}

function jsonBody(text: string | undefined): Body {
  try {
    const value: unknown = JSON.parse(text ?? "");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const entries = isObject ? Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)) : [];
    const fields = Object.fromEntries(entries.map(([key, one]) => [key, fieldType(one)]));
    return { type: "json", fields, open: true };
  } catch {
    return { type: "json", fields: {}, open: true };
  }
}

function bodyOf({ method, body }: HarRequest): Body {
  if (body === null || method === "GET" || method === "HEAD") return { type: "none" };
  const { type, text, keys } = body;
  if (/json/i.test(type)) return jsonBody(text);
  if (/x-www-form-urlencoded/i.test(type)) {
    const names = keys.length > 0 ? keys : [...new URLSearchParams(text ?? "").keys()];
    const fields = Object.fromEntries(names.toSorted().map((name) => [name, "string" as const]));
    return { type: "form", fields, open: true };
  }
  if (/multipart/i.test(type)) return { type: "multipart" };
  return { type: /^text\//i.test(type) ? "text" : "binary" };
}

/**
 * The operation that a request would be if it were registered.
 * @param origin its text, or `same-origin`
 */
export function observedOperation(
  request: HarRequest,
  origin: string,
  isWord: IsWord,
): Extract<UnnamedOperation, { kind: "http" | "stream" }> {
  const path = pathOf(request, isWord);
  const query = queryOf(request);
  const observed = true as const;
  if (request.url.protocol.startsWith("ws") || request.resource === "websocket") {
    const why = "a socket carries writes";
    return { kind: "stream", access: "write", why, method: "WS", origin, path, query, observed };
  }
  if (request.resource === "eventsource") {
    const why = "an event stream";
    return { kind: "stream", access: "read", why, method: "SSE", origin, path, query, observed };
  }
  const { method } = request;
  const body = bodyOf(request);
  const judged = httpAccess(method, path, query);
  return { kind: "http", ...judged, method, origin, path, query, headers: [], body, observed };
}
