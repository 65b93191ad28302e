// A read of one row, which the server itself keeps from writing, against the wrapper that sends BEGIN, the statement and COMMIT
// one after the other, and against the statement alone.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { compare } from "../report.mjs";

const warmup = 500;
const reads = 3000;

async function loadSources(folder) {
  const outfile = join(folder, "sources.mjs");
  await build({
    stdin: {
      contents: `export { openPostgresConnector } from "./src/sidecar/connectors/postgres/connector.ts";
        export { startPostgres } from "./test/postgres-server.ts";`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outfile,
    logLevel: "error",
  });
  return import(outfile);
}

const operation = {
  id: "select-accounts-000000",
  kind: "sql",
  access: "read",
  why: "SelectStmt",
  dialect: "postgres",
  statement: "SELECT id, balance, owner FROM accounts WHERE id = $1",
  tables: ["accounts"],
  parameters: ["id"],
  client: "pg",
};

function governed(connector) {
  return async (id) => {
    const result = await connector.execute(
      {
        operation,
        access: "read",
        arguments: { values: { id } },
        payload: null,
        contentType: null,
      },
      new AbortController().signal,
    );
    if (result.kind !== "answered") throw new Error(result.code);
  };
}

/** What a wrapper that cares resets before the next call, it does when it gives the connection back. */
function sequential(pool, { resets }) {
  return async (id) => {
    const client = await pool.connect();
    await client.query("BEGIN READ ONLY");
    const { rows } = await client.query(operation.statement, [id]);
    await client.query("COMMIT");
    if (resets) await client.query("DISCARD ALL");
    client.release();
    JSON.stringify(rows);
  };
}

/** Reads a second, with so many in flight. */
async function rateOf(read, count, inFlight) {
  let next = 0;
  const started = performance.now();
  const work = async () => {
    while (next < count) await read(String((next += 1) % 1000));
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return (count * 1000) / (performance.now() - started);
}

async function measure({ what, inFlight, atLeast, ours, peer, rounds }) {
  for (const side of [ours, peer]) await rateOf(side, warmup, inFlight);
  const rates = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    rates.ours.push(await rateOf(ours, reads, inFlight));
    rates.peer.push(await rateOf(peer, reads, inFlight));
  }
  return compare({ what, unit: "reads/s", atLeast, ...rates });
}

export const bench = {
  about: "a read that PostgreSQL keeps from writing, against BEGIN, SELECT, COMMIT one by one",
  async run({ runs = 7, progress }) {
    // Beside the packages that the sources import.
    const folder = mkdtempSync(join(process.cwd(), "node_modules/.bench-"));
    const { default: pg } = await import("pg");
    const { openPostgresConnector, startPostgres } = await loadSources(folder);
    const server = await startPostgres();
    const pool = new pg.Pool({ connectionString: server.url, max: 10 });
    pool.on("error", () => {});
    const connector = openPostgresConnector({ name: "bench", url: server.url, timeout: 30_000 });
    try {
      await pool.query(`CREATE TABLE accounts AS
        SELECT i AS id, i * 7 AS balance, 'owner ' || i AS owner FROM generate_series(0, 999) AS i`);
      await pool.query("ALTER TABLE accounts ADD PRIMARY KEY (id)");
      await pool.query("ANALYZE accounts");
      const ours = governed(connector);
      const plain = sequential(pool, { resets: false });
      const reset = sequential(pool, { resets: true });
      const rows = [];
      for (const inFlight of [1, 32]) {
        progress(`${inFlight} in flight`);
        const common = { inFlight, ours, rounds: runs };
        const what = `${inFlight} in flight, against a wrapper that`;
        rows.push(
          await measure({ ...common, what: `${what} resets nothing`, atLeast: 1.2, peer: plain }),
          await measure({
            ...common,
            what: `${what} resets the session`,
            atLeast: 1.2,
            peer: reset,
          }),
        );
      }
      return rows;
    } finally {
      await connector.close();
      await pool.end();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
