/** Session variables on a real server: policies of row-level security see who calls, for that call and no longer. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SqlOperation } from "../../../src/contract/operation.ts";
import { resourceSchema } from "../../../src/contract/resource.ts";
import type { SqlResult } from "../../../src/contract/wire.ts";
import type { Caller, Connector, Once } from "../../../src/sidecar/connectors/connector.ts";
import { openPostgresConnector } from "../../../src/sidecar/connectors/postgres/connector.ts";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";

const issuer = "https://sso.acme.example";

let server: PostgresServer;
let owner: Client;
let connector: Connector;
let bare: Connector;

beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query(`
    CREATE TABLE notes (id int PRIMARY KEY, holder text NOT NULL, label text NOT NULL);
    INSERT INTO notes VALUES (1, 'sam', 'one'), (2, 'sam', 'two'), (3, 'ana', 'three');
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON notes USING (
      holder = current_setting('app.user', true)
      OR coalesce(nullif(current_setting('app.groups', true), ''), '[]')::jsonb ? 'leads');
    CREATE ROLE app LOGIN;
    GRANT SELECT, UPDATE ON notes TO app;`);
  const url = server.url.replace("owner", "app");
  const set = {
    "app.user": "identity.subject",
    "app.groups": "identity.groups",
    "app.issuer": "identity.issuer",
  } as const;
  // One connection each, so that every call gets the session of the call before.
  connector = openPostgresConnector({ name: "notes", url, timeout: 20_000, poolSize: 1, set });
  bare = openPostgresConnector({ name: "notes", url, timeout: 20_000, poolSize: 1 });
});
afterAll(async () => {
  await connector?.close();
  await bare?.close();
  await owner?.end();
  await server?.stop();
});

function caller(subject: string, groups: readonly string[] = []): Caller {
  return { subject, issuer, groups, session: "", app: "desk", credentials: null };
}

const noteOperation = (statement: string, access: "read" | "write"): SqlOperation => ({
  id: "q-000000",
  kind: "sql",
  access,
  why: "test",
  dialect: "postgres",
  statement,
  tables: ["notes"],
  parameters: [],
  client: "neon",
});

function callOf(statement: string, who: Caller | undefined, access: "read" | "write", once?: Once) {
  return {
    operation: noteOperation(statement, access),
    access,
    arguments: { values: {} },
    payload: null,
    contentType: null,
    ...(who === undefined ? {} : { caller: who }),
    ...(once === undefined ? {} : { once }),
  };
}

async function answer(
  from: Connector,
  ...[statement, who, access = "read", once]: [string, Caller?, ("read" | "write")?, Once?]
): Promise<SqlResult> {
  const call = callOf(statement, who, access, once);
  const result = await from.execute(call, AbortSignal.timeout(20_000));
  if (result.kind !== "answered") throw new RangeError(`${result.kind} ${result.code}`);
  return JSON.parse(Buffer.from(result.body).toString()) as SqlResult;
}

const listIds = "SELECT id FROM notes ORDER BY id";

describe("a call with session variables", () => {
  it("sees the rows of whoever calls, and those of everybody by a group", async () => {
    expect((await answer(connector, listIds, caller("sam"))).rows).toEqual([[1], [2]]);
    expect((await answer(connector, listIds, caller("ana"))).rows).toEqual([[3]]);
    expect((await answer(connector, listIds, caller("eve", ["leads"]))).rows).toHaveLength(3);
    expect((await answer(connector, listIds, caller("eve", ["dev"]))).rows).toEqual([]);
  });

  it.each([
    ["that nobody traces", undefined],
    ["that is traced", { key: "k", trace: () => Promise.resolve() }],
  ])("changes no row of another by a write %s", async (_, once) => {
    const change = "UPDATE notes SET label = label || '!'";
    expect(await answer(connector, change, caller("ana"), "write", once)).toMatchObject({
      rowCount: 1,
      command: "UPDATE",
    });
  });

  it("previews what it would change under the same policy", async () => {
    const call = callOf("UPDATE notes SET label = 'x'", caller("sam"), "write");
    const shown = await connector.preview?.(call, AbortSignal.timeout(20_000));
    expect(shown?.rows?.map(({ after }) => after?.["id"])).toEqual(["1", "2"]);
  });

  it("gives values as data, whatever they say", async () => {
    const hostile = `sam', true), set_config('role', 'owner`;
    const state = `SELECT current_setting('app.user') AS who, current_user AS role,
      current_setting('app.groups') AS groups, current_setting('app.issuer') AS issuer`;
    const { rows } = await answer(connector, state, caller(hostile, ["b", 'a"']));
    expect(rows).toEqual([[hostile, "app", '["a\\"","b"]', issuer]]);
  });

  it("leaves nothing of them in the session, also when it failed", async () => {
    const set: Record<string, "identity.subject"> = { "app.user": "identity.subject" };
    const url = server.url.replace("owner", "app");
    const one = openPostgresConnector({ name: "notes", url, timeout: 20_000, poolSize: 1, set });
    const peek = "SELECT pg_backend_pid() AS pid, current_setting('app.user', true) AS who";
    const [[pid, who] = []] = (await answer(one, peek, caller("sam"))).rows;
    expect(who).toBe("sam");
    delete set["app.user"];
    expect((await answer(one, peek, caller("sam"))).rows).toEqual([[pid, ""]]);
    expect((await answer(one, listIds, caller("sam"))).rows).toEqual([]);
    await one.close();
    await expect(answer(connector, "SELECT 1/0", caller("sam"))).rejects.toThrow("rejected");
    expect((await answer(connector, listIds, caller("ana"))).rows).toEqual([[3]]);
    expect((await answer(bare, listIds, caller("sam"))).rows).toEqual([]);
  });

  it.each([
    ["nobody calls", undefined],
    ["the subject is empty", caller("")],
    ["the subject is no text of the database", caller("sam\0")],
  ])("runs nothing where %s", async (_, who) => {
    const call = callOf("UPDATE notes SET label = 'gone'", who, "write");
    expect(await connector.execute(call, AbortSignal.timeout(20_000))).toMatchObject({
      kind: "failed",
      code: "resource-rejected",
    });
    const { rows } = await owner.query("SELECT 1 FROM notes WHERE label = 'gone'");
    expect(rows).toEqual([]);
  });
});

function parse(set: Record<string, string>, kind = "postgres"): boolean {
  return resourceSchema.safeParse({ kind, url: "postgres://db.example/x", set }).success;
}

describe("set of a resource", () => {
  it("takes dotted names of one's own, and what is known of a caller", () => {
    expect(parse({ "app.user": "identity.subject", "acme.app.who": "identity.groups" })).toBe(true);
    expect(parse({ "app.user": "identity.email" })).toBe(false);
    expect(parse({ "app.user": "identity.subject" }, "sqlite")).toBe(false);
  });

  it.each([
    "role",
    "search_path",
    "session_authorization",
    "transaction_read_only",
    "App.user",
    "app.user; RESET ROLE",
    "plpgsql.variable_conflict",
    "pg_stat_statements.track",
    `app.${"x".repeat(60)}`,
  ])("refuses %s", (name) => {
    expect(parse({ [name]: "identity.subject" })).toBe(false);
  });
});
