/** The stand-in for `@libsql/client`'s client: what it sends, and that it gives what the driver gives. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collapseStatement } from "../../src/contract/statement-text.ts";
import { useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();

const digestOf = (text: string): string =>
  createHash("sha256").update(collapseStatement(text)).digest("hex");

const sent = (): unknown[] =>
  at.server.requests(/_govern\/sql/).map(({ body }) => JSON.parse(body));

describe("what leaves the page", () => {
  it("is the digest of each text with its values in the order of its placeholders", async () => {
    await at.page.evaluate(async () => {
      const db = __govern.libsql("s2", "libsql");
      await db.execute("SELECT 1");
      await db.execute("SELECT * FROM t  WHERE a = ? AND b = ?", [new Date(5), true]);
      await db.execute({ sql: "SELECT ':no', :b, @a, :b", args: { a: 1, ":b": null } });
      await db.execute({ sql: __govern.text("delete-t-0a1b2c", ["x'"]), args: [] });
    });
    expect(at.server.requests(/sql/)[0]).toMatchObject({ url: "/_govern/sql/libsql" });
    expect(sent()).toEqual([
      { digest: digestOf("SELECT 1"), values: [] },
      { digest: digestOf("SELECT * FROM t WHERE a = ? AND b = ?"), values: [5, true] },
      { digest: digestOf("SELECT ':no', :b, @a, :b"), values: [null, 1] },
      { operation: "delete-t-0a1b2c", values: ["x'"] },
    ]);
  });

  it("is one call for a batch", async () => {
    at.server.sql = { results: [] };
    await at.page.evaluate(() =>
      __govern
        .libsql("s2", "libsql")
        .batch(["SELECT 1", ["SELECT ?", [2]], { sql: "SELECT :a", args: { a: 3 } }], "write"),
    );
    expect(sent()).toEqual([
      {
        batch: [
          { digest: digestOf("SELECT 1"), values: [] },
          { digest: digestOf("SELECT ?"), values: [2] },
          { digest: digestOf("SELECT :a"), values: [3] },
        ],
      },
    ]);
  });
});

describe("what comes back", () => {
  it("has rows by name and by number, buffers, and the driver's counts", async () => {
    at.server.sql = {
      columns: [
        { name: "id", type: "INTEGER" },
        { name: "photo", type: "BLOB" },
        { name: "id", type: "INTEGER" },
      ],
      rows: [[7, { $bytes: "AP8=" }, 8]],
      rowCount: 1,
      command: "SELECT",
    };
    const seen = await at.page.evaluate(async () => {
      const result = (await __govern.libsql("s2", "libsql").execute("SELECT *")) as never as {
        columns: string[];
        rows: (Record<string, unknown> & { length: number })[];
        rowsAffected: number;
      };
      const [row] = result.rows;
      if (row === undefined) throw new Error("no row");
      return [
        result.columns,
        result.rowsAffected,
        row["id"],
        row[2],
        row.length,
        Object.keys(row),
        (row["photo"] as ArrayBuffer).byteLength,
      ];
    });
    expect(seen).toEqual([["id", "photo", "id"], 0, 7, 8, 3, ["id", "photo"], 2]);
  });

  it("tells the key of the row that was made", async () => {
    at.server.sql = { columns: [], rows: [], rowCount: 1, command: "INSERT", insertId: 41 };
    const seen = await at.page.evaluate(async () => {
      const result = await __govern.libsql("s2", "libsql").execute("INSERT INTO t VALUES (1)");
      return JSON.stringify(result);
    });
    expect(JSON.parse(seen)).toEqual({
      columns: [],
      columnTypes: [],
      rows: [],
      rowsAffected: 1,
      lastInsertRowid: "41",
    });
  });

  it("is the driver's error for a refusal, a transaction and a value that is none", async () => {
    at.server.sql = {
      type: "urn:govern:unregistered",
      title: "",
      status: 403,
      detail: "",
      code: "unregistered",
      correlation: "",
    };
    const errors = await at.page.evaluate(async () => {
      const db = __govern.libsql("s2", "libsql");
      const all = await Promise.allSettled([
        db.execute("SELECT 1"),
        db.transaction("write"),
        db.execute("SELECT ?", [undefined]),
      ]);
      return all
        .map((one) => (one as PromiseRejectedResult).reason as Error)
        .map(({ name, message }) => `${name}: ${message}`);
    });
    expect(errors[0]).toMatch(/^LibsqlError: unregistered: /);
    expect(errors[1]).toMatch(/^LibsqlError: unregistered: transaction\(\) is refused/);
    expect(errors[2]).toBe("TypeError: Unsupported type of value");
  });
});
