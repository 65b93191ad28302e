/** Audit entries (version 1) and the hashes of the log, RFC 6962 section 2.1. */
import { hash } from "node:crypto";
import * as z from "zod";
import { canonicalJson, type JsonValue } from "./canonical-json.ts";
import { entryTypes } from "./entry-type.ts";

/** Who acted; null for the sidecar itself and for callers nobody knows. */
export const actorSchema = z.strictObject({
  subject: z.string(),
  issuer: z.string(),
  groups: z.array(z.string()),
  /** Digest of the session, never its id. */
  session: z.string().nullable(),
});
export type Actor = z.infer<typeof actorSchema>;

export const entryTypeSchema = z.enum(entryTypes);
export type { EntryType } from "./entry-type.ts";

const json: z.ZodType<JsonValue> = z.json();

export const auditEntrySchema = z.strictObject({
  v: z.literal(1),
  /** From 0, without gaps. */
  seq: z.int().min(0),
  /** RFC 3339 UTC in milliseconds. */
  time: z.string(),
  type: entryTypeSchema,
  actor: actorSchema.nullable(),
  app: z.string().nullable(),
  /** Digest of the bundle that the app was imported from. */
  build: z.string().nullable(),
  operation: z.string().nullable(),
  arguments: json,
  decision: json,
  /** Id of the approval. */
  approval: z.string().nullable(),
  /** Digest of the rules that decided. */
  policy: z.string().nullable(),
  resource: z.string().nullable(),
  outcome: json,
  correlation: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** An entry before the log gives it its place and time. */
export type NewAuditEntry = Omit<AuditEntry, "v" | "seq" | "time">;

/** A SHA-256 digest as 32 latin1 characters: an object for each would cost more than the digest itself. */
export type Digest = string;

/** RFC 6962 leaf hash: SHA-256(0x00 || canonical bytes of the entry). */
export function leafHash(canonicalEntry: string): Digest {
  return hash("sha256", `\u0000${canonicalEntry}`, "binary");
}

const pair = Buffer.alloc(65, 1);

/** RFC 6962 node hash: SHA-256(0x01 || left || right). */
export function nodeHash(left: Digest, right: Digest): Digest {
  pair.write(left, 1, 32, "latin1");
  pair.write(right, 33, 32, "latin1");
  return hash("sha256", pair, "binary");
}

/** The canonical bytes of an entry, as they are stored and hashed. */
export function encodeEntry(entry: AuditEntry): string {
  return canonicalJson(entry);
}
