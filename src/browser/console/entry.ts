/** An entry as the API gives it: contract/audit-entry.ts says what it is, and cannot be loaded in a page. */
import type { EntryType } from "../../contract/entry-type.ts";
import type { JsonValue } from "../../contract/json.ts";

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
