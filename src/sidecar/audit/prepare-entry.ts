/**
 * What an entry loses before it is appended: the values that the workspace wants redacted, and what is too large to keep.
 * Both leave a digest, so that equal values stay comparable. It changes nothing that was appended.
 */
import { createHmac } from "node:crypto";
import type { NewAuditEntry } from "../../contract/audit-entry.ts";
import { canonicalJson, sha256Hex, type JsonValue } from "../../contract/canonical-json.ts";

/** A string with more UTF-8 bytes than this is kept as its digest. */
const longestString = 4096;
/** A member with more UTF-8 bytes of canonical JSON than this is kept as its digest, whole. */
const largestMember = 65_536;

const recorded = ["arguments", "decision", "outcome"] as const;
type Recorded = (typeof recorded)[number];

function redactAt(value: JsonValue, path: readonly string[], key: Uint8Array): JsonValue {
  const [name, ...rest] = path;
  if (name === undefined) {
    const digest = createHmac("sha256", key).update(canonicalJson(value)).digest("hex");
    return { $redacted: digest };
  }
  if (Array.isArray(value)) return value.map((item) => redactAt(item, path, key));
  if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [
      member,
      member === name ? redactAt(inner, rest, key) : inner,
    ]),
  );
}

/**
 * Replaces what stands at each path (`arguments.body.ssn`; through a list, at each of its items) by
 * `{ "$redacted": <HMAC-SHA-256 of its canonical JSON> }`. Paths that lead nowhere, or elsewhere than arguments,
 * decision and outcome, are passed over.
 */
export function redactEntry(
  entry: NewAuditEntry,
  paths: readonly string[],
  key: Uint8Array,
): NewAuditEntry {
  const changed: Partial<Record<Recorded, JsonValue>> = {};
  for (const path of paths) {
    const [head, ...rest] = path.split(".");
    const member = recorded.find((name) => name === head);
    if (member !== undefined) {
      changed[member] = redactAt(changed[member] ?? entry[member], rest, key);
    }
  }
  return { ...entry, ...changed };
}

function digestOf(text: string): JsonValue {
  return { $digest: sha256Hex(text), bytes: Buffer.byteLength(text) };
}

function isLong(text: string): boolean {
  return text.length * 3 > longestString && Buffer.byteLength(text) > longestString;
}

/** No less than the bytes of the value's canonical JSON; infinite with a string that is too long. */
function mostBytes(value: JsonValue): number {
  if (typeof value === "string") return isLong(value) ? Infinity : value.length * 6 + 2;
  if (value === null || typeof value !== "object") return 32;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += mostBytes(item) + 1;
    return bytes;
  }
  for (const [name, item] of Object.entries(value)) bytes += name.length * 6 + 4 + mostBytes(item);
  return bytes;
}

function capStrings(value: JsonValue): JsonValue {
  if (typeof value === "string") return isLong(value) ? digestOf(value) : value;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => capStrings(item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, capStrings(item)]));
}

function capMember(value: JsonValue): JsonValue {
  if (mostBytes(value) <= largestMember) return value;
  const capped = capStrings(value);
  const bytes = Buffer.byteLength(canonicalJson(capped));
  return bytes > largestMember ? digestOf(canonicalJson(value)) : capped;
}

/** Replaces what is too large by `{ "$digest": <SHA-256>, "bytes": n }`. */
export function capEntry(entry: NewAuditEntry): NewAuditEntry {
  return {
    ...entry,
    arguments: capMember(entry.arguments),
    decision: capMember(entry.decision),
    outcome: capMember(entry.outcome),
  };
}
