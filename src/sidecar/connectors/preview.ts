/** What previews of databases share: which statements have one, and how rows are given. */
import type { ApprovalPreview, PreviewRow } from "../../contract/approval.ts";
import type { Statement } from "./statements.ts";

/** Rows that are shown. */
export const shownRows = 50;

export function noPreview(reason: string): ApprovalPreview {
  return { rows: null, more: false, reason };
}

export function previewOf(
  rows: readonly { readonly before: PreviewRow | null; readonly after: PreviewRow | null }[],
): ApprovalPreview {
  return { rows: rows.slice(0, shownRows), more: rows.length > shownRows, reason: null };
}

export interface Previewable {
  readonly verb: "insert" | "update" | "delete";
  readonly table: string;
  readonly statement: Statement;
}

/** A single statement that changes rows of one table and returns none; undefined for any other. */
export function previewable(statements: readonly Statement[]): Previewable | undefined {
  const [statement, second] = statements;
  if (statement === undefined || second !== undefined) return undefined;
  const { statement: text, tables } = statement.operation;
  const verb = /^\s*(insert|update|delete)\b/i.exec(text)?.[1]?.toLowerCase();
  const [table, other] = tables;
  if (verb === undefined || table === undefined || other !== undefined) return undefined;
  if (/\breturning\b/i.test(text)) return undefined;
  return { verb: verb as Previewable["verb"], table, statement };
}

export const onlyPlain =
  "Only a single INSERT, UPDATE or DELETE of one table, without RETURNING, is shown before it runs.";
