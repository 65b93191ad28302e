/**
 * `@libsql/client`'s `createClient()`, as it is for a page: the same client, but that texts stay here and only their digests
 * leave, and that the boundary holds the address and the token.
 */
import { namedPlaceholders } from "../../contract/statement-text.ts";
import {
  tagValue,
  untagValue,
  type SqlValue,
  type TaggedValue,
} from "../../contract/tagged-value.ts";
import type { SqlBatchResult, SqlRequest, SqlResult } from "../../contract/wire.ts";
import { requestFor, send, type Sending } from "./sql-wire.ts";

type Arguments = readonly unknown[] | Readonly<Record<string, unknown>>;

type Statement =
  | string
  | readonly [sql: string, args?: Arguments]
  | { readonly sql: string; readonly args?: Arguments };

/** The driver's error. */
class LibsqlError extends Error {
  declare code: string;
  constructor(message: string, code: string, cause?: unknown) {
    super(`${code}: ${message}`, { cause });
    this.code = code;
    this.name = "LibsqlError";
  }
}

/** A value as the driver sends it: a time is its number, what is no value of SQLite is a text. */
function tagArgument(value: unknown): TaggedValue {
  if (value === undefined) throw new TypeError("Unsupported type of value");
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("Only finite numbers (not Infinity or NaN) can be passed as arguments");
  }
  if (value instanceof ArrayBuffer) return tagValue(new Uint8Array(value));
  if (value instanceof Uint8Array) return tagValue(value);
  if (value instanceof Date) return value.valueOf();
  if (typeof value === "object" && value !== null) return (value as URL).toString();
  return tagValue(value as SqlValue);
}

/** The values of named placeholders, in the order in which a text names them first. */
function namedValues(text: string, given: Readonly<Record<string, unknown>>): unknown[] {
  return namedPlaceholders(text).map((name) => given[name] ?? given[name.slice(1)] ?? null);
}

function requestOf(statement: Statement, given?: Arguments): SqlRequest {
  const [text, own] =
    typeof statement === "string"
      ? [statement, given]
      : "sql" in statement
        ? [statement.sql, statement.args]
        : statement;
  const args = own ?? [];
  const values = (Array.isArray(args) ? args : namedValues(text, args as object as never)).map(
    tagArgument,
  );
  return requestFor(text, values);
}

/** A value as the driver gives it: an integer that a number cannot hold is an error, bytes are a buffer. */
function readValue(tagged: TaggedValue): unknown {
  const value = tagged === null ? null : untagValue(tagged);
  if (typeof value === "bigint") {
    throw new RangeError(
      "Received integer which is too large to be safely represented as a JavaScript number",
    );
  }
  return value instanceof Uint8Array ? value.buffer : value;
}

/** A row: its values by name; by number as well, though these are not enumerable. */
function rowOf(columns: readonly string[], values: readonly unknown[]): object {
  const row = {};
  Object.defineProperty(row, "length", { value: values.length });
  for (const [index, value] of values.entries()) {
    Object.defineProperty(row, index, { value });
    const name = columns[index] as string;
    const shown = { value, enumerable: true, configurable: true, writable: true };
    if (!Object.hasOwn(row, name)) Object.defineProperty(row, name, shown);
  }
  return row;
}

function resultOf({ columns: given, rows, rowCount, command, insertId }: SqlResult): object {
  const columns = given.map(({ name }) => name);
  const isRead = given.length > 0;
  const read = rows.map((row) => rowOf(columns, row.map(readValue)));
  const key = insertId === undefined ? undefined : untagValue(insertId);
  const lastInsertRowid =
    typeof key === "number" || typeof key === "bigint" ? BigInt(key) : undefined;
  return {
    columns,
    columnTypes: given.map(({ type }) => type),
    rows: read,
    rowsAffected: isRead && command === "SELECT" ? 0 : rowCount,
    lastInsertRowid,
    toJSON: () => ({
      columns,
      columnTypes: given.map(({ type }) => type),
      rows: read.map((row) => Array.from(row as ArrayLike<unknown>)),
      rowsAffected: isRead && command === "SELECT" ? 0 : rowCount,
      lastInsertRowid: lastInsertRowid === undefined ? null : String(lastInsertRowid),
    }),
  };
}

const fail: Sending["fail"] = (message, { code, cause }) =>
  new LibsqlError(
    message,
    code ?? (cause === undefined ? "SERVER_ERROR" : "HRANA_WEBSOCKET_ERROR"),
    cause,
  );

const refused = (what: string): never => {
  throw new LibsqlError(`${what} is refused: send single statements or a batch`, "unregistered");
};

/** Stands for `createClient(config)` at one site: `client` is its name in operations. */
export function governedLibsql(site: string, client: string): unknown {
  const sending: Sending = { site, client, fail };
  let closed = false;
  return {
    protocol: "http",
    get closed() {
      return closed;
    },
    execute: async (statement: Statement, args?: Arguments) =>
      resultOf(await send<SqlResult>(sending, requestOf(statement, args))),
    batch: async (statements: readonly Statement[]) => {
      const batch = statements.map((one) => requestOf(one));
      return (await send<SqlBatchResult>(sending, { batch })).results.map(resultOf);
    },
    migrate: async () => refused("migrate()"),
    transaction: async () => refused("transaction()"),
    executeMultiple: async () => refused("executeMultiple()"),
    sync: async () => undefined,
    reconnect: async () => {
      closed = false;
    },
    close: () => {
      closed = true;
    },
  };
}
