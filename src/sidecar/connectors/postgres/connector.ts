/**
 * The PostgreSQL connector: one statement or one batch per call, in a transaction of its own that for a read is read-only, by the
 * extended protocol with bound values, on a session that holds nothing of another call. It must not tell a caller what
 * the server said, and it never sends a call twice.
 */
import type { ApprovalPreview } from "../../../contract/approval.ts";
import type { SqlArguments } from "../../../contract/arguments.ts";
import type { SqlOperation } from "../../../contract/operation.ts";
import type { TaggedValue } from "../../../contract/tagged-value.ts";
import type { SqlResult } from "../../../contract/wire.ts";
import type {
  ColumnOrigin,
  Connector,
  ConnectorCall,
  ConnectorResult,
  Settlement,
} from "../connector.ts";
import { readerOf, typeNames } from "./columns.ts";
import { statementsOf, type Statement } from "../statements.ts";
import type { Exchange, ExchangeEnd, Given, Part } from "./exchange.ts";
import { parameterText } from "./parameters.ts";
import { Sessions, type Session } from "./sessions.ts";
import { noPreview, onlyPlain, previewable } from "../preview.ts";
import { previewPostgres } from "./preview.ts";
import { isStatementAllowed } from "./statement.ts";
import { setVariables, type Variables } from "./variables.ts";
import { readTrace, runTransaction, type TransactionEnd } from "./transaction.ts";

export interface PostgresOptions {
  readonly name: string;
  /** `postgres://…`, with its references resolved. */
  readonly url: string;
  /** Milliseconds a statement may run, and a call may wait for a connection. */
  readonly timeout: number;
  /** Rows that a read may return; default 50,000. */
  readonly maxRows?: number;
  /** Connections at most; default 10. */
  readonly poolSize?: number;
  /** Session variables of each call's transaction. */
  readonly set?: Variables;
}

type Committed = Extract<TransactionEnd, { kind: "committed" }>;
type Origins = readonly (readonly (ColumnOrigin | null)[])[];

interface Learned {
  readonly origins: Origins;
}

type Finished = (Committed & Learned) | ConnectorResult;

/** Milliseconds that a cancelled statement is given to end, so that its fate is known. */
const cancelGrace = 2000;

const failed = (
  code: "resource-failed" | "resource-rejected" | "resource-timeout",
  detail: string,
): ConnectorResult => ({ kind: "failed", code, detail });

const callerUnknown = "The resource has to be told who is calling, and that is not known.";

const late = "The resource did not answer in time.";

function valuesOf(operation: SqlOperation, args: SqlArguments): (string | null)[] | undefined {
  const values: (string | null)[] = [];
  for (const name of operation.parameters) {
    const value = Object.hasOwn(args.values, name) ? args.values[name] : undefined;
    if (value === undefined) return undefined;
    values.push(parameterText(value as TaggedValue));
  }
  return values;
}

/** A statement with its values as the protocol takes them; undefined if one is missing. */
function boundOf({ operation, args }: Statement, maxRows: number | undefined): Part | undefined {
  const values = valuesOf(operation, args);
  if (values === undefined) return undefined;
  return { text: operation.statement, values, ...(maxRows === undefined ? {} : { maxRows }) };
}

/** The server's word that a transaction was undone. */
function resultOfRefusal(sqlstate: string): ConnectorResult {
  if (sqlstate === "57014") return failed("resource-timeout", late);
  // Out of resources, in conflict with another transaction, or broken: not the statement's fault.
  if (/^(?:40|53|58|XX|55P03)/.test(sqlstate)) {
    return failed("resource-failed", "The database could not run the statement now.");
  }
  return failed("resource-rejected", "The database refused the statement.");
}

function resultOfLoss(isLate: boolean): ConnectorResult {
  return {
    kind: "unknown",
    code: isLate ? "resource-timeout" : "resource-failed",
    detail: isLate ? late : "The connection to the database was lost.",
  };
}

function shape(
  { columns, rows, tag }: Readonly<Given>,
  names: ReadonlyMap<number, string>,
): SqlResult {
  const types = columns.map(({ oid }) => names.get(oid) ?? "");
  const readers = types.map(readerOf);
  const [command = ""] = tag.split(" ");
  const count = /\d+$/.exec(tag)?.[0];
  return {
    columns: columns.map(({ name }, index) => ({ name, type: types[index] ?? "" })),
    rows: rows.map((row) =>
      row.map((text, index) => (text === null ? null : (readers[index]?.(text) ?? text))),
    ),
    rowCount: count === undefined ? rows.length : Number(count),
    command,
  };
}

/** Waits for the end, but not for ever once the call's deadline came. */
async function endOf(
  exchange: Exchange,
  signal: AbortSignal,
  cancel: () => Promise<void>,
): Promise<ExchangeEnd> {
  let timer: NodeJS.Timeout | undefined;
  const listening = new AbortController();
  const gaveUp = new Promise<ExchangeEnd>((resolve) => {
    const onAbort = (): void => {
      timer = setTimeout(() => resolve({ kind: "lost" }), cancelGrace);
      void cancel();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true, signal: listening.signal });
  });
  const end = await Promise.race([exchange.ended, gaveUp]);
  clearTimeout(timer);
  listening.abort();
  return end;
}

class PostgresConnector implements Connector {
  readonly name: string;
  readonly traces = true;
  readonly #maxRows: number;
  readonly #variables: Variables;
  readonly #sessions: Sessions;
  readonly #typeNames = new Map(typeNames);

  constructor(options: PostgresOptions) {
    this.name = options.name;
    this.#maxRows = options.maxRows ?? 50_000;
    this.#variables = options.set ?? {};
    this.#sessions = new Sessions(options);
  }

  async #learnTypes(session: Session, { given }: Committed): Promise<void> {
    const missing = given
      .flatMap(({ columns }) => columns.map(({ oid }) => oid))
      .filter((oid) => !this.#typeNames.has(oid));
    if (missing.length === 0) return;
    try {
      const names = await this.#sessions.nameTypes(session, missing);
      for (const [oid, name] of names) this.#typeNames.set(oid, name);
    } catch {
      // The statement is committed: its answer is worth more than the names of its types.
    }
  }

  /** What the columns of results are. Where it cannot be learned, all are as if they were computed. */
  async #learnOrigins(session: Session, { given }: Committed): Promise<Origins> {
    const columns = given.flatMap((one) => one.columns);
    const tables = [...new Set(columns.map(({ table }) => table))].filter((table) => table !== 0);
    if (tables.length === 0) return [];
    try {
      const names = await this.#sessions.nameColumns(session, tables);
      return given.map((one) =>
        one.columns.map(({ table, place }) => names.get(`${table} ${place}`) ?? null),
      );
    } catch {
      return [];
    }
  }

  #answer({ given, origins }: Committed & Learned, isBatch: boolean): ConnectorResult {
    if (given.some(({ tag, rows }) => tag === "" && rows.length > this.#maxRows)) {
      return failed("resource-rejected", "The result has too many rows.");
    }
    const results = given.map((one) => shape(one, this.#typeNames));
    return {
      kind: "answered",
      status: 200,
      headers: [["content-type", "application/json"]],
      body: Buffer.from(JSON.stringify(isBatch ? { results } : results[0])),
      origins,
    };
  }

  async #finish(
    session: Session,
    end: TransactionEnd,
    { signal, origins: wanted }: { readonly signal: AbortSignal; readonly origins: boolean },
  ): Promise<Finished> {
    if (end.kind !== "committed" || signal.aborted) this.#sessions.destroy(session);
    if (end.kind === "untraced") {
      return failed("resource-failed", "The write could not be prepared, so it was not sent.");
    }
    if (end.kind === "refused") return resultOfRefusal(end.sqlstate);
    if (end.kind === "lost") return resultOfLoss(signal.aborted);
    if (signal.aborted) return { ...end, origins: [] };
    await this.#learnTypes(session, end);
    const origins = wanted ? await this.#learnOrigins(session, end) : [];
    this.#sessions.discard(session);
    return { ...end, origins };
  }

  async #openSession(signal: AbortSignal): Promise<Session | ConnectorResult> {
    try {
      return (await this.#sessions.open(signal)) ?? failed("resource-timeout", late);
    } catch {
      return failed("resource-failed", "The database could not be reached.");
    }
  }

  async execute(call: ConnectorCall, signal: AbortSignal): Promise<ConnectorResult> {
    const asked = statementsOf(call);
    if (asked.length === 0) {
      return failed("resource-rejected", "This resource runs SQL statements only.");
    }
    if (!asked.every(({ operation }) => isStatementAllowed(operation.statement, call.access))) {
      return failed("resource-rejected", "The statement may not run under this access.");
    }
    // What a write returns is read to its end: it is done.
    const maxRows = call.access === "read" ? this.#maxRows + 1 : undefined;
    const statements = asked.map((one) => boundOf(one, maxRows)).filter((one) => one !== undefined);
    if (statements.length < asked.length) {
      return failed("resource-rejected", "A value is missing.");
    }
    const setup = setVariables(this.#variables, call.caller);
    if (setup === undefined) return failed("resource-rejected", callerUnknown);
    const session = await this.#openSession(signal);
    if ("kind" in session) return session;
    const { access, once } = call;
    const traced = once === undefined || access === "read" ? {} : { trace: once.trace };
    const end = await runTransaction(
      { access, setup, statements, ...traced },
      session,
      (exchange) => {
        session.client.query(exchange);
        return endOf(exchange, signal, () => this.#sessions.cancel(session));
      },
    );
    const origins = call.origins === true;
    const finished = await this.#finish(session, end, { signal, origins });
    return finished.kind === "committed"
      ? this.#answer(finished, call.operation.kind === "sql-batch")
      : finished;
  }

  async preview(call: ConnectorCall, signal: AbortSignal): Promise<ApprovalPreview> {
    const change = previewable(statementsOf(call));
    const values = change && valuesOf(change.statement.operation, change.statement.args);
    if (change === undefined || values === undefined) return noPreview(onlyPlain);
    const setup = setVariables(this.#variables, call.caller);
    if (setup === undefined) return noPreview(callerUnknown);
    const session = await this.#openSession(signal);
    if ("kind" in session) return noPreview(session.kind === "answered" ? "" : session.detail);
    let isClean = true;
    const preview = await previewPostgres({ change, values, setup }, async (exchange) => {
      session.client.query(exchange);
      const end = await endOf(exchange, signal, () => this.#sessions.cancel(session));
      isClean &&= end.kind === "ended";
      return end;
    });
    if (isClean && !signal.aborted) this.#sessions.discard(session);
    else this.#sessions.destroy(session);
    return preview;
  }

  /** The server keeps how its transactions ended, long enough for any restart. */
  async settle(_call: ConnectorCall, text: string): Promise<Settlement> {
    const trace = readTrace(text);
    const status = trace === undefined ? null : await this.#sessions.statusOf(trace);
    switch (status) {
      case "committed":
        return { kind: "done" };
      case "aborted":
        return failed("resource-failed", "The database undid the write when the call was cut off.");
      case "in progress":
        return { kind: "later" };
      default:
        return resultOfLoss(false);
    }
  }

  async close(): Promise<void> {
    await this.#sessions.close();
  }
}

/** Opens a PostgreSQL resource; it connects with its first call. */
export function openPostgresConnector(options: PostgresOptions): Connector {
  return new PostgresConnector(options);
}
