/**
 * What a statement would change in PostgreSQL. It runs as a part of a query that also reads the same rows, which sees them
 * as they were before (all parts of one query see one snapshot), in a transaction that is rolled back.
 */
import type { ApprovalPreview, PreviewRow } from "../../../contract/approval.ts";
import { noPreview, previewOf, shownRows, type Previewable } from "../preview.ts";
import { Exchange, type ExchangeEnd, type Part } from "./exchange.ts";
import type { Run } from "./transaction.ts";

/** It waits for no lock for long, and holds none for long. */
const limits: readonly Part[] = [
  { text: "SET LOCAL lock_timeout = '1s'", values: [] },
  { text: "SET LOCAL statement_timeout = '3s'", values: [] },
];

const keyColumns = `
  SELECT i.indrelid::pg_catalog.regclass::text, pg_catalog.quote_ident(a.attname)
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
  WHERE i.indisprimary AND i.indrelid = pg_catalog.to_regclass($1)`;

/** A row as an object of texts: no digit is lost on the way. */
const asTexts = (row: string): string =>
  `(SELECT pg_catalog.jsonb_object_agg(key, value)::text FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(${row})))`;

function rowsOf(end: ExchangeEnd, at: number): readonly (readonly (string | null)[])[] | undefined {
  return end.kind === "ended" ? end.given[at]?.rows : undefined;
}

function parsed(text: string | null | undefined): PreviewRow | null {
  return text === null || text === undefined ? null : (JSON.parse(text) as PreviewRow);
}

interface Keyed {
  readonly table: string;
  readonly columns: readonly string[];
}

async function findKey(table: string, run: Run): Promise<Keyed | undefined> {
  const found = rowsOf(await run(new Exchange([{ text: keyColumns, values: [table] }])), 0) ?? [];
  const name = found[0]?.[0] ?? "";
  return found.length === 0
    ? undefined
    : { table: name, columns: found.map(([, column]) => column ?? "") };
}

function queryOf({ verb, statement }: Previewable, { table, columns }: Keyed): string {
  const text = statement.operation.statement.replace(/;\s*$/, "");
  const same = columns.map((column) => `o.${column} = c.${column}`).join(" AND ");
  // What a DELETE returns are the rows as they were.
  const [before, after] =
    verb === "delete" ? [asTexts("c"), "NULL::text"] : [asTexts("o"), asTexts("c")];
  return `WITH govern_changed AS (${text}
RETURNING *)
SELECT CASE WHEN o.tableoid IS NULL THEN ${verb === "delete" ? before : "NULL"} ELSE ${before} END, ${after}
FROM govern_changed c LEFT JOIN ${table} o ON ${same} LIMIT ${shownRows + 1}`;
}

export interface Change {
  readonly change: Previewable;
  readonly values: readonly (string | null)[];
  /** What comes first in the transaction. */
  readonly setup: readonly Part[];
}

/** `run` is on a session of its own, which is given back clean. */
export async function previewPostgres(
  { change, values, setup }: Change,
  run: Run,
): Promise<ApprovalPreview> {
  const key = await findKey(change.table, run);
  if (key === undefined) {
    return noPreview("The table has no primary key by which its rows could be told apart.");
  }
  const parts: readonly Part[] = [
    { text: "BEGIN READ WRITE", values: [] },
    ...limits,
    ...setup,
    { text: queryOf(change, key), values: [...values] },
    { text: "ROLLBACK", values: [] },
  ];
  const rows = rowsOf(await run(new Exchange(parts)), limits.length + setup.length + 1);
  if (rows === undefined) {
    return noPreview("The database did not run the statement: it may be locked, or refuse it.");
  }
  return previewOf(
    rows.map(([before, after]) => ({ before: parsed(before), after: parsed(after) })),
  );
}
