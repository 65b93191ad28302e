/** Reads the body of a SQL call: one statement, or the statements of a batch. Its values are checked elsewhere. */
import type { JsonValue } from "../../contract/canonical-json.ts";
import { parseStrictJson } from "../matching/strict-json.ts";

/** A statement as the page names it: by the digest of its text, or by its operation. */
export interface SqlAsk {
  readonly digest?: string;
  readonly operation?: string;
  readonly values: unknown;
}

/** Statements that one batch may have. */
const most = 200;

function readAsk(value: JsonValue | undefined): SqlAsk | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const { digest, operation, values, ...rest } = value as Record<string, JsonValue>;
  if (Object.keys(rest).length > 0 || (digest === undefined) === (operation === undefined)) {
    return undefined;
  }
  if (typeof digest === "string") return { digest, values };
  return typeof operation === "string" ? { operation, values } : undefined;
}

function readBatch(batch: readonly JsonValue[]): { readonly batch: readonly SqlAsk[] } | undefined {
  if (batch.length === 0 || batch.length > most) return undefined;
  const asks = batch.map(readAsk).filter((ask) => ask !== undefined);
  return asks.length === batch.length ? { batch: asks } : undefined;
}

/** The statement or statements that a body asks for; undefined if it is of no known form. */
export function readSqlBody(
  body: Uint8Array,
): SqlAsk | { readonly batch: readonly SqlAsk[] } | undefined {
  const parsed = parseStrictJson(body);
  if (!parsed.ok) return undefined;
  const { value } = parsed;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const { batch, ...rest } = value as Record<string, JsonValue>;
  if (batch === undefined) return readAsk(value);
  return Array.isArray(batch) && Object.keys(rest).length === 0 ? readBatch(batch) : undefined;
}
