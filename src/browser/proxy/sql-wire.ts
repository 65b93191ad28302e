/** What the stand-ins of all SQL drivers share: a statement leaves the page as the digest of its text, and its values. */
import { collapseStatement } from "../../contract/statement-text.ts";
import { tagValue, type SqlValue, type TaggedValue } from "../../contract/tagged-value.ts";
import {
  headers as names,
  paths,
  type Problem,
  type SqlBody,
  type SqlRequest,
} from "../../contract/wire.ts";
import { perform } from "./fetch.ts";
import { sha256Hex } from "./sha256.ts";
import { readToken } from "./text-token.ts";

/** A value as drivers of PostgreSQL take it. */
export function tagParameter(value: unknown): TaggedValue {
  if (value instanceof ArrayBuffer) return tagValue(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return tagValue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return tagValue(value as SqlValue);
}

/** The request for a text: what was interpolated comes after its values. */
export function requestFor(text: string, values: readonly TaggedValue[]): SqlRequest {
  const token = readToken(text);
  if (token) return { operation: token.operation, values: [...values, ...token.holes] };
  return { digest: sha256Hex(collapseStatement(text)), values };
}

/** A site's client, and the driver's own error for what fails there. */
export interface Sending {
  readonly site: string;
  readonly client: string;
  readonly signal?: AbortSignal | undefined;
  /** `code`: of the boundary's refusal; `cause`: what kept the request from being answered. */
  readonly fail: (message: string, told: { code?: string; cause?: unknown }) => Error;
}

/** Sends one statement or several, and gives the sidecar's answer. */
export async function send<T>(sending: Sending, asked: SqlBody): Promise<T> {
  const { site, client, signal, fail } = sending;
  const url = paths.sql + client;
  const route = { url, shown: url, cross: false };
  const body = JSON.stringify(asked);
  const init = { method: "POST", body, headers: { "content-type": "application/json" } };
  const answer = await perform({ site, route, init, signal }).catch((cause: unknown) => {
    throw fail(String(cause), { cause });
  });
  if (answer.ok) return (await answer.json()) as T;
  const text = await answer.text();
  const code = answer.headers.get(names.error);
  throw code === null
    ? fail(`Server error (HTTP status ${answer.status}): ${text}`, {})
    : fail((JSON.parse(text) as Problem).detail, { code });
}
