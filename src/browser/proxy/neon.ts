/**
 * The `@neondatabase/serverless` driver's `neon()`: the same query function, but that the text stays here and only its
 * digest leaves, and that the boundary holds the connection.
 */
import { collapseStatement } from "../../contract/statement-text.ts";
import {
  tagValue,
  untagValue,
  type SqlValue,
  type TaggedValue,
} from "../../contract/tagged-value.ts";
import {
  headers as names,
  paths,
  type Problem,
  type SqlBatchResult,
  type SqlBody,
  type SqlColumn,
  type SqlRequest,
  type SqlResult,
} from "../../contract/wire.ts";
import { perform } from "./fetch.ts";
import { sha256Hex } from "./sha256.ts";
import { readToken } from "./text-token.ts";

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

function tagParameter(value: unknown): TaggedValue {
  if (value instanceof ArrayBuffer) return tagValue(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    return tagValue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return tagValue(value as SqlValue);
}

function requestOf({ query, params }: Query): SqlRequest {
  const values = params.map(tagParameter);
  const token = readToken(query);
  if (token) return { operation: token.operation, values: [...values, ...token.holes] };
  return { digest: sha256Hex(collapseStatement(query)), values };
}

/** PostgreSQL's numbers for the types that a driver tells apart; the rest reads as text. */
const typeNumbers: Record<string, number> = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  json: 114,
  float4: 700,
  float8: 701,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
};

const typeNumber = ({ type }: SqlColumn): number => typeNumbers[type] ?? 25;

function textOf(value: SqlValue): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A date or time without a zone is one of the page's zone, as the driver takes it. */
function readTime(text: string): Date {
  return new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text);
}

/** An element of an array: the driver gives numbers for numeric here, though not for a column. */
function readElement(tagged: TaggedValue, type: string): unknown {
  if (Array.isArray(tagged)) return tagged.map((each: TaggedValue) => readElement(each, type));
  const value = tagged === null ? null : untagValue(tagged);
  if (typeof value !== "string") return value;
  if (type === "_numeric") return Number(value);
  return /^_(?:date|timestamp)$/.test(type) ? readTime(value) : value;
}

/** A value as the driver gives it for a column of that type. */
function readValue(tagged: TaggedValue, column: SqlColumn, types: Types | undefined): unknown {
  if (tagged === null) return null;
  const value = untagValue(tagged);
  if (types) return types.getTypeParser(typeNumber(column), "text")(textOf(value));
  if (Array.isArray(tagged)) return readElement(tagged, column.type);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && /^(?:int8|numeric)$/.test(column.type)) return String(value);
  if (typeof value === "string" && /^(?:date|timestamp|timestamptz)$/.test(column.type)) {
    return readTime(value);
  }
  return value;
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

async function refusalOf(answer: Response): Promise<NeonDbError> {
  const text = await answer.text();
  const error = new NeonDbError(`Server error (HTTP status ${answer.status}): ${text}`);
  const code = answer.headers.get(names.error);
  if (code === null) return error;
  error.code = code;
  error.message = (JSON.parse(text) as Problem).detail;
  return error;
}

interface Sending {
  readonly site: string;
  readonly url: string;
  readonly signal: AbortSignal | undefined;
}

/** Sends one statement or several, and gives the sidecar's answer. */
async function send({ site, url, signal }: Sending, asked: SqlBody): Promise<unknown> {
  const body = JSON.stringify(asked);
  const route = { url, shown: url, cross: false };
  const init = { method: "POST", body, headers: { "content-type": "application/json" } };
  const answer = await perform({ site, route, init, signal }).catch((cause: unknown) => {
    const error = new NeonDbError(`Error connecting to database: ${String(cause)}`);
    error.sourceError = cause;
    throw error;
  });
  if (!answer.ok) throw await refusalOf(answer);
  return answer.json();
}

const expectsQueries =
  "transaction() expects an array of queries, or a function returning an array of queries";

/** Stands for `neon(url, options)` at one site: `client` is its name in operations. */
export function governedNeon(site: string, client: string, options: Options = {}): unknown {
  const url = paths.sql + client;
  const sending = ({ fetchOptions }: Options): Sending => ({
    site,
    url,
    signal: fetchOptions?.signal,
  });
  const run: Run = async (queryData, own) => {
    const merged = { ...options, ...own };
    const result = await send(sending(merged), requestOf(queryOf(queryData)));
    return shapeResult(result as SqlResult, merged);
  };
  const transaction = async (given: unknown, own?: Options): Promise<unknown[]> => {
    const queries: unknown = typeof given === "function" ? given(sql) : given;
    if (!Array.isArray(queries) || !queries.every((one) => one instanceof NeonQueryPromise)) {
      throw new Error(expectsQueries);
    }
    const merged = { ...options, ...own };
    const batch = queries.map(({ queryData }) => requestOf(queryOf(queryData)));
    const { results } = (await send(sending(merged), { batch })) as SqlBatchResult;
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
