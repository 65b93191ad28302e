import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyStatement } from "../../src/statements/classify.ts";

const why = async (text: string) => {
  const facts = await classifyStatement(text, "postgres");
  return `${facts.access}: ${facts.why}`;
};

describe("reads", () => {
  it.each([
    "SELECT id, name, balance FROM accounts WHERE lower(name) LIKE $1 ORDER BY name LIMIT 50",
    "select count(*), sum(amount), max(created_at)::date from credits group by account_id having count(*) > 1",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT * FROM t",
    "SELECT coalesce(a, b), nullif(a, 0), greatest(a, b), CASE WHEN a > 1 THEN 'x' ELSE 'y' END FROM t",
    "SELECT date_trunc('month', created_at), extract(year from created_at), now() - interval '7 days' FROM t",
    "SELECT data->>'name', data #>> '{a,b}', data @> '{}'::jsonb, jsonb_array_elements(data) FROM t",
    "SELECT * FROM a JOIN b USING (id) LEFT JOIN LATERAL (SELECT 1) c ON true",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t WINDOW w AS (ORDER BY c)",
    "SELECT * FROM generate_series(1, 10) AS g(n), unnest(ARRAY[1,2]) WITH ORDINALITY",
    "SELECT * FROM json_to_recordset($1) AS x(a int, b text)",
    "SELECT * FROM json_table('{}', '$' COLUMNS (a int PATH '$.a'))",
    "SELECT xmlelement(name x, a) FROM t TABLESAMPLE system (1)",
    "VALUES (1), (2)",
    "TABLE accounts",
    "(SELECT 1) UNION (SELECT 2) EXCEPT SELECT 3",
    "SELECT current_user, current_date, localtimestamp, pg_catalog.lower('X')",
    "SELECT 1; -- the end",
    "SHOW server_version",
    "EXPLAIN SELECT * FROM accounts",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM accounts",
    "SELECT 'DELETE FROM accounts; --' AS text, $tag$ DROP TABLE x $tag$, \"update\" FROM t /* INSERT */",
    "SELECT id FROM t WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC 3 AND 4 AND c ILIKE 'x' AND d SIMILAR TO 'y'",
  ])("takes %j for one", async (text) => {
    expect(await why(text)).toMatch(/^read: (SelectStmt|ExplainStmt|VariableShowStmt)$/);
  });
});

describe("writes, by the row of the catalogue that tries them", () => {
  it.each([
    ["Q1", "SELECT 1; DELETE FROM accounts", "2 statements"],
    ["Q1", "SELECT 1; SELECT 2", "2 statements"],
    ["Q2", "WITH x AS (DELETE FROM accounts RETURNING *) SELECT * FROM x", "DeleteStmt"],
    ["Q2", "WITH x AS (INSERT INTO log VALUES (1)) SELECT 1", "InsertStmt"],
    ["Q2", "WITH RECURSIVE x AS (UPDATE a SET b = 1 RETURNING b) SELECT 1 FROM y", "UpdateStmt"],
    ["Q2", "SELECT * FROM (WITH x AS (DELETE FROM a RETURNING 1) SELECT * FROM x) y", "DeleteStmt"],
    [
      "Q2",
      "WITH a AS (SELECT 1), b AS (WITH c AS (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1) SELECT 1",
      "MergeStmt",
    ],
    ["Q3", "SELECT * FROM accounts FOR UPDATE", "LockingClause"],
    ["Q3", "SELECT * FROM accounts a FOR KEY SHARE OF a SKIP LOCKED", "LockingClause"],
    ["Q3", "SELECT * FROM (SELECT * FROM accounts FOR NO KEY UPDATE) x", "LockingClause"],
    ["Q4", "SELECT setval('s', 1)", "function setval is not known to be harmless"],
    ["Q4", "SELECT nextval('s')", "function nextval is not known to be harmless"],
    [
      "Q4",
      "SELECT pg_catalog.lo_unlink(1)",
      "function pg_catalog.lo_unlink is not known to be harmless",
    ],
    ["Q4", "SELECT lo_import('/etc/passwd')", "function lo_import is not known to be harmless"],
    [
      "Q4",
      "SELECT * FROM dblink('x', 'DELETE FROM y') AS t(a int)",
      "function dblink is not known to be harmless",
    ],
    [
      "Q4",
      "SELECT pg_terminate_backend(1)",
      "function pg_terminate_backend is not known to be harmless",
    ],
    [
      "Q4",
      "SELECT app.issue_credit(1, 500)",
      "function app.issue_credit is not known to be harmless",
    ],
    ["Q4", "SELECT evil.lower('x')", "function evil.lower is not known to be harmless"],
    ["Q4", 'SELECT "LOWER"(name) FROM t', "function LOWER is not known to be harmless"],
    [
      "Q4",
      "SELECT pg_sleep(1), pg_read_file('x')",
      "function pg_sleep is not known to be harmless",
    ],
    ["Q4", "SELECT a ==> b FROM t", "operator ==> is not known to be harmless"],
    ["Q4", "SELECT a OPERATOR(evil.+) b FROM t", "operator evil.+ is not known to be harmless"],
    ["Q4", "SELECT a FROM t ORDER BY a USING <<<", "operator <<< is not known to be harmless"],
    ["Q4", "SELECT a <<< ANY (SELECT 1) FROM t", "operator <<< is not known to be harmless"],
    ["Q4", "SELECT 'x'::app.account_state", "type app.account_state is not known to be harmless"],
    [
      "Q4",
      "SELECT * FROM t WHERE a IN (SELECT fire()) ",
      "function fire is not known to be harmless",
    ],
    [
      "Q4",
      "SELECT count(*) FILTER (WHERE fire()) FROM t",
      "function fire is not known to be harmless",
    ],
    ["Q4", "SELECT * FROM t LIMIT fire()", "function fire is not known to be harmless"],
    [
      "Q4",
      "SELECT * FROM t TABLESAMPLE evil (1)",
      "sampling method evil is not known to be harmless",
    ],
    ["Q4", "SELECT * FROM t JOIN u ON fire(t.a)", "function fire is not known to be harmless"],
    [
      "Q4",
      "SELECT sum(a) OVER (ORDER BY fire()) FROM t",
      "function fire is not known to be harmless",
    ],
    [
      "Q5",
      "SELECT query_to_xml('DELETE FROM t RETURNING 1', true, true, '')",
      "function query_to_xml is not known to be harmless",
    ],
    ["Q5", "SELECT * FROM ts_stat('SELECT x')", "function ts_stat is not known to be harmless"],
    [
      "Q5",
      "SELECT database_to_xml(true, true, '')",
      "function database_to_xml is not known to be harmless",
    ],
    [
      "Q5",
      "SELECT ts_rewrite('a'::tsquery, 'SELECT 1')",
      "function ts_rewrite is not known to be harmless",
    ],
    ["Q6", "EXPLAIN ANALYZE DELETE FROM accounts", "DeleteStmt"],
    ["Q6", "EXPLAIN (ANALYZE false, ANALYZE) UPDATE a SET b = 1", "UpdateStmt"],
    ["Q6", "EXPLAIN (ANALYZE) CREATE TABLE x AS SELECT 1", "CreateTableAsStmt"],
    ["Q6", "explain analyse execute p", "ExecuteStmt"],
    [
      "Q6",
      "EXPLAIN (analyze 1) MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
      "MergeStmt",
    ],
    ["Q6", "EXPLAIN ANALYZE SELECT setval('s', 1)", "function setval is not known to be harmless"],
    ["Q6", "EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT 1", "DeclareCursorStmt"],
    ["Q7", "COPY accounts TO PROGRAM 'sh'", "CopyStmt"],
    ["Q7", "COPY (SELECT 1) TO '/tmp/x'", "CopyStmt"],
    ["Q7", "SELECT * INTO copied FROM accounts", "SelectStmt INTO"],
    ["Q7", "SELECT 1 UNION SELECT 2 INTO x", "SelectStmt INTO"],
    ["Q8", "SELECT 1 /*! ; DELETE FROM t */", "an executable comment"],
    ["Q8", "SELECT 1 /*M!100000 ; DELETE FROM t */", "an executable comment"],
    ["Q8", "/* /* */ DELETE FROM t -- */\n SELECT 1", "a nested comment"],
    ["Q8", "SELECT '\\'; DELETE FROM accounts; --'", "2 statements"],
    ["Q8", "SELECT E'\\''; DELETE FROM accounts; --'", "2 statements"],
    ["Q9", "ALTER SYSTEM SET x = 1", "AlterSystemStmt"],
    ["Q10", "SET ROLE admin", "VariableSetStmt"],
    ["Q10", "RESET ALL", "VariableSetStmt"],
    [
      "Q10",
      "SELECT set_config('role', 'admin', false)",
      "function set_config is not known to be harmless",
    ],
    ["Q10", "PREPARE p AS SELECT 1", "PrepareStmt"],
    ["Q10", "SELECT pg_advisory_lock(1)", "function pg_advisory_lock is not known to be harmless"],
    ["Q10", "DISCARD ALL", "DiscardStmt"],
    ["Q12", "SET search_path = evil", "VariableSetStmt"],
    ["Q12", "CREATE TEMP TABLE accounts (a int)", "CreateStmt"],
    ["Q13", "INSERT INTO t (a) VALUES (1) RETURNING *", "InsertStmt"],
    ["Q13", "UPDATE t SET a = 1 RETURNING *", "UpdateStmt"],
    ["A15", "CALL close_account(1)", "CallStmt"],
    ["A15", "DO $$ BEGIN DELETE FROM t; END $$", "DoStmt"],
    ["–", "BEGIN", "TransactionStmt"],
    ["–", "COMMIT", "TransactionStmt"],
    ["–", "LISTEN x", "ListenStmt"],
    ["–", "NOTIFY x", "NotifyStmt"],
    ["–", "LOCK TABLE accounts", "LockStmt"],
    ["–", "DECLARE c CURSOR FOR SELECT 1", "DeclareCursorStmt"],
    ["–", "FETCH 1 FROM c", "FetchStmt"],
    ["–", "TRUNCATE accounts", "TruncateStmt"],
    ["–", "VACUUM accounts", "VacuumStmt"],
    ["–", "REFRESH MATERIALIZED VIEW v", "RefreshMatViewStmt"],
    ["–", "CREATE TABLE x AS SELECT 1", "CreateTableAsStmt"],
    ["–", "DROP TABLE accounts", "DropStmt"],
    ["–", "GRANT ALL ON accounts TO public", "GrantStmt"],
    ["–", "CHECKPOINT", "CheckPointStmt"],
    ["–", "LOAD 'x'", "LoadStmt"],
  ])("%s: %s", async (_row, text, reason) => {
    expect(await why(text)).toBe(`write: ${reason}`);
  });
});

describe("invalid", () => {
  it.each([
    ["", "no statement"],
    ["  \n", "no statement"],
    ["-- nothing", "no statement"],
    [";;", "no statement"],
    ["SELECT 1\0; DELETE FROM accounts", "holds a NUL character"],
    ["SELECT '\ud800'", "holds half of a surrogate pair"],
    ["SELECT $0", "a parameter's number is out of range"],
    ["SELECT $99999999", "a parameter's number is out of range"],
    [`SELECT '${"x".repeat(1_000_001)}'`, "longer than a million bytes"],
    [`SELECT '${"é".repeat(600_000)}'`, "longer than a million bytes"],
    [`SELECT ${"1+".repeat(200_000)}1`, "nested too deeply"],
  ])("%.20j is told with its reason", async (text, reason) => {
    expect(await why(text)).toBe(`invalid: ${reason}`);
  });

  it.each([
    "SELECT (",
    "SELEC 1",
    "SELECT * FROM t WHERE id = ?",
    "PRAGMA writable_schema = 1",
    "ATTACH 'x' AS y",
    "(".repeat(100_000),
  ])("%.40j is not Postgres", async (text) => {
    expect((await classifyStatement(text, "postgres")).access).toBe("invalid");
  });

  it("never repeats a literal in its reason", async () => {
    expect(await why("SELECT a FROM t 'hunter2'")).toBe("invalid: syntax error near a literal");
  });

  it("stays usable after a text that exhausted the parser", async () => {
    await classifyStatement(`SELECT ${"1+".repeat(200_000)}1`, "postgres");
    await classifyStatement(`SELECT ${"(".repeat(100_000)}`, "postgres");
    expect(await why("SELECT 1")).toBe("read: SelectStmt");
  });

  it("never is an exception, whatever the text", async () => {
    const word = fc.constantFrom(
      "SELECT",
      "UPDATE",
      "t",
      "a",
      "(",
      ")",
      ",",
      "$1",
      "'",
      '"',
      "$$",
      "/*",
      "*/",
      "--",
      ";",
      "=",
      "FROM",
      "WHERE",
      "\n",
      "E'",
      "\\",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(word, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 12 }),
        async (words) => {
          const facts = await classifyStatement(words.join(" "), "postgres");
          expect(["read", "write", "invalid"]).toContain(facts.access);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a write keeps being one, wherever it hides in a read", () => {
  const reads = [
    (part: string) => `SELECT * FROM (${part}) x`,
    (part: string) => `WITH c AS (${part}) SELECT 1`,
    (part: string) => `SELECT (${part})`,
    (part: string) => `SELECT 1 WHERE EXISTS (${part})`,
    (part: string) => `SELECT 1 FROM t WHERE a = ANY (${part})`,
    (part: string) => `SELECT 1 UNION ALL (${part})`,
    (part: string) => `SELECT ARRAY(${part})`,
    (part: string) => `SELECT 1 ORDER BY (${part})`,
    (part: string) => `SELECT CASE WHEN true THEN (${part}) END`,
    (part: string) => `EXPLAIN ANALYZE ${part}`,
  ];
  it("at any depth", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...reads), { maxLength: 5 }), async (wrappers) => {
        const around = (part: string) => wrappers.reduceRight((text, wrap) => wrap(text), part);
        const harmless = (await classifyStatement(around("SELECT a FROM t"), "postgres")).access;
        expect((await classifyStatement(around("SELECT fire(a) FROM t"), "postgres")).access).toBe(
          harmless === "invalid" ? "invalid" : "write",
        );
      }),
      { numRuns: 200 },
    );
  });
});
