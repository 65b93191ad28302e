/** Hostile values on their whole way: from a page's driver, over the wire and the sidecar's reading, into real databases. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dialect, SqlOperation } from "../../src/contract/operation.ts";
import { openPostgresConnector } from "../../src/sidecar/connectors/postgres/connector.ts";
import { openSqliteConnector } from "../../src/sidecar/connectors/sqlite/connector.ts";
import type { Connector } from "../../src/sidecar/connectors/connector.ts";
import { readSqlBody } from "../../src/sidecar/validation/sql-body.ts";
import { readSqlValues } from "../../src/sidecar/validation/sql-values.ts";
import { bindInterpolated } from "../../src/statements/bind.ts";
import { startPostgres, type PostgresServer } from "../postgres-server.ts";
import { useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();
const rounds = 40;

/** What ends a literal, a comment or a statement somewhere, and what drivers and helpers take apart. */
const hostile = fc.oneof(
  fc.constantFrom(
    "'; DROP TABLE notes; --",
    "' || (SELECT 'x') || '",
    "\\'; DELETE FROM notes; --",
    "\\",
    "''",
    "'",
    '"',
    "$1",
    "$$; DELETE FROM notes; $$",
    "?",
    "?1",
    ":body",
    "%",
    "/* */ -- \n",
    "*/",
    "E'\\''",
    "U&'\\0027'",
    "\u02bc\uff07",
    "null",
    "{$json}",
    '{"$int":"1"}',
    "${1}",
    "govern-text:insert-notes-000000:%5B%5D",
    "a:b c\td\re\n",
    "\u2028",
    "x".repeat(5000) + "'",
  ),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom("'", '"', "\\", ";", "-", "/", "*", "$", "?", ":", "%", "\n", "a"),
    maxLength: 20,
  }),
);

/** The texts as a bundle has them, with their holes; the import binds each by its place. */
const parts = {
  bound: ["INSERT INTO notes (kind, body, tail) VALUES ('bound', $1, $2)"],
  quoted: ["INSERT INTO notes (kind, body, tail) VALUES ('quoted', '", "', 'x-", "-y')"],
  bare: ["INSERT INTO notes (kind, body, tail) VALUES ('bare', ", ", ", ")"],
} as const;

interface Engine {
  readonly connector: Connector;
  rows(): Promise<{ kind: string; body: string; tail: string }[]>;
  empty(): Promise<void>;
  close(): Promise<void>;
}

async function openPostgres(server: PostgresServer): Promise<Engine> {
  const owner = new pg.Client({ connectionString: server.url });
  await owner.connect();
  await owner.query("CREATE TABLE notes (id serial, kind text, body text, tail text)");
  const connector = openPostgresConnector({ name: "notes", url: server.url, timeout: 20_000 });
  return {
    connector,
    rows: async () =>
      (await owner.query("SELECT kind, body, tail FROM notes ORDER BY id")).rows as never,
    empty: async () => {
      await owner.query("DELETE FROM notes");
    },
    close: async () => {
      await connector.close();
      await owner.end();
    },
  };
}

function openSqlite(folder: string): Engine {
  const file = join(folder, "notes.db");
  const owner = new Database(file);
  owner.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, kind TEXT, body TEXT, tail TEXT)");
  const connector = openSqliteConnector({ name: "notes", file });
  return {
    connector,
    rows: async () =>
      owner.prepare("SELECT kind, body, tail FROM notes ORDER BY id").all() as never,
    empty: async () => {
      owner.exec("DELETE FROM notes");
    },
    close: async () => {
      await connector.close();
      owner.close();
    },
  };
}

async function statementOf(kind: keyof typeof parts, dialect: Dialect): Promise<SqlOperation> {
  const bound = await bindInterpolated(parts[kind], dialect);
  if (!bound.ok) throw new RangeError(bound.reason);
  return {
    id: `insert-notes-${kind}-000000`,
    kind: "sql",
    access: "write",
    why: "test",
    dialect,
    statement: bound.statement,
    tables: ["notes"],
    parameters: ["body", "tail"],
    client: "neon",
  };
}

/** The drivers that send a bound text and two rewritten ones for each pair of values. */
const drivers = ["neon", "pg", "postgres"] as const;

/** Sends each pair of values by each of the ways that a page has, and gives the bodies that left it. */
async function sendAll(
  driver: (typeof drivers)[number],
  pairs: readonly (readonly [string, string])[],
): Promise<string[]> {
  await at.page.evaluate(
    async ([name, all]) => {
      const bound = "INSERT INTO notes (kind, body, tail) VALUES ('bound', $1, $2)";
      const neon = __govern.neon("s1", "neon");
      const pool = __govern.pg("s1", "neon");
      const postgres = __govern.postgres("s1", "neon");
      const send = {
        neon: {
          bound: (body: string, tail: string) =>
            neon`INSERT INTO notes (kind, body, tail) VALUES ('bound', ${body}, ${tail})`,
          text: (text: string) => neon.query(text),
        },
        pg: {
          bound: (body: string, tail: string) => pool.query(bound, [body, tail]),
          text: (text: string) => pool.query(text),
        },
        postgres: {
          bound: (body: string, tail: string) =>
            postgres`INSERT INTO notes (kind, body, tail) VALUES ('bound', ${body}, ${tail})`,
          text: (text: string) => postgres.unsafe(text),
        },
      }[name];
      for (const [body, tail] of all) {
        await send.bound(body, tail);
        for (const kind of ["quoted", "bare"]) {
          await send.text(__govern.text(`insert-notes-${kind}-000000`, [body, tail]));
        }
      }
    },
    [driver, pairs] as const,
  );
  return at.server.requests(/_govern\/sql/).map(({ body }) => body);
}

describe.each(["postgres", "sqlite"] as const)("in %s", (dialect) => {
  let engine: Engine;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    if (dialect === "postgres") {
      const server = await startPostgres();
      engine = await openPostgres(server);
      stop = () => server.stop();
    } else {
      const folder = mkdtempSync(join(tmpdir(), "govern-hostile-"));
      engine = openSqlite(folder);
      stop = async () => rmSync(folder, { recursive: true, force: true });
    }
  });
  afterAll(async () => {
    await engine?.close();
    await stop?.();
  });

  async function execute(body: string, operation: SqlOperation): Promise<string> {
    const ask = readSqlBody(Buffer.from(body));
    if (ask === undefined || "batch" in ask) return "unread";
    const read = readSqlValues(operation.parameters, ask.values);
    if (!read.ok) return read.reason;
    const call = {
      operation,
      access: "write" as const,
      arguments: { values: read.values },
      payload: null,
      contentType: null,
    };
    return (await engine.connector.execute(call, AbortSignal.timeout(20_000))).kind;
  }

  it.each(drivers)(
    "of %s are stored as data, whatever they are and wherever their text puts them",
    async (driver) => {
      await engine.empty();
      // PostgreSQL has no text with a zero byte.
      const text = hostile.filter((value) => !value.includes("\0"));
      const pairs = fc.sample(fc.tuple(text, text), rounds);
      const kinds = ["bound", "quoted", "bare"] as const;
      const operations = await Promise.all(kinds.map((kind) => statementOf(kind, dialect)));
      const bodies = await sendAll(driver, pairs);
      expect(bodies).toHaveLength(pairs.length * kinds.length);
      for (const [index, body] of bodies.entries()) {
        expect(await execute(body, operations[index % kinds.length] as SqlOperation)).toBe(
          "answered",
        );
      }
      expect(await engine.rows()).toEqual(
        pairs.flatMap(([body, tail]) => [
          { kind: "bound", body, tail },
          { kind: "quoted", body, tail: `x-${tail}-y` },
          { kind: "bare", body, tail },
        ]),
      );
    },
  );

  it("that no text can be are refused or undone whole", async () => {
    await engine.empty();
    const operation = await statementOf("bare", dialect);
    const bodies = ['{"values":["a"]}', '{"digest":"x","values":["\\ud800",{"$x":1}]}'];
    for (const body of bodies) expect(await execute(body, operation)).not.toBe("answered");
    expect(await engine.rows()).toEqual([]);
  });
});
