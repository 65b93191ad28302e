/** The list of harmless functions, held against the server's own catalogue. */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isHarmlessFunction } from "../../src/statements/postgres/harmless.ts";
import { startPostgres, type PostgresServer } from "../postgres-server.ts";

let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await server.stop();
});

/** Volatile to the planner, for their answers differ from call to call; they change nothing. */
const differing = [
  "clock_timestamp",
  "current_query",
  "currval",
  "gen_random_uuid",
  "lastval",
  "pg_database_size",
  "pg_indexes_size",
  "pg_is_in_recovery",
  "pg_partition_ancestors",
  "pg_partition_tree",
  "pg_relation_size",
  "pg_table_size",
  "pg_tablespace_size",
  "pg_total_relation_size",
  "random",
  "timeofday",
];

it("holds no function that the server calls volatile, but for those that only tell", async () => {
  const { rows } = await client.query<{ name: string }>(
    "SELECT DISTINCT proname AS name FROM pg_proc WHERE provolatile = 'v' AND pronamespace = 'pg_catalog'::regnamespace",
  );
  const volatile = rows.map(({ name }) => name).filter((name) => isHarmlessFunction([name]));
  expect(volatile.filter((name) => !differing.includes(name))).toEqual([]);
});

it("holds no function that runs a text of SQL", async () => {
  const { rows } = await client.query<{ name: string }>(
    "SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '_to_xml|^ts_stat|^ts_rewrite|^query_|^cursor_'",
  );
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.filter(({ name }) => isHarmlessFunction([name]))).toEqual([]);
});
