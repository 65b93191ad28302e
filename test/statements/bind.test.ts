import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindInterpolated } from "../../src/statements/bind.ts";

/** Splits at `${}`. */
const bind = (text: string) => bindInterpolated(text.split("${}"), "postgres");

describe("a hole becomes a parameter", () => {
  it.each([
    ["SELECT * FROM t WHERE id = ${}", "SELECT * FROM t WHERE id = $1", [1]],
    ["SELECT * FROM t WHERE id=${} AND b>${}", "SELECT * FROM t WHERE id=$1 AND b>$2", [1, 2]],
    ["SELECT * FROM t WHERE name = '${}'", "SELECT * FROM t WHERE name = $1", [1]],
    [
      "SELECT * FROM t WHERE name ILIKE '%${}%'",
      "SELECT * FROM t WHERE name ILIKE ('%' || $1 || '%')",
      [1],
    ],
    [
      "SELECT * FROM t WHERE name LIKE '${}%' LIMIT ${}",
      "SELECT * FROM t WHERE name LIKE ($1 || '%') LIMIT $2",
      [1, 2],
    ],
    [
      "SELECT * FROM t WHERE a = 'it''s ${} o''clock'",
      "SELECT * FROM t WHERE a = ('it''s ' || $1 || ' o''clock')",
      [1],
    ],
    ["SELECT * FROM t WHERE a = '${}-${}'", "SELECT * FROM t WHERE a = ($1 || '-' || $2)", [1, 2]],
    ["SELECT * FROM t WHERE a = '${}${}'", "SELECT * FROM t WHERE a = ('' || $1 || $2)", [1, 2]],
    [
      "SELECT * FROM t WHERE a = E'\\'${}\\n'",
      "SELECT * FROM t WHERE a = (E'\\'' || $1 || E'\\n')",
      [1],
    ],
    ["SELECT * FROM t WHERE a = '\\${}'", "SELECT * FROM t WHERE a = ('\\' || $1)", [1]],
    ["SELECT * FROM t WHERE a = $2 AND b = ${}", "SELECT * FROM t WHERE a = $2 AND b = $3", [3]],
    [
      "SELECT * FROM t WHERE a = '$7' AND b = ${}",
      "SELECT * FROM t WHERE a = '$7' AND b = $1",
      [1],
    ],
    [
      "UPDATE t SET a = a + ${}, b = '${}' WHERE id = ${}",
      "UPDATE t SET a = a + $1, b = $2 WHERE id = $3",
      [1, 2, 3],
    ],
    [
      "UPDATE t SET (a, b) = (${}, ${}) WHERE c = 1",
      "UPDATE t SET (a, b) = ($1, $2) WHERE c = 1",
      [1, 2],
    ],
    ["INSERT INTO t (a, b) VALUES (${}, '${}')", "INSERT INTO t (a, b) VALUES ($1, $2)", [1, 2]],
    ["INSERT INTO t (a) VALUES (${})", "INSERT INTO t (a) VALUES ($1)", [1]],
    [
      "INSERT INTO t (a, b) SELECT ${}, '${}' WHERE true",
      "INSERT INTO t (a, b) SELECT $1, $2 WHERE true",
      [1, 2],
    ],
    [
      "SELECT * FROM t WHERE a IN (${}, ${}) LIMIT ${} OFFSET (${} - 1) * 20",
      "SELECT * FROM t WHERE a IN ($1, $2) LIMIT $3 OFFSET ($4 - 1) * 20",
      [1, 2, 3, 4],
    ],
    [
      "SELECT * FROM t WHERE a BETWEEN ${} AND ${} AND b = ${}::int",
      "SELECT * FROM t WHERE a BETWEEN $1 AND $2 AND b = $3::int",
      [1, 2, 3],
    ],
    [
      "SELECT * FROM t WHERE lower(a) = lower(${}) AND ${} = b",
      "SELECT * FROM t WHERE lower(a) = lower($1) AND $2 = b",
      [1, 2],
    ],
    [
      "SELECT * FROM t WHERE a > now() - INTERVAL '${} days'",
      "SELECT * FROM t WHERE a > now() -  CAST(($1 || ' days') AS INTERVAL)",
      [1],
    ],
    [
      "SELECT * FROM t WHERE date_trunc('${}', a) = DATE '${}'",
      "SELECT * FROM t WHERE date_trunc($1, a) =  CAST($2 AS DATE)",
      [1, 2],
    ],
    ["SELECT issue_credit(${}, ${})", "SELECT issue_credit($1, $2)", [1, 2]],
    ["CALL issue_credit(${}, '${}')", "CALL issue_credit($1, $2)", [1, 2]],
    ["SELECT '${}' AS label FROM t", "SELECT $1 AS label FROM t", [1]],
    [
      "SELECT * FROM t WHERE a = ANY(${}) -- it's\n AND b = ${} /* \" */",
      "SELECT * FROM t WHERE a = ANY($1) -- it's\n AND b = $2 /* \" */",
      [1, 2],
    ],
    ["SELECT 1", "SELECT 1", []],
  ])("%s", async (text, statement, holes) => {
    expect(await bind(text)).toEqual({ ok: true, statement, holes });
  });
});

describe("a hole is refused where something else stands", () => {
  it.each([
    ["SELECT * FROM ${}", "hole 1 stands for a table's name (after FROM)"],
    ["SELECT * FROM t JOIN ${} ON true", "hole 1 stands for a table's name (after JOIN)"],
    ["UPDATE ${} SET a = 1", "hole 1 stands for a table's name (after UPDATE)"],
    ["INSERT INTO ${} VALUES (1)", "hole 1 stands for a table's name (after INTO)"],
    ["SELECT * FROM t_${}", "hole 1 is part of a name or a token"],
    ["SELECT * FROM a.${}", "hole 1 is part of a name or a token"],
    ["SELECT * FROM t WHERE ${}.id = 1", "hole 1 is part of a name or a token"],
    ["SELECT * FROM t WHERE a = 1${}", "hole 1 is part of a name or a token"],
    ["SELECT * FROM t WHERE a = ${}${}", "hole 1 is part of a name or a token"],
    ["SELECT * FROM t WHERE a = $${}", "hole 1 is part of a name or a token"],
    ["SELECT * FROM t WHERE a = 'x'${}", "hole 1 is part of a name or a token"],
    ["SELECT ${} FROM t", "hole 1 stands for a selected column"],
    ["SELECT ${}", "hole 1 stands for a selected column"],
    ["DELETE FROM t WHERE a = 1 RETURNING ${}", "hole 1 stands for a selected column"],
    ["INSERT INTO t (a) SELECT ${} FROM u", "hole 1 stands for a selected column"],
    ["SELECT * FROM t ORDER BY ${}", "hole 1 stands for a sort or group key"],
    ["SELECT * FROM t ORDER BY '${}'", "hole 1 stands for a sort or group key"],
    ["SELECT * FROM t ORDER BY ${}::int DESC", "hole 1 stands for a sort or group key"],
    ["SELECT * FROM t ORDER BY a ${}", "hole 1 stands for a keyword or a piece of SQL"],
    ["SELECT date ${} FROM t", "hole 1 stands for a keyword or a piece of SQL"],
    ["SELECT * FROM t WHERE b > date ${}", "hole 1 stands for a keyword or a piece of SQL"],
    ["SELECT a FROM t GROUP BY ${}", "hole 1 stands for a sort or group key"],
    ["SELECT DISTINCT ON (${}) a FROM t", "hole 1 stands for a sort or group key"],
    ["SELECT sum(a) OVER (PARTITION BY ${}) FROM t", "hole 1 stands for a sort or group key"],
    ["SELECT * FROM t WHERE ${}", "hole 1 stands for a condition"],
    ["SELECT * FROM t WHERE a = 1 AND ${}", "hole 1 stands for a condition"],
    ["SELECT * FROM t WHERE NOT ${}", "hole 1 stands for a condition"],
    ["SELECT a FROM t GROUP BY a HAVING ${}", "hole 1 stands for a condition"],
    ["SELECT * FROM t JOIN u ON ${}", "hole 1 stands for a condition"],
    ["SELECT * FROM t WHERE a = 1 ${}", "hole 1 stands for a name, a keyword or a piece of SQL"],
    [
      "SELECT * FROM t WHERE a ${} 1",
      `the text does not parse with values in its holes: syntax error at or near "1"`,
    ],
    ["SELECT * FROM t WHERE ${} = 5", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t WHERE ${} = ${}", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t WHERE ${} LIKE name", "hole 1 stands for the left side of a comparison"],
    [
      "SELECT * FROM t WHERE ${} IN (SELECT id FROM u)",
      "hole 1 stands for the left side of a comparison",
    ],
    ["SELECT * FROM t WHERE ${} IS NULL", "hole 1 stands for an operand of IS"],
    ["SELECT max(${}) FROM t", "hole 1 stands for a place that a column may take"],
    ["SELECT * FROM t WHERE a IN (${})", "hole 1 stands for a list"],
    ["SELECT * FROM t WHERE a IN ('${}')", "hole 1 stands for a list"],
    ["SELECT * FROM t WHERE a NOT IN (${})", "hole 1 stands for a list"],
    ["SELECT * FROM t WHERE a = ANY(ARRAY[${}])", "hole 1 stands for a list"],
    ["INSERT INTO t (a, b) VALUES (${})", "hole 1 stands for a list"],
    ["INSERT INTO t VALUES (${})", "hole 1 stands for a list"],
    ["INSERT INTO t (${}) VALUES (1)", "hole 1 stands for a name, a keyword or a piece of SQL"],
    [
      "UPDATE t SET ${} WHERE a = 1",
      "hole 1 stands for a name, a keyword or a piece of SQL (after SET)",
    ],
    ["${}", "hole 1 stands for a name, a keyword or a piece of SQL"],
    ["${} FROM t", "hole 1 stands for a name, a keyword or a piece of SQL"],
    ["SELECT 1; ${}", "hole 1 stands for a name, a keyword or a piece of SQL"],
    ["SELECT a FROM t WHERE a = ${}; DELETE FROM t", "the text is not one statement"],
    ["SELECT 1 -- ${}", "hole 1 stands inside a comment"],
    ["SELECT 1 /* /* */ ${} */", "hole 1 stands inside a comment"],
    ["SELECT $$ ${} $$", "hole 1 stands inside dollar-quoted text"],
    ["SELECT $a$ $$ ${} $a$", "hole 1 stands inside dollar-quoted text"],
    ['SELECT "${}" FROM t', "hole 1 stands inside a quoted name"],
    ['SELECT U&"a${}" FROM t', "hole 1 stands inside a quoted name"],
    ["SELECT * FROM t WHERE a = U&'${}'", "hole 1 stands inside a U&'…' literal"],
    ["SELECT * FROM t WHERE a = x'${}'", "hole 1 stands inside a x'…' literal"],
    ["SELECT * FROM t WHERE a = E'\\${}'", "a backslash stands before a hole"],
    ["SELECT * FROM t WHERE a = '${}", "a literal is not closed"],
    ["SELECT /* ${}", "a comment is not closed"],
    ["SELECT * FROM t WHERE a = mood 'x${}'", "hole 1 stands in a literal after the name mood"],
    ["SELECT now() - INTERVAL '${}' day", "hole 1 stands before an interval field"],
    [
      "SELECT * FROM t WHERE a = 'b'\n'${}'",
      'the text does not parse with values in its holes: syntax error at or near "$1"',
    ],
    ["CREATE TABLE t (a text DEFAULT '${}')", "a statement of this kind takes no values"],
    ["SELECT * FROM ${} WHERE a = ${}", "hole 1 stands for a table's name (after FROM)"],
    ["SELECT a FROM t WHERE a = ${}\0", "the text holds a character that no statement has"],
  ])("%s", async (text, reason) => {
    expect(await bind(text)).toEqual({ ok: false, reason });
  });
});

it("binds each hole to a number of its own, or refuses, whatever the text", async () => {
  const word = fc.constantFrom(
    "SELECT",
    "a",
    "t",
    "FROM t",
    "WHERE",
    "a =",
    "'",
    "''",
    '"',
    "$$",
    "$1",
    "/*",
    "*/",
    "--",
    "\n",
    "(",
    ")",
    ",",
    "E'",
    "\\",
    "LIMIT",
    "AND",
    "||",
    "%",
    "UPDATE t SET",
    "IN",
    ";",
    "interval",
  );
  const parts = fc.array(
    fc.array(word, { maxLength: 5 }).map((words) => words.join(" ")),
    { minLength: 1, maxLength: 5 },
  );
  const whole = parts.map((list) => ["SELECT a FROM t WHERE a = ", ...list]);
  let bound = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(parts, whole), async (list) => {
      const result = await bindInterpolated(list, "postgres");
      if (!result.ok) {
        expect(result.reason).not.toBe("");
        return;
      }
      bound += 1;
      expect(new Set(result.holes).size).toBe(list.length - 1);
      for (const number of result.holes) expect(result.statement).toContain(`$${number}`);
    }),
    { numRuns: 2000 },
  );
  expect(bound).toBeGreaterThan(20);
});
