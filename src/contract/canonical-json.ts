/** RFC 8785 canonical JSON: the one encoding of arguments, entries and digests. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

/**
 * Encodes a JSON value by RFC 8785 (sorted keys, one spelling of every number and string). Takes any readonly view of
 * one; members that are undefined are left out, as by JSON.stringify.
 */
export function canonicalJson(value: unknown): string {
  return canonicalize(value) ?? "null";
}

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}
