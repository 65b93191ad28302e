/** The stand-in for `neon()`: what it sends, and that it gives what the driver gives. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collapseStatement } from "../../src/contract/statement-text.ts";
import type { SqlColumn, SqlResult } from "../../src/contract/wire.ts";
import type { TaggedValue } from "../../src/contract/tagged-value.ts";
import { heldTickets, useProxyPage } from "./proxy-page.ts";

const at = useProxyPage();

const digestOf = (text: string): string =>
  createHash("sha256").update(collapseStatement(text)).digest("hex");

function resultOf(columns: SqlColumn[], ...rows: TaggedValue[][]): SqlResult {
  return { columns, rows, rowCount: rows.length, command: "SELECT" };
}

const sent = (): { digest?: string; operation?: string; values: TaggedValue[] }[] =>
  at.server.requests(/_govern\/sql/).map(({ body }) => JSON.parse(body) as never);

describe("what leaves the page", () => {
  it("is the digest of the text that the driver would build, and tagged values", async () => {
    await at.page.evaluate(async () => {
      const sql = __govern.neon("s4", "neon-2");
      await sql`
        UPDATE accounts   SET note = ${"it's"}, closed = ${new Date(0)}
        WHERE id = ${7} AND 'two  blanks' <> ${null}`;
    });
    expect(at.server.requests(/sql/)).toMatchObject([
      {
        method: "POST",
        url: "/_govern/sql/neon-2",
        headers: {
          "content-type": "application/json",
          "govern-site": "s4",
          "govern-build": "__GOVERN_BUILD__",
        },
      },
    ]);
    const text = "UPDATE accounts SET note = $1, closed = $2 WHERE id = $3 AND 'two  blanks' <> $4";
    expect(sent()).toEqual([
      {
        digest: digestOf(text),
        values: ["it's", { $date: "1970-01-01T00:00:00.000Z" }, 7, null],
      },
    ]);
    expect(at.server.requests(/sql/)[0]?.body).not.toContain("accounts");
  });

  it("composes templates and trusted texts as the driver does", async () => {
    await at.page.evaluate(async () => {
      const sql = __govern.neon("s4", "neon");
      const where = sql`WHERE a = ${1} AND ${sql`b = ${2}`}`;
      await sql`SELECT * FROM ${sql.unsafe("posts")} ${where} LIMIT ${3}`;
      await sql.query("SELECT $1::text", ["é€😀"]);
    });
    expect(sent()).toEqual([
      {
        digest: digestOf("SELECT * FROM posts WHERE a = $1 AND b = $2 LIMIT $3"),
        values: [1, 2, 3],
      },
      { digest: digestOf("SELECT $1::text"), values: ["é€😀"] },
    ]);
  });

  it("is the operation and its values where the text was interpolated", async () => {
    await at.page.evaluate(async () => {
      const sql = __govern.neon("s4", "neon");
      const helper = (text: string): Promise<unknown> => sql.query(`  ${text}\n`, ["first"]);
      await helper(__govern.text("select-accounts-3f9a2c", ["past due %", 5, ["a", "b"], null]));
      await sql.query(__govern.text("select-t-0a1b2c", [new URL("https://a.example/")]));
      await sql.query(`${__govern.text("select-t-0a1b2c", [1])} OR true`);
    });
    expect(sent().slice(0, 2)).toEqual([
      {
        operation: "select-accounts-3f9a2c",
        values: ["first", "past due %", 5, ["a", "b"], null],
      },
      { operation: "select-t-0a1b2c", values: ["https://a.example/"] },
    ]);
    expect(sent()[2]).toHaveProperty("digest");
  });

  it("is one call for the queries of a transaction, given or made by a function", async () => {
    at.server.sql = {
      results: [
        { columns: [{ name: "n", type: "int8" }], rows: [[5]], rowCount: 1, command: "SELECT" },
        { columns: [], rows: [], rowCount: 2, command: "UPDATE" },
      ],
    };
    const results = await at.page.evaluate(async () => {
      const sql = __govern.neon("s4", "neon");
      const text = __govern.text("update-t-0a1b2c", ["x"]);
      return [
        await sql.transaction([sql`SELECT ${1}`, sql.query(text, [2])]),
        await sql.transaction((tx: typeof sql) => [tx`SELECT ${1}`, tx.query(text, [2])], {
          fullResults: true,
        }),
      ];
    });
    const batch = [
      { digest: digestOf("SELECT $1"), values: [1] },
      { operation: "update-t-0a1b2c", values: [2, "x"] },
    ];
    expect(sent()).toEqual([{ batch }, { batch }]);
    expect(results[0]).toEqual([[{ n: "5" }], []]);
    expect(results[1]).toMatchObject([{ rowCount: 1 }, { rowCount: 2, command: "UPDATE" }]);
  });

  it("runs when awaited and not before, each time it is", async () => {
    const counts = await at.page.evaluate(async () => {
      const query = __govern.neon("s4", "neon")`SELECT 1`;
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { length } = performance.getEntriesByType("resource").filter((e) => /sql/.test(e.name));
      await query;
      await query.finally(() => undefined);
      return length;
    });
    expect(counts).toBe(0);
    expect(sent()).toHaveLength(2);
  });
});

describe("what comes back", () => {
  const columns = [
    { name: "id", type: "int8" },
    { name: "sum", type: "numeric" },
    { name: "at", type: "timestamptz" },
    { name: "day", type: "date" },
    { name: "raw", type: "bytea" },
    { name: "doc", type: "jsonb" },
    { name: "n", type: "int4" },
    { name: "ok", type: "bool" },
    { name: "none", type: "text" },
    { name: "days", type: "_date" },
    { name: "local", type: "timestamp" },
    { name: "sums", type: "_numeric" },
    { name: "ids", type: "_int8" },
    { name: "span", type: "daterange" },
  ];
  const row: TaggedValue[] = [
    { $int: "9007199254740993" },
    12.5,
    { $date: "2026-05-01T10:00:00.000Z" },
    "2026-05-01",
    { $bytes: "AQI=" },
    { $json: '{"a":[1]}' },
    3,
    true,
    null,
    ["2026-05-01", null],
    "2026-05-01T10:00:00",
    [["12.50"]],
    ["9007199254740993"],
    "[2026-05-01,2026-05-02)",
  ];

  it("is what the driver makes of PostgreSQL's types", async () => {
    at.server.sql = resultOf(columns, row);
    const [first] = (await at.page.evaluate(() => __govern.neon("s4", "neon")`SELECT 1`)) as Record<
      string,
      unknown
    >[];
    expect(first).toMatchObject({
      id: "9007199254740993",
      sum: "12.5",
      at: new Date("2026-05-01T10:00:00.000Z"),
      day: new Date(2026, 4, 1),
      days: [new Date(2026, 4, 1), null],
      local: new Date(2026, 4, 1, 10),
      sums: [[12.5]],
      ids: ["9007199254740993"],
      span: "[2026-05-01,2026-05-02)",
      doc: { a: [1] },
      n: 3,
      ok: true,
      none: null,
    });
    const bytes = await at.page.evaluate(async () => {
      const [{ raw }] = (await __govern.neon("s4", "neon")`SELECT 1`) as [{ raw: unknown }];
      return raw instanceof Uint8Array && [...raw];
    });
    expect(bytes).toEqual([1, 2]);
  });

  it("is plain for SQLite's types", async () => {
    at.server.sql = resultOf(
      [
        { name: "balance_cents", type: "INTEGER" },
        { name: "closed_at", type: "TEXT" },
      ],
      [1250, "2026-05-01T10:00:00.000Z"],
    );
    expect(await at.page.evaluate(() => __govern.neon("s4", "neon")`SELECT 1`)).toEqual([
      { balance_cents: 1250, closed_at: "2026-05-01T10:00:00.000Z" },
    ]);
  });

  it("has the shape that arrayMode and fullResults ask for, at the client or at the query", async () => {
    at.server.sql = resultOf([{ name: "n", type: "int4" }], [1], [2]);
    const [arrays, full] = await at.page.evaluate(async () => [
      await __govern.neon("s4", "neon", { arrayMode: true })`SELECT 1`,
      await __govern.neon("s4", "neon").query("SELECT 1", [], { fullResults: true }),
    ]);
    expect(arrays).toEqual([[1], [2]]);
    expect(full).toMatchObject({
      command: "SELECT",
      rowCount: 2,
      rowAsArray: false,
      rows: [{ n: 1 }, { n: 2 }],
      fields: [{ name: "n", dataTypeID: 23 }],
    });
  });

  it("is read by the app's own type parsers where it brings them", async () => {
    at.server.sql = resultOf([{ name: "sum", type: "numeric" }], ["12.50"]);
    const rows = await at.page.evaluate(
      () =>
        __govern.neon("s4", "neon", {
          types: { getTypeParser: (oid: number) => (text: string) => [oid, Number(text)] },
        })`SELECT 1`,
    );
    expect(rows).toEqual([{ sum: [1700, 12.5] }]);
  });
});

describe("a held statement", () => {
  it("resolves with the rows once a person approved", async () => {
    at.server.hold = true;
    at.server.sql = resultOf([{ name: "n", type: "int4" }], [4]);
    const rows = at.page.evaluate(() => __govern.neon("s4", "neon")`UPDATE t SET n = 4`);
    const [ticket = ""] = await heldTickets(at.server);
    await at.page.locator("govern-notice[data-state=waiting]").waitFor();
    at.server.approve(ticket);
    expect(await rows).toEqual([{ n: 4 }]);
  });

  it("rejects with the driver's own error when it is denied", async () => {
    at.server.hold = true;
    const error = at.page.evaluate(() =>
      __govern.neon("s4", "neon")`UPDATE t SET n = 4`.catch((reason: unknown) => {
        const { name, message, code } = reason as Error & { code: string };
        return [name, message, code, reason instanceof Error, (reason as Error).constructor.name];
      }),
    );
    const [ticket = ""] = await heldTickets(at.server);
    at.server.refuse(ticket, "approval-denied");
    expect(await error).toEqual([
      "NeonDbError",
      "Refused with approval-denied.",
      "approval-denied",
      true,
      "NeonDbError",
    ]);
  });
});

describe("what cannot run", () => {
  it("rejects a list of other things, a refused statement and an unknown value with the driver's error", async () => {
    at.server.sql = {
      type: "urn:govern:unregistered",
      title: "",
      status: 403,
      detail: "",
      code: "unregistered",
      correlation: "",
    };
    const errors = await at.page.evaluate(async () => {
      const sql = __govern.neon("s4", "neon");
      const outcomes = await Promise.allSettled([
        sql.transaction([Promise.resolve()]),
        sql`SELECT 1`,
        sql`SELECT ${new Date(Number.NaN)}`,
        sql.query("x", [], { fetchOptions: { signal: AbortSignal.abort() } }),
      ]);
      return outcomes
        .map((outcome) => (outcome as PromiseRejectedResult).reason as Error)
        .map(({ name, message }) => `${name}: ${message}`);
    });
    expect(errors[0]).toMatch(/^Error: transaction\(\) expects an array of queries/);
    expect(errors[1]).toBe("NeonDbError: Refused with unregistered.");
    expect(errors[2]).toMatch(/^RangeError/);
    expect(errors[3]).toMatch(/^NeonDbError: Error connecting to database: AbortError/);
  });
});
