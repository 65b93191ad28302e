/**
 * node-postgres's `Pool` and `Client`: the same clients, but that texts stay here and only their digests leave, and that the
 * boundary holds the connection. What is sent between BEGIN and COMMIT leaves as one call.
 */
import { untagValue, type TaggedValue } from "../../contract/tagged-value.ts";
import type { SqlBatchResult, SqlColumn, SqlRequest, SqlResult } from "../../contract/wire.ts";
import { inert } from "./inert.ts";
import { pending } from "./pending.ts";
import { readColumn, textOf, typeNumber, typeNumbers } from "./postgres-values.ts";
import { requestFor, send, tagParameter, type Sending } from "./sql-wire.ts";

type Parser = (text: string) => unknown;
type Callback = (error: unknown, given?: unknown, release?: () => void) => void;

interface Config {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly rowMode?: string;
}

interface Result {
  readonly command: string;
  readonly rowCount: number | null;
  readonly oid: null;
  readonly rows: unknown[];
  readonly fields: unknown[];
  readonly rowAsArray: boolean;
}

/** Parsers that the app sets for all its clients, by the numbers of their types. */
const parsers = new Map<number, Parser>();

const builtins = Object.fromEntries(
  Object.entries(typeNumbers).map(([name, number]) => [name.toUpperCase(), number]),
);

/** `pg.types`: what the app sets here holds for every client. */
const types = {
  builtins,
  setTypeParser(oid: number, format: string | Parser, parser?: Parser) {
    parsers.set(oid, typeof format === "function" ? format : (parser as Parser));
  },
  getTypeParser: (oid: number): Parser => parsers.get(oid) ?? String,
};

/** What stands for the driver's module. */
export const pgModule = inert({ types });

/** The driver's error for what the database or the boundary refuses. */
class DatabaseError extends Error {
  declare code: string | undefined;
  constructor(message: string, { code, cause }: { code?: string; cause?: unknown }) {
    super(message, { cause });
    this.name = "error";
    this.code = code;
  }
}

/** A value as the driver sends it: an object is its JSON, or what its `toPostgres` gives. */
function tagGiven(value: unknown): TaggedValue {
  const own = (value as { toPostgres?: (prepare: unknown) => unknown } | null | undefined)
    ?.toPostgres;
  return tagParameter(typeof own === "function" ? own.call(value, tagGiven) : value);
}

function read(value: TaggedValue, column: SqlColumn): unknown {
  const parser = value === null ? undefined : parsers.get(typeNumber(column));
  return parser ? parser(textOf(untagValue(value))) : readColumn(value, column);
}

function resultOf({ columns, rows, rowCount, command }: SqlResult, rowMode?: string): Result {
  const values = rows.map((row) => row.map((value, i) => read(value, columns[i] as SqlColumn)));
  const rowAsArray = rowMode === "array";
  return {
    command,
    rowCount,
    oid: null,
    rows: rowAsArray
      ? values
      : values.map((row) => Object.fromEntries(row.map((value, i) => [columns[i]?.name, value]))),
    fields: columns.map((column) => ({
      name: column.name,
      dataTypeID: typeNumber(column),
      format: "text",
    })),
    rowAsArray,
  };
}

const ended = (command: string): Result => ({
  command,
  rowCount: null,
  oid: null,
  rows: [],
  fields: [],
  rowAsArray: false,
});

/** A statement that waits for its transaction's COMMIT. */
interface Waiting {
  readonly request: SqlRequest;
  fill(result: SqlResult): void;
}

/** The statement's word for a transaction, where the text is nothing else. */
const steering =
  /^\s*(begin|start\s+transaction|commit|end|rollback)(?:\s+(?:work|transaction))?\s*;?\s*$/i;

class Connection {
  declare readonly sending: Sending;
  declare waiting: Waiting[] | undefined;
  constructor(sending: Sending) {
    this.sending = sending;
    this.waiting = undefined;
  }

  async run({ text, values = [], rowMode }: Config): Promise<Result> {
    const [, word] = steering.exec(text) ?? [];
    if (word !== undefined) return this.steer(word.toLowerCase());
    const request = requestFor(text, values.map(tagGiven));
    if (this.waiting) return this.wait(this.waiting, request, rowMode);
    return resultOf(await send<SqlResult>(this.sending, request), rowMode);
  }

  wait(waiting: Waiting[], request: SqlRequest, rowMode: string | undefined): Result {
    const rows = pending<unknown[]>([]);
    const fields = pending<unknown[]>([]);
    const result = pending<Result>(ended(""), { rows: rows.value, fields: fields.value });
    waiting.push({
      request,
      fill(given) {
        const made = resultOf(given, rowMode);
        rows.fill(made.rows);
        fields.fill(made.fields);
        result.fill(made);
      },
    });
    return result.value;
  }

  async steer(word: string): Promise<Result> {
    const waiting = this.waiting ?? [];
    const isEnd = word === "commit" || word === "end";
    this.waiting = isEnd || word === "rollback" ? undefined : [];
    if (isEnd && waiting.length > 0) {
      const batch = waiting.map(({ request }) => request);
      const { results } = await send<SqlBatchResult>(this.sending, { batch });
      for (const [at, one] of waiting.entries()) one.fill(results[at] as SqlResult);
    }
    return ended(isEnd ? "COMMIT" : word.toUpperCase());
  }
}

/** Gives a promise, or calls the function that the app gave instead. */
function settle<T>(given: Promise<T>, callback: unknown): Promise<T> | undefined {
  if (typeof callback !== "function") return given;
  const tell = callback as Callback;
  given.then(
    (value) => tell(undefined, value, () => undefined),
    (error: unknown) => tell(error),
  );
  return undefined;
}

const fail: Sending["fail"] = (message, told) => new DatabaseError(message, told);

/** Stands for `new Pool(…)` and `new Client(…)` at one site: `client` is its name in operations. */
export function governedPg(site: string, client: string): unknown {
  const make = (): object => {
    const connection = new Connection({ site, client, fail });
    const self: object = {
      totalCount: 0,
      idleCount: 0,
      waitingCount: 0,
      query(text: string | Config, values?: unknown, callback?: unknown) {
        const config = typeof text === "string" ? { text } : text;
        const given = Array.isArray(values) ? { ...config, values } : config;
        return settle(connection.run(given), typeof values === "function" ? values : callback);
      },
      connect: (callback?: unknown) => settle(Promise.resolve(make()), callback),
      release: () => undefined,
      end: (callback?: unknown) => settle(Promise.resolve(), callback),
      escapeIdentifier: (name: string) => `"${name.replaceAll('"', '""')}"`,
    };
    const quiet = ["on", "once", "off", "removeListener"];
    for (const name of quiet) Object.assign(self, { [name]: () => self });
    return self;
  };
  return make();
}
