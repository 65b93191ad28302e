import Database from "better-sqlite3";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindInterpolated } from "../../src/statements/bind.ts";
import { classifyStatement } from "../../src/statements/classify.ts";

const sqliteReads = [
  "SELECT a.id, lower(name) AS n, *, count(DISTINCT x) FROM main.users AS a LEFT JOIN b ON a.id = b.id JOIN c USING (id), d",
  "SELECT * FROM t WHERE x = ? AND y IN (SELECT q FROM u) AND z IN (1, 2, ?3) AND a BETWEEN 1 AND 2 AND n LIKE '%' || :n",
  "SELECT * FROM t WHERE a IS ? AND b IS NOT 3 AND c ISNULL OR d NOTNULL OR e IS NULL OR f IS DISTINCT FROM 4",
  "SELECT -1, NOT a, ~b, a <> b, a == b, a % b, a || b, a & b, a | b, a << 2, a >> 1 FROM t",
  "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, CAST(a AS INTEGER), iif(a, b, c), data ->> '$.a', data -> 'b' FROM t",
  "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10) SELECT n FROM c",
  "WITH a AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (SELECT 2) SELECT * FROM a, b",
  "SELECT a FROM t UNION SELECT b FROM u EXCEPT SELECT c FROM v ORDER BY 1 LIMIT 5, 10",
  "VALUES (1, 2), (3, 4);",
  "SELECT row_number() OVER (PARTITION BY a ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
  "SELECT sum(x) FILTER (WHERE x > 1) OVER w FROM t WINDOW w AS (ORDER BY c)",
  "SELECT * FROM json_each(?) AS j, generate_series(1, 10)",
  "SELECT 'it''s; DELETE FROM t', x'00ff', \"update\", `drop`, [delete from] FROM [my table] -- INSERT\n /* DELETE */",
  "SELECT * FROM t WHERE name GLOB 'a*' AND name NOT LIKE 'x' ESCAPE '!' AND b COLLATE NOCASE = 'x'",
  "SELECT * FROM docs WHERE docs MATCH ? ORDER BY rank",
  "SELECT * FROM t INDEXED BY i WHERE a = 1",
  "SELECT * FROM t NOT INDEXED",
  "EXPLAIN SELECT * FROM t",
  "EXPLAIN QUERY PLAN SELECT * FROM t",
  "PRAGMA table_info(users)",
  "PRAGMA main.index_list('users');",
  "PRAGMA user_version",
  "SELECT name FROM pragma_table_info('t')",
  "SELECT date('now', '-7 days'), strftime('%Y', created_at), unixepoch(), julianday('now'), random() FROM t",
  "SELECT name FROM sqlite_master WHERE type = 'table'",
];

const sqliteWrites: readonly (readonly [string, string])[] = [
  ["INSERT INTO t VALUES (1)", "Insert"],
  ["REPLACE INTO t VALUES (1)", "Insert"],
  ["INSERT INTO t VALUES (1) RETURNING *", "Insert"],
  ["WITH x AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM x)", "Delete"],
  ["WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "Insert"],
  ["WITH x AS (SELECT 1) UPDATE t SET a = 1", "Update"],
  ["SELECT 1; DELETE FROM t", "2 statements"],
  ["SELECT 1; SELECT 2", "2 statements"],
  ["SELECT '\\'; DELETE FROM t; --'", "2 statements"],
  ["EXPLAIN DELETE FROM t", "Delete"],
  ["SELECT load_extension('x')", "function load_extension is not known to be harmless"],
  ["SELECT writefile('x', 'y')", "function writefile is not known to be harmless"],
  ["SELECT edit('x')", "function edit is not known to be harmless"],
  ["SELECT fts3_tokenizer('a', x'00')", "function fts3_tokenizer is not known to be harmless"],
  ["SELECT a FROM t ORDER BY fire()", "function fire is not known to be harmless"],
  ["SELECT * FROM t WHERE a IN (SELECT fire())", "function fire is not known to be harmless"],
  ["SELECT count(*) FILTER (WHERE fire()) FROM t", "function fire is not known to be harmless"],
  ["SELECT sum(a) OVER (ORDER BY fire()) FROM t", "function fire is not known to be harmless"],
  ["SELECT * FROM t LIMIT fire()", "function fire is not known to be harmless"],
  ["SELECT * FROM t JOIN u ON fire(t.a)", "function fire is not known to be harmless"],
  ["SELECT CASE fire() WHEN 1 THEN 2 END", "function fire is not known to be harmless"],
  ["WITH x AS (SELECT fire()) SELECT * FROM x", "function fire is not known to be harmless"],
  ['SELECT "lower"(a) FROM t', "function lower is not known to be harmless"],
  ["SELECT * FROM t WHERE a REGEXP 'x'", "operator Regexp is not known to be harmless"],
  ["SELECT * FROM pragma_optimize", "table function pragma_optimize is not known to be harmless"],
  [
    "SELECT * FROM pragma_user_version(3)",
    "table function pragma_user_version is not known to be harmless",
  ],
  ["SELECT * FROM zipfile('x')", "table function zipfile is not known to be harmless"],
  ["PRAGMA user_version = 3", "PRAGMA user_version is not known to be harmless"],
  ["PRAGMA user_version(3)", "PRAGMA user_version is not known to be harmless"],
  ["PRAGMA journal_mode = WAL", "PRAGMA journal_mode is not known to be harmless"],
  ["PRAGMA writable_schema = 1", "PRAGMA writable_schema is not known to be harmless"],
  ["PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint is not known to be harmless"],
  ["PRAGMA optimize", "PRAGMA optimize is not known to be harmless"],
  ["PRAGMA table_info(t); DELETE FROM t", "PRAGMA table_info is not known to be harmless"],
  ["PRAGMA", "PRAGMA  is not known to be harmless"],
  ["ATTACH 'x' AS y", "AttachDatabase"],
  ["BEGIN", "StartTransaction"],
  ["COMMIT", "Commit"],
  ["SAVEPOINT a", "Savepoint"],
  ["CREATE TABLE x AS SELECT 1", "CreateTable"],
  ["DROP TABLE t", "Drop"],
  ["ALTER TABLE t ADD COLUMN b", "AlterTable"],
  ["CREATE VIEW v AS SELECT 1", "CreateView"],
];

const mysqlReads = [
  "SELECT a.id, LOWER(name) AS n, *, COUNT(DISTINCT x) FROM db.users AS a LEFT JOIN b ON a.id = b.id STRAIGHT_JOIN c WHERE x = ?",
  "SELECT a, SUM(b) FROM t GROUP BY a WITH ROLLUP HAVING SUM(b) > 1 ORDER BY a DESC LIMIT ?, 10",
  "SELECT a && b, a || b, a XOR b, !a, a DIV b, a MOD b, a ^ b, ~a, a << 1, a <=> b, BINARY a = b FROM t",
  "SELECT * FROM t WHERE a RLIKE 'x' AND b REGEXP 'x' AND c NOT REGEXP 'y' AND d LIKE CONCAT('%', ?, '%')",
  "SELECT CAST(a AS SIGNED), CONVERT(a USING utf8mb4), CAST(a AS DECIMAL(10, 2)), CAST(a AS JSON) FROM t",
  "SELECT NOW(), CURDATE(), DATE_ADD(NOW(), INTERVAL 1 DAY), NOW() - INTERVAL 7 DAY, DATE_FORMAT(x, '%Y'), EXTRACT(YEAR FROM x) FROM t",
  "SELECT GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR ', '), JSON_EXTRACT(d, '$.a'), d -> '$.a', SUBSTRING(a FROM 1 FOR 2) FROM t",
  "SELECT MATCH (a, b) AGAINST (? IN BOOLEAN MODE) FROM t",
  "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b), LAG(x, 1) OVER w FROM t WINDOW w AS (ORDER BY c)",
  "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c) SELECT * FROM c",
  "SELECT SQL_CALC_FOUND_ROWS * FROM t PARTITION (p0)",
  "SELECT \"a; DELETE FROM t\", 'it''s', 0xFF, b'1', _utf8'x', N'x', TRUE, @@version, @v, `drop` FROM t",
  "SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a INT PATH '$.a')) AS jt",
  "SELECT 1--1",
  "SELECT 1 # DELETE FROM t",
  "SELECT 1 -- DELETE FROM t",
  "SELECT 1 /* DELETE FROM t /* */",
  "SHOW TABLES",
  "SHOW FULL COLUMNS FROM t",
  "SHOW CREATE TABLE t",
  "DESCRIBE t",
  "EXPLAIN FORMAT=JSON SELECT * FROM t",
  "EXPLAIN ANALYZE SELECT * FROM t",
];

const mysqlWrites: readonly (readonly [string, string])[] = [
  ["INSERT INTO t SET a = 1", "Insert"],
  ["INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2", "Insert"],
  ["REPLACE INTO t VALUES (1)", "Insert"],
  ["UPDATE t JOIN u ON t.id = u.id SET t.a = 1", "Update"],
  ["DELETE a FROM a JOIN b ON a.id = b.id", "Delete"],
  ["WITH x AS (SELECT 1) UPDATE t SET a = 1", "Update"],
  ["WITH x AS (SELECT 1) DELETE FROM t", "Delete"],
  ["TRUNCATE TABLE t", "Truncate"],
  ["SELECT * FROM t FOR UPDATE", "a query with locks"],
  ["SELECT * FROM (SELECT * FROM t FOR SHARE SKIP LOCKED) x", "a query with locks"],
  ["SELECT a INTO @x FROM t", "a query with into"],
  ["SELECT @a := 1", "operator Assignment is not known to be harmless"],
  ["SELECT a FROM t WHERE (@a := a) > 1", "operator Assignment is not known to be harmless"],
  ["SELECT SLEEP(5)", "function SLEEP is not known to be harmless"],
  ["SELECT BENCHMARK(1, 1)", "function BENCHMARK is not known to be harmless"],
  ["SELECT GET_LOCK('x', 1)", "function GET_LOCK is not known to be harmless"],
  ["SELECT LOAD_FILE('/etc/passwd')", "function LOAD_FILE is not known to be harmless"],
  ["SELECT LAST_INSERT_ID(7)", "function LAST_INSERT_ID is not known to be harmless"],
  ["SELECT NEXTVAL(s)", "function NEXTVAL is not known to be harmless"],
  ["SELECT s.nextval FROM dual", "a column nextval may be a sequence's next value"],
  ["SELECT app.issue_credit(1)", "function app.issue_credit is not known to be harmless"],
  ["SELECT `now`()", "function now is not known to be harmless"],
  ["SELECT now ()", "function now with a gap is not known to be harmless"],
  ["SELECT count /**/ (*) FROM t", "function count with a gap is not known to be harmless"],
  ["SELECT 1 --fire()\n + fire()", "function fire is not known to be harmless"],
  ["SELECT 1 --1, fire()", "function fire is not known to be harmless"],
  ["SELECT * FROM t WHERE a = ANY (SELECT fire())", "function fire is not known to be harmless"],
  ["SELECT MATCH (a) AGAINST ('x'), fire() FROM t", "function fire is not known to be harmless"],
  ["SELECT GROUP_CONCAT(a ORDER BY fire()) FROM t", "function fire is not known to be harmless"],
  ["SELECT a FROM t GROUP BY fire() WITH ROLLUP", "function fire is not known to be harmless"],
  ["EXPLAIN ANALYZE DELETE FROM t", "Delete"],
  ["EXPLAIN FORMAT=JSON SELECT fire()", "function fire is not known to be harmless"],
  ["CALL p()", "Call"],
  ["SET @a = 1", "Set"],
  ["SELECT 1; DELETE FROM t", "2 statements"],
  ["LOCK TABLES t WRITE", "LockTables"],
  ["FLUSH TABLES", "Flush"],
  ["KILL 1", "Kill"],
  ["START TRANSACTION", "StartTransaction"],
  ["USE mysql", "Use"],
  ["GRANT ALL ON *.* TO x", "Grant"],
  ["DROP TABLE t", "Drop"],
];

const mysqlInvalid = [
  ["SELECT 1 /*! ; DELETE FROM t */", "an executable comment"],
  ["SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */", "an executable comment"],
  ["SELECT 1 /*M!100000 ; DELETE FROM t */", "an executable comment"],
  ["SELECT /*+ SET_VAR(sql_mode = '') */ 1", "an optimizer hint"],
  ["SELECT '\\'; DELETE FROM t; -- '", "a backslash before a quote"],
  ["SELECT '\\\\'; DELETE FROM t; -- '", "a backslash before a quote"],
  ['SELECT "\\"; DELETE FROM t; -- "', "a backslash before a quote"],
  ["SELECT 'a", "a quote that is not closed"],
  ["SELECT `a", "a quote that is not closed"],
  ["SELECT 1 /* a", "a comment that is not closed"],
  ["SELECT 1 INTO OUTFILE '/tmp/x'", "does not parse"],
  ["SELECT a FROM t INTO @x", "does not parse"],
  ["SELECT a FROM t INTO DUMPFILE 'x'", "does not parse"],
  ["SELECT * FROM t LOCK IN SHARE MODE", "does not parse"],
  ["SELECT a FROM t PROCEDURE ANALYSE()", "does not parse"],
  ["SELECT NEXT VALUE FOR s", "does not parse"],
  ["DO SLEEP(1)", "does not parse"],
  ["HANDLER t OPEN", "does not parse"],
  ["LOAD DATA INFILE 'x' INTO TABLE t", "does not parse"],
  ["PREPARE p FROM 'DELETE FROM t'", "does not parse"],
  ["SELECT 1\0; DELETE FROM t", "holds a NUL character"],
  ["", "no statement"],
  ["-- nothing", "no statement"],
] as const;

const sqliteInvalid = [
  ["SELECT 1 \v FROM t", "a character of no token"],
  ["SELECT ?0", "a parameter's number is out of range"],
  ["SELECT 1abc", "two tokens without a gap"],
  ["SELECT x'1'", "a broken literal"],
  ["VACUUM INTO 'x'", "does not parse"],
  ["SELECT (", "does not parse"],
  [`SELECT ${"(".repeat(100_000)}`, "nested too deeply"],
  [`SELECT '${"x".repeat(1_000_001)}'`, "longer than a million bytes"],
  [";;", "no statement"],
] as const;

const why = async (text: string, dialect: "mysql" | "sqlite") => {
  const facts = await classifyStatement(text, dialect);
  return `${facts.access}: ${facts.why}`;
};

describe("SQLite", () => {
  it.each(sqliteReads)("reads by %s", async (text) => {
    expect(await why(text, "sqlite")).toMatch(/^read: (Query|Explain|Pragma)$/);
  });
  it.each(sqliteWrites)("holds %s", async (text, reason) => {
    expect(await why(text, "sqlite")).toBe(`write: ${reason}`);
  });
  it.each(sqliteInvalid)("does not take %.40j", async (text, reason) => {
    expect(await why(text, "sqlite")).toBe(`invalid: ${reason}`);
  });
});

describe("MySQL", () => {
  it.each(mysqlReads)("reads by %s", async (text) => {
    expect(await why(text, "mysql")).toMatch(/^read: (Query|Explain|ExplainTable|Show\w+)$/);
  });
  it.each(mysqlWrites)("holds %s", async (text, reason) => {
    expect(await why(text, "mysql")).toBe(`write: ${reason}`);
  });
  it.each(mysqlInvalid)("does not take %.40j", async (text, reason) => {
    expect(await why(text, "mysql")).toBe(`invalid: ${reason}`);
  });
});

describe("facts", () => {
  it.each([
    [
      "sqlite",
      "UPDATE accounts SET balance = balance + ? WHERE id = ?",
      ["accounts"],
      ["balance", "id"],
    ],
    [
      "sqlite",
      "INSERT INTO credits (account, amount) VALUES (?, ?), (?, 1)",
      ["credits"],
      ["account", "amount", "account2"],
    ],
    [
      "sqlite",
      "SELECT * FROM t WHERE a = :who AND b = ?2 AND c LIKE '%' || ? LIMIT ?",
      ["t"],
      ["who", "b", "c", "limit"],
    ],
    [
      "sqlite",
      "WITH x AS (SELECT * FROM a) SELECT * FROM x JOIN main.b ON x.id = b.id WHERE ? < b.n",
      ["a", "main.b"],
      ["n"],
    ],
    ["sqlite", "UPDATE t SET (a, b) = (?, ?)", ["t"], ["a", "b"]],
    [
      "sqlite",
      "SELECT * FROM t WHERE (a, b) = (?, ?) AND c IN (?, ?) AND ? IN (SELECT d FROM u)",
      ["t", "u"],
      ["a", "b", "c", "c2", "d"],
    ],
    [
      "sqlite",
      "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET b = ?",
      ["t"],
      ["a", "b"],
    ],
    ["mysql", "SELECT a FROM t LIMIT ?, ?", ["t"], ["offset", "limit"]],
    ["mysql", "INSERT INTO t SET a = ?, b = LOWER(?)", ["t"], ["a", "b"]],
    [
      "mysql",
      "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a), b = ?",
      ["t"],
      ["a", "b"],
    ],
    ["mysql", "SELECT * FROM t WHERE MATCH (body) AGAINST (?) AND id > ?", ["t"], ["body", "id"]],
    [
      "mysql",
      "SELECT CASE a WHEN ? THEN 1 END FROM t WHERE d BETWEEN ? AND ?",
      ["t"],
      ["a", "d", "d2"],
    ],
    ["mysql", "DELETE a FROM a JOIN b ON a.id = b.id WHERE b.x = ?", ["a", "b"], ["x"]],
    ["mysql", "DESCRIBE accounts", ["accounts"], []],
    ["mysql", "SELECT * FROM t WHERE a = ? OR ? IS NULL", ["t"], ["a", "p2"]],
  ] as const)("of %s: %s", async (dialect, text, tables, parameters) => {
    const facts = await classifyStatement(text, dialect);
    expect({ tables: facts.tables, parameters: facts.parameters }).toEqual({ tables, parameters });
  });

  it("never repeat a value of the text", async () => {
    for (const dialect of ["mysql", "sqlite"] as const) {
      for (const text of ["SELECT 'hunter2", "SELECT 'hunter2' 'x' FROM (", "SELECT ) 'hunter2'"]) {
        expect(JSON.stringify(await classifyStatement(text, dialect))).not.toContain("hunter2");
      }
    }
  });
});

describe("an interpolated text", () => {
  const both = ["sqlite", "mysql"] as const;
  it.each([
    ["SELECT * FROM t WHERE id = ${}", "SELECT * FROM t WHERE id = ?", [1]],
    [
      "UPDATE t SET a = a + ${}, b = '${}' WHERE id = ${}",
      "UPDATE t SET a = a + ?, b = ? WHERE id = ?",
      [1, 2, 3],
    ],
    ["INSERT INTO t (a, b) VALUES (${}, '${}')", "INSERT INTO t (a, b) VALUES (?, ?)", [1, 2]],
    ["INSERT INTO t VALUES (${}, ${})", "INSERT INTO t VALUES (?, ?)", [1, 2]],
    ["SELECT * FROM t WHERE a IN (${}, ${})", "SELECT * FROM t WHERE a IN (?, ?)", [1, 2]],
    [
      "SELECT * FROM t WHERE a = ? AND b = ${} AND c = ?",
      "SELECT * FROM t WHERE a = ? AND b = ? AND c = ?",
      [2],
    ],
    [
      "SELECT * FROM t WHERE a BETWEEN ${} AND ${} LIMIT ${}",
      "SELECT * FROM t WHERE a BETWEEN ? AND ? LIMIT ?",
      [1, 2, 3],
    ],
  ])("binds %s", async (text, statement, holes) => {
    for (const dialect of both)
      expect(await bindInterpolated(text.split("${}"), dialect)).toEqual({
        ok: true,
        statement,
        holes,
      });
  });

  it("joins a literal by the dialect's own concatenation", async () => {
    const text = ["SELECT * FROM t WHERE a LIKE '%", "%'"];
    expect(await bindInterpolated(text, "sqlite")).toMatchObject({
      statement: "SELECT * FROM t WHERE a LIKE ('%' || ? || '%')",
    });
    expect(await bindInterpolated(text, "mysql")).toMatchObject({
      statement: "SELECT * FROM t WHERE a LIKE CONCAT('%',?,'%')",
    });
  });

  it.each([
    ["SELECT * FROM ${}", "the text does not parse with values in its holes"],
    ["SELECT * FROM t_${}", "hole 1 is part of a name or a token"],
    ["SELECT * FROM a.${}", "hole 1 is part of a name or a token"],
    ["SELECT ${} FROM t", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t ORDER BY ${}", "hole 1 stands for a sort or group key"],
    ["SELECT * FROM t ORDER BY '${}'", "hole 1 stands for a sort or group key"],
    ["SELECT a FROM t GROUP BY ${}", "hole 1 stands for a sort or group key"],
    ["SELECT * FROM t WHERE ${}", "hole 1 stands for a condition"],
    ["SELECT * FROM t WHERE a = 1 AND ${}", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t WHERE NOT ${}", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t WHERE ${} = 5", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t WHERE ${} LIKE a", "hole 1 stands for the left side of a comparison"],
    [
      "SELECT * FROM t WHERE ${} IN (SELECT id FROM u)",
      "hole 1 stands for the left side of a comparison",
    ],
    ["SELECT * FROM t WHERE a IN (${})", "hole 1 stands for a list"],
    ["SELECT * FROM t WHERE a IN ('${}')", "hole 1 stands for a list"],
    ["INSERT INTO t (a, b) VALUES (${})", "hole 1 stands for a list"],
    ["INSERT INTO t VALUES (${})", "hole 1 stands for a list"],
    ["SELECT 1 -- ${}", "hole 1 stands inside a comment"],
    ["SELECT 1 /* ${} */", "hole 1 stands inside a comment"],
    ["SELECT `${}` FROM t", "hole 1 stands inside a quoted name"],
    ["SELECT * FROM t WHERE a = DATE '${}'", "hole 1 stands in a literal after the name date"],
    ["SELECT * FROM t WHERE a = x'${}'", "a broken literal"],
    ["SELECT * FROM t WHERE a = ${}; DELETE FROM t", "the text is not one statement"],
    ["SELECT * FROM t WHERE a = :a AND b = ${}", "the text has placeholders of its own numbering"],
    ["CREATE TABLE t (a text DEFAULT '${}')", "a statement of this kind takes no values"],
    ["SELECT * FROM t WHERE a = '\\${}'", "hole 1 stands after a backslash"],
    ["SELECT * FROM t WHERE a = ${}\uFFFF", "the text holds a character that no statement has"],
  ])("is refused: %s", async (text, reason) => {
    for (const dialect of both)
      expect(await bindInterpolated(text.split("${}"), dialect)).toEqual({ ok: false, reason });
  });
});

describe("against the engine itself", () => {
  let database: Database.Database;
  beforeAll(() => {
    database = new Database(":memory:");
    database.exec("CREATE TABLE t (a, b); CREATE TABLE u (a, c); INSERT INTO t VALUES ('old', 1)");
  });
  afterAll(() => {
    database.close();
  });

  const word = fc.constantFrom(
    ..."SELECT|a|b|t|u|FROM t|WHERE|=|,|(|)|'|''|\"|`|[|]|--|\n|/*|*/|;|?|1|DELETE FROM t|INSERT INTO t VALUES (1, 2)".split(
      "|",
    ),
    ..."UPDATE t SET a = 1|WITH x AS (|) SELECT 1|UNION|AND|IS|NOT|GLOB|lower(|PRAGMA user_version|= 3|\\|#|x'|*|LIMIT|*|ORDER BY a".split(
      "|",
    ),
  );
  const soup = fc
    .array(word, { minLength: 1, maxLength: 14 })
    .map((words) => `SELECT ${words.join(" ")}`);

  it("no text that SQLite would write by is called a read", async () => {
    await fc.assert(
      fc.asyncProperty(soup, async (text) => {
        const facts = await classifyStatement(text, "sqlite");
        if (facts.access !== "read") return;
        let statement: Database.Statement;
        try {
          statement = database.prepare(text);
        } catch {
          return;
        }
        expect(statement.readonly).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("a hostile value stays a value", async () => {
    const bound = await bindInterpolated(["UPDATE t SET a = '", "' WHERE b = ", ""], "sqlite");
    if (!bound.ok) throw new Error(bound.reason);
    const update = database.prepare(bound.statement);
    const hostile = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("'; DELETE FROM t; --", "' || (SELECT 1) || '", "\\'", "?1", ":a", "\u0000'"),
    );
    fc.assert(
      fc.property(hostile, (value) => {
        expect(update.run(value, 1).changes).toBe(1);
        expect(database.prepare("SELECT a FROM t").pluck().all()).toEqual([value]);
      }),
    );
  });
});

it("says something of any text, and never fails", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary" }),
      fc.constantFrom("mysql" as const, "sqlite" as const),
      async (text, dialect) => {
        expect(["read", "write", "invalid"]).toContain(
          (await classifyStatement(text, dialect)).access,
        );
      },
    ),
  );
});
