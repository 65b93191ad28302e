/** Masked columns by what the databases themselves say that a column is, on real ones; bodies of APIs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation, SqlOperation } from "../../../src/contract/operation.ts";
import type { SqlBatchResult, SqlResult } from "../../../src/contract/wire.ts";
import { compileMask } from "../../../src/policy/masks.ts";
import type { Connector, ConnectorResult } from "../../../src/sidecar/connectors/connector.ts";
import type { Outcome } from "../../../src/sidecar/connectors/outcome.ts";
import { openPostgresConnector } from "../../../src/sidecar/connectors/postgres/connector.ts";
import { openSqliteConnector } from "../../../src/sidecar/connectors/sqlite/connector.ts";
import { judgeMasked } from "../../../src/sidecar/masking/mask-answer.ts";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";

const table = "CREATE TABLE people (id int PRIMARY KEY, name text, ssn text);";
const row = "INSERT INTO people VALUES (1, 'Sam', '1-2');";

let server: PostgresServer;
let folder: string;
const connectors = new Map<string, Connector>();

beforeAll(async () => {
  server = await startPostgres();
  const owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(`${table}${row} ALTER TABLE people ADD card jsonb;
    UPDATE people SET card = '{"number": "4-5", "year": 30}';`);
  await owner.end();
  connectors.set(
    "postgres",
    openPostgresConnector({ name: "p", url: server.url, timeout: 20_000, poolSize: 1 }),
  );
  folder = mkdtempSync(join(tmpdir(), "govern-masks-"));
  const file = join(folder, "p.db");
  new Database(file).exec(table + row).close();
  connectors.set("sqlite", openSqliteConnector({ name: "p", file }));
});
afterAll(async () => {
  for (const connector of connectors.values()) await connector.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function sql(statement: string, id = "q-000000"): SqlOperation {
  return {
    id,
    kind: "sql",
    access: "write",
    why: "test",
    dialect: "postgres",
    statement,
    tables: ["people"],
    parameters: [],
    client: "neon",
  };
}

const maskOf = (fields: string[]) => [compileMask({ mask: ["desk/*"], fields }, 0)];
type Executed = Extract<Outcome, { state: "executed" }>;

function executed(outcome: Outcome): Executed {
  if (outcome.state !== "executed") throw new RangeError(outcome.code);
  return outcome;
}

async function ask(engine: string, statements: string[], fields = ["ssn"]): Promise<Executed> {
  const [first = ""] = statements;
  const parts = statements.map((text, index) => sql(text, `q-00000${index}`));
  const isBatch = statements.length > 1;
  const operation: Operation = isBatch
    ? { ...sql(first), kind: "sql-batch", statements: parts.map(({ id }) => id) }
    : sql(first);
  const call = { operation, statements: isBatch ? parts : [], access: "write" as const };
  const result = await connectors.get(engine)?.execute(
    {
      ...call,
      arguments: isBatch ? { statements: parts.map(() => ({ values: {} })) } : { values: {} },
      payload: null,
      contentType: null,
      origins: true,
    },
    AbortSignal.timeout(20_000),
  );
  if (result === undefined) throw new RangeError(engine);
  return executed(judgeMasked(call, maskOf(fields), result));
}

async function rows(engine: string, statement: string, fields?: string[]): Promise<unknown> {
  const { body } = await ask(engine, [statement], fields);
  return (JSON.parse(Buffer.from(body).toString()) as SqlResult).rows;
}

describe.each(["postgres", "sqlite"])("a masked column of %s", (engine) => {
  it.each([
    ["SELECT id, name, ssn FROM people", [[1, "Sam", null]]],
    ["SELECT id, ssn AS name FROM people", [[1, null]]],
    ["SELECT id, x AS y FROM (SELECT id, ssn AS x FROM people) AS s", [[1, null]]],
    ["WITH s AS (SELECT ssn AS x FROM people) SELECT x FROM s", [[null]]],
    ["SELECT name AS ssn FROM people", [[null]]],
    ["SELECT id, upper(ssn) AS x FROM people", [[1, null]]],
    [`SELECT id, "ssn" || '' AS x FROM people`, [[1, null]]],
    ["SELECT CASE WHEN SSN = '1-2' THEN 'yes' END AS x FROM people", [[null]]],
    ["SELECT count(*) AS n FROM people WHERE ssn = '1-2'", [[null]]],
    ["SELECT id, upper(name) AS x FROM people", [[1, "SAM"]]],
    ["UPDATE people SET name = 'Sam' WHERE id = 1 RETURNING id, ssn AS x", [[1, null]]],
  ])("is not told by %s", async (statement, told) => {
    expect(await rows(engine, statement)).toEqual(told);
  });

  it("is not told by any statement of a batch, and the trail knows the rule", async () => {
    const { body, masks } = await ask(engine, [
      "SELECT name FROM people",
      "SELECT ssn AS x FROM people",
    ]);
    const { results } = JSON.parse(Buffer.from(body).toString()) as SqlBatchResult;
    expect(results.map((one) => one.rows)).toEqual([[["Sam"]], [[null]]]);
    expect(masks).toEqual(["masks[0]"]);
  });

  it("may be named with its table, in any case", async () => {
    const statement = "SELECT id, ssn AS x FROM people";
    expect(await rows(engine, statement, ["People.SSN"])).toEqual([[1, null]]);
    expect(await rows(engine, statement, ["other.ssn"])).toEqual([[1, "1-2"]]);
  });
});

describe("a row or a document of PostgreSQL", () => {
  it.each([
    ["SELECT p AS x FROM people p", ["ssn"], [[null]]],
    ["SELECT array_agg(p) AS x FROM people p", ["ssn"], [[null]]],
    [
      "SELECT to_jsonb(p) - 'card' AS x FROM people p",
      ["ssn"],
      [[{ $json: '{"id": 1, "ssn": null, "name": "Sam"}' }]],
    ],
    ["SELECT card FROM people", ["card.number"], [[{ $json: '{"year": 30, "number": null}' }]]],
    ["SELECT card->>'number' AS x FROM people", ["card.number"], [[null]]],
  ])("tells no masked field: %s", async (statement, fields, told) => {
    expect(await rows("postgres", statement, fields)).toEqual(told);
  });
});

const read: Operation = {
  id: "get-people-000000",
  kind: "http",
  access: "read",
  why: "method GET",
  method: "GET",
  origin: "same-origin",
  path: "/people",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "none" },
};

function judge(body: string | Uint8Array, fields = ["card.number"]): Executed {
  const result: ConnectorResult = {
    kind: "answered",
    status: 200,
    headers: [
      ["content-type", "application/json"],
      ["etag", '"5d41402a"'],
    ],
    body: Buffer.from(body),
  };
  const call = { operation: read, statements: [], access: "read" } as const;
  return executed(judgeMasked(call, maskOf(fields), result));
}

describe("an API's answer", () => {
  it("has null for what a field's names lead to, at any depth, and no tag of what it was", () => {
    const { body, headers } = judge('[{"who":{"Card":{"number":4,"year":30}},"number":7}]');
    expect(body.toString()).toBe('[{"who":{"Card":{"number":null,"year":30}},"number":7}]');
    expect(headers).toEqual([["content-type", "application/json"]]);
  });

  it.each(["<p>4-5</p>", "number\n4-5", Buffer.from([0x22, 0xff, 0x22]), '{"a":1}\n{"a":2}'])(
    "is withheld as a whole where it cannot be read: %s",
    (text) => {
      const { body, headers, withheld } = judge(text);
      expect({ withheld, headers, bytes: body.byteLength }).toEqual({
        withheld: true,
        headers: [],
        bytes: 0,
      });
    },
  );

  it("is left alone where there is none", () => {
    expect(judge("")).toMatchObject({ status: 200, masks: ["masks[0]"] });
  });
});
