/**
 * postgres.js: the same client, but that texts stay here and only their digests leave, and that the boundary holds the
 * connection. What a transaction's function sends leaves as one call, when the function is done.
 */
import { helperPieces, helperPlace, listPlace, quoteName } from "../../contract/sql-helper.ts";
import type { TaggedValue } from "../../contract/tagged-value.ts";
import type { SqlBatchResult, SqlColumn, SqlRequest, SqlResult } from "../../contract/wire.ts";
import { pending } from "./pending.ts";
import { readColumn, typeNumber } from "./postgres-values.ts";
import { requestFor, send, tagParameter, type Sending } from "./sql-wire.ts";

/** The driver's error. */
class PostgresError extends Error {
  declare code: string | undefined;
  constructor(message: string, { code, cause }: { code?: string; cause?: unknown }) {
    super(message, { cause });
    this.name = "PostgresError";
    this.code = code;
  }
}

/** Names, or rows of values: what it writes depends on the text before it. */
class Helper {
  declare readonly first: unknown;
  declare readonly rest: readonly unknown[];
  constructor(first: unknown, rest: readonly unknown[]) {
    this.first = first;
    this.rest = rest;
  }
}

/** A value as the app says that it is sent. */
class Parameter {
  declare readonly value: TaggedValue;
  constructor(value: TaggedValue) {
    this.value = value;
  }
}

interface Text {
  readonly text: string;
  readonly values: readonly TaggedValue[];
}

function withValue({ text, values }: Text, value: unknown): Text {
  if (value === undefined) {
    throw new PostgresError("Undefined values are not allowed", { code: "UNDEFINED_VALUE" });
  }
  const given = value instanceof Parameter ? value.value : tagParameter(value);
  return { text: `${text}$${values.length + 1}`, values: [...values, given] };
}

function withNames(before: Text, { first, rest }: Helper): Text {
  const names = [first, ...rest].flat() as string[];
  return { ...before, text: before.text + names.map(quoteName).join(",") };
}

/** `x IN (list)`: nothing is in an empty one, and nothing is known not to be, as the driver says it. */
function withList(before: Text, list: readonly unknown[]): Text {
  const around = listPlace(before.text);
  const made = withValue({ ...before, text: around.before }, list.length === 0 ? [null] : list);
  return { ...made, text: made.text + around.after };
}

function withRows(before: Text, { first, rest }: Helper): Text {
  const rows = [first].flat() as Record<string, unknown>[];
  const columns = rest.length > 0 ? (rest.flat() as string[]) : Object.keys(rows[0] ?? {});
  const values = rows.flatMap((row) => columns.map((column) => row[column]));
  const pieces = helperPieces(helperPlace(before.text), columns, rows.length) ?? [];
  return pieces.reduce<Text>(
    (made, piece) =>
      piece === null ? withValue(made, values.shift()) : { ...made, text: made.text + piece },
    before,
  );
}

function withHelper(before: Text, helper: Helper): Text {
  const { first, rest } = helper;
  const place = helperPlace(before.text);
  if (place === "in" && rest.length === 0 && Array.isArray(first)) return withList(before, first);
  const isNames = place === "names" || place === "select" || typeof first === "string";
  return isNames ? withNames(before, helper) : withRows(before, helper);
}

function withHole(before: Text, hole: unknown): Text {
  if (hole instanceof Helper) return withHelper(before, hole);
  if (hole instanceof Query) return hole.appendTo(before);
  return withValue(before, hole);
}

interface Row {
  readonly [column: string]: unknown;
}

/** The rows, with what the driver tells of the statement. */
class Result extends Array<unknown> {
  declare count: number | null;
  declare command: string;
  declare columns: unknown[];
}

function resultOf({ columns, rows, rowCount, command }: SqlResult, asArrays: boolean): Result {
  const result = new Result();
  for (const row of rows) {
    const values = row.map((value, i) => readColumn(value, columns[i] as SqlColumn));
    const named: Row = Object.fromEntries(values.map((value, i) => [columns[i]?.name, value]));
    result.push(asArrays ? values : named);
  }
  const described = columns.map((column) => ({ name: column.name, type: typeNumber(column) }));
  return Object.assign(result, { count: rowCount, command, columns: described });
}

type Run = (request: SqlRequest, read: (given: SqlResult) => Result) => Promise<unknown>;

/** A query that runs when it is awaited, once; in a hole of another one it is a part of that one. */
class Query extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  declare start: () => void;
  declare appendTo: (before: Text) => Text;
  declare asArrays: boolean;

  static of(append: (before: Text) => Text, run: Run): Query {
    let settle: ((given: Promise<unknown>) => void) | undefined;
    const query = new Query((resolve) => {
      settle = resolve;
    });
    query.asArrays = false;
    query.appendTo = append;
    query.start = () => {
      const given = settle;
      settle = undefined;
      given?.(query.ask(run));
    };
    return query;
  }

  async ask(run: Run): Promise<unknown> {
    const { text, values } = this.appendTo({ text: "", values: [] });
    const request = requestFor(text, values);
    return run(request, (given) => resultOf(given, this.asArrays));
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the driver's query is a promise that starts when it is awaited
  override then(...handlers: Parameters<Promise<unknown>["then"]>): never {
    this.start();
    return super.then(...handlers) as never;
  }

  values(): this {
    this.asArrays = true;
    return this;
  }

  simple(): this {
    return this;
  }

  execute(): this {
    this.start();
    return this;
  }
}

function template(strings: readonly string[], holes: readonly unknown[]): (before: Text) => Text {
  return (before) => {
    let made: Text = { ...before, text: before.text + (strings[0] ?? "") };
    for (const [at, hole] of holes.entries()) {
      made = withHole(made, hole);
      made = { ...made, text: made.text + (strings[at + 1] ?? "") };
    }
    return made;
  };
}

const refused = (name: string) => async (): Promise<never> => {
  throw new PostgresError(`${name}() is refused: send single statements or a transaction`, {
    code: "unregistered",
  });
};

const typed = (value: unknown): Parameter => new Parameter(tagParameter(value));
const json = (value: unknown): Parameter => new Parameter({ $json: JSON.stringify(value) });

function clientOf(run: Run): object {
  const sql = (first: unknown, ...rest: unknown[]): unknown =>
    Array.isArray(first) && "raw" in first
      ? Query.of(template(first, rest), run)
      : new Helper(first, rest);
  const array = (...values: unknown[]): Parameter =>
    typed(Array.isArray(values[0]) ? values[0] : values);
  const raw = (text: string, args: readonly unknown[] = []): Query =>
    Query.of(
      ({ text: before, values }) => ({
        text: before + text,
        values: [...values, ...args.map(tagParameter)],
      }),
      run,
    );
  const names = ["file", "listen", "notify", "subscribe", "largeObject", "reserve", "savepoint"];
  return Object.assign(sql, {
    unsafe: raw,
    typed,
    types: typed,
    json,
    array,
    options: {},
    parameters: {},
    end: async () => undefined,
    close: async () => undefined,
    ...Object.fromEntries(names.map((name) => [name, refused(name)])),
  });
}

interface Waiting {
  readonly request: SqlRequest;
  fill(given: SqlResult): void;
}

/** A client whose statements wait: their results are filled once they have run. */
function waitingClient(waiting: Waiting[]): unknown {
  return clientOf(async (request, read) => {
    const result = pending(new Result());
    waiting.push({ request, fill: (given) => result.fill(read(given)) });
    return result.value;
  });
}

/** Stands for `postgres(url, options)` at one site: `client` is its name in operations. */
export function governedPostgres(site: string, client: string): unknown {
  const fail: Sending["fail"] = (message, told) => new PostgresError(message, told);
  const sending: Sending = { site, client, fail };
  const run: Run = async (request, read) => read(await send<SqlResult>(sending, request));
  const begin = async (...given: unknown[]): Promise<unknown> => {
    const waiting: Waiting[] = [];
    const steps = given.at(-1) as (tx: unknown) => unknown;
    const made = await steps(waitingClient(waiting));
    const isList = Array.isArray(made) && !(made instanceof Result);
    const value: unknown = isList ? await Promise.all(made) : made;
    if (waiting.length === 0) return value;
    const batch = waiting.map(({ request }) => request);
    const { results } = await send<SqlBatchResult>(sending, { batch });
    for (const [at, one] of waiting.entries()) one.fill(results[at] as SqlResult);
    return value;
  };
  return Object.assign(clientOf(run), { begin, PostgresError });
}
