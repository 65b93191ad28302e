/** Audit entries about an approval: all that it is bound to, and what happened. */
import type { Actor, NewAuditEntry } from "../../contract/audit-entry.ts";
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { ApprovalFacts, Requester } from "../store/store.ts";

export interface EntryParts {
  readonly type: "intent" | "outcome" | "decision" | "read";
  /** Who acted. Null is the sidecar itself. */
  readonly actor: Actor | null;
  readonly arguments?: JsonValue;
  readonly decision?: JsonValue;
  readonly outcome?: JsonValue;
}

/** The requester as the log names them. */
export function requesterActor(requester: Requester): Actor {
  const { subject, issuer, groups, session } = requester;
  return { subject, issuer, groups: [...groups], session };
}

/** An entry about what happened to an approval; what is not given is null. */
export function approvalEntry(record: ApprovalFacts, parts: EntryParts): NewAuditEntry {
  return {
    type: parts.type,
    actor: parts.actor,
    app: record.app,
    build: record.build,
    operation: record.operation,
    arguments: parts.arguments ?? null,
    decision: parts.decision ?? null,
    approval: record.id,
    policy: record.policy,
    resource: record.resource,
    outcome: parts.outcome ?? null,
    correlation: record.correlation,
  };
}
