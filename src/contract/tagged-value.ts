/**
 * SQL values as JSON. What JSON has stays itself; the rest is an object with one key that starts with `$`. No import, no
 * Node API: it runs in a page.
 */

/** A SQL value on the wire. */
export type TaggedValue =
  | null
  | boolean
  | number
  | string
  /** RFC 3339, milliseconds, UTC. */
  | { readonly $date: string }
  /** An integer beyond 2^53, in decimal. */
  | { readonly $int: string }
  /** Bytes, in base64. */
  | { readonly $bytes: string }
  /** A number JSON has no word for. */
  | { readonly $number: "NaN" | "Infinity" | "-Infinity" }
  /** A JSON document for a json column. */
  | { readonly $json: string }
  | readonly TaggedValue[];

/** What a caller may hand over or receive. */
export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | SqlDocument
  | readonly SqlValue[];

/** A plain object, taken as a JSON document. */
export interface SqlDocument {
  readonly [key: string]: unknown;
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function tagNumber(value: number): TaggedValue {
  if (Number.isFinite(value)) return value;
  return { $number: String(value) as "NaN" | "Infinity" | "-Infinity" };
}

/** Encodes a value; `undefined` becomes null, as SQL drivers take it. An invalid Date throws a RangeError. */
export function tagValue(value: SqlValue | undefined): TaggedValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "number") return tagNumber(value);
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : { $int: value.toString() };
  }
  if (typeof value !== "object") return value;
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) };
  if (Array.isArray(value)) return value.map((item: SqlValue) => tagValue(item));
  return { $json: JSON.stringify(value) };
}

function untagObject(
  value: Exclude<TaggedValue, string | number | boolean | null | readonly TaggedValue[]>,
): SqlValue {
  if ("$date" in value) return new Date(value.$date);
  if ("$int" in value) return BigInt(value.$int);
  if ("$bytes" in value) return fromBase64(value.$bytes);
  if ("$number" in value) return Number(value.$number);
  return JSON.parse(value.$json) as SqlDocument;
}

/** Decodes a value whose shape was checked before. */
export function untagValue(value: TaggedValue): SqlValue {
  if (value === null || typeof value !== "object") return value;
  return isTaggedList(value) ? value.map((item) => untagValue(item)) : untagObject(value);
}

function isTaggedList(value: TaggedValue): value is readonly TaggedValue[] {
  return Array.isArray(value);
}
