/** From a request that no operation explains to the operation that a person could register: its shape, none of its values. */
import { operationId } from "../../contract/operation-id.ts";
import type { Body, Field, Fields, HttpOperation } from "../../contract/operation.ts";
import { paths } from "../../contract/wire.ts";
import { httpAccess } from "../../statements/http-access.ts";
import type { CallSoFar } from "../lifecycle.ts";
import { parseQuery, type QueryValues } from "../matching/query.ts";
import { canonicalPath } from "../matching/request-path.ts";
import { parseStrictJson } from "../matching/strict-json.ts";

/** Whether a path segment is a word of the app rather than a value. */
export type IsWord = (segment: string) => boolean;

/** Names that are names: a key that could be a value is left out. */
const plainName = /^[A-Za-z_$][\w$.[\]-]{0,60}$/;

function holeName(before: string | undefined, used: Map<string, number>): string {
  const word = (before ?? "").replaceAll(/[^A-Za-z0-9]/g, "").replace(/(?<=[^s])s$/, "");
  const base = /^[A-Za-z]/.test(word) ? `${word}Id` : "id";
  const count = (used.get(base) ?? 0) + 1;
  used.set(base, count);
  return count === 1 ? base : `${base}${String(count)}`;
}

function templateOf(rawPath: string, isWord: IsWord): string | null {
  const path = canonicalPath(rawPath);
  if (!path.ok) return null;
  const used = new Map<string, number>();
  let before: string | undefined;
  const segments = rawPath
    .split("/")
    .slice(1)
    .map((segment) => {
      const isLiteral = /^(?:[A-Za-z][\w.~-]{0,60}|v\d+)$/.test(segment) && isWord(segment);
      if (segment === "" || isLiteral) {
        before = segment;
        return segment;
      }
      return `{${holeName(before, used)}}`;
    });
  return `/${segments.join("/")}`;
}

function queryShape(values: QueryValues): Fields {
  const fields: Record<string, Field> = {};
  let open = false;
  for (const [key, list] of values) {
    if (plainName.test(key)) fields[key] = list.length > 1 ? { list: "string" } : "string";
    else open = true;
  }
  return { fields, open };
}

function fieldType(value: unknown): Field {
  if (Array.isArray(value)) return { list: "any" };
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" ? type : "any";
}

function jsonShape(body: Uint8Array): Body {
  const parsed = parseStrictJson(body);
  const value = parsed.ok ? parsed.value : null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { type: "json", fields: {}, open: true };
  }
  const entries = Object.entries(value).filter(([key]) => plainName.test(key));
  const fields = Object.fromEntries(entries.map(([key, one]) => [key, fieldType(one)]));
  return { type: "json", fields, open: entries.length < Object.keys(value).length };
}

function bodyShape({ request }: CallSoFar): Body {
  const type = request.headers.get("content-type") ?? "";
  if (request.body.byteLength === 0) return { type: "none" };
  if (/json/i.test(type)) return jsonShape(request.body);
  if (/x-www-form-urlencoded/i.test(type)) {
    const values = parseQuery(Buffer.from(request.body).toString("utf8"));
    return values === undefined
      ? { type: "form", fields: {}, open: true }
      : { type: "form", ...queryShape(values) };
  }
  if (/multipart/i.test(type)) return { type: "multipart" };
  return { type: /^text\//i.test(type) ? "text" : "binary" };
}

function targetOf({ app, request: { path } }: CallSoFar): { origin: string; path: string } | null {
  if (!path.startsWith("/_govern/")) return { origin: "same-origin", path };
  if (!path.startsWith(paths.http)) return null;
  const rest = path.slice(paths.http.length);
  const cut = rest.indexOf("/");
  const origin = app.origins.get(cut < 0 ? rest : rest.slice(0, cut));
  return origin === undefined || cut < 0 ? null : { origin, path: rest.slice(cut) };
}

/** The operation of a refused request; null where the request alone does not say what it asks for. */
export function suggestOperation(call: CallSoFar, isWord: IsWord): HttpOperation | null {
  const { request } = call;
  const target = targetOf(call);
  const query = parseQuery(request.query);
  const path = target === null ? null : templateOf(target.path, isWord);
  if (target === null || path === null || query === undefined) return null;
  if (!/^[A-Z]{1,20}$/.test(request.method)) return null;
  const shape = queryShape(query);
  const unnamed = {
    kind: "http" as const,
    ...httpAccess(request.method, path, shape),
    observed: true as const,
    method: request.method,
    origin: target.origin,
    path,
    query: shape,
    headers: [],
    body:
      request.method === "GET" || request.method === "HEAD"
        ? { type: "none" as const }
        : bodyShape(call),
  };
  return { id: operationId(unnamed), ...unnamed };
}
