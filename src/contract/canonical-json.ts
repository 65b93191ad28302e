/** RFC 8785 canonical JSON: the one encoding of arguments, entries and digests. */
import { hash } from "node:crypto";
import canonicalize from "canonicalize";

export type { JsonValue } from "./json.ts";

/** Deeper values are left to the library, which also finds circles. */
const deepest = 500;
/** What a JSON text escapes, and halves of surrogate pairs, which it must not hold alone. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const needsCare = /[\u0000-\u001f"\\\ud800-\udfff]/;

const loneSurrogate = /\p{Cs}/u;

/** Thrown for a value that is no plain JSON: the library knows what becomes of it. */
const notPlain = new RangeError("no plain JSON");

function quote(text: string): string {
  if (!needsCare.test(text)) return `"${text}"`;
  if (loneSurrogate.test(text)) throw notPlain;
  return JSON.stringify(text);
}

function encodeList(list: readonly unknown[], depth: number): string {
  let text = "[";
  for (const item of list) {
    if (text.length > 1) text += ",";
    text += encode(item ?? null, depth + 1);
  }
  return `${text}]`;
}

function encodeObject(object: Readonly<Record<string, unknown>>, depth: number): string {
  if (typeof object["toJSON"] === "function") throw notPlain;
  let text = "{";
  for (const name of Object.keys(object).toSorted()) {
    const item = object[name];
    if (item === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${quote(name)}:${encode(item, depth + 1)}`;
  }
  return `${text}}`;
}

function encode(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      if (!Number.isFinite(value)) throw notPlain;
      // Adding 0 makes -0 the 0 that RFC 8785 writes.
      return String(value + 0);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth > deepest) throw notPlain;
      return Array.isArray(value)
        ? encodeList(value, depth)
        : encodeObject(value as Readonly<Record<string, unknown>>, depth);
    default:
      throw notPlain;
  }
}

/**
 * Encodes a JSON value by RFC 8785 (sorted keys, one spelling of every number and string). Takes any readonly view of
 * one; members that are undefined are left out, as by JSON.stringify. Plain values take a short way, about five times as
 * fast as the library; the library does the rest, and throws for what no JSON can say.
 */
export function canonicalJson(value: unknown): string {
  try {
    return encode(value, 0);
  } catch (error) {
    if (error !== notPlain) throw error;
    return canonicalize(value) ?? "null";
  }
}

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export function sha256Hex(text: string | Uint8Array): string {
  return hash("sha256", text, "hex");
}
