/**
 * Sessions of one PostgreSQL resource: a pool whose connections look the same to every call. Settings are pinned when a
 * session opens and again after each call, when all else that it left behind is discarded.
 */
import { Client, Pool, type ClientBase, type PoolClient } from "pg";
import { GovernError } from "../../../errors/govern-error.ts";
import { Exchange, settingsPart, type Part } from "./exchange.ts";
import type { ColumnOrigin } from "../connector.ts";

export interface SessionsOptions {
  readonly url: string;
  /** Milliseconds: of a statement, and of waiting for a connection. */
  readonly timeout: number;
  /** Connections at most; default 10. */
  readonly poolSize?: number;
}

const cancelTimeout = 2000;

export interface Session {
  readonly client: PoolClient;
  /** The server's number of the session, by which another may cancel it. */
  readonly pid: number;
  /** Which cluster this is, and which history of it: a transaction's number means nothing elsewhere. Null if unknown. */
  readonly cluster: string | null;
}

/**
 * A name in the temporary schema must not stand for one of the role's path: last is the only safe place for it. Entries
 * are as the server shows them: names, some in double quotes, with commas between.
 */
export function pinnedSearchPath(shown: string): string {
  const entries = shown.match(/"(?:[^"]|"")*"|[^,\s"]+/g) ?? [];
  const others = entries.filter((entry) => !/^"?pg_temp"?$/.test(entry) && entry !== '""');
  return [...others, "pg_temp"].join(", ");
}

const nameTypes = `SELECT oid, typname FROM pg_catalog.pg_type WHERE oid = ANY ($1::pg_catalog.oid[])`;

const nameColumns = `
  SELECT c.relname AS table, a.attname AS column, a.attrelid::text || ' ' || a.attnum::text AS key
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  WHERE a.attrelid = ANY ($1::pg_catalog.oid[])`;

/** Of a standby that took over, the timeline is another: what its predecessor committed last may be missing there. */
const nameCluster = `
  SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text || '/' ||
    pg_catalog."left"(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) AS name`;

const xactStatus = `SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8) AS status`;

interface Known {
  readonly pid: number;
  readonly cluster: string | null;
  /** What pins the session's settings. */
  readonly pinned: Part;
}

/** The server commits a DISCARD ALL by itself, so that what follows in the same flight finds the session clean. */
const discardAll: Part = { text: "DISCARD ALL", values: [], silent: true };

/** Runs parts that set a session up; rejects where one of them failed. */
async function prepare(client: ClientBase, parts: readonly Part[]): Promise<void> {
  const exchange = new Exchange(parts);
  client.query(exchange);
  const { kind } = await exchange.ended;
  if (kind !== "ended") throw new GovernError("resource-failed", "A session could not be set up.");
}

async function clusterOf(client: ClientBase): Promise<string | null> {
  try {
    const { rows } = await client.query<{ name: string | null }>(nameCluster);
    return rows[0]?.name ?? null;
  } catch {
    return null;
  }
}

async function introduce(client: ClientBase, timeout: number): Promise<Known> {
  const { rows } = await client.query<{ path: string; pid: number }>(
    `SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.pg_backend_pid() AS pid`,
  );
  const [row] = rows;
  const settings = {
    search_path: pinnedSearchPath(row?.path ?? ""),
    statement_timeout: String(timeout),
    // The texts of values and the meaning of quotes do not depend on how a role is set up.
    datestyle: "ISO, MDY",
    intervalstyle: "postgres",
    bytea_output: "hex",
    extra_float_digits: "1",
    standard_conforming_strings: "on",
    default_transaction_read_only: "on",
  };
  const pinned = settingsPart(Object.entries(settings), "session");
  await prepare(client, [pinned]);
  return { pid: row?.pid ?? 0, pinned, cluster: await clusterOf(client) };
}

export class Sessions {
  readonly #pool: Pool;
  readonly #known = new WeakMap<ClientBase, Known>();
  readonly #discarding = new Set<Promise<void>>();
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    const { url, timeout, poolSize } = options;
    this.#options = options;
    this.#pool = new Pool({
      connectionString: url,
      application_name: "govern",
      connectionTimeoutMillis: timeout,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      max: poolSize ?? 10,
    });
    // The end of a connection reaches the call that uses it; an idle one is replaced by the pool.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  /** A clean session, or undefined when the signal came first. Rejects when none can be had: nothing was sent. */
  async open(signal: AbortSignal): Promise<Session | undefined> {
    const opened = this.#open();
    const aborted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      else signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    const session = await Promise.race([opened, aborted]);
    if (session === undefined) {
      void opened.then(
        ({ client }) => client.release(),
        () => {},
      );
    }
    return session;
  }

  async #open(): Promise<Session> {
    const client = await this.#pool.connect();
    try {
      const known = this.#known.get(client) ?? (await introduce(client, this.#options.timeout));
      this.#known.set(client, known);
      return { client, pid: known.pid, cluster: known.cluster };
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Gives a session back without what a call left in it; the caller need not wait. */
  discard({ client }: Session): void {
    const discarding = this.#discard(client);
    this.#discarding.add(discarding);
    void discarding.then(() => this.#discarding.delete(discarding));
  }

  async #discard(client: PoolClient): Promise<void> {
    try {
      const known = this.#known.get(client);
      if (known !== undefined) await prepare(client, [discardAll, known.pinned]);
      client.release(known === undefined);
    } catch {
      client.release(true);
    }
  }

  /** Names of types by their numbers; those that the catalog does not have are left out. */
  async nameTypes({ client }: Session, oids: readonly number[]): Promise<Map<number, string>> {
    const { rows } = await client.query<{ oid: number; typname: string }>(nameTypes, [oids]);
    return new Map(rows.map(({ oid, typname }) => [oid, typname]));
  }

  /** Columns of tables, by the table's number and their place; those that the catalog does not have are left out. */
  async nameColumns(
    { client }: Session,
    tables: readonly number[],
  ): Promise<Map<string, ColumnOrigin>> {
    const { rows } = await client.query<ColumnOrigin & { key: string }>(nameColumns, [tables]);
    return new Map(rows.map(({ key, table, column }) => [key, { table, column }]));
  }

  /**
   * What the server says of a transaction: `committed`, `aborted`, `in progress`, or null where it cannot know. Asked over
   * a new connection, so that the cluster is the one that is there now.
   */
  async statusOf({
    xid,
    cluster,
  }: {
    readonly xid: string;
    readonly cluster: string;
  }): Promise<string | null> {
    const client = new Client({
      connectionString: this.#options.url,
      connectionTimeoutMillis: this.#options.timeout,
      query_timeout: this.#options.timeout,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      if ((await clusterOf(client)) !== cluster) return null;
      const { rows } = await client.query<{ status: string | null }>(xactStatus, [xid]);
      return rows[0]?.status ?? null;
    } finally {
      await client.end();
    }
  }

  /** Asks the server, over a connection of its own, to stop what a session is doing. Never rejects. */
  async cancel({ pid }: Session): Promise<void> {
    const client = new Client({
      connectionString: this.#options.url,
      connectionTimeoutMillis: cancelTimeout,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("SELECT pg_catalog.pg_cancel_backend($1)", [pid]);
    } catch {
      // The session is destroyed next, and the server's statement_timeout ends its work.
    } finally {
      await client.end();
    }
  }

  /** Ends a session, whatever it is doing. */
  destroy({ client }: Session): void {
    client.release(true);
  }

  async close(): Promise<void> {
    await Promise.all(this.#discarding);
    await this.#pool.end();
  }
}
