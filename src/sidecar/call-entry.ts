/** Audit entries of a call: what is known of it so far. Bodies and queries of calls that were not validated stay out. */
import type { EntryType, NewAuditEntry } from "../contract/audit-entry.ts";
import type { JsonValue } from "../contract/canonical-json.ts";
import { headers as govern } from "../contract/wire.ts";
import { errorCodes } from "../errors/codes.ts";
import type { Outcome } from "./connectors/outcome.ts";
import { actorOf } from "./identity/identity.ts";
import type { AuthorizedCall, CallEnd, CallSoFar, ExecutedCall } from "./lifecycle.ts";

type Extras = Partial<Pick<NewAuditEntry, "decision" | "approval" | "outcome">>;

/** An entry with everything that the call knows at this point. */
export function callEntry(call: CallSoFar, type: EntryType, extras: Extras = {}): NewAuditEntry {
  return {
    type,
    actor: call.identity === undefined ? null : actorOf(call.identity),
    app: call.app.name,
    build: call.app.build,
    operation: call.target?.operation.id ?? null,
    arguments: (call.arguments ?? null) as JsonValue,
    decision: extras.decision ?? null,
    approval: extras.approval ?? null,
    policy: call.snapshot.rules.digest,
    resource: call.target?.resource?.name ?? null,
    outcome: extras.outcome ?? null,
    correlation: call.correlation,
  };
}

/** How a call was decided, for reads and writes that ran. */
export function decisionOf(call: AuthorizedCall & Partial<ExecutedCall>): JsonValue {
  const { gate, permission } = call;
  if (gate === undefined) return { permission };
  if (gate.kind === "voucher") return { permission, gate: "voucher" };
  const { reason, exemptBy } = gate;
  return exemptBy === null
    ? { permission, gate: reason }
    : { permission, gate: reason, result: "auto-approved", rule: exemptBy };
}

/** Which masks were applied; nothing where none binds. */
export function maskFacts({
  masks,
  withheld,
}: Pick<Extract<Outcome, { state: "executed" }>, "masks" | "withheld">): {
  [key: string]: JsonValue;
} {
  if (masks === undefined) return {};
  return { masks: [...masks], ...(withheld === true ? { withheld } : {}) };
}

/** An outcome as the trail keeps it: never the answer's body. */
export function outcomeFacts(outcome: Outcome): JsonValue {
  return outcome.state === "executed"
    ? {
        state: outcome.state,
        status: outcome.status,
        bytes: outcome.body.byteLength,
        ...maskFacts(outcome),
      }
    : { state: outcome.state, code: outcome.code, status: errorCodes[outcome.code].status };
}

/** What a refused request asked for, without its query and body. */
function requestFacts(call: CallSoFar): { [key: string]: JsonValue } {
  const { request } = call;
  const site = request.headers.get(govern.site);
  return {
    method: request.method,
    path: request.path.slice(0, 2048),
    ...(site === undefined ? {} : { site: site.slice(0, 32) }),
  };
}

/** The entry of telemetry that was acknowledged and not sent. */
export function droppedEntry(end: Extract<CallEnd, { kind: "dropped" }>): NewAuditEntry {
  return callEntry(end.call, "refused", {
    decision: { dropped: end.reason },
    outcome: { status: 204, request: requestFacts(end.call) },
  });
}

/** The entry of a refusal or a fault. */
export function refusedEntry(end: Extract<CallEnd, { kind: "refused" }>): NewAuditEntry {
  const { code, detail } = end.refusal;
  return callEntry(end.call, "refused", {
    decision: { refused: code, at: end.at, detail },
    outcome: { status: errorCodes[code].status, request: requestFacts(end.call) },
  });
}
