/** The SQLite connector: placeholders, types, and that a read cannot write. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SqlOperation } from "../../../src/contract/operation.ts";
import type { TaggedValue } from "../../../src/contract/tagged-value.ts";
import type { SqlResult } from "../../../src/contract/wire.ts";
import type { Connector, ConnectorResult } from "../../../src/sidecar/connectors/connector.ts";
import { openSqliteConnector } from "../../../src/sidecar/connectors/sqlite/connector.ts";
import {
  numberPlaceholders,
  statementVerb,
} from "../../../src/sidecar/connectors/sqlite/statement.ts";

describe("the SQLite connector", () => {
  let folder: string;
  let file: string;
  let connector: Connector;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "govern-sqlite-"));
    file = join(folder, "parts.db");
    const db = new Database(file);
    db.exec(
      `CREATE TABLE parts (id INTEGER PRIMARY KEY, label TEXT, weight REAL, made TIMESTAMPTZ, photo BLOB)`,
    );
    db.exec(`INSERT INTO parts VALUES (7, 'bolt', 1.5, '2026-02-03T04:05:06.000Z', x'00ff')`);
    db.close();
    connector = openSqliteConnector({ name: "parts", file, maxRows: 3 });
  });
  afterEach(async () => {
    await connector.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(
    statement: string,
    values: readonly TaggedValue[] = [],
    access: "read" | "write" = "read",
  ): Promise<ConnectorResult> {
    const parameters = values.map((_, index) => `v${index}`);
    const operation: SqlOperation = {
      // The same for all: a statement that is written by hand may become another under its id.
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
    const named = Object.fromEntries(
      parameters.map((name, index) => [name, values[index] as never]),
    );
    const call = {
      operation,
      access,
      arguments: { values: named },
      payload: null,
      contentType: null,
    };
    return connector.execute(call, AbortSignal.timeout(1000));
  }
  /** Several statements as one call. */
  function runBatch(texts: readonly string[], access: "read" | "write"): Promise<ConnectorResult> {
    const statements = texts.map((statement, index): SqlOperation => ({
      id: `q${index}-${statement.length}-000000`,
      kind: "sql",
      access,
      why: "test",
      dialect: "sqlite",
      statement,
      tables: [],
      parameters: [],
      client: "libsql",
    }));
    const call = {
      operation: {
        id: "batch-000000",
        kind: "sql-batch" as const,
        access,
        why: "test",
        dialect: "sqlite" as const,
        client: "libsql",
        statements: statements.map(({ id }) => id),
      },
      statements,
      access,
      arguments: { statements: texts.map(() => ({ values: {} })) },
      payload: null,
      contentType: null,
    };
    return connector.execute(call, AbortSignal.timeout(1000));
  }

  it("binds names by the order in which the text names them, and tells the key of a new row", async () => {
    expect(
      await answer(
        "INSERT INTO parts (id, label) VALUES (:id, @label || ':id ' || @label)",
        [11, "nut"],
        "write",
      ),
    ).toMatchObject({ rowCount: 1, insertId: 11 });
    expect((await answer("SELECT label FROM parts WHERE id = $id", [11])).rows).toEqual([
      ["nut:id nut"],
    ]);
  });

  it("runs a batch as one transaction, with the result of each statement", async () => {
    const result = await runBatch(
      ["INSERT INTO parts (id) VALUES (8)", "SELECT id FROM parts ORDER BY id"],
      "write",
    );
    if (result.kind !== "answered") throw new RangeError(result.detail);
    expect(JSON.parse(Buffer.from(result.body).toString())).toMatchObject({
      results: [
        { command: "INSERT", rowCount: 1, insertId: 8 },
        { command: "SELECT", rows: [[7], [8]] },
      ],
    });
    expect(count()).toBe(2);
  });

  it.each([
    ["fails", ["DELETE FROM parts", "INSERT INTO parts (id) VALUES ('x')"], "write"],
    ["may not run", ["DELETE FROM parts", "PRAGMA user_version = 1"], "write"],
    ["writes though it is a read", ["SELECT 1", "DELETE FROM parts"], "read"],
  ] as const)("undoes a batch where one of its statements %s", async (_name, texts, access) => {
    expect(await runBatch(texts, access)).toMatchObject({ kind: "failed" });
    expect(count()).toBe(1);
  });

  async function answer(...args: Parameters<typeof run>): Promise<SqlResult> {
    const result = await run(...args);
    if (result.kind !== "answered") throw new RangeError(result.detail);
    return JSON.parse(Buffer.from(result.body).toString()) as SqlResult;
  }
  const count = (): unknown => {
    const db = new Database(file, { readonly: true });
    try {
      return db.prepare("SELECT count(*) FROM parts").pluck().get();
    } finally {
      db.close();
    }
  };

  it("gives declared types and tagged values", async () => {
    expect(await answer("SELECT *, count(*) AS n FROM parts WHERE label = $1", ["bolt"])).toEqual({
      columns: [
        { name: "id", type: "INTEGER" },
        { name: "label", type: "TEXT" },
        { name: "weight", type: "REAL" },
        { name: "made", type: "TIMESTAMPTZ" },
        { name: "photo", type: "BLOB" },
        { name: "n", type: "" },
      ],
      rows: [[7, "bolt", 1.5, "2026-02-03T04:05:06.000Z", { $bytes: "AP8=" }, 1]],
      rowCount: 1,
      command: "SELECT",
    });
  });

  it("binds each kind of value by its place, also one placeholder twice", async () => {
    const values: TaggedValue[] = [
      { $int: "9007199254740993" },
      { $date: "2026-01-01T00:00:00.000Z" },
      { $bytes: "AQI=" },
      true,
      { $json: '{"a":1}' },
    ];
    const { rows } = await answer("SELECT $2, $1, $3, $4, $5, $1", values);
    expect(rows).toEqual([
      [
        "2026-01-01T00:00:00.000Z",
        { $int: "9007199254740993" },
        { $bytes: "AQI=" },
        1,
        '{"a":1}',
        { $int: "9007199254740993" },
      ],
    ]);
  });

  it("tells what a write changed, and gives the rows it returns", async () => {
    const insert = "INSERT INTO parts (label) VALUES ($1)";
    expect(await answer(insert, ["nut"], "write")).toMatchObject({
      rowCount: 1,
      command: "INSERT",
      rows: [],
    });
    const returning = await answer("UPDATE parts SET label = $1 RETURNING id", ["x"], "write");
    expect(returning).toMatchObject({ rowCount: 2, command: "UPDATE", rows: [[7], [8]] });
  });

  it.each([
    "DELETE FROM parts",
    "UPDATE parts SET label = 'x' RETURNING *",
    "WITH gone AS (SELECT 1) DELETE FROM parts",
    "REPLACE INTO parts (id) VALUES (9)",
    "CREATE TABLE t (a)",
    "PRAGMA user_version = 3",
    "PRAGMA table_info(parts)",
    "ATTACH DATABASE ':memory:' AS other",
    "BEGIN",
    "VACUUM",
    "EXPLAIN DELETE FROM parts",
    "SELECT 1; DELETE FROM parts",
    "SELECT load_extension('x')",
    "SELECT writefile('x', 'y')",
    "/* SELECT */ DELETE FROM parts",
  ])("does not run as a read: %s", async (statement) => {
    expect(await run(statement)).toMatchObject({ kind: "failed", code: "resource-rejected" });
    expect(count()).toBe(1);
  });

  it.each([
    "PRAGMA writable_schema = 1",
    "ATTACH DATABASE ':memory:' AS other",
    "BEGIN",
    "COMMIT",
    "VACUUM INTO 'copy.db'",
    "DELETE FROM parts; SELECT 1",
  ])("does not run as a write either: %s", async (statement) => {
    expect(await run(statement, [], "write")).toMatchObject({ code: "resource-rejected" });
    expect(count()).toBe(1);
  });

  it("tells nothing of the statement or the engine when it refuses", async () => {
    const result = await run("SELECT nonesuch FROM parts WHERE label = $1", ["s3cret"]);
    expect(JSON.stringify(result)).not.toMatch(/nonesuch|s3cret|column/);
  });

  it("refuses values that SQLite does not have, and more rows than fit", async () => {
    expect((await run("SELECT $1", [{ $number: "NaN" }])).kind).toBe("failed");
    expect((await run("SELECT $1", [[1, 2]])).kind).toBe("failed");
    const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    expect((await run(many)).kind).toBe("failed");
    expect((await answer("SELECT 1")).rows).toEqual([[1]]);
  });

  it("fails a write that another writer keeps out, for it certainly did not run", async () => {
    await connector.close();
    connector = openSqliteConnector({ name: "parts", file, busyTimeout: 1 });
    const db = new Database(file);
    db.exec("BEGIN IMMEDIATE");
    const result = await run("DELETE FROM parts", [], "write");
    db.exec("ROLLBACK");
    db.close();
    expect(result).toMatchObject({ kind: "failed", code: "resource-failed" });
    expect(count()).toBe(1);
  });
});

describe("a statement for SQLite", () => {
  it.each([
    ["SELECT $1, '$1', \"$2\", $12 -- $3\n, $4", "SELECT ?1, '$1', \"$2\", ?12 -- $3\n, ?4"],
    ["SELECT ?, '?', ?", "SELECT ?1, '?', ?2"],
    ["SELECT 'it''s $1', $1", "SELECT 'it''s $1', ?1"],
  ])("%s becomes %s", (from, to) => {
    expect(numberPlaceholders(from)).toBe(to);
  });

  it.each([
    ["select 1", "SELECT"],
    ["  with a as (delete from t) select 1", "SELECT"],
    ["WITH RECURSIVE a(x) AS (VALUES (1)) INSERT INTO t SELECT x FROM a", "INSERT"],
    ["-- delete\nUPDATE t SET a = 1", "UPDATE"],
    ["", ""],
  ])("the verb of %j is %j", (statement, verb) => {
    expect(statementVerb(statement)).toBe(verb);
  });
});
