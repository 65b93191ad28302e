/** Reads a request's body by the type that its operation registers. */
import { sha256Hex, type JsonValue } from "../../contract/canonical-json.ts";
import type { Body } from "../../contract/operation.ts";
import type { CallRequest } from "../lifecycle.ts";
import { parseQuery } from "../matching/query.ts";
import { parseStrictJson } from "../matching/strict-json.ts";
import { checkMembers, readTextFields } from "./fields.ts";
import { reachesPrototype } from "./reserved.ts";

export interface ReadBody {
  /** The body as an argument. */
  readonly value: JsonValue;
  /** Bytes that go upstream as they are: text, binary, multipart. */
  readonly payload: Uint8Array | null;
  /** Null where nothing is sent. */
  readonly contentType: string | null;
}

type BodyResult =
  | { readonly ok: true; readonly body: ReadBody }
  | { readonly ok: false; readonly reason: string };

const wrong = (reason: string): BodyResult => ({ ok: false, reason });
const nothing: BodyResult = { ok: true, body: { value: null, payload: null, contentType: null } };

function hasLiteral(body: Body): boolean {
  return Object.values(body.fields ?? {}).some(
    (field) => typeof field === "object" && "literal" in field,
  );
}

/** `fetch` without a content type sends a JSON text as text/plain; that says nothing where a literal discriminates. */
function jsonType(contentType: string, body: Body): string | undefined {
  const essence = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (/^application\/(?:[\w.+-]+\+)?json$/.test(essence)) return essence;
  const isPlain = essence === "" || essence === "text/plain";
  return isPlain && !hasLiteral(body) ? "text/plain;charset=UTF-8" : undefined;
}

function jsonFault(body: Body, value: JsonValue): string | undefined {
  if (reachesPrototype(value)) return "reaches for a prototype";
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    return checkMembers(body.fields === undefined ? { open: true } : body, value);
  }
  return body.fields === undefined ? undefined : "is not an object";
}

function readJson(body: Body, request: CallRequest): BodyResult {
  if (request.body.byteLength === 0) {
    return hasLiteral(body) ? wrong("is missing") : nothing;
  }
  const contentType = jsonType(request.headers.get("content-type") ?? "", body);
  if (contentType === undefined) return wrong("is not sent as JSON");
  const parsed = parseStrictJson(request.body);
  if (!parsed.ok) return wrong(`is not strict JSON: ${parsed.reason}`);
  const fault = jsonFault(body, parsed.value);
  if (fault !== undefined) return wrong(fault);
  return { ok: true, body: { value: parsed.value, payload: null, contentType } };
}

function readForm(body: Body, request: CallRequest): BodyResult {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type))
    return wrong("is not sent as a form");
  const texts = parseQuery(Buffer.from(request.body).toString("latin1"));
  if (texts === undefined) return wrong("cannot be read");
  const read = readTextFields(
    { fields: body.fields ?? {}, open: body.open ?? body.fields === undefined },
    texts,
  );
  if (!read.ok) return wrong(read.reason);
  const contentType = "application/x-www-form-urlencoded";
  return { ok: true, body: { value: read.values, payload: null, contentType } };
}

/** Types that a payload may claim; anything else could make an upstream read it as something that was not checked. */
function payloadType(body: Body, contentType: string): string | undefined {
  const essence = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (body.type === "multipart") return essence === "multipart/form-data" ? contentType : undefined;
  if (body.type === "text") {
    if (essence === "") return "text/plain;charset=UTF-8";
    return essence.startsWith("text/") ? contentType : undefined;
  }
  const checked =
    /^(?:multipart\/|application\/(?:[\w.+-]+\+)?json$|application\/x-www-form-urlencoded$)/;
  return checked.test(essence) ? undefined : contentType || "application/octet-stream";
}

function readPayload(body: Body, request: CallRequest): BodyResult {
  const contentType = payloadType(body, request.headers.get("content-type") ?? "");
  if (contentType === undefined) return wrong(`is not sent as ${body.type}`);
  const { body: payload } = request;
  const value = { digest: sha256Hex(payload), bytes: payload.byteLength, contentType };
  return { ok: true, body: { value, payload, contentType } };
}

/** Reads and checks the body; the reason never quotes a value. */
export function readBody(body: Body, request: CallRequest): BodyResult {
  switch (body.type) {
    case "none":
      return request.body.byteLength === 0 ? nothing : wrong("is not registered");
    case "json":
      return readJson(body, request);
    case "form":
      return readForm(body, request);
    case "multipart":
    case "text":
    case "binary":
      return readPayload(body, request);
  }
}
