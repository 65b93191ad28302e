// Runs PostgreSQL's regression SQL in a server and asks it of each statement whether it wrote; then what govern says of it.
//   node scripts/judge/postgres.mjs postgres://owner@127.0.0.1:5432/postgres FOLDER/*.sql
// The server is the judge: a statement that a read-only transaction refuses, or that was given a transaction id, or after
// which a setting or an advisory lock differs, writes. A plain read is one that wrote nothing and calls nothing that the
// script made itself.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import pg from "pg";
import { plainPsql, splitStatements } from "./split.mjs";
import { createTally, reasonsOf } from "./verdicts.mjs";

const [url, ...files] = process.argv.slice(2);
const tally = createTally("postgres");
let client;
let known;

async function connect() {
  client = new pg.Client({ connectionString: url, statement_timeout: 5000, query_timeout: 8000 });
  client.on("error", () => undefined);
  await client.connect();
  await client.query("SET client_min_messages = error");
}

async function ask(text) {
  try {
    return { ok: true, result: await client.query(text) };
  } catch (error) {
    return { ok: false, code: error.code ?? "", message: String(error.message) };
  }
}

const stateOf = async () => {
  const got = await ask(
    "SELECT md5(string_agg(name || coalesce(setting, ''), ',' ORDER BY name)) AS s, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS l, (SELECT count(*) FROM pg_prepared_statements WHERE name <> '') AS p, (SELECT count(*) FROM pg_cursors) AS c, txid_current_if_assigned() AS x FROM pg_settings WHERE name NOT IN ('transaction_read_only', 'in_hot_standby')",
  );
  return got.ok ? got.result.rows[0] : undefined;
};

/** What the text does inside a transaction that is undone. */
async function judge(text) {
  const inside = (await ask("SAVEPOINT judge")).ok;
  if (!inside) await ask("BEGIN");
  const undo = inside ? "ROLLBACK TO judge" : "ROLLBACK";
  const start = await stateOf();
  if (start === undefined) return { did: "nothing" };
  const free = await ask(text);
  const end = free.ok ? await stateOf() : undefined;
  await ask(undo);
  if (!free.ok) return { did: "nothing", note: free.message };
  if (!inside) await ask("BEGIN");
  await ask("SET TRANSACTION READ ONLY");
  const bound = await ask(text);
  await ask(undo);
  if (!bound.ok && bound.code === "25006") return { did: "write", note: bound.message };
  for (const key of ["x", "s", "l", "p", "c"]) {
    if (end?.[key] !== start[key]) return { did: "write", note: `changed ${key}` };
  }
  return { did: "read" };
}

const nameIn = (why, kind) => new RegExp(`^${kind} (.*) is not known`).exec(why)?.[1];

/** Whether a read that is held calls only what comes with the server and is declared free of effects. */
function isPlain(why) {
  // Row locks and the body of an EXPLAIN that would write are held on purpose.
  if (/^(?:LockingClause|SelectStmt INTO|\w+Stmt)$/.test(why)) return false;
  const name = nameIn(why, "function");
  if (name !== undefined) return known.functions.has(name.replace(/^pg_catalog\./, ""));
  const operator = nameIn(why, "operator");
  if (operator !== undefined) return known.operators.has(operator.replace(/^pg_catalog\./, ""));
  const type = nameIn(why, "type");
  if (type !== undefined) return known.types.has(type.replace(/^pg_catalog\./, ""));
  return true;
}

const set = async (text) => new Set((await client.query(text)).rows.map((row) => row.n));

async function learn() {
  known = {
    functions: await set(
      "SELECT proname AS n FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY 1 HAVING bool_and(provolatile <> 'v')",
    ),
    operators: await set(
      "SELECT oprname AS n FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace",
    ),
    types: await set(
      "SELECT typname AS n FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace",
    ),
  };
}

const isStatement =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*(?:select|with|values|table|explain|show)\b/i;
const neverRun =
  /pg_terminate_backend|pg_sleep|\\\\|infinite_recurse|pg_stat_reset|drop database|template1/i;

await connect();
await learn();
for (const file of files) {
  const statements = splitStatements(plainPsql(readFileSync(file, "utf8")), "postgres");
  for (const text of statements) {
    if (neverRun.test(text)) continue;
    const facts = await tally.classify(text);
    if (facts.access === "read" || isStatement.test(text)) {
      const verdict = await judge(text);
      const plain = facts.access === "read" || verdict.did !== "read" || isPlain(facts.why);
      tally.add(text, { facts, ...verdict, plain, file: basename(file) });
    } else tally.add(text, { facts, did: "unasked" });
    const run = await ask(text);
    if (!run.ok && /terminat|timeout|Connection/i.test(run.message)) {
      await client.end().catch(() => undefined);
      await connect();
    }
  }
  // What a file left open must not reach the next.
  await ask("ROLLBACK");
  await client.end().catch(() => undefined);
  await connect();
  process.stderr.write(`${basename(file)} ${statements.length}\n`);
}
await client.end();
const report = tally.report();
console.log(JSON.stringify({ ...report, reasons: reasonsOf(report.held) }, null, 1));
