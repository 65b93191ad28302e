/**
 * The `@neondatabase/serverless` driver's `neon()`: the same query function, but that the text stays here and only its
 * digest leaves, and that the boundary holds the connection.
 */
import { untagValue, type TaggedValue } from "../../contract/tagged-value.ts";
import type { SqlBatchResult, SqlColumn, SqlRequest, SqlResult } from "../../contract/wire.ts";
import { readColumn, textOf, typeNumber } from "./postgres-values.ts";
import { requestFor, send, tagParameter, type Sending } from "./sql-wire.ts";

interface Types {
  getTypeParser(oid: number, format?: string): (text: string) => unknown;
}

interface Options {
  readonly arrayMode?: boolean;
  readonly fullResults?: boolean;
  readonly fetchOptions?: { readonly signal?: AbortSignal };
  readonly types?: Types;
}

interface Query {
  readonly query: string;
  readonly params: readonly unknown[];
}

/** The driver's error: `message` from the boundary's problem document, `code` its code. */
class NeonDbError extends Error {
  static override readonly name = "NeonDbError";
  declare code: string | undefined;
  declare sourceError: unknown;
}
NeonDbError.prototype.name = "NeonDbError";

/** A template that may hold others; with no values, a text that is put into one as it is. */
class SqlTemplate {
  declare readonly strings: readonly string[];
  declare readonly values: readonly unknown[];
  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.strings = strings;
    this.values = values;
  }

  flatten(params: unknown[] = []): Query {
    const query = this.strings.map((text, i) =>
      i < this.values.length ? text + place(this.values[i], params) : text,
    );
    return { query: query.join(""), params };
  }
}

/** A query that runs when it is awaited, each time it is: as the driver's does. */
class NeonQueryPromise {
  declare readonly execute: () => Promise<unknown>;
  declare readonly queryData: SqlTemplate | Query;
  declare readonly opts: Options | undefined;
  constructor(run: Run, queryData: SqlTemplate | Query, opts?: Options) {
    this.queryData = queryData;
    this.opts = opts;
    this.execute = () => run(queryData, opts);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the driver's query is a thenable
  then(...handlers: Parameters<Promise<unknown>["then"]>): Promise<unknown> {
    return this.execute().then(...handlers);
  }

  catch(handler: Parameters<Promise<unknown>["catch"]>[0]): Promise<unknown> {
    return this.execute().catch(handler);
  }

  finally(handler: Parameters<Promise<unknown>["finally"]>[0]): Promise<unknown> {
    return this.execute().finally(handler);
  }
}

type Run = (queryData: SqlTemplate | Query, opts?: Options) => Promise<unknown>;

function place(value: unknown, params: unknown[]): string {
  if (value instanceof SqlTemplate) return value.flatten(params).query;
  if (!(value instanceof NeonQueryPromise)) return `$${params.push(value)}`;
  const { queryData } = value;
  if (queryData instanceof SqlTemplate) return place(queryData, params);
  if (queryData.params.length > 0) throw new NeonDbError("This query is not composable");
  return queryData.query;
}

const queryOf = (data: SqlTemplate | Query): Query =>
  data instanceof SqlTemplate ? data.flatten() : data;

const requestOf = ({ query, params }: Query): SqlRequest =>
  requestFor(query, params.map(tagParameter));

/** A value as the driver gives it for a column of that type. */
function readValue(tagged: TaggedValue, column: SqlColumn, types: Types | undefined): unknown {
  return types && tagged !== null
    ? types.getTypeParser(typeNumber(column), "text")(textOf(untagValue(tagged)))
    : readColumn(tagged, column);
}

function shapeResult({ columns, rows, rowCount, command }: SqlResult, options: Options): unknown {
  const read = rows.map((row) =>
    row.map((value, i) => readValue(value, columns[i] as SqlColumn, options.types)),
  );
  const shaped = options.arrayMode
    ? read
    : read.map((row) => Object.fromEntries(row.map((value, i) => [columns[i]?.name, value])));
  if (!options.fullResults) return shaped;
  const fields = columns.map((column) => ({
    name: column.name,
    dataTypeID: typeNumber(column),
    format: "text",
  }));
  const rowAsArray = options.arrayMode ?? false;
  return { command, fields, rowCount, rows: shaped, rowAsArray, viaNeonFetch: true };
}

const fail: Sending["fail"] = (message, { code, cause }) => {
  const told = cause === undefined ? message : `Error connecting to database: ${message}`;
  return Object.assign(new NeonDbError(told), { code, sourceError: cause });
};

const expectsQueries =
  "transaction() expects an array of queries, or a function returning an array of queries";

/** Stands for `neon(url, options)` at one site: `client` is its name in operations. */
export function governedNeon(site: string, client: string, options: Options = {}): unknown {
  const sending = ({ fetchOptions }: Options): Sending => ({
    site,
    client,
    fail,
    signal: fetchOptions?.signal,
  });
  const run: Run = async (queryData, own) => {
    const merged = { ...options, ...own };
    const result = await send<SqlResult>(sending(merged), requestOf(queryOf(queryData)));
    return shapeResult(result, merged);
  };
  const transaction = async (given: unknown, own?: Options): Promise<unknown[]> => {
    const queries: unknown = typeof given === "function" ? given(sql) : given;
    if (!Array.isArray(queries) || !queries.every((one) => one instanceof NeonQueryPromise)) {
      throw new Error(expectsQueries);
    }
    const merged = { ...options, ...own };
    const batch = queries.map(({ queryData }) => requestOf(queryOf(queryData)));
    const { results } = await send<SqlBatchResult>(sending(merged), { batch });
    return results.map((result, at) =>
      shapeResult(result, { ...merged, ...(queries[at] as NeonQueryPromise).opts }),
    );
  };
  const query = (text: string, params: readonly unknown[] = [], own?: Options): NeonQueryPromise =>
    new NeonQueryPromise(run, { query: text, params }, own);
  /** Drivers before 1.0 take a plain text here too. */
  const sql = (text: string | readonly string[], ...values: unknown[]): NeonQueryPromise =>
    typeof text === "string"
      ? query(text, values[0] as readonly unknown[] | undefined, values[1] as Options | undefined)
      : new NeonQueryPromise(run, new SqlTemplate(text, values));
  return Object.assign(sql, {
    query,
    unsafe: (text: string) => new SqlTemplate([text], []),
    transaction,
  });
}
