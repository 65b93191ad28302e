/** SQL values between the wire and better-sqlite3. */
import { tagValue, untagValue, type TaggedValue } from "../../../contract/tagged-value.ts";

type Bindable = null | number | bigint | string | Buffer;

/** Documents and times are texts in SQLite. */
function textOf(tagged: TaggedValue): string | undefined {
  if (tagged === null || typeof tagged !== "object") return undefined;
  if ("$json" in tagged) return tagged.$json;
  return "$date" in tagged ? tagged.$date : undefined;
}

/** A value as SQLite binds it, or undefined if SQLite has no such value (a list, NaN). */
export function toBindable(tagged: TaggedValue): Bindable | undefined {
  const value = textOf(tagged) ?? untagValue(tagged);
  if (value instanceof Uint8Array) return Buffer.from(value);
  switch (typeof value) {
    case "boolean":
      return value ? 1 : 0;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "string":
    case "bigint":
      return value;
    default:
      return value === null ? null : undefined;
  }
}

/** A value that SQLite returned (integers as bigint), tagged for the wire. */
export function fromColumn(value: unknown): TaggedValue {
  if (value instanceof Uint8Array) return tagValue(new Uint8Array(value));
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "string") {
    return tagValue(value);
  }
  return null;
}
