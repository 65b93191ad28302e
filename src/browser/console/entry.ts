/** An entry as the API gives it: contract/audit-entry.ts says what it is, and cannot be loaded in a page. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

export type EntryType =
  | "read"
  | "intent"
  | "outcome"
  | "refused"
  | "held"
  | "decision"
  | "login"
  | "config"
  | "start"
  | "stop";

export interface AuditEntry {
  readonly seq: number;
  readonly time: string;
  readonly type: EntryType;
  readonly actor: { readonly subject: string; readonly groups: readonly string[] } | null;
  readonly app: string | null;
  readonly operation: string | null;
  readonly decision: JsonValue;
  readonly approval: string | null;
  readonly outcome: JsonValue;
  readonly correlation: string;
}
