/**
 * The drivers of MySQL: mysql2 and `@planetscale/database`. The same clients, but that texts stay here and only their digests
 * leave, and that the boundary holds the connection. What a transaction sends leaves as one call.
 */
import { untagValue, type TaggedValue } from "../../contract/tagged-value.ts";
import type { SqlBatchResult, SqlColumn, SqlRequest, SqlResult } from "../../contract/wire.ts";
import { pending } from "./pending.ts";
import { requestFor, send, tagParameter, type Sending } from "./sql-wire.ts";

/** The drivers' error. */
class DatabaseError extends Error {
  declare code: string | undefined;
  constructor(message: string, { code, cause }: { code?: string; cause?: unknown }) {
    super(message, { cause });
    this.code = code;
  }
}

const fail: Sending["fail"] = (message, told) => new DatabaseError(message, told);

/** The fields of a row: a name that comes again gives its last value. */
function rowOf(columns: readonly SqlColumn[], row: readonly unknown[]): object {
  return Object.fromEntries(row.map((value, at) => [columns[at]?.name, value]));
}

const valuesOf = ({ rows }: SqlResult, read: (value: TaggedValue) => unknown): unknown[][] =>
  rows.map((row) => row.map(read));

/** A value as mysql2 gives it: exact numbers of decimal columns are texts, integers that a number cannot hold too. */
function readValue(tagged: TaggedValue): unknown {
  const value = tagged === null ? null : untagValue(tagged);
  return typeof value === "bigint" ? String(value) : value;
}

const insertIdOf = ({ insertId }: SqlResult): unknown =>
  insertId === undefined || insertId === null ? 0 : readValue(insertId);

interface Waiting {
  readonly request: SqlRequest;
  fill(result: SqlResult): void;
}

/** A connection: its statements are sent at once, or wait for the end of their transaction. */
class Connection {
  declare readonly sending: Sending;
  declare waiting: Waiting[] | undefined;
  constructor(sending: Sending) {
    this.sending = sending;
    this.waiting = undefined;
  }

  async run<T extends object>(
    text: string,
    values: readonly unknown[] | undefined,
    { shape, empty }: { shape: (result: SqlResult) => T; empty: () => T },
  ): Promise<T> {
    const request = requestFor(text, (values ?? []).map(tagParameter));
    if (!this.waiting) return shape(await send<SqlResult>(this.sending, request));
    const result = pending(empty());
    this.waiting.push({ request, fill: (given) => result.fill(shape(given)) });
    return result.value;
  }

  begin(): void {
    this.waiting = [];
  }

  async commit(): Promise<void> {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    if (waiting.length === 0) return;
    const batch = waiting.map(({ request }) => request);
    const { results } = await send<SqlBatchResult>(this.sending, { batch });
    for (const [at, one] of waiting.entries()) one.fill(results[at] as SqlResult);
  }

  rollback(): void {
    this.waiting = undefined;
  }
}

/** What mysql2 gives first: rows of a query, else what a write did. */
function shapeOf(result: SqlResult): object {
  if (result.columns.length > 0) {
    return valuesOf(result, readValue).map((row) => rowOf(result.columns, row));
  }
  return {
    affectedRows: result.rowCount,
    insertId: insertIdOf(result),
    changedRows: result.rowCount,
    info: "",
    fieldCount: 0,
    warningStatus: 0,
  };
}

type Callback = (error: unknown, ...given: unknown[]) => void;

function settle(given: Promise<unknown>, callback: unknown, isList = false): unknown {
  if (typeof callback !== "function") return given;
  const tell = callback as Callback;
  given.then(
    (value) => (isList ? tell(null, ...(value as unknown[])) : tell(null, value)),
    (error: unknown) => tell(error),
  );
  return undefined;
}

/** Stands for mysql2's `createPool(…)` and `createConnection(…)` at one site: `client` is its name in operations. */
export function governedMysql2(site: string, client: string): unknown {
  const make = (): object => {
    const connection = new Connection({ site, client, fail });
    const ask = (text: string | { sql: string; values?: unknown[] }, ...given: unknown[]) => {
      const { sql, values } = typeof text === "string" ? { sql: text, values: undefined } : text;
      const own = Array.isArray(given[0]) ? (given[0] as unknown[]) : values;
      const result = connection
        .run(sql, own, { shape: shapeOf, empty: (): object => [] })
        .then((first) => [first, undefined]);
      return settle(result, given.at(-1), true);
    };
    const self: object = {
      query: ask,
      execute: ask,
      getConnection: (callback?: unknown) => settle(Promise.resolve(make()), callback),
      beginTransaction: (callback?: unknown) =>
        settle(Promise.resolve(connection.begin()), callback),
      commit: (callback?: unknown) => settle(connection.commit(), callback),
      rollback: (callback?: unknown) => settle(Promise.resolve(connection.rollback()), callback),
      promise: () => self,
      ping: async () => undefined,
      end: (callback?: unknown) => settle(Promise.resolve(), callback),
      release: () => undefined,
      destroy: () => undefined,
    };
    for (const name of ["on", "once", "off", "removeListener"]) {
      Object.assign(self, { [name]: () => self });
    }
    return self;
  };
  return make();
}

interface Options {
  readonly as?: "object" | "array";
}

function planetscaleResult(text: string, result: SqlResult, { as }: Options): object {
  const { columns } = result;
  const rows = valuesOf(result, readValue);
  const isRead = columns.length > 0;
  return {
    headers: columns.map(({ name }) => name),
    types: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    fields: columns,
    rows: as === "array" ? rows : rows.map((row) => rowOf(columns, row)),
    rowsAffected: isRead ? 0 : result.rowCount,
    insertId: String(insertIdOf(result)),
    size: rows.length,
    statement: text,
    time: 0,
  };
}

/** Stands for `connect(…)` and `new Client(…)` of planetscale at one site: `client` is its name in operations. */
export function governedPlanetscale(site: string, client: string): unknown {
  const sending: Sending = { site, client, fail };
  const clientOf = (connection: Connection): object => {
    const self: object = {
      execute: (text: string, args?: unknown, options: Options = {}) => {
        if (args && !Array.isArray(args)) {
          throw new DatabaseError("values by names are refused: give a list", {});
        }
        return connection.run(text, (args ?? []) as unknown[], {
          shape: (result) => planetscaleResult(text, result, options),
          empty: (): object => ({}),
        });
      },
      transaction: async (steps: (tx: unknown) => unknown) => {
        const own = new Connection(sending);
        own.begin();
        const value = await steps(clientOf(own));
        await own.commit();
        return value;
      },
      connection: () => self,
      refresh: async () => undefined,
    };
    return self;
  };
  return clientOf(new Connection(sending));
}
