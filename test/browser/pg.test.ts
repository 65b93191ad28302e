/** The stand-in for node-postgres's pools and clients: what it sends, and that it gives what the driver gives. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collapseStatement } from "../../src/contract/statement-text.ts";
import { heldTickets, useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();

const digestOf = (text: string): string =>
  createHash("sha256").update(collapseStatement(text)).digest("hex");

const sent = (): unknown[] =>
  at.server.requests(/_govern\/sql/).map(({ body }) => JSON.parse(body));

const one = {
  columns: [
    { name: "id", type: "int8" },
    { name: "total", type: "numeric" },
    { name: "at", type: "timestamptz" },
  ],
  rows: [["7", "12.50", { $date: "2026-05-01T10:00:00.000Z" }]],
  rowCount: 1,
  command: "SELECT",
};

describe("what leaves the page", () => {
  it("is the digest of each text and its values, by promise, by callback and by object", async () => {
    at.server.sql = one;
    await at.page.evaluate(async () => {
      const pool = __govern.pg("s3", "pg-shop");
      await pool.query("SELECT 1");
      await pool.query("SELECT  $1::int", [5]);
      await pool.query({ name: "kept", text: "SELECT $1", values: [new Date(0)] });
      await pool.query({ text: "SELECT $1, $2" }, [{ a: 1 }, [1, 2]]);
      await new Promise((done) => {
        void pool.query("SELECT $1", ["back"], done);
      });
      await pool.query(__govern.text("delete-t-0a1b2c", ["x'"]), ["first"]);
      await pool.end();
    });
    expect(at.server.requests(/sql/)[0]).toMatchObject({ url: "/_govern/sql/pg-shop" });
    expect(sent()).toEqual([
      { digest: digestOf("SELECT 1"), values: [] },
      { digest: digestOf("SELECT $1::int"), values: [5] },
      { digest: digestOf("SELECT $1"), values: [{ $date: "1970-01-01T00:00:00.000Z" }] },
      { digest: digestOf("SELECT $1, $2"), values: [{ $json: '{"a":1}' }, [1, 2]] },
      { digest: digestOf("SELECT $1"), values: ["back"] },
      { operation: "delete-t-0a1b2c", values: ["first", "x'"] },
    ]);
  });

  it("is one call for what stands between BEGIN and COMMIT, and nothing after ROLLBACK", async () => {
    at.server.sql = { results: [one, { ...one, command: "UPDATE", rowCount: 3 }] };
    const seen = await at.page.evaluate(async () => {
      const client = await __govern.pg("s3", "pg").connect();
      await client.query("BEGIN");
      const { rows } = await client.query("SELECT $1", [1]);
      const updated = await client.query("UPDATE t SET a = $1", [2]);
      const early = await Promise.resolve()
        .then(() => rows[0])
        .catch(({ message }: Error) => message);
      await client.query("COMMIT");
      await client.query("begin");
      await client.query("DELETE FROM t");
      await client.query("ROLLBACK");
      client.release();
      return [early, rows[0]?.["id"], updated.rowCount, updated.command, rows.length];
    });
    expect(sent()).toEqual([
      {
        batch: [
          { digest: digestOf("SELECT $1"), values: [1] },
          { digest: digestOf("UPDATE t SET a = $1"), values: [2] },
        ],
      },
    ]);
    expect(seen).toEqual([expect.stringMatching(/^interactive-transaction/), "7", 3, "UPDATE", 1]);
  });
});

describe("what comes back", () => {
  it("is a result of the driver's shape and types", async () => {
    at.server.sql = one;
    const seen = await at.page.evaluate(async () => {
      const pool = __govern.pg("s3", "pg").on("error", () => undefined);
      const result = await pool.query("SELECT *");
      const arrays = await pool.query({ text: "SELECT *", rowMode: "array" });
      const [row] = result.rows;
      return [JSON.stringify(result), row?.["at"] instanceof Date, JSON.stringify(arrays.rows)];
    });
    expect(JSON.parse(String(seen[0]))).toMatchObject({
      command: "SELECT",
      rowCount: 1,
      rows: [{ id: "7", total: "12.50", at: "2026-05-01T10:00:00.000Z" }],
      fields: [
        { name: "id", dataTypeID: 20 },
        { name: "total", dataTypeID: 1700 },
        { name: "at", dataTypeID: 1184 },
      ],
    });
    expect(seen.slice(1)).toEqual([true, '[["7","12.50","2026-05-01T10:00:00.000Z"]]']);
  });

  it("is read by the parsers that the app gave the driver", async () => {
    at.server.sql = one;
    const id = await at.page.evaluate(async () => {
      const { types } = __govern.driver;
      types.setTypeParser(types.builtins["INT8"], Number);
      const { rows } = await __govern.pg("s3", "pg").query("SELECT *");
      return rows[0]?.["id"];
    });
    expect(id).toBe(7);
  });

  it("is the rows of a held write once a person approved, and the driver's error once denied", async () => {
    at.server.hold = true;
    at.server.sql = one;
    const outcomes = at.page.evaluate(async () => {
      const pool = __govern.pg("s3", "pg");
      const all = await Promise.allSettled([
        pool.query("UPDATE a SET b = 1"),
        pool.query("UPDATE a SET b = 2"),
      ]);
      return all.map((settled) =>
        settled.status === "fulfilled"
          ? settled.value.rowCount
          : `${(settled.reason as Error).name} ${(settled.reason as { code: string }).code}`,
      );
    });
    const [first = "", second = ""] = await heldTickets(at.server, 2);
    at.server.approve(first);
    at.server.refuse(second, "approval-denied");
    expect(await outcomes).toEqual([1, "error approval-denied"]);
  });
});

describe("the driver's module", () => {
  it("gives itself for whatever is asked of it, and is no promise", async () => {
    const seen = await at.page.evaluate(async () => {
      const { driver } = __govern;
      const same = [driver(), new driver(), driver.anything.at, await Promise.resolve(driver)];
      return same.map((value) => value === driver);
    });
    expect(seen).toEqual([true, true, true, true]);
  });
});
