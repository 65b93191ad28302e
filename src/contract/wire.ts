/**
 * What page and sidecar say to each other: paths, headers, ticket states, SQL requests. No import, no Node API: it runs
 * in a page.
 */
import type { TaggedValue } from "./tagged-value.ts";

/** Paths of the sidecar on an app's origin. */
export const paths = {
  http: "/_govern/http/",
  sql: "/_govern/sql/",
  tickets: "/_govern/tickets",
  requests: "/_govern/requests",
  login: "/_govern/login",
  logout: "/_govern/logout",
  me: "/_govern/me",
  reports: "/_govern/reports",
} as const;

/** Headers of the boundary. An upstream's own `govern-*` headers are removed by the sidecar. */
export const headers = {
  /** On an answer: the boundary refused, with this code. */
  error: "govern-error",
  /** On a 202: the call is held under this ticket. */
  ticket: "govern-ticket",
  /** On a request: the site that made it. A hint. */
  site: "govern-site",
  /** On a request: digest of the bundle that the page runs. A hint. */
  build: "govern-build",
  /** On a request: the caller cannot wait (synchronous XHR). */
  sync: "govern-sync",
} as const;

/** Body of a 202 of the boundary. */
export interface HeldBody {
  readonly ticket: string;
  /** RFC 3339 UTC. */
  readonly expiresAt: string;
}

/**
 * What a page may know of its held call. `waiting`: nobody decided, or the write is running. `ready`: the result can be
 * fetched, once; it is the real response, or a problem document (denied, expired, cancelled, failed, unknown).
 * `gone`: fetched, detached, or not this caller's.
 */
export type TicketState = "waiting" | "ready" | "gone";

/** One row of the answer to `GET /_govern/tickets?id=…`. */
export interface TicketStatus {
  readonly ticket: string;
  readonly state: TicketState;
}

/** One statement of a call: a text by its digest, or a rewritten text by its operation. */
export type SqlRequest = { readonly values: readonly TaggedValue[] } & (
  | { readonly digest: string; readonly operation?: never }
  | { readonly operation: string; readonly digest?: never }
);

/** Body of `POST /_govern/sql/<client>`: one statement, or several that are one transaction. */
export type SqlBody = SqlRequest | { readonly batch: readonly SqlRequest[] };

/** One column of a result. */
export interface SqlColumn {
  readonly name: string;
  /** The type as the database names it: `int4`, `numeric`, `timestamptz`, `INTEGER`, …; `""` where it has none. */
  readonly type: string;
}

/** Answer of a SQL call. */
export interface SqlResult {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly TaggedValue[])[];
  /** Rows returned by a query, changed by a write. */
  readonly rowCount: number;
  /** The key of the row that an INSERT made last, where the database tells. */
  readonly insertId?: TaggedValue;
  /** The statement's verb, upper case. */
  readonly command: string;
}

/** Answer of a batch: a result of each statement, in order. */
export interface SqlBatchResult {
  readonly results: readonly SqlResult[];
}

/** RFC 9457 problem document, as every refusal of the boundary carries it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** Names the call in the audit trail. */
  readonly correlation: string;
}
