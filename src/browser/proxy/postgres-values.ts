/** PostgreSQL's values as its drivers for JavaScript read them. */
import { untagValue, type SqlValue, type TaggedValue } from "../../contract/tagged-value.ts";
import type { SqlColumn } from "../../contract/wire.ts";

/** PostgreSQL's numbers for the types that a driver tells apart; the rest reads as text. */
export const typeNumbers: Record<string, number> = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  json: 114,
  float4: 700,
  float8: 701,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
};

export const typeNumber = ({ type }: SqlColumn): number => typeNumbers[type] ?? 25;

/** A value as the database writes it, for parsers that the app brings. */
export function textOf(value: SqlValue): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A date or time without a zone is one of the page's zone, as the drivers take it. */
function readTime(text: string): Date {
  return new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text);
}

/** An element of an array: drivers give numbers for numeric here, though not for a column. */
function readElement(tagged: TaggedValue, type: string): unknown {
  if (Array.isArray(tagged)) return tagged.map((each: TaggedValue) => readElement(each, type));
  const value = tagged === null ? null : untagValue(tagged);
  if (typeof value !== "string") return value;
  if (type === "_numeric") return Number(value);
  return /^_(?:date|timestamp)$/.test(type) ? readTime(value) : value;
}

/** A value of a column as drivers give it, where the app brings no parser of its own. */
export function readColumn(tagged: TaggedValue, { type }: SqlColumn): unknown {
  if (tagged === null) return null;
  if (Array.isArray(tagged)) return readElement(tagged, type);
  const value = untagValue(tagged);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && /^(?:int8|numeric)$/.test(type)) return String(value);
  if (typeof value === "string" && /^(?:date|timestamp|timestamptz)$/.test(type)) {
    return readTime(value);
  }
  return value;
}
