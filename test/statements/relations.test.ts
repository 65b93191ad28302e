import { describe, expect, it } from "vitest";
import { classifyStatement } from "../../src/statements/classify.ts";

describe("tables", () => {
  it.each([
    ["SELECT * FROM b JOIN a ON a.id = b.id, public.c, billing.d", ["a", "b", "billing.d", "c"]],
    ["WITH x AS (SELECT * FROM accounts) SELECT * FROM x", ["accounts"]],
    // A common table expression does not see itself unless recursive.
    ["WITH accounts AS (SELECT * FROM accounts) SELECT * FROM accounts", ["accounts"]],
    ["WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM b", ["b"]],
    ["WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM b", []],
    ["WITH x AS (SELECT 1) SELECT * FROM public.x", ["x"]],
    ["SELECT (WITH x AS (SELECT 1) SELECT * FROM x), 1 FROM x", ["x"]],
    ["INSERT INTO a SELECT * FROM b", ["a", "b"]],
    ["WITH a AS (SELECT 1) INSERT INTO a SELECT * FROM a", ["a"]],
    [
      "UPDATE accounts SET b = c.d FROM credits c WHERE c.id = accounts.id",
      ["accounts", "credits"],
    ],
    ["DELETE FROM a USING b", ["a", "b"]],
    ["MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", ["a", "b"]],
    ["TRUNCATE a, billing.b", ["a", "billing.b"]],
    ["DROP TABLE a, billing.b", ["a", "billing.b"]],
    ["COPY a TO STDOUT", ["a"]],
    ["SELECT * FROM accounts a FOR UPDATE OF a", ["accounts"]],
    ["SELECT 1; DELETE FROM a", ["a"]],
    ["SELECT 1", []],
  ])("of %s", async (text, tables) => {
    expect((await classifyStatement(text, "postgres")).tables).toEqual(tables);
  });
});

describe("columns", () => {
  it.each([
    [
      "SELECT a.id, lower(name) AS shown FROM accounts a WHERE balance > 0",
      ["balance", "id", "name"],
    ],
    ["SELECT *, a.* FROM a", ["*"]],
    [
      "INSERT INTO t (b, a) VALUES (1, 2) ON CONFLICT (k) DO UPDATE SET c = excluded.d",
      ["a", "b", "c", "d", "k"],
    ],
    ["UPDATE t SET a = b", ["a", "b"]],
    ["SELECT 1 FROM a JOIN b USING (id)", ["id"]],
  ])("of %s", async (text, columns) => {
    expect((await classifyStatement(text, "postgres")).columns).toEqual(columns);
  });
});

describe("parameters", () => {
  it.each([
    ["UPDATE accounts SET balance = balance + $1 WHERE id = $2", ["balance", "id"]],
    ["SELECT * FROM t WHERE lower(name) LIKE $1 LIMIT $2 OFFSET $3", ["name", "limit", "offset"]],
    ["SELECT * FROM t WHERE name ILIKE '%' || $1 || '%'", ["name"]],
    ["SELECT * FROM t WHERE lower($1) = t.name", ["name"]],
    [
      "INSERT INTO credits (account_id, amount) VALUES ($1, round($2, 2)), ($3, 0)",
      ["account_id", "amount", "account_id2"],
    ],
    ["INSERT INTO t (a, b) SELECT $1, c FROM u WHERE d = $2", ["a", "d"]],
    ["INSERT INTO t VALUES ($1, $2)", ["p1", "p2"]],
    ["INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = $1", ["b"]],
    ["SELECT 1 FROM t WHERE a IN ($1, $2) AND b BETWEEN $3 AND $4", ["a", "a2", "b", "b2"]],
    ["SELECT 1 FROM t WHERE ($1::text IS NULL OR name = $1)", ["name"]],
    ["SELECT 1 FROM t WHERE a = ANY($1) AND data->>'status' = $2", ["a", "data"]],
    ["SELECT 1 FROM t WHERE (a, b) = ($1, $2)", ["a", "b"]],
    ["UPDATE t SET (a, b) = ($1, $2)", ["a", "b"]],
    [
      "UPDATE t SET a = coalesce($1, b), c = $2::date, d = CASE WHEN e > $3 THEN 1 END",
      ["b", "c", "e"],
    ],
    ["SELECT 1 FROM t WHERE $1 IN (SELECT owner FROM u)", ["owner"]],
    ["SELECT $3, $1 FROM t WHERE id = $1", ["id", "p2", "p3"]],
    ['SELECT 1 FROM t WHERE "accountId" = $1 AND Name = $2', ["accountId", "name"]],
    ["SELECT 1 FROM t WHERE id = $1 AND id2 = $2 AND id = $3", ["id", "id2", "id3"]],
    ['SELECT 1 FROM t WHERE "__proto__" = $1 AND "constructor" = $2', ["p1", "p2"]],
    ["SELECT 1 FROM t OFFSET ($1 - 1) * 20", ["offset"]],
    [
      "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = $1 WHEN NOT MATCHED THEN INSERT (a, b) VALUES ($2, $3)",
      ["b", "a", "b2"],
    ],
    ["CALL close_account($1)", ["p1"]],
  ])("of %s", async (text, parameters) => {
    expect((await classifyStatement(text, "postgres")).parameters).toEqual(parameters);
  });
});
