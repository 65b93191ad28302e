/**
 * Writes to an upstream that does a write once per value of a header, and answers a repeat as it answered before
 * (draft-ietf-httpapi-idempotency-key-header). The workspace says so of a resource; nothing is assumed of any other.
 */
import type { ConnectorCall, ConnectorResult } from "../connector.ts";

export interface Idempotency {
  /** Lower case. */
  readonly header: string;
  /** Milliseconds that the upstream knows a key for. */
  readonly keep: number;
}

/** What a write is asked about by: its key, and until when the upstream knows it. */
interface Trace {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Of the time that an upstream says it keeps a key, the last part is not relied on. */
const relied = 0.9;

/** The upstream still works on the first one. */
const conflict = 409;

/**
 * The header that a write is sent with, once its trace is durable; nothing for what needs none. Undefined where it could
 * not be made durable: then the write must not be sent.
 */
export async function keyHeaders(
  idempotency: Idempotency | undefined,
  { access, once }: ConnectorCall,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (idempotency === undefined || once === undefined || access === "read") return {};
  const trace: Trace = { key: once.key, until: Date.now() + idempotency.keep * relied };
  try {
    await once.trace(JSON.stringify(trace));
  } catch {
    return undefined;
  }
  return { [idempotency.header]: once.key };
}

/** Whether the upstream still knows the write that a trace is of, so that a repeat of it does nothing more. */
export function isKnown(text: string, { once }: ConnectorCall): boolean {
  const { key, until } = JSON.parse(text) as Partial<Trace>;
  return key !== undefined && key === once?.key && Date.now() < (until ?? 0);
}

/** What a repeat says of the write: its answer, or nothing yet. */
export function settledBy(result: ConnectorResult): ConnectorResult | { readonly kind: "later" } {
  return result.kind === "answered" && result.status !== conflict ? result : { kind: "later" };
}
