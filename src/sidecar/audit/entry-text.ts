/**
 * The text of an entry in two steps: all that its author knows is encoded before the entry queues, its place and time are
 * put in when it is appended. The result equals `encodeEntry` of the whole.
 */
import type { AuditEntry, EntryType, NewAuditEntry } from "../../contract/audit-entry.ts";
import { canonicalJson } from "../../contract/canonical-json.ts";

/**
 * An encoded entry without place and time: its type, then the members before `seq` from their brace on, without the closing
 * one. One string, because between threads an object costs more than all that is in it.
 */
export type EntryText = `${EntryType}{${string}`;

export interface Stamp {
  readonly seq: number;
  readonly time: string;
}

/** Encodes what comes before `seq` by RFC 8785; only `time`, `type` and `v` follow it in that order. */
export function entryText(entry: NewAuditEntry): EntryText {
  const { type, ...before } = entry;
  return `${type}{${canonicalJson(before).slice(1, -1)}`;
}

/** The canonical text of the entry at its place. */
export function stampText(text: EntryText, { seq, time }: Stamp): string {
  const brace = text.indexOf("{");
  const type = text.slice(0, brace);
  return `${text.slice(brace)},"seq":${seq},"time":"${time}","type":"${type}","v":1}`;
}

/** The entry at its place. */
export function stampEntry(entry: NewAuditEntry, { seq, time }: Stamp): AuditEntry {
  return { v: 1, seq, time, ...entry };
}

const stampPattern =
  /,"seq":(\d{1,16}),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","type":"[a-z]+","v":1\}$/;

/** Reads place and time off a stored text; undefined where it is not the text of an entry. */
export function readStamp(text: string): Stamp | undefined {
  const match = stampPattern.exec(text.slice(-128));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { seq: Number(match[1]), time: match[2] };
}
