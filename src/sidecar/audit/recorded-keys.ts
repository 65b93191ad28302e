/** Which keys a log says signed it: each is recorded when it first signs. */
import type { AuditEntry } from "../../contract/audit-entry.ts";
import { parseKey, type NoteKey } from "./signed-note.ts";

/** The keys that entries name, in the order of the entries; where old ones are dropped, all keys are named again. */
export function recordedKeys(entries: readonly AuditEntry[]): readonly NoteKey[] {
  return entries.flatMap(({ decision }) => {
    if (decision === null || typeof decision !== "object" || Array.isArray(decision)) return [];
    const { signingKey, signingKeys } = decision;
    const texts = Array.isArray(signingKeys) ? signingKeys : [signingKey];
    return texts.flatMap((text) => {
      const key = typeof text === "string" ? parseKey(text) : undefined;
      return key === undefined ? [] : [key];
    });
  });
}
