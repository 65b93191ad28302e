/** SQL values of the wire as PostgreSQL's input texts. The server reads each by the type that its place has. */
import { untagValue, type SqlValue, type TaggedValue } from "../../../contract/tagged-value.ts";

function hexOf(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes).toString("hex")}`;
}

function textOf(value: Exclude<SqlValue, null | readonly SqlValue[]>): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return hexOf(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isList(value: unknown): value is readonly TaggedValue[] {
  return Array.isArray(value);
}

function elementText(tagged: TaggedValue): string {
  const text = parameterText(tagged);
  if (text === null) return "NULL";
  return isList(tagged) ? text : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A value as text for Bind: a list becomes an array literal, a document stays as it was written. */
export function parameterText(tagged: TaggedValue): string | null {
  if (tagged === null) return null;
  if (isList(tagged)) return `{${tagged.map(elementText).join(",")}}`;
  if (typeof tagged === "object" && "$json" in tagged) return tagged.$json;
  const value = untagValue(tagged);
  return value === null || Array.isArray(value)
    ? null
    : textOf(value as Exclude<SqlValue, null | readonly SqlValue[]>);
}
