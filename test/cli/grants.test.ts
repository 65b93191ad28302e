/** The printed grants on a real server: they are enough for every statement, and doctor finds any one that is too much. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startPostgres, type PostgresServer } from "../postgres-server.ts";
import { runGovern, type Run } from "./run-govern.ts";

const statements: readonly (readonly [text: string, values: readonly string[]])[] = [
  ["SELECT id, balance FROM accounts WHERE owner = $1", ["sam"]],
  ["UPDATE accounts SET balance = balance + $1 WHERE id = $2", ["1", "1"]],
  [
    "INSERT INTO notes (id, label) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET label = excluded.label RETURNING id",
    ["1", "x"],
  ],
  ["DELETE FROM old.sessions", []],
  ["INSERT INTO log (id, label) VALUES ($1, $2)", ["1", "x"]],
  ["SELECT a.name, o.total FROM agents a JOIN orders o ON o.agent = a.id", []],
  ["WITH t AS (SELECT * FROM teams) SELECT count(*) FROM t", []],
  ['SELECT "Odd" FROM "Odd Names"', []],
];

const setup = `
  DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS old CASCADE; CREATE SCHEMA public; CREATE SCHEMA old;
  GRANT USAGE ON SCHEMA public TO PUBLIC;
  CREATE TABLE accounts (id int PRIMARY KEY, owner text, balance int, secret text);
  CREATE TABLE notes (id int PRIMARY KEY, label text, secret text);
  CREATE TABLE old.sessions (id int, secret text);
  CREATE TABLE log (id int, label text);
  CREATE TABLE agents (id int, name text, secret text);
  CREATE TABLE orders (id int, agent int, total int);
  CREATE TABLE teams (id int);
  CREATE TABLE "Odd Names" ("Odd" int, secret text);
  CREATE TABLE salaries (id int, amount int);`;

let server: PostgresServer;
let owner: Client;
let folder: string;
const govern = (...args: string[]): Promise<Run> => runGovern(args, { cwd: folder });

interface Printed {
  resources: { role: string; grants: string[]; beyond: unknown[] }[];
}
async function printed(): Promise<Printed["resources"][number]> {
  const { stdout } = await govern("policy", "grants", "--role", "desk_app", "--json");
  const [one] = (JSON.parse(stdout) as Printed).resources;
  if (one === undefined) throw new RangeError(stdout);
  return one;
}

async function diagnosis(): Promise<{ state: string; found: string }> {
  const { stdout } = await govern("doctor", "--resources", "--json");
  const checks = JSON.parse(stdout) as { name: string; state: string; found: string }[];
  return checks.find(({ name }) => name === "ledger") ?? { state: "", found: stdout };
}

beforeAll(async () => {
  server = await startPostgres();
  owner = new Client({ connectionString: server.url });
  await owner.connect();
  await owner.query("CREATE ROLE desk_app LOGIN");
  folder = mkdtempSync(join(tmpdir(), "govern-grants-"));
  writeFileSync(
    join(folder, "govern.yaml"),
    `version: 1
resources: { ledger: { kind: postgres, url: "\${env:GRANTS_URL}" } }
apps: { desk: { resources: { sql: ledger } } }
`,
  );
  mkdirSync(join(folder, ".govern"), { recursive: true });
  writeFileSync(
    join(folder, ".govern/secrets.env"),
    `GRANTS_URL=${server.url.replace("owner", "desk_app")}\n`,
  );
  mkdirSync(join(folder, "governed/apps/desk"), { recursive: true });
  const operations = [...statements.map(([text]) => text), "CREATE TABLE more (id int)"].map(
    (statement, index) => ({
      id: `q-00000${index}`,
      kind: "sql",
      access: "write",
      why: "test",
      dialect: "postgres",
      statement,
      tables: [],
      parameters: [],
      client: "neon",
    }),
  );
  writeFileSync(
    join(folder, "governed/apps/desk/operations.json"),
    JSON.stringify({ version: 1, app: "desk", operations }),
  );
});
afterAll(async () => {
  await owner?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await owner.query(`ALTER ROLE desk_app NOSUPERUSER NOBYPASSRLS; ${setup}`);
});

it("names tables, columns where the text proves them, and what no grant allows", async () => {
  const { grants, beyond } = await printed();
  expect(grants).toEqual([
    "GRANT USAGE ON SCHEMA old TO desk_app;",
    "GRANT DELETE ON old.sessions TO desk_app;",
    'GRANT SELECT ("Odd") ON "Odd Names" TO desk_app;',
    "GRANT SELECT (balance, id, owner), UPDATE (balance) ON accounts TO desk_app;",
    "GRANT SELECT (id, name) ON agents TO desk_app;",
    "GRANT INSERT (id, label) ON log TO desk_app;",
    "GRANT INSERT (id, label), UPDATE (label), SELECT (id, label) ON notes TO desk_app;",
    "GRANT SELECT (agent, total) ON orders TO desk_app;",
    "GRANT SELECT ON teams TO desk_app;",
  ]);
  expect(beyond).toEqual([{ operation: "desk/q-000008", why: "CreateStmt" }]);
});

it("is enough for each statement, and each of them is needed", async () => {
  const { grants } = await printed();
  const app = new Client({ connectionString: server.url.replace("owner", "desk_app") });
  app.on("error", () => {});
  await app.connect();
  const runs = async (): Promise<boolean[]> => {
    const outcomes: boolean[] = [];
    for (const [text, values] of statements) {
      outcomes.push(
        await app.query(text, [...values]).then(
          () => true,
          () => false,
        ),
      );
    }
    return outcomes;
  };
  expect(await runs()).toEqual(statements.map(() => false));
  for (const grant of grants) await owner.query(grant);
  expect(await runs()).toEqual(statements.map(() => true));
  for (const grant of grants) {
    await owner.query(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "));
    expect(await runs()).toContain(false);
    await owner.query(grant);
  }
  await app.end();
});

it("leaves doctor nothing to say", async () => {
  for (const grant of (await printed()).grants) await owner.query(grant);
  expect(await diagnosis()).toMatchObject({
    state: "good",
    found: "desk_app may do no more than the operations need",
  });
});

it.each([
  ["ALTER ROLE desk_app SUPERUSER", "is a superuser"],
  ["ALTER ROLE desk_app BYPASSRLS", "bypasses row-level security"],
  ["ALTER TABLE accounts OWNER TO desk_app", "owns accounts"],
  ["GRANT CREATE ON SCHEMA public TO desk_app", "may CREATE in the schema public"],
  ["GRANT UPDATE ON agents TO desk_app", "may UPDATE agents"],
  ["GRANT SELECT ON salaries TO desk_app", "may SELECT salaries"],
  ["GRANT SELECT ON accounts TO PUBLIC", "may SELECT (secret) accounts"],
  ["GRANT UPDATE (owner) ON accounts TO desk_app", "may UPDATE (owner) accounts"],
  ["GRANT TRUNCATE ON log TO desk_app", "may TRUNCATE log"],
  ["GRANT pg_read_all_data TO desk_app", "is a member of pg_read_all_data"],
])("doctor tells after %s", async (change, found) => {
  for (const grant of (await printed()).grants) await owner.query(grant);
  await owner.query(change);
  const told = await diagnosis();
  await owner.query("REVOKE pg_read_all_data FROM desk_app");
  expect(told).toMatchObject({ state: "bad" });
  expect(told.found).toContain(found);
});

it("doctor says so where a database cannot be asked, without its address", async () => {
  writeFileSync(
    join(folder, ".govern/secrets.env"),
    "GRANTS_URL=postgres://app:hunter2@127.0.0.1:1/x\n",
  );
  const told = await diagnosis();
  expect(told).toMatchObject({
    state: "bad",
    found: "the database could not be asked (ECONNREFUSED)",
  });
});
