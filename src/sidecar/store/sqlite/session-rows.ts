/** Sessions between rows and records, for the writer and the reader alike. */
import { unsealTokens } from "../sealing.ts";
import type { SessionEnd, SessionRecord } from "../store.ts";

export interface SessionRow {
  readonly id: string;
  readonly audience: string;
  readonly issuer: string;
  readonly subject: string;
  readonly groups: string;
  readonly groups_at: number;
  readonly seen_at: number;
  readonly expires_at: number;
  readonly ended: SessionEnd | null;
  readonly tokens: Buffer | null;
}

/** The whole session; decrypts its tokens. */
export function sessionOf(row: SessionRow, key: Uint8Array): SessionRecord {
  return {
    id: row.id,
    audience: row.audience,
    issuer: row.issuer,
    subject: row.subject,
    groups: JSON.parse(row.groups) as string[],
    groupsAt: row.groups_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    ended: row.ended,
    tokens: row.tokens === null ? null : unsealTokens(key, row.id, row.tokens),
  };
}
