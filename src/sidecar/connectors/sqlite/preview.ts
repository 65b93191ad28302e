/** What a statement would change in SQLite: it runs in a transaction that is rolled back, on the writer's own handle. */
import type Database from "better-sqlite3";
import type { ApprovalPreview, PreviewRow } from "../../../contract/approval.ts";
import { noPreview, previewOf, shownRows, type Previewable } from "../preview.ts";
import { numberPlaceholders } from "./statement.ts";

/** Milliseconds that it waits for another writer: the whole sidecar waits with it. */
const patience = 100;
const rowid = "govern rowid";

type Row = Readonly<Record<string, unknown>>;

function textOf(value: unknown): string | null {
  if (Buffer.isBuffer(value)) return `x'${value.toString("hex")}'`;
  if (typeof value === "bigint" || typeof value === "number") return value.toString();
  return typeof value === "string" ? value : null;
}

function shown(row: Row): PreviewRow {
  const columns = Object.entries(row).filter(([name]) => name !== rowid);
  return Object.fromEntries(columns.map(([name, value]) => [name, textOf(value)]));
}

/** Runs it, notes the rows, undoes it, and looks at the same rows as they are. */
function look(
  handle: Database.Database,
  { verb, table, statement }: Previewable,
  bindings: Record<string, unknown>,
): ApprovalPreview {
  const text = numberPlaceholders(statement.operation.statement).replace(/;\s*$/, "");
  handle.exec("SAVEPOINT govern_preview");
  const changed = handle
    .prepare<unknown[], Row>(`${text}\nRETURNING rowid AS "${rowid}", *`)
    .all(bindings);
  handle.exec("ROLLBACK TO govern_preview");
  const some = changed.slice(0, shownRows + 1);
  const ids = JSON.stringify(some.map((row) => textOf(row[rowid])));
  const before = handle
    .prepare<unknown[], Row>(
      `SELECT rowid AS "${rowid}", * FROM "${table.replaceAll('"', '""')}"
       WHERE rowid IN (SELECT CAST(value AS INTEGER) FROM json_each(?))`,
    )
    .all(ids);
  const known = new Map(before.map((row) => [textOf(row[rowid]), shown(row)]));
  return previewOf(
    some.map((row) => ({
      before: known.get(textOf(row[rowid])) ?? null,
      after: verb === "delete" ? null : shown(row),
    })),
  );
}

/** Leaves nothing behind, whatever happens. */
export function previewSqlite(
  handle: Database.Database,
  change: Previewable,
  bindings: Record<string, unknown>,
): ApprovalPreview {
  const wait = Number(handle.pragma("busy_timeout", { simple: true }));
  handle.pragma(`busy_timeout = ${patience}`);
  try {
    handle.exec("BEGIN IMMEDIATE");
    return look(handle, change, bindings);
  } catch {
    return noPreview("The database did not run the statement: it may be busy, or refuse it.");
  } finally {
    if (handle.inTransaction) handle.exec("ROLLBACK");
    handle.pragma(`busy_timeout = ${wait}`);
  }
}
