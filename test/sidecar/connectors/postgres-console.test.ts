/** The support console's own statements, as its bundle says them, on PostgreSQL. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { readBundle } from "../../../src/bundle/files/read-bundle.ts";
import type { JsonValue } from "../../../src/contract/canonical-json.ts";
import type { SqlOperation } from "../../../src/contract/operation.ts";
import type { SqlResult } from "../../../src/contract/wire.ts";
import type { Connector } from "../../../src/sidecar/connectors/connector.ts";
import { openPostgresConnector } from "../../../src/sidecar/connectors/postgres/connector.ts";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";

const folder = "fixtures/support-console";
let server: PostgresServer;
let connector: Connector;
let operations: SqlOperation[];

/** The ledger's schema with PostgreSQL's own types. */
function seed(): string {
  return readFileSync(`${folder}/upstream/seed.sql`, "utf8")
    .replaceAll(/_at TEXT/g, "_at TIMESTAMPTZ")
    .replaceAll("id INTEGER PRIMARY KEY", "id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
}

beforeAll(async () => {
  const { operations: all } = await analyzeBundle(await readBundle(`${folder}/dist`), "console");
  operations = all.filter((one) => one.kind === "sql");
  server = await startPostgres();
  const owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(seed());
  await owner.end();
  connector = openPostgresConnector({ name: "ledger", url: server.url, timeout: 20_000 });
});
afterAll(async () => {
  await connector?.close();
  await server?.stop();
});

async function answer(part: string, values: Record<string, JsonValue>): Promise<SqlResult> {
  const [operation] = operations.filter(({ statement }) => statement.includes(part));
  if (operation === undefined) throw new RangeError(`The bundle has no statement with ${part}`);
  const { access } = operation;
  const call = { operation, access, arguments: { values }, payload: null, contentType: null };
  const result = await connector.execute(call, AbortSignal.timeout(20_000));
  if (result.kind !== "answered") throw new RangeError(result.detail);
  return JSON.parse(Buffer.from(result.body).toString()) as SqlResult;
}

it("runs every statement of the support console", async () => {
  expect(operations).toHaveLength(5);
  expect(await answer("FROM accounts ORDER BY name", {})).toMatchObject({
    rowCount: 9,
    columns: [{ type: "text" }, {}, {}, {}, { name: "balance_cents", type: "int4" }],
  });
  expect((await answer("LIKE", { name: "%north%" })).rows).toEqual([
    ["acc-1001", "Northwind Traders", "Business", "active", 38600],
  ]);
  const history = await answer("FROM account_history", { account_id: "acc-1008" });
  expect(history.columns.map(({ type }) => type)).toEqual([
    "int8",
    "text",
    "int4",
    "text",
    "timestamptz",
  ]);
  expect(history.rows[0]).toEqual([
    "2",
    "payment",
    4900,
    "Card payment",
    { $date: "2025-02-03T10:12:00.000Z" },
  ]);
  const closed = (): Promise<SqlResult> => answer("status = $1", { status: "closed" });
  expect((await closed()).rows.map(([id]) => id)).toEqual(["acc-1008"]);
  const closing = { id: "acc-1009", closed_at: "2026-02-03T04:05:06.000Z" };
  expect(await answer("UPDATE accounts", closing)).toMatchObject({
    rowCount: 1,
    command: "UPDATE",
  });
  expect((await closed()).rows.map(([id]) => id)).toEqual(["acc-1008", "acc-1009"]);
});
