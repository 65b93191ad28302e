/** Entries as other programs take them: JSON lines, or CSV that no spreadsheet runs as a formula. */
import type { AuditEntry } from "../../contract/audit-entry.ts";

const columns = [
  "seq",
  "time",
  "type",
  "subject",
  "issuer",
  "app",
  "operation",
  "arguments",
  "decision",
  "approval",
  "resource",
  "outcome",
  "correlation",
] as const;

/**
 * A cell by RFC 4180. A spreadsheet takes a text that begins with one of these for a formula, also behind white space; an
 * apostrophe before it makes it a text.
 */
function cell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ""
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  const isFormula =
    typeof value !== "number" && /^[\s\p{Cf}]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\t\r]/u.test(text);
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvHead = columns.join(",");

export function csvLine(entry: AuditEntry): string {
  const { subject = null, issuer = null } = entry.actor ?? {};
  const all: Readonly<Record<string, unknown>> = { ...entry, subject, issuer };
  return columns.map((name) => cell(all[name])).join(",");
}

/** One entry as a line: JSON escapes every line end in it. */
export function jsonLine(entry: AuditEntry): string {
  return JSON.stringify(entry);
}
