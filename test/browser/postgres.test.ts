/** The stand-in for postgres.js: what it sends, and that it gives what the driver gives. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collapseStatement } from "../../src/contract/statement-text.ts";
import { useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();

const digestOf = (text: string): string =>
  createHash("sha256").update(collapseStatement(text)).digest("hex");

const sent = (): unknown[] =>
  at.server.requests(/_govern\/sql/).map(({ body }) => JSON.parse(body));

const one = {
  columns: [
    { name: "id", type: "int8" },
    { name: "day", type: "date" },
  ],
  rows: [["7", "2026-05-01"]],
  rowCount: 1,
  command: "SELECT",
};

describe("what leaves the page", () => {
  it("is the digest of the text that the driver would build, with lists as one value", async () => {
    at.server.sql = one;
    await at.page.evaluate(async () => {
      const sql = __govern.postgres("s2", "postgres");
      const row = { total: 5, state: "new", extra: true };
      await sql`INSERT INTO orders ${sql(row, "total", "state")} RETURNING id`;
      await sql`INSERT INTO orders ${sql([row, row], ["total"])}`;
      await sql`UPDATE orders SET ${sql({ a: 1, 'b"c': null })} WHERE id = ${7}`;
      await sql`SELECT ${sql(["id", "o.total"])} FROM ${sql("orders")} WHERE id IN ${sql([1, 2])}`;
      await sql`SELECT 1 WHERE 1 not in ${sql([])}`;
      await sql`SELECT 1 ${sql`WHERE a = ${1}`} AND b = ${2}`;
      await sql`INSERT INTO d VALUES (${sql.json([1, { a: 2 }])})`;
      await sql.unsafe("SELECT $1", ["x"]);
    });
    expect(sent()).toEqual([
      {
        digest: digestOf('INSERT INTO orders ("total","state")values($1,$2) RETURNING id'),
        values: [5, "new"],
      },
      { digest: digestOf('INSERT INTO orders ("total")values($1),($2)'), values: [5, 5] },
      {
        digest: digestOf('UPDATE orders SET "a"=$1,"b""c"=$2 WHERE id = $3'),
        values: [1, null, 7],
      },
      {
        digest: digestOf('SELECT "id","o"."total" FROM "orders" WHERE id = any($1)'),
        values: [[1, 2]],
      },
      { digest: digestOf("SELECT 1 WHERE 1 <> all($1)"), values: [[null]] },
      { digest: digestOf("SELECT 1 WHERE a = $1 AND b = $2"), values: [1, 2] },
      { digest: digestOf("INSERT INTO d VALUES ($1)"), values: [{ $json: '[1,{"a":2}]' }] },
      { digest: digestOf("SELECT $1"), values: ["x"] },
    ]);
  });

  it("is one call for a transaction, once its function is done; none if it throws", async () => {
    at.server.sql = { results: [one, one] };
    const seen = await at.page.evaluate(async () => {
      const sql = __govern.postgres("s2", "postgres");
      const rows = (await sql.begin(async (tx: typeof sql) => {
        await tx`UPDATE t SET a = ${1}`;
        return tx`SELECT id FROM t`;
      })) as { id: string }[];
      const both = (await sql.begin("read only", (tx: typeof sql) => [
        tx`SELECT 1`,
        tx`SELECT 2`,
      ])) as { id: string }[][];
      const failed = await sql
        .begin(async (tx: typeof sql) => {
          const [row] = await tx`SELECT id FROM t`;
          return row;
        })
        .catch(({ message }: Error) => message);
      return [rows[0]?.id, Array.isArray(rows), both.map(([row]) => row?.id), failed];
    });
    expect(sent()).toEqual([
      {
        batch: [
          { digest: digestOf("UPDATE t SET a = $1"), values: [1] },
          { digest: digestOf("SELECT id FROM t"), values: [] },
        ],
      },
      {
        batch: [
          { digest: digestOf("SELECT 1"), values: [] },
          { digest: digestOf("SELECT 2"), values: [] },
        ],
      },
    ]);
    expect(seen).toEqual([
      "7",
      true,
      ["7", "7"],
      expect.stringMatching(/^interactive-transaction/),
    ]);
  });

  it("runs a query once, when it is awaited and not before", async () => {
    at.server.sql = one;
    await at.page.evaluate(async () => {
      const sql = __govern.postgres("s2", "postgres");
      const kept = sql`SELECT 'never'`;
      const query = sql`SELECT 'once'`;
      await query;
      await query;
      return kept instanceof Promise;
    });
    expect(sent()).toEqual([{ digest: digestOf("SELECT 'once'"), values: [] }]);
  });
});

describe("what comes back", () => {
  it("is a list of rows with the driver's members, or of values", async () => {
    at.server.sql = one;
    const seen = await at.page.evaluate(async () => {
      const sql = __govern.postgres("s2", "postgres");
      const rows = await sql`SELECT 1`;
      const values = await sql`SELECT 1`.values();
      return [rows.length, rows.count, rows.command, rows[0]?.["id"], rows[0]?.["day"], values[0]];
    });
    expect(seen).toEqual([1, 1, "SELECT", "7", new Date(2026, 4, 1), ["7", new Date(2026, 4, 1)]]);
  });

  it("is the driver's error for a value that is none, what is refused, and what keeps a connection", async () => {
    at.server.sql = {
      type: "urn:govern:unregistered",
      title: "",
      status: 403,
      detail: "",
      code: "unregistered",
      correlation: "",
    };
    const errors = await at.page.evaluate(async () => {
      const sql = __govern.postgres("s2", "postgres");
      const all = await Promise.allSettled([
        sql`SELECT ${undefined}`,
        sql`SELECT 1`,
        sql.listen("x"),
      ]);
      return all.map((settled) => {
        const { name, code } = (settled as PromiseRejectedResult).reason as Error & {
          code: string;
        };
        return `${name} ${code}`;
      });
    });
    expect(errors).toEqual([
      "PostgresError UNDEFINED_VALUE",
      "PostgresError unregistered",
      "PostgresError unregistered",
    ]);
  });
});
