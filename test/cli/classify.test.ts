import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { runGovern } from "./run-govern.ts";

const lineOf = (sql: string, dialect = "postgres") => Buffer.from(JSON.stringify({ sql, dialect }));

describe("govern classify", () => {
  it("answers line by line, in order, also lines that are no statement", async () => {
    const input = [
      '{"sql": "SELECT id FROM accounts", "dialect": "postgres"}',
      '{"sql": "DELETE FROM accounts", "dialect": "postgres"}',
      '{"sql": "SELEC", "dialect": "postgres"}',
      '{"sql": "SELECT 1", "dialect": "oracle"}',
      "not JSON",
      '{"sql": 1}',
    ].join("\n");
    const { code, stdout } = await runGovern(["classify", "--stdin"], { cwd: tmpdir(), input });
    const verdicts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { access: string; tables: string[] });
    expect(code).toBe(0);
    expect(verdicts.map(({ access }) => access)).toEqual([
      "read",
      "write",
      "invalid",
      "invalid",
      "invalid",
      "invalid",
    ]);
    expect(verdicts[0]?.tables).toEqual(["accounts"]);
  });

  it("calls nothing a read that no parser takes, and stays up", async () => {
    const nested = `SELECT ${"(".repeat(50_000)}1${")".repeat(50_000)}`;
    const lines = [
      Buffer.from([...Buffer.from('{"sql": "SELECT \''), 0xff, 0xc3, ...Buffer.from("'\"}")]),
      ...["postgres", "mysql", "sqlite"].flatMap((dialect) => [
        lineOf("SELECT FROM WHERE (", dialect),
        lineOf(`SELECT '${"x".repeat(1_000_001)}'`, dialect),
        lineOf(nested, dialect),
        lineOf("SELECT 1\0; DELETE FROM t", dialect),
      ]),
      lineOf("SELECT 1", "oracle"),
    ];
    const last = lineOf("SELECT 'é'");
    const input = Buffer.concat([...lines, last].flatMap((one) => [one, Buffer.from("\n")]));
    const { code, stdout } = await runGovern(["classify", "--stdin"], { cwd: tmpdir(), input });
    const verdicts = stdout
      .trimEnd()
      .split("\n")
      .map((one) => JSON.parse(one).access as string);
    expect(code).toBe(0);
    expect(verdicts).toEqual([...lines.map(() => "invalid"), "read"]);
  });

  it("tells a person in a table, a program in JSON", async () => {
    const statement = "UPDATE accounts SET balance = $1";
    const table = await runGovern(["classify", statement], { cwd: tmpdir() });
    expect(table.stdout).toMatch(/write +UpdateStmt +accounts/);
    const json = await runGovern(["classify", statement, "--json"], { cwd: tmpdir() });
    expect(JSON.parse(json.stdout)).toMatchObject([{ access: "write", tables: ["accounts"] }]);
  });

  it("asks for a statement", async () => {
    const { code, stderr } = await runGovern(["classify"], { cwd: tmpdir() });
    expect(code).toBe(2);
    expect(stderr).toContain("error[usage]");
  });
});
