// Asks SQLite of each statement of its own suite whether it writes; then what govern says of it.
//   node scripts/judge/sqlite.mjs FOLDER/*.test
// The engine is the judge: a statement writes if it is not read-only to SQLite (sqlite3_stmt_readonly), or if its program
// (EXPLAIN) holds an instruction that changes a file, a setting or the connection.
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { splitStatements } from "./split.mjs";
import { createTally, reasonsOf } from "./verdicts.mjs";

const tally = createTally("sqlite");

/** Instructions by which a program changes something, though SQLite may call its statement read-only. */
const changing = new Set(
  (
    "Insert Delete IdxInsert IdxDelete NewRowid SetCookie CreateBtree Destroy Clear DropTable DropIndex DropTrigger ParseSchema " +
    "JournalMode Checkpoint Vacuum IncrVacuum AutoCommit Savepoint VUpdate VCreate VDestroy VBegin Pagecount MaxPgcnt FkCounter SqlExec LoadAnalysis"
  ).split(" "),
);
/** Of these, the ones that also fill a temporary table of the statement's own. */
const ephemeral = /^(?:Insert|Delete|IdxInsert|IdxDelete|NewRowid|Clear)$/;

/** The texts between braces that hold SQL: what the suite's commands run. */
function scriptsOf(source) {
  const texts = [];
  const pattern =
    /(?:execsql|catchsql|db\d? eval|do_execsql_test\s+\S+|do_catchsql_test\s+\S+|do_eqp_test\s+\S+)\s*\{/g;
  for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
    let depth = 1;
    let at = pattern.lastIndex;
    for (; at < source.length && depth > 0; at += 1) {
      if (source[at] === "{") depth += 1;
      else if (source[at] === "}") depth -= 1;
    }
    const text = source.slice(pattern.lastIndex, at - 1);
    texts.push(text);
  }
  return texts;
}

function judge(db, text) {
  let statement;
  try {
    statement = db.prepare(text);
  } catch (error) {
    return { did: "nothing", note: error.message };
  }
  if (!statement.readonly) return { did: "write", note: "not read-only" };
  if (/^\s*explain\b/i.test(text)) return { did: "read" };
  try {
    const program = db.prepare(`EXPLAIN ${text}`).all();
    const writers = new Set(
      program.filter((one) => one.opcode === "OpenWrite").map((one) => one.p1),
    );
    const found = program.find(
      ({ opcode, p1 }) =>
        changing.has(opcode) &&
        (!ephemeral.test(opcode) || writers.has(p1)) &&
        opcode !== "Pagecount",
    );
    if (found !== undefined) return { did: "write", note: found.opcode };
  } catch {
    return { did: "nothing" };
  }
  return { did: "read" };
}

const neverRun = /load_extension|^\s*attach/i;

for (const file of process.argv.slice(2)) {
  const db = new Database(":memory:");
  db.unsafeMode?.(true);
  let limit = 1500;
  for (const script of scriptsOf(readFileSync(file, "latin1"))) {
    for (const text of splitStatements(script, "sqlite")) {
      // Tcl's own variables and commands stand for text that is not here.
      if (/\[(?:string|expr|set|join|list|lindex|format)\b|\$\{|\\$/.test(text) || (limit -= 1) < 0)
        continue;
      const facts = await tally.classify(text);
      const verdict = judge(db, text);
      const own = /^(?:table )?function (\S+) is not known/.exec(facts.why)?.[1];
      // Only functions of the engine are plain; the suite registers others.
      const plain =
        own === undefined ||
        db
          .prepare("SELECT 1 FROM pragma_function_list WHERE name = ? AND builtin")
          .get(own.toLowerCase()) !== undefined;
      tally.add(text, { facts, ...verdict, plain });
      if (neverRun.test(text)) continue;
      try {
        if (verdict.did === "write") {
          const statement = db.prepare(text);
          if (statement.reader) statement.all();
          else statement.run();
        }
      } catch {
        // The suite's failures are none of ours.
      }
    }
  }
  db.close();
}
const report = tally.report();
console.log(JSON.stringify({ ...report, reasons: reasonsOf(report.held) }, null, 1));
