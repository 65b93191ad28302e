/**
 * The SQLite connector: an embedded database file behind the boundary. Reads run on a handle that cannot write; one
 * statement by prepare; values only bound, never spliced. It must not tell a caller what the engine said.
 */
import Database from "better-sqlite3";
import type { SqlArguments } from "../../../contract/arguments.ts";
import { statementsOf, type Statement } from "../statements.ts";
import type { SqlOperation } from "../../../contract/operation.ts";
import type { ApprovalPreview } from "../../../contract/approval.ts";
import type { TaggedValue } from "../../../contract/tagged-value.ts";
import type { SqlBatchResult, SqlResult } from "../../../contract/wire.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import type { ColumnOrigin, Connector, ConnectorCall, ConnectorResult } from "../connector.ts";
import { noPreview, onlyPlain, previewable } from "../preview.ts";
import { previewSqlite } from "./preview.ts";
import { isVerbAllowed, numberPlaceholders, statementVerb } from "./statement.ts";
import { fromColumn, toBindable } from "./values.ts";

export interface SqliteOptions {
  readonly name: string;
  /** Absolute path of an existing database file. */
  readonly file: string;
  /** Milliseconds a statement waits for another writer; default 5000. */
  readonly busyTimeout?: number;
  /** Rows a result may have; default 50,000. */
  readonly maxRows?: number;
}

interface Prepared {
  readonly statement: Database.Statement<unknown[], unknown[]>;
  readonly verb: string;
}

const failed = (
  code: "resource-failed" | "resource-rejected",
  detail: string,
): ConnectorResult => ({
  kind: "failed",
  code,
  detail,
});

class TooManyRows extends Error {}
class Unfit extends Error {}

function openHandle(options: SqliteOptions, readonly: boolean): Database.Database {
  try {
    const timeout = options.busyTimeout ?? 5000;
    const handle = new Database(options.file, { fileMustExist: true, readonly, timeout });
    handle.defaultSafeIntegers(true);
    handle.pragma("trusted_schema = OFF");
    return handle;
  } catch (error) {
    throw new GovernError(
      "store-failed",
      `The SQLite file of resource ${options.name} cannot be opened.`,
      {
        next: `Check resources.${options.name}.url in govern.yaml: the file must exist and be a database.`,
        cause: error,
      },
    );
  }
}

function bindingsOf(
  operation: SqlOperation,
  args: SqlArguments,
): Record<string, unknown> | undefined {
  const bindings: Record<string, unknown> = {};
  for (const [index, name] of operation.parameters.entries()) {
    const value = Object.hasOwn(args.values, name) ? args.values[name] : undefined;
    if (value === undefined) return undefined;
    const bindable = toBindable(value as TaggedValue);
    if (bindable === undefined) return undefined;
    bindings[String(index + 1)] = bindable;
  }
  return bindings;
}

function readRows(
  prepared: Prepared,
  bindings: Record<string, unknown>,
  maxRows: number,
): SqlResult {
  const columns = prepared.statement.columns();
  const rows: TaggedValue[][] = [];
  const statement = prepared.statement.raw(true);
  // A write with RETURNING is read to its end: leaving early would leave its fate open.
  for (const row of statement.readonly ? statement.iterate(bindings) : statement.all(bindings)) {
    if (statement.readonly && rows.length >= maxRows) throw new TooManyRows();
    rows.push(row.map(fromColumn));
  }
  return {
    columns: columns.map(({ name, type }) => ({ name, type: type ?? "" })),
    rows,
    rowCount: rows.length,
    command: prepared.verb,
  };
}

function run(prepared: Prepared, bindings: Record<string, unknown>, maxRows: number): SqlResult {
  if (prepared.statement.reader) return readRows(prepared, bindings, maxRows);
  const { changes, lastInsertRowid } = prepared.statement.run(bindings);
  const result = { columns: [], rows: [], rowCount: changes, command: prepared.verb };
  return /^(?:INSERT|REPLACE)$/.test(prepared.verb)
    ? { ...result, insertId: fromColumn(lastInsertRowid) }
    : result;
}

/** What the engine's error means; SQLite undoes a failed statement, so the write certainly did not happen. */
function resultOfError(error: unknown): ConnectorResult {
  if (error instanceof TooManyRows)
    return failed("resource-rejected", "The result has too many rows.");
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|CORRUPT|FULL|NOTADB|READONLY)/.test(code)) {
    return failed("resource-failed", "The database could not run the statement now.");
  }
  return failed("resource-rejected", "The database refused the statement.");
}

function originsOf({ statement }: Prepared): (ColumnOrigin | null)[] {
  if (!statement.reader) return [];
  return statement
    .columns()
    .map(({ table, column }) => (table === null || column === null ? null : { table, column }));
}

function answer(
  result: SqlResult | SqlBatchResult,
  origins: readonly (readonly (ColumnOrigin | null)[])[],
): ConnectorResult {
  return {
    origins,
    kind: "answered",
    status: 200,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify(result)),
  };
}

class SqliteConnector implements Connector {
  readonly name: string;
  readonly traces = false;
  readonly #reader: Database.Database;
  readonly #writer: Database.Database;
  readonly #maxRows: number;
  readonly #prepared = new Map<string, Prepared>();

  constructor(options: SqliteOptions) {
    this.name = options.name;
    this.#maxRows = options.maxRows ?? 50_000;
    this.#writer = openHandle(options, false);
    this.#reader = openHandle(options, true);
  }

  #prepare(operation: SqlOperation, access: "read" | "write"): Prepared | undefined {
    const key = `${access} ${operation.statement}`;
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    const verb = statementVerb(operation.statement);
    if (!isVerbAllowed(verb, access)) return undefined;
    const handle = access === "read" ? this.#reader : this.#writer;
    const statement = handle.prepare<unknown[], unknown[]>(numberPlaceholders(operation.statement));
    if (access === "read" && !statement.readonly) return undefined;
    const prepared = { statement, verb };
    this.#prepared.set(key, prepared);
    return prepared;
  }

  #run(operation: SqlOperation, args: SqlArguments, access: "read" | "write"): SqlResult {
    const prepared = this.#prepare(operation, access);
    if (prepared === undefined) throw new Unfit("The statement may not run under this access.");
    const bindings = bindingsOf(operation, args);
    if (bindings === undefined) {
      throw new Unfit("A value has a type that this database does not have.");
    }
    return run(prepared, bindings, this.#maxRows);
  }

  /** All statements in one transaction: an error of any of them undoes the others. */
  #runBatch(statements: readonly Statement[], access: "read" | "write"): SqlBatchResult {
    const handle = access === "read" ? this.#reader : this.#writer;
    const all = handle.transaction(() =>
      statements.map(({ operation, args }) => this.#run(operation, args, access)),
    );
    return { results: access === "read" ? all.deferred() : all.immediate() };
  }

  #origins(statements: readonly Statement[], access: "read" | "write"): (ColumnOrigin | null)[][] {
    return statements.map(({ operation }) => {
      const prepared = this.#prepare(operation, access);
      return prepared === undefined ? [] : originsOf(prepared);
    });
  }

  // oxlint-disable-next-line require-await -- the interface is asynchronous, this engine is not
  async execute(call: ConnectorCall): Promise<ConnectorResult> {
    const statements = statementsOf(call);
    const [first] = statements;
    if (first === undefined) {
      return failed("resource-rejected", "This resource runs SQL statements only.");
    }
    try {
      const result =
        call.operation.kind === "sql-batch"
          ? this.#runBatch(statements, call.access)
          : this.#run(first.operation, first.args, call.access);
      return answer(result, call.origins === true ? this.#origins(statements, call.access) : []);
    } catch (error) {
      return error instanceof Unfit
        ? failed("resource-rejected", error.message)
        : resultOfError(error);
    }
  }

  // oxlint-disable-next-line require-await -- the interface is asynchronous, this engine is not
  async preview(call: ConnectorCall): Promise<ApprovalPreview> {
    const change = previewable(statementsOf(call));
    const bindings = change && bindingsOf(change.statement.operation, change.statement.args);
    if (change === undefined || bindings === undefined) return noPreview(onlyPlain);
    return previewSqlite(this.#writer, change, bindings);
  }

  // oxlint-disable-next-line require-await -- the interface is asynchronous, this engine is not
  async settle(): Promise<ConnectorResult> {
    return { kind: "unknown", code: "resource-failed", detail: "Nothing tells how it ended." };
  }

  // oxlint-disable-next-line require-await -- the interface is asynchronous, this engine is not
  async close(): Promise<void> {
    this.#reader.close();
    this.#writer.close();
  }
}

/** Opens an existing SQLite file; one that cannot be opened is a GovernError `store-failed`. */
export function openSqliteConnector(options: SqliteOptions): Connector {
  return new SqliteConnector(options);
}
