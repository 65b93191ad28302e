/** The PostgreSQL connector on a real server: types, one statement, reads that cannot write, what an end means. */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SqlOperation } from "../../../src/contract/operation.ts";
import type { TaggedValue } from "../../../src/contract/tagged-value.ts";
import type { SqlResult } from "../../../src/contract/wire.ts";
import type { Connector, ConnectorResult } from "../../../src/sidecar/connectors/connector.ts";
import { judgeResult } from "../../../src/sidecar/connectors/outcome.ts";
import { openPostgresConnector } from "../../../src/sidecar/connectors/postgres/connector.ts";
import { pinnedSearchPath } from "../../../src/sidecar/connectors/postgres/sessions.ts";
import { isStatementAllowed } from "../../../src/sidecar/connectors/postgres/statement.ts";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";

type Access = "read" | "write";

let server: PostgresServer;
let owner: Client;
let connector: Connector;

const open = (url: string, options: { timeout?: number; poolSize?: number } = {}): Connector =>
  openPostgresConnector({ name: "parts", url, timeout: 20_000, maxRows: 3, ...options });

beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(`
    CREATE TABLE parts (id int PRIMARY KEY, label text NOT NULL DEFAULT '');
    CREATE TYPE color AS ENUM ('red', 'blue');
    CREATE FUNCTION sneaky() RETURNS int LANGUAGE sql AS
      $$ INSERT INTO parts VALUES (1000) RETURNING id $$;
    CREATE FUNCTION unlock() RETURNS text LANGUAGE sql AS
      $$ SELECT set_config('transaction_read_only', 'off', false) $$;
    CREATE PROCEDURE halves() LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO parts VALUES (2000); COMMIT; RAISE 'too late'; END $$;
    CREATE ROLE reader LOGIN;
    CREATE SCHEMA own AUTHORIZATION reader;
    CREATE TABLE own.parts AS SELECT 'own' AS label;
    GRANT SELECT ON own.parts TO reader;
    ALTER ROLE reader SET search_path = pg_temp, own;
    ALTER ROLE reader SET datestyle = 'SQL, DMY';
    ALTER ROLE reader SET standard_conforming_strings = off;`);
});
afterAll(async () => {
  await owner?.end();
  await server?.stop();
});
beforeEach(async () => {
  await owner.query("TRUNCATE parts; INSERT INTO parts VALUES (7, 'bolt')");
  // One connection, so that every call gets the session of the call before.
  connector = open(server.url, { poolSize: 1 });
});
afterEach(() => connector.close());

function callOf(statement: string, values: readonly TaggedValue[], access: Access) {
  const parameters = values.map((_, index) => `v${index}`);
  const operation: SqlOperation = {
    id: "q-000000",
    kind: "sql",
    access,
    why: "test",
    dialect: "postgres",
    statement,
    tables: ["parts"],
    parameters,
    client: "neon",
  };
  const named = Object.fromEntries(parameters.map((name, index) => [name, values[index] as never]));
  return { operation, access, arguments: { values: named }, payload: null, contentType: null };
}

function run(
  statement: string,
  values: readonly TaggedValue[] = [],
  access: Access = "read",
  signal = AbortSignal.timeout(20_000),
): Promise<ConnectorResult> {
  return connector.execute(callOf(statement, values, access), signal);
}

async function answer(...args: Parameters<typeof run>): Promise<SqlResult> {
  const result = await run(...args);
  if (result.kind !== "answered") throw new RangeError(`${result.kind} ${result.code}`);
  return JSON.parse(Buffer.from(result.body).toString()) as SqlResult;
}

async function ids(): Promise<number[]> {
  const { rows } = await owner.query<{ id: number }>("SELECT id FROM parts ORDER BY id");
  return rows.map(({ id }) => id);
}

/** Until the server runs a statement of ours that holds this text. */
async function untilRunning(client: Client, text: string): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `SELECT 1 FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND state = 'active' AND strpos(query, $1) > 0`,
      [text],
    );
    if (rowCount !== 0) return;
  }
}

const rejected = {
  kind: "failed",
  code: "resource-rejected",
  detail: "The database refused the statement.",
};

describe("what comes back", () => {
  const typed: [sql: string, type: string, value: TaggedValue][] = [
    ["2147483647::int4", "int4", 2147483647],
    ["9007199254740993::int8", "int8", "9007199254740993"],
    ["12345678901234567890.50::numeric", "numeric", "12345678901234567890.50"],
    ["1.5::float8", "float8", 1.5],
    ["'-Infinity'::float8", "float8", { $number: "-Infinity" }],
    ["true", "bool", true],
    ["'x'::text", "text", "x"],
    [
      "'2026-02-03 04:05:06.789+02'::timestamptz",
      "timestamptz",
      { $date: "2026-02-03T02:05:06.789Z" },
    ],
    ["'infinity'::timestamptz", "timestamptz", { $number: "Infinity" }],
    ["'2026-02-03 04:05:06.789'::timestamp", "timestamp", "2026-02-03T04:05:06.789"],
    ["'2026-02-03'::date", "date", "2026-02-03"],
    ["'\\x00ff'::bytea", "bytea", { $bytes: "AP8=" }],
    [`'{"a":[1]}'::json`, "json", { $json: '{"a":[1]}' }],
    [`'12345678901234567890'::jsonb`, "jsonb", { $json: "12345678901234567890" }],
    ["'1 day 02:00'::interval", "interval", { $json: '{"days":1,"hours":2}' }],
    ["'(1,2)'::point", "point", { $json: '{"x":1,"y":2}' }],
    ["'{1,NULL,3}'::int4[]", "_int4", [1, null, 3]],
    [
      "'{{1,2},{3,4}}'::int8[]",
      "_int8",
      [
        ["1", "2"],
        ["3", "4"],
      ],
    ],
    [`'{"a,b","c\\"d",NULL}'::text[]`, "_text", ["a,b", 'c"d', null]],
    [
      "ARRAY['2026-02-03 04:05Z'::timestamptz]",
      "_timestamptz",
      [{ $date: "2026-02-03T04:05:00.000Z" }],
    ],
    ["ARRAY['{}'::jsonb]", "_jsonb", [{ $json: "{}" }]],
    [
      "'2f1f0c5e-0000-4000-8000-000000000000'::uuid",
      "uuid",
      "2f1f0c5e-0000-4000-8000-000000000000",
    ],
    ["'red'::color", "color", "red"],
    ["ARRAY['red'::color]", "_color", "{red}"],
    ["NULL::int4", "int4", null],
  ];

  it("has the database's names of types, and values that lose nothing", async () => {
    const { columns, rows } = await answer(
      `SELECT ${typed.map(([sql], index) => `${sql} AS c${index}`).join(", ")}`,
    );
    expect(columns).toEqual(typed.map(([, type], index) => ({ name: `c${index}`, type })));
    expect(rows).toEqual([typed.map(([, , value]) => value)]);
  });

  it("reads the same under a role that is set up otherwise", async () => {
    await connector.close();
    connector = open(server.url.replace("owner", "reader"), { poolSize: 1 });
    const select = `SELECT '2026-02-13'::date AS day, 'a\\b' AS text`;
    for (let call = 0; call < 2; call += 1) {
      expect((await answer(select)).rows).toEqual([["2026-02-13", "a\\b"]]);
    }
  });

  it("tells what a write changed, and gives the rows it returns", async () => {
    expect(await answer("INSERT INTO parts VALUES ($1), ($2)", [1, 2], "write")).toEqual({
      columns: [],
      rows: [],
      rowCount: 2,
      command: "INSERT",
    });
    const update = "UPDATE parts SET label = 'nut' WHERE id < $1 RETURNING id, label";
    expect(await answer(update, [2], "write")).toMatchObject({
      rows: [[1, "nut"]],
      rowCount: 1,
      command: "UPDATE",
    });
    expect(await ids()).toEqual([1, 2, 7]);
  });

  it("has no more rows than a result may have", async () => {
    expect((await answer("SELECT generate_series(1, 3)")).rowCount).toBe(3);
    expect(await run("SELECT generate_series(1, 4)")).toMatchObject({
      kind: "failed",
      code: "resource-rejected",
    });
    expect((await answer("SELECT generate_series(1, 9)", [], "write")).rowCount).toBe(9);
  });
});

describe("parameters", () => {
  const bound: [sql: string, value: TaggedValue, back: TaggedValue][] = [
    ["$1::text", 'it\'s \\ "é€😀"', 'it\'s \\ "é€😀"'],
    ["$1::int4", 7, 7],
    ["$1::int8", { $int: "9007199254740993" }, "9007199254740993"],
    ["$1::numeric", "0.10", "0.10"],
    ["$1::float8", { $number: "NaN" }, { $number: "NaN" }],
    ["$1::bool", false, false],
    [
      "$1::timestamptz",
      { $date: "2026-02-03T02:05:06.789Z" },
      { $date: "2026-02-03T02:05:06.789Z" },
    ],
    ["$1::bytea", { $bytes: "AP8=" }, { $bytes: "AP8=" }],
    [
      "$1::jsonb",
      { $json: '{"n": 12345678901234567890}' },
      { $json: '{"n": 12345678901234567890}' },
    ],
    ["$1::int4", null, null],
    ["$1::text[]", ['a"b', "c,d", "\\", "NULL", "", null], ['a"b', "c,d", "\\", "NULL", "", null]],
    ["$1::bytea[]", [{ $bytes: "AP8=" }], [{ $bytes: "AP8=" }]],
    ["$1::jsonb[]", [{ $json: '{"a": "\\""}' }], [{ $json: '{"a": "\\""}' }]],
    ["$1::int8[]", [1, { $int: "9007199254740993" }], ["1", "9007199254740993"]],
    ["7 = ANY ($1)", [6, 7], true],
  ];

  it.each(bound)("binds a value for %s", async (sql, value, back) => {
    expect((await answer(`SELECT ${sql} AS back`, [value])).rows).toEqual([[back]]);
  });

  it("are data, whatever they say", async () => {
    const hostile = "'); DROP TABLE parts; --";
    await answer("UPDATE parts SET label = $1 WHERE id = $2", [hostile, 7], "write");
    expect((await answer("SELECT label FROM parts WHERE label = $1", [hostile])).rows).toEqual([
      [hostile],
    ]);
  });

  it("that the server cannot read, or that are missing, run nothing", async () => {
    expect(await run("SELECT $1::int4", ["seven"])).toEqual(rejected);
    expect(await run("SELECT $1::text", ["a\0b"])).toEqual(rejected);
    const call = callOf("SELECT $1::int4", [1], "read");
    const without = { ...call, arguments: { values: {} } };
    expect(await connector.execute(without, AbortSignal.timeout(1000))).toMatchObject({
      code: "resource-rejected",
    });
  });
});

describe("a read", () => {
  it.each([
    "SELECT sneaky()",
    "SELECT unlock(), sneaky()",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "WITH new AS (INSERT INTO parts VALUES (8) RETURNING id) SELECT id FROM new",
    "EXPLAIN ANALYZE DELETE FROM parts",
    "SELECT * INTO more FROM parts",
  ])("is refused by the server when it writes: %s", async (statement) => {
    expect(await run(statement)).toEqual(rejected);
    expect(await ids()).toEqual([7]);
  });

  it("does not follow one that tried to open the session for writing", async () => {
    await run("SELECT set_config('default_transaction_read_only', 'off', false)");
    expect(await run("SELECT sneaky()")).toEqual(rejected);
  });
});

describe("a statement", () => {
  it.each([
    "SELECT 1; DELETE FROM parts",
    "SELECT 1; COMMIT; DELETE FROM parts",
    "UPDATE parts SET id = 1; SELECT 1",
  ])("is one, whatever its access: %s", async (statement) => {
    expect(await run(statement, [], "write")).toEqual(rejected);
    expect(await run(statement)).toMatchObject({ code: "resource-rejected" });
    expect(await ids()).toEqual([7]);
  });

  it.each([
    "SET TRANSACTION READ WRITE",
    "/* */ ( -- \n SET TRANSACTION READ WRITE",
    "/* /* */ SELECT */ COMMIT",
    "COMMIT",
    "ROLLBACK",
    "BEGIN",
    "SAVEPOINT a",
    "PREPARE TRANSACTION 'a'",
    "COPY parts FROM STDIN",
    "COPY parts TO STDOUT",
    "LISTEN a",
    "LOCK parts",
    "DISCARD ALL",
    "SELECT\0",
    "\u00a0SELECT 1",
    "SELECTé",
    "",
  ])("does not run where it steers the session: %s", async (statement) => {
    expect(isStatementAllowed(statement, "read")).toBe(false);
    expect(isStatementAllowed(statement, "write")).toBe(false);
    expect(await run(statement, [], "write")).toMatchObject({ code: "resource-rejected" });
  });

  it("may begin with comments and parentheses", async () => {
    expect((await answer("/* a */ -- b\n ((SELECT 1) UNION SELECT 1)")).rows).toEqual([[1]]);
  });

  it("that writes is not sent as a read", () => {
    expect(isStatementAllowed("DELETE FROM parts", "read")).toBe(false);
    expect(isStatementAllowed("DELETE FROM parts", "write")).toBe(true);
  });
});

describe("what an end means", () => {
  it("is a refusal, without the server's words, where the server answers with an error", async () => {
    expect(await run("INSERT INTO parts VALUES (7)", [], "write")).toEqual(rejected);
    expect(await run("SELECT secret FROM nowhere")).toEqual(rejected);
    expect(await run("CALL halves()", [], "write")).toEqual(rejected);
    expect(await ids()).toEqual([7]);
    expect((await answer("SELECT 1")).rows).toEqual([[1]]);
  });

  it("is a failure where nobody listens: nothing was sent", async () => {
    const nobody = open("postgres://owner:hunter2@127.0.0.1:1/postgres");
    const result = await nobody.execute(
      callOf("DELETE FROM parts", [], "write"),
      AbortSignal.timeout(20_000),
    );
    expect(result).toEqual({
      kind: "failed",
      code: "resource-failed",
      detail: "The database could not be reached.",
    });
    await nobody.close();
  });

  it("is a failure where the call's time ends before there is a connection", async () => {
    const blocked = run("SELECT pg_sleep(20)");
    await untilRunning(owner, "pg_sleep(20)");
    const waiting = await run("DELETE FROM parts", [], "write", AbortSignal.timeout(50));
    expect(waiting).toMatchObject({ kind: "failed", code: "resource-timeout" });
    await owner.query(
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep.20'",
    );
    expect(await blocked).toMatchObject({ kind: "failed", code: "resource-timeout" });
    expect(await ids()).toEqual([7]);
  });

  it("is a timeout that did nothing where the server confirms the cancellation", async () => {
    const deadline = new AbortController();
    const write = "INSERT INTO parts SELECT 8 FROM (SELECT pg_sleep(19)) AS slow";
    const result = run(write, [], "write", deadline.signal);
    await untilRunning(owner, "pg_sleep(19)");
    deadline.abort();
    expect(await result).toMatchObject({ kind: "failed", code: "resource-timeout" });
    expect(await ids()).toEqual([7]);
    expect((await answer("SELECT 1")).rows).toEqual([[1]]);
  });

  it("is a timeout where the statement ran longer than the resource's own", async () => {
    const hasty = open(server.url, { timeout: 100 });
    const call = callOf("SELECT pg_sleep(18)", [], "read");
    expect(await hasty.execute(call, AbortSignal.timeout(20_000))).toMatchObject({
      kind: "failed",
      code: "resource-timeout",
    });
    await hasty.close();
  });

  it("is unknown where the session was ended during a write", async () => {
    const result = run("UPDATE parts SET label = pg_sleep(17)::text", [], "write");
    await untilRunning(owner, "pg_sleep(17)");
    await owner.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^UPDATE.*sleep.17'",
    );
    expect(await result).toMatchObject({ kind: "unknown", code: "resource-failed" });
    expect((await answer("SELECT 1")).rows).toEqual([[1]]);
  });

  it("is unknown where the server was killed during a write", async () => {
    const doomed = await startPostgres();
    const watcher = new Client({ connectionString: doomed.url });
    watcher.on("error", () => {});
    await watcher.connect();
    const victim = open(doomed.url);
    const call = callOf("SELECT pg_sleep(16)", [], "write");
    const result = victim.execute(call, AbortSignal.timeout(20_000));
    await untilRunning(watcher, "pg_sleep(16)");
    await doomed.kill();
    const end = await result;
    expect(end).toMatchObject({ kind: "unknown", code: "resource-failed" });
    expect(judgeResult("write", end)).toMatchObject({ state: "unknown", code: "outcome-unknown" });
    expect(judgeResult("read", end)).toMatchObject({ state: "failed", code: "resource-failed" });
    expect(await victim.execute(call, AbortSignal.timeout(20_000))).toMatchObject({
      kind: "failed",
      code: "resource-failed",
    });
    await victim.close();
    await doomed.stop();
  });
});

describe("a session", () => {
  it("holds nothing of the call before", async () => {
    const pid = (await answer("SELECT pg_backend_pid()")).rows;
    await answer("SELECT set_config('app.user', 'ana', false)", [], "write");
    await answer("SELECT set_config('search_path', 'own', false)", [], "write");
    await answer("SELECT set_config('role', 'reader', false)", [], "write");
    await answer("SELECT pg_advisory_lock(5)::text");
    await answer("CREATE TEMP TABLE parts AS SELECT 1 AS id", [], "write");
    const state = `SELECT current_setting('app.user', true), current_user, pg_backend_pid(),
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'), (SELECT min(id) FROM parts)`;
    expect((await answer(state)).rows).toEqual([["", "owner", pid[0]?.[0], 0, 7]]);
  });

  it("keeps its role's search path, with the temporary schema last", async () => {
    await connector.close();
    connector = open(server.url.replace("owner", "reader"), { poolSize: 1 });
    for (let call = 0; call < 2; call += 1) {
      const { rows } = await answer("SELECT current_setting('search_path'), label FROM parts");
      expect(rows).toEqual([["own, pg_temp", "own"]]);
    }
    expect(pinnedSearchPath('"$user", public')).toBe('"$user", public, pg_temp');
    expect(pinnedSearchPath('"a, b", "pg_temp", c')).toBe('"a, b", c, pg_temp');
    expect(pinnedSearchPath("")).toBe("pg_temp");
  });

  it("serves one call at a time, and many calls in turn", async () => {
    const many = Array.from({ length: 20 }, (_, index) => answer("SELECT $1::int4", [index]));
    expect((await Promise.all(many)).map(({ rows }) => rows[0]?.[0])).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
  });
});

const batchOf = (texts: readonly string[], access: Access = "write") => {
  const statements = texts.map((text) => callOf(text, [], access).operation);
  return {
    ...callOf("", [], access),
    operation: {
      id: "batch-000000",
      kind: "sql-batch" as const,
      access,
      why: "test",
      dialect: "postgres" as const,
      client: "neon",
      statements: statements.map(({ id }) => id),
    },
    statements,
    arguments: { statements: texts.map(() => ({ values: {} })) },
  };
};
const send = (texts: readonly string[], access?: Access) =>
  connector.execute(batchOf(texts, access), AbortSignal.timeout(20_000));

describe("a batch", () => {
  it("is one transaction, with the result of each statement", async () => {
    const result = await send([
      "INSERT INTO parts VALUES (8, 'nut')",
      "SELECT id, label FROM parts ORDER BY id",
      "DELETE FROM parts WHERE id = 7 RETURNING label",
    ]);
    if (result.kind !== "answered") throw new RangeError(result.detail);
    const { results } = JSON.parse(Buffer.from(result.body).toString()) as {
      results: SqlResult[];
    };
    expect(results).toMatchObject([
      { command: "INSERT", rowCount: 1, columns: [], rows: [] },
      {
        command: "SELECT",
        rowCount: 2,
        rows: [
          [7, "bolt"],
          [8, "nut"],
        ],
      },
      { command: "DELETE", rowCount: 1, rows: [["bolt"]] },
    ]);
    expect(await ids()).toEqual([8]);
  });

  it("is undone whole where one of its statements fails", async () => {
    expect(await send(["INSERT INTO parts VALUES (9, 'x')", "SELECT 1 / 0"])).toMatchObject(
      rejected,
    );
    expect(await ids()).toEqual([7]);
  });

  it("of reads cannot write", async () => {
    expect(await send(["SELECT 1", "SELECT sneaky()"], "read")).toMatchObject(rejected);
    expect(await ids()).toEqual([7]);
  });

  it("is refused whole for a statement that steers the session", async () => {
    expect(await send(["INSERT INTO parts VALUES (9, 'x')", "SET ROLE reader"])).toMatchObject({
      kind: "failed",
      code: "resource-rejected",
    });
    expect(await ids()).toEqual([7]);
  });
});
