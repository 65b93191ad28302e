// Runs MariaDB's own suite in a server and asks it of each statement whether it wrote; then what govern says of it.
//   node scripts/judge/mysql.mjs mysql://root@127.0.0.1:3306 FOLDER/*.test
// It takes mysql2, which the package does not: `npm install --no-save mysql2`.
// The server is the judge: a statement writes if a read-only session refuses it, or if a variable differs after it.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import mysql from "mysql2/promise";
import { splitStatements } from "./split.mjs";
import { createTally, reasonsOf } from "./verdicts.mjs";

const [url, ...files] = process.argv.slice(2);
const tally = createTally("mysql");
let db;

/** Commands of the suite's own language; `eval` and the like hold texts with its variables. */
const commands =
  /^(?:let|eval|echo|source|connect|connection|disconnect|sleep|real_sleep|inc|dec|if|while|\}|\{|send|reap|error|die|exit|skip|perl|EOF|enable_|disable_|remove_file|write_file|append_file|copy_file|cat_file|exec|system|replace_|sorted_result|query|vertical_results|horizontal_results|character_set|require|reset_connection|send_quit|dirty_close|ping|shutdown|mkdir|rmdir|list_files|change_user|diff_files|chmod|file_exists|output|end|start_timer|end_timer|result_format|move_file|force|result|optimizer|lowercase_result|partially_sorted_result|query_vertical|query_horizontal|evalp|save_master_pos|sync_with|sync_slave|wait_for|master_pos|remove_files|assert)/i;

/** The statements of one script of the suite. */
function statementsOf(source) {
  const lines = source.split("\n").filter((line) => !/^\s*(?:--|#)/.test(line));
  const statements = [];
  let delimiter = ";";
  let text = "";
  const flush = () => {
    statements.push(
      ...(delimiter === ";" ? splitStatements(text, "mysql") : text.split(delimiter)),
    );
    text = "";
  };
  for (const line of lines) {
    const change = /^\s*delimiter\s+(\S+?)\s*;?\s*$/i.exec(line);
    if (change === null) text += `${line}\n`;
    else {
      flush();
      delimiter = change[1].length > 1 ? change[1].replace(/;$/, "") : change[1];
    }
  }
  flush();
  return statements
    .map((one) => one.trim())
    .filter((one) => one !== "" && !commands.test(one) && !/[`']?\$[A-Za-z_]/.test(one));
}

async function connect() {
  db = await mysql.createConnection({ uri: url, connectTimeout: 5000 });
  db.on("error", () => undefined);
  await db.query("CREATE DATABASE IF NOT EXISTS test");
  await db.query("USE test");
  await db.query("SET max_statement_time = 3");
}

async function ask(text) {
  try {
    const [rows] = await db.query(text);
    return { ok: true, rows };
  } catch (error) {
    return { ok: false, code: error.errno ?? 0, message: String(error.message) };
  }
}

async function stateOf() {
  const variables = await ask(
    "SELECT COALESCE(MD5(GROUP_CONCAT(VARIABLE_NAME, VARIABLE_VALUE)), '') AS v FROM information_schema.USER_VARIABLES",
  );
  const settings = await ask(
    "SELECT MD5(GROUP_CONCAT(VARIABLE_NAME, VARIABLE_VALUE)) AS v FROM information_schema.SESSION_VARIABLES WHERE VARIABLE_NAME NOT IN ('TIMESTAMP', 'RAND_SEED1', 'RAND_SEED2', 'WARNING_COUNT', 'ERROR_COUNT', 'LAST_INSERT_ID', 'IDENTITY', 'PSEUDO_THREAD_ID', 'LAST_GTID', 'IN_TRANSACTION', 'GTID_CURRENT_POS', 'GTID_BINLOG_POS')",
  );
  return JSON.stringify([variables.rows, settings.rows]);
}

async function judge(text) {
  await ask("SET SESSION TRANSACTION READ ONLY");
  const bound = await ask(text);
  await ask("ROLLBACK");
  await ask("SET SESSION TRANSACTION READ WRITE");
  if (!bound.ok && bound.code === 1792) return { did: "write", note: bound.message };
  if (!bound.ok) return { did: "nothing", note: bound.message };
  const start = await stateOf();
  const again = await ask(text);
  const end = again.ok ? await stateOf() : start;
  if (start !== end) return { did: "write", note: `${start} ${end}`.slice(0, 300) };
  return { did: "read" };
}

/** Held on purpose, though the rows stay as they are: variables and files are set. */
const intended = /^(?:operator Assignment|a query with (?:into|locks))|^(?:Insert|Update|Delete)$/;
const isStatement = /^[\s(]*(?:select|with|values|table|explain|describe|desc|show)\b/i;
const neverRun =
  /\b(?:shutdown|kill|sleep|benchmark|drop\s+(?:database|user)|set\s+(?:global|password|@@global)|flush|mysql\.|install|change\s+master|start\s+(?:slave|replica)|xa\s|rename\s+user|set\s+(?:session\s+)?(?:sql_mode|character|names|collation|autocommit|statement)|grant|revoke|load_file|fulltext|innodb_|use\s)/i;

await connect();
const { rows: natives } = await ask(
  "SELECT LOWER(FUNCTION) AS n FROM information_schema.SQL_FUNCTIONS",
);
const { rows: words } = await ask("SELECT LOWER(WORD) AS n FROM information_schema.KEYWORDS");
const known = new Set([...natives, ...words].map((row) => row.n));
for (const file of files) {
  await ask("DROP DATABASE test");
  await ask("CREATE DATABASE test");
  await ask("USE test");
  const statements = statementsOf(readFileSync(file, "latin1"));
  for (const text of statements) {
    if (neverRun.test(text)) continue;
    const facts = await tally.classify(text);
    if (facts.access === "read" || isStatement.test(text)) {
      const verdict = await judge(text);
      const own = /^function (\S+)(?: with a gap)? is not known/.exec(facts.why)?.[1];
      tally.add(text, {
        facts,
        ...verdict,
        plain: !intended.test(facts.why) && (own === undefined || known.has(own)),
      });
    } else tally.add(text, { facts, did: "unasked" });
    const run = isStatement.test(text) ? { ok: true } : await ask(text);
    if (!run.ok && /closed|lost|ECONN/i.test(run.message)) await connect();
  }
  db.destroy();
  await connect();
  process.stderr.write(`${basename(file)} ${statements.length}\n`);
}
db.destroy();
const report = tally.report();
console.log(JSON.stringify({ ...report, reasons: reasonsOf(report.held) }, null, 1));
