/** What a held statement would change, without a trace of it left. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApprovalPreview } from "../../../src/contract/approval.ts";
import type { SqlOperation } from "../../../src/contract/operation.ts";
import type { Connector } from "../../../src/sidecar/connectors/connector.ts";
import { openPostgresConnector } from "../../../src/sidecar/connectors/postgres/connector.ts";
import { openSqliteConnector } from "../../../src/sidecar/connectors/sqlite/connector.ts";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";

async function preview(
  connector: Connector,
  statement: string,
  values: readonly (string | number)[],
  tables = ["parts"],
): Promise<ApprovalPreview | undefined> {
  const parameters = values.map((_, index) => `v${index}`);
  const operation: SqlOperation = {
    id: "w-000000",
    kind: "sql",
    access: "write",
    why: "",
    dialect: "postgres",
    statement,
    tables,
    parameters,
    client: "neon",
  };
  const named = Object.fromEntries(parameters.map((name, at) => [name, values[at] ?? null]));
  const call = { operation, access: "write", arguments: { values: named } } as const;
  const plain = { payload: null, contentType: null };
  return connector.preview?.({ ...call, ...plain }, AbortSignal.timeout(20_000));
}

let server: PostgresServer;
let owner: Client;
let folder: string;
let file: Database.Database;
const connectors: Partial<Record<"postgres" | "sqlite", Connector>> = {};
const rowsIn: Record<"postgres" | "sqlite", () => Promise<unknown[]>> = {
  postgres: async () => (await owner.query("SELECT * FROM parts ORDER BY id")).rows,
  sqlite: async () => file.prepare("SELECT * FROM parts ORDER BY id").all(),
};
const create = `
  CREATE TABLE parts (id bigint PRIMARY KEY, label text, price numeric);
  INSERT INTO parts VALUES (7, 'bolt', 2.50), (8, 'nut', NULL)`;

beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(`${create}; CREATE TABLE loose (id int)`);
  connectors.postgres = openPostgresConnector({ name: "p", url: server.url, timeout: 20_000 });
  folder = mkdtempSync(join(tmpdir(), "govern-preview-"));
  file = new Database(join(folder, "parts.db"));
  file.exec(create.replace("bigint PRIMARY", "INTEGER PRIMARY"));
  connectors.sqlite = openSqliteConnector({ name: "s", file: join(folder, "parts.db") });
});
afterAll(async () => {
  await connectors.postgres?.close();
  await connectors.sqlite?.close();
  file.close();
  await owner.end();
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe.each(["postgres", "sqlite"] as const)("a preview in %s", (kind) => {
  let connector: Connector;
  let before: unknown[];

  beforeEach(async () => {
    connector = connectors[kind] as Connector;
    before = await rowsIn[kind]();
  });
  const show = async (statement: string, ...values: (string | number)[]) => {
    const shown = await preview(connector, statement, values);
    expect(await rowsIn[kind]()).toEqual(before);
    return shown;
  };

  it("shows the rows of an UPDATE before and after, and changes none", async () => {
    const shown = await show("UPDATE parts SET label = $1 WHERE id >= $2", "screw", 7);
    expect(shown).toMatchObject({ more: false, reason: null });
    expect(shown?.rows).toHaveLength(2);
    expect(shown?.rows).toEqual(
      expect.arrayContaining([
        {
          before: { id: "7", label: "bolt", price: expect.stringMatching(/^2\.50?$/) as string },
          after: { id: "7", label: "screw", price: expect.stringMatching(/^2\.50?$/) as string },
        },
        {
          before: { id: "8", label: "nut", price: null },
          after: { id: "8", label: "screw", price: null },
        },
      ]),
    );
  });

  it("shows what a DELETE takes and an INSERT brings", async () => {
    const gone = await show("DELETE FROM parts WHERE id = $1;", 8);
    expect(gone?.rows).toEqual([{ before: { id: "8", label: "nut", price: null }, after: null }]);
    const come = await show("INSERT INTO parts VALUES ($1, $2, NULL) -- new", 9, "rivet");
    expect(come?.rows).toEqual([{ before: null, after: { id: "9", label: "rivet", price: null } }]);
  });

  it("loses no digit, and says that there are more rows than it shows", async () => {
    const big = await show("UPDATE parts SET price = $1 WHERE id = $2", "9007199254740993", 7);
    expect(big?.rows?.[0]?.after?.["price"]).toBe("9007199254740993");
    const many =
      "INSERT INTO parts WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, 'x', NULL FROM n";
    const shown = await show(many);
    expect(shown).toMatchObject({ more: true });
    expect(shown?.rows).toHaveLength(50);
  });

  it("says why where there is none", async () => {
    expect(await show("UPDATE parts SET nothing = 1")).toMatchObject({ rows: null });
    expect(await show("DELETE FROM parts RETURNING id")).toMatchObject({ rows: null });
    expect(await preview(connector, "DELETE FROM parts", [], ["parts", "logs"])).toMatchObject({
      rows: null,
      reason: expect.stringContaining("single INSERT") as string,
    });
  });
});

it("waits for no lock for long", async () => {
  const connector = connectors.postgres as Connector;
  await owner.query("BEGIN; LOCK TABLE parts IN EXCLUSIVE MODE");
  const shown = await preview(connector, "UPDATE parts SET label = 'x'", []);
  await owner.query("COMMIT");
  expect(shown).toMatchObject({ rows: null, reason: expect.stringContaining("locked") as string });
  file.exec("BEGIN IMMEDIATE");
  expect(await preview(connectors.sqlite as Connector, "DELETE FROM parts", [])).toMatchObject({
    rows: null,
  });
  file.exec("COMMIT");
});

it("tells rows apart by the primary key alone", async () => {
  const connector = connectors.postgres as Connector;
  expect(await preview(connector, "DELETE FROM loose", [], ["loose"])).toMatchObject({
    reason: expect.stringContaining("no primary key") as string,
  });
});
