/** The stand-ins for mysql2 and planetscale: what they send, and that they give what the drivers give. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collapseStatement } from "../../src/contract/statement-text.ts";
import { useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();

const digestOf = (text: string): string =>
  createHash("sha256").update(collapseStatement(text)).digest("hex");

const sent = (): unknown[] =>
  at.server.requests(/_govern\/sql/).map(({ body }) => JSON.parse(body));

const rows = {
  columns: [
    { name: "id", type: "BIGINT" },
    { name: "name", type: "VARCHAR" },
  ],
  rows: [[{ $int: "9007199254740993" }, "oak"]],
  rowCount: 1,
  command: "SELECT",
};
const written = { columns: [], rows: [], rowCount: 2, command: "INSERT", insertId: 41 };

describe("mysql2", () => {
  it("sends digests and values, and gives rows or what a write did with the fields", async () => {
    at.server.sql = rows;
    const read = await at.page.evaluate(async () => {
      const pool = __govern.mysql2("s1", "mysql2").promise();
      const [first] = await pool.execute("SELECT  * FROM t WHERE a = ?", [5]);
      const [second] = await pool.query({ sql: "SELECT ?", values: ["x"] });
      const third = await new Promise((done) => {
        void pool.query("SELECT 1", (_error: unknown, given: unknown) => done(given));
      });
      return [first, second, third];
    });
    const row = { id: "9007199254740993", name: "oak" };
    expect(read).toEqual([[row], [row], [row]]);
    expect(sent()).toEqual([
      { digest: digestOf("SELECT * FROM t WHERE a = ?"), values: [5] },
      { digest: digestOf("SELECT ?"), values: ["x"] },
      { digest: digestOf("SELECT 1"), values: [] },
    ]);
    at.server.sql = written;
    const [header] = await at.page.evaluate(() =>
      __govern.mysql2("s1", "mysql2").query("INSERT INTO t VALUES (1)"),
    );
    expect(header).toMatchObject({ affectedRows: 2, insertId: 41 });
  });

  it("sends a transaction as one call, whose results are read after it", async () => {
    at.server.sql = { results: [written, rows] };
    const seen = await at.page.evaluate(async () => {
      const connection = await __govern.mysql2("s1", "mysql2").getConnection();
      await connection.beginTransaction();
      const [made] = (await connection.execute("INSERT INTO t VALUES (?)", [1])) as [
        { insertId: number },
        unknown,
      ];
      const early = await Promise.resolve()
        .then(() => made.insertId)
        .catch(({ message }: Error) => message);
      await connection.execute("SELECT 1");
      await connection.commit();
      await connection.beginTransaction();
      await connection.execute("DELETE FROM t");
      await connection.rollback();
      return [early, made.insertId];
    });
    expect(seen).toEqual([expect.stringMatching(/^interactive-transaction/), 41]);
    expect(sent()).toEqual([
      {
        batch: [
          { digest: digestOf("INSERT INTO t VALUES (?)"), values: [1] },
          { digest: digestOf("SELECT 1"), values: [] },
        ],
      },
    ]);
  });
});

describe("planetscale", () => {
  it("gives the driver's results, by name and as lists, and sends a transaction as one call", async () => {
    at.server.sql = rows;
    const read = await at.page.evaluate(async () => {
      const db = __govern.planetscale("s1", "planetscale");
      const named = await db.execute("SELECT * FROM t WHERE a = ?", [5]);
      const listed = await db.execute("SELECT * FROM t", null, { as: "array" });
      return [named.rows, named.headers, named.rowsAffected, listed.rows];
    });
    expect(read).toEqual([
      [{ id: "9007199254740993", name: "oak" }],
      ["id", "name"],
      0,
      [["9007199254740993", "oak"]],
    ]);
    at.server.sql = { results: [written] };
    const value = await at.page.evaluate(() =>
      __govern.planetscale("s1", "planetscale").transaction(async (tx) => {
        return tx.execute("INSERT INTO t VALUES (?)", [1]);
      }),
    );
    expect(value).toMatchObject({ rowsAffected: 2, insertId: "41" });
    expect(sent().at(-1)).toEqual({
      batch: [{ digest: digestOf("INSERT INTO t VALUES (?)"), values: [1] }],
    });
  });
});

describe("a driver that is not known", () => {
  it("throws where a database would be asked", async () => {
    const errors = await at.page.evaluate(() =>
      ["query", "execute", "begin", "connect", "transaction"].map((name) => {
        try {
          return typeof Reflect.get(new __govern.driver() as object, name);
        } catch (error) {
          return (error as Error).message;
        }
      }),
    );
    expect(new Set(errors)).toEqual(new Set(["unregistered database client"]));
  });
});
