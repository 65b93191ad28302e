/**
 * The catalogue's rows on statements, Q1 to Q14, against a real PostgreSQL and a real SQLite behind a running sidecar. Each
 * hostile text is tried twice: judged as import judges it, where it must be held, and registered as a read by mistake, where
 * the engine must refuse it or undo it. The databases are the judges: nothing in them may differ afterwards.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dialect, SqlOperation } from "../../src/contract/operation.ts";
import type { SqlResult } from "../../src/contract/wire.ts";
import { classifyStatement } from "../../src/statements/classify.ts";
import type { Reply } from "../sidecar/client.ts";
import { startPostgres, type PostgresServer } from "../postgres-server.ts";
import { expectRefusal, openGround, type Ground } from "./ground.ts";

const file = join(tmpdir(), `govern-attack-${process.pid}`);

/** No text says that a relation is a view, and what it calls: the engine alone holds these. */
const engineOnly = new Set(["SELECT * FROM wiping"]);

/** Texts by row; `%file%` is where a file must not appear. */
const hostile: Readonly<Record<Exclude<Dialect, "mysql">, readonly (readonly [string, string])[]>> =
  {
    postgres: [
      ["Q1", "SELECT 1; DELETE FROM accounts"],
      ["Q1", "SELECT 1; COMMIT; DELETE FROM accounts"],
      ["Q2", "WITH x AS (DELETE FROM accounts RETURNING id) SELECT id FROM x"],
      ["Q2", "WITH x AS (DELETE FROM accounts) SELECT 1"],
      ["Q2", "WITH RECURSIVE x AS (UPDATE accounts SET balance = 0 RETURNING id) SELECT 1"],
      ["Q2", "SELECT 1 WHERE EXISTS (WITH x AS (SELECT 1) SELECT * FROM x, wipe())"],
      ["Q3", "SELECT id FROM accounts FOR UPDATE"],
      ["Q3", "SELECT id FROM (SELECT id FROM accounts FOR SHARE) x"],
      ["Q4", "SELECT nextval('numbers')"],
      ["Q4", "SELECT setval('numbers', 99)"],
      ["Q4", "SELECT lo_create(4711)"],
      ["Q4", "SELECT lo_from_bytea(4712, 'x')"],
      ["Q4", "SELECT lo_export(1, '%file%')"],
      ["Q4", "SELECT wipe()"],
      ["Q4", "SELECT * FROM wiping"],
      ["Q4", "SELECT 1 ==> 2"],
      ["Q4", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'owner'"],
      ["Q4", "SELECT pg_create_physical_replication_slot('attack', true)"],
      ["Q4", "SELECT pg_switch_wal()"],
      ["Q4", "SELECT pg_notify('a', 'b')"],
      ["Q5", "SELECT query_to_xml('DELETE FROM accounts RETURNING 1', true, true, '')"],
      ["Q5", "SELECT * FROM ts_stat('SELECT wipe()::text::tsvector')"],
      ["Q5", "SELECT cursor_to_xml('a', 1, true, true, '')"],
      ["Q6", "EXPLAIN ANALYZE DELETE FROM accounts"],
      ["Q6", "EXPLAIN (ANALYZE) DELETE FROM accounts"],
      ["Q6", "EXPLAIN (ANALYZE false, ANALYZE true) DELETE FROM accounts"],
      ["Q6", "EXPLAIN (ANALYZE on) CREATE TABLE taken AS SELECT 1"],
      [
        "Q6",
        "EXPLAIN ANALYZE VERBOSE MERGE INTO accounts a USING accounts b ON a.id = b.id WHEN MATCHED THEN DELETE",
      ],
      ["Q6", "EXPLAIN ANALYZE EXECUTE nothing"],
      ["Q7", "COPY accounts TO PROGRAM 'touch %file%'"],
      ["Q7", "COPY accounts TO '%file%'"],
      ["Q7", "COPY (SELECT 1) TO STDOUT"],
      ["Q7", "SELECT * INTO taken FROM accounts"],
      ["Q8", "/* /* */ SELECT 1 */ DELETE FROM accounts"],
      ["Q8", "SELECT $a$ $b$; $a$; DELETE FROM accounts"],
      ["Q8", "SELECT E'\\'; DELETE FROM accounts --'; DELETE FROM accounts"],
      ["Q8", "SELECT 1 --\u2028 \n; DELETE FROM accounts"],
      ["Q8", "SELECT 1\u0000; DELETE FROM accounts"],
      ["Q10", "SET ROLE owner"],
      ["Q10", "SET TRANSACTION READ WRITE"],
      ["Q10", "SELECT set_config('role', 'owner', false)"],
      ["Q10", "SELECT set_config('transaction_read_only', 'off', true), wipe()"],
      ["Q10", "SELECT set_config('default_transaction_read_only', 'off', false)"],
      ["Q10", "SELECT pg_advisory_lock(4711)"],
      ["Q10", "PREPARE later AS DELETE FROM accounts"],
      ["Q10", "LISTEN a"],
      ["Q10", "COMMIT"],
      ["Q12", "SELECT set_config('search_path', 'pg_temp, evil', false)"],
      [
        "Q12",
        "EXPLAIN ANALYZE CREATE TEMP TABLE accounts AS SELECT 1 AS id, 'x' AS name, 0 AS balance",
      ],
      ["Q13", "INSERT INTO accounts VALUES (9, 'x', 9) RETURNING id"],
      ["Q13", "UPDATE accounts SET balance = 9 WHERE id = 1 RETURNING balance"],
      ["Q13", "DELETE FROM accounts RETURNING id"],
    ],
    sqlite: [
      ["Q1", "SELECT 1; DELETE FROM accounts"],
      ["Q2", "WITH x AS (SELECT 1) DELETE FROM accounts"],
      ["Q4", "SELECT load_extension('%file%')"],
      ["Q4", "SELECT writefile('%file%', 'x')"],
      ["Q4", "SELECT edit('x')"],
      ["Q6", "EXPLAIN DELETE FROM accounts"],
      ["Q7", "VACUUM INTO '%file%'"],
      ["Q8", "/* */ DELETE FROM accounts /*"],
      ["Q8", "SELECT 1 /* ; */; DELETE FROM accounts --"],
      ["Q8", "SELECT 1\u0000; DELETE FROM accounts"],
      ["Q9", "PRAGMA writable_schema = on"],
      ["Q9", "PRAGMA user_version(7)"],
      ["Q9", "PRAGMA main.journal_mode = delete"],
      ["Q9", "PRAGMA query_only = off"],
      ["Q9", "SELECT * FROM pragma_user_version(7)"],
      ["Q9", "ATTACH '%file%' AS other"],
      ["Q9", "DETACH main"],
      ["Q10", "BEGIN IMMEDIATE"],
      ["Q10", "SAVEPOINT a"],
      ["Q10", "COMMIT"],
      ["Q13", "DELETE FROM accounts RETURNING id"],
      ["Q13", "INSERT INTO accounts VALUES (9, 'x', 9) RETURNING id"],
      ["Q13", "REPLACE INTO accounts VALUES (1, 'x', 9) RETURNING id"],
    ],
  };

const tables = `
  CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, balance INTEGER);
  INSERT INTO accounts VALUES (1, 'ana', 100), (2, 'sam', 200);`;

const common = { kind: "sql" as const, why: "planted", tables: ["accounts"] };
const idOf = (prefix: string, index: number): string =>
  `${prefix}-${index.toString(16).padStart(6, "0")}`;

interface Tried {
  readonly row: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** As import judges it, and as it must never be judged. */
  readonly judged: SqlOperation;
  readonly misjudged: SqlOperation;
}

const tried: Tried[] = Object.entries(hostile).flatMap(([name, texts]) => {
  const dialect = name as Dialect;
  return texts.map(([row, template], index) => {
    const statement = template.replaceAll("%file%", file);
    const operation = { ...common, dialect, statement, parameters: [] };
    return {
      row,
      dialect,
      text: template,
      judged: {
        ...operation,
        id: idOf(`judged-${dialect}`, index),
        access: "write",
        client: dialect,
      },
      misjudged: {
        ...operation,
        id: idOf(`misjudged-${dialect}`, index),
        access: "read",
        client: `${dialect}-reader`,
      },
    };
  });
});

const read = (dialect: Dialect, client: string, index: number): SqlOperation => ({
  ...common,
  id: idOf(`read-${client}`, index),
  access: "read",
  dialect,
  client,
  statement:
    [
      "SELECT id, name FROM accounts ORDER BY id",
      "SELECT id, name FROM accounts WHERE name = $1 ORDER BY $1",
    ][index] ?? "",
  parameters: index === 0 ? [] : ["name"],
});
const clients = [
  ["postgres", "postgres-reader"],
  ["sqlite", "sqlite-reader"],
] as const;
const reads = clients.flatMap(([dialect, client]) => [
  read(dialect, client, 0),
  read(dialect, client, 1),
]);

let server: PostgresServer;
let owner: Client;
let ground: Ground;

const sqliteFile = (): string => join(ground.desk.folder, "accounts.db");

beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(`${tables}
    CREATE SEQUENCE numbers;
    CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS $$ DELETE FROM accounts RETURNING 1 $$;
    CREATE VIEW wiping AS SELECT wipe();
    CREATE FUNCTION arrow(int, int) RETURNS int LANGUAGE sql AS $$ SELECT wipe() $$;
    CREATE OPERATOR ==> (LEFTARG = int, RIGHTARG = int, FUNCTION = arrow);
    CREATE ROLE reader LOGIN;
    GRANT SELECT ON accounts, wiping TO reader;`);
  const operations = [...tried.flatMap(({ judged, misjudged }) => [judged, misjudged]), ...reads];
  const reader = server.url.replace("owner@", "reader@");
  ground = await openGround({
    operations,
    change: (text) =>
      text
        .replace(
          "  agents: {",
          `  pg: { kind: postgres, url: "${server.url}" }
  pg-reader: { kind: postgres, url: "${reader}" }
  lite: { kind: sqlite, url: "sqlite:./accounts.db" }
  agents: {`,
        )
        .replace(
          "sql: agents }",
          'sql: agents, "sql:postgres": pg, "sql:postgres-reader": pg-reader, "sql:sqlite": lite, "sql:sqlite-reader": lite }',
        ),
    prepare(folder) {
      const db = new Database(join(folder, "accounts.db"));
      db.exec(tables);
      db.close();
    },
  });
});
afterAll(async () => {
  await ground?.stop();
  await owner?.end();
  await server?.stop();
  rmSync(file, { force: true });
});

/** All that an attack could have changed. */
async function stateOf(dialect: Dialect): Promise<unknown> {
  if (dialect === "sqlite") {
    const db = new Database(sqliteFile(), { readonly: true });
    const all = (text: string): unknown => db.prepare(text).all();
    const state = [
      all("SELECT * FROM accounts"),
      all("SELECT * FROM sqlite_schema"),
      all("PRAGMA user_version"),
      all("PRAGMA journal_mode"),
    ];
    db.close();
    return [state, existsSync(file)];
  }
  const { rows } = await owner.query(`SELECT
    (SELECT json_agg(a ORDER BY id) FROM accounts a) AS accounts,
    (SELECT last_value || is_called::text FROM numbers) AS numbers,
    (SELECT count(*) FROM pg_class WHERE relpersistence <> 't') AS relations,
    (SELECT count(*) FROM pg_largeobject_metadata) AS objects,
    (SELECT count(*) FROM pg_replication_slots) AS slots,
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks,
    (SELECT count(*) FROM pg_prepared_statements) AS prepared`);
  return [rows, existsSync(file)];
}

const run = ({ client, id }: SqlOperation, values: unknown[] = []): Promise<Reply> =>
  ground.sam.post(`/_govern/sql/${client}`, { operation: id, values });

const trueRows = [
  [1, "ana"],
  [2, "sam"],
];

const rowIds = [...new Set(tried.map(({ row }) => row))];

const rooms = rowIds.flatMap((row) =>
  (["postgres", "sqlite"] as const)
    .filter((dialect) => tried.some((one) => one.row === row && one.dialect === dialect))
    .map((dialect) => [row, dialect] as const),
);

describe.each(rooms)("%s in %s", (row, dialect) => {
  const texts = tried.filter((one) => one.row === row && one.dialect === dialect);

  it.each(texts.filter(({ text }) => !engineOnly.has(text)).map((one) => [one.text, one] as const))(
    `${row} is a write for import, and held: %s`,
    async (_text, { judged }) => {
      const facts = await classifyStatement(judged.statement, dialect);
      expect(facts.access).not.toBe("read");
      const before = await stateOf(dialect);
      const reply = await run(judged);
      expect(reply.status).toBe(202);
      expect((await ground.trail("&type=held"))[0]).toMatchObject({ operation: judged.id });
      expect(await stateOf(dialect)).toEqual(before);
    },
  );

  it.each(texts.map((one) => [one.text, one] as const))(
    `${row} changes nothing where it was taken for a read: %s`,
    async (_text, { misjudged }) => {
      const before = await stateOf(dialect);
      const reply = await run(misjudged);
      const [entry] = await ground.trail("&type=read");
      expect(entry).toMatchObject({ operation: misjudged.id });
      if (reply.status !== 200) {
        expectRefusal(reply, 422, "resource-rejected");
        expect(entry).toMatchObject({ outcome: { state: "failed", code: "resource-rejected" } });
      }
      // What it left in its session would show in the next call.
      const next = await run(read(dialect, misjudged.client, 0));
      expect((next.json() as SqlResult).rows).toEqual(trueRows);
      await expect.poll(() => stateOf(dialect)).toEqual(before);
    },
  );
});

describe.each(clients)("Q11 and Q14 values in %s", (dialect, client) => {
  it.each([
    "balance; DROP TABLE accounts",
    "' OR 1=1 --",
    "ana'; DELETE FROM accounts; --",
    "\\'; DELETE FROM accounts; --",
    "(SELECT 1)",
    "\ufeffana",
  ])("Q11 %j is a value, also where a statement sorts by it", async (value) => {
    const before = await stateOf(dialect);
    const reply = await run(read(dialect, client, 1), [value]);
    expect(reply.status).toBe(200);
    expect((reply.json() as SqlResult).rows).toEqual([]);
    expect(await stateOf(dialect)).toEqual(before);
  });

  it.each([
    ["an object", [{ name: "ana" }]],
    ["an object that says how it is written", [{ toSqlString: "1=1" }]],
    ["a raw marker", [{ $raw: "1=1" }]],
    ["lists in a list", [[["ana"]]]],
    ["one value too many", ["ana", "sam"]],
  ])("Q14 %s is no value of a statement", async (_name, values) => {
    await ground.refuses(async () => {
      expectRefusal(await run(read(dialect, client, 1), values), 400, "invalid-arguments");
    }, "invalid-arguments");
  });

  it("Q14 a list is one value, and never more conditions", async () => {
    const reply = await run(read(dialect, client, 1), [["ana", "sam"]]);
    if (reply.status === 200) expect((reply.json() as SqlResult).rows).toEqual([]);
    else expectRefusal(reply, 422, "resource-rejected");
  });
});

it("has every row of the catalogue", () => {
  const text = readFileSync(join(import.meta.dirname, "sql.test.ts"), "utf8");
  const named = new Set([...text.matchAll(/\b(Q\d+)\b/g)].map(([, id]) => id));
  const rows = Array.from({ length: 14 }, (_, index) => `Q${index + 1}`);
  expect(rows.filter((id) => !named.has(id))).toEqual([]);
});
