/**
 * A person's say on a held call. Who may is asked of the rules as they are now; whether it still can is the state
 * machine's, inside the store. Each refusal is recorded and leaves the approval untouched.
 */
import type { Actor, NewAuditEntry } from "../../contract/audit-entry.ts";
import type { JsonValue } from "../../contract/canonical-json.ts";
import { mayDecide, type Approvers } from "../../policy/quorum.ts";
import type {
  ApprovalEvent,
  ApprovalRecord,
  Store,
  TransitionRefusal,
  TransitionResult,
} from "../store/store.ts";
import { approvalEntry } from "./approval-entry.ts";
import { isSamePerson } from "./state-machine.ts";

/** The person who decides, as the operator's listener or the control socket identified them. */
export interface Principal {
  readonly subject: string;
  readonly issuer: string;
  /** Their permission groups, by the rules as they are now. */
  readonly groups: readonly string[];
  /** Digest of their session, where there is one. */
  readonly session: string | null;
}

export interface DecisionContext {
  readonly store: Store;
  /** Who may decide this call by the rule that holds it now; null for nobody. */
  readonly approversOf: (record: ApprovalRecord) => Approvers;
}

export interface DecisionRequest {
  readonly approvalId: string;
  readonly principal: Principal;
  readonly decision: "approve" | "deny";
  readonly reason: string | null;
  /** Of the request that carries the decision. */
  readonly correlation: string;
}

export type CancelRequest = Omit<DecisionRequest, "decision">;

export type DecisionRefusal =
  | "approval-unknown"
  | "own-request"
  | "not-an-approver"
  | "already-voted"
  | "approval-decided"
  | "approval-expired";

export type DecisionResult =
  | { readonly ok: true; readonly approval: ApprovalRecord }
  | { readonly ok: false; readonly refusal: DecisionRefusal };

type Wish = "approve" | "deny" | "cancel";

function actorOf({ subject, issuer, groups, session }: Principal): Actor {
  return { subject, issuer, groups: [...groups], session };
}

function toRefusal(refusal: TransitionRefusal): DecisionRefusal {
  switch (refusal) {
    case "approval-unknown":
    case "approval-expired":
    case "own-request":
    case "already-voted":
      return refusal;
    default:
      return "approval-decided";
  }
}

const unbound: Omit<NewAuditEntry, "type" | "actor" | "approval" | "decision" | "correlation"> = {
  app: null,
  build: null,
  operation: null,
  arguments: null,
  policy: null,
  resource: null,
  outcome: null,
};

interface Attempt {
  readonly request: CancelRequest;
  readonly wish: Wish;
  readonly record: ApprovalRecord | undefined;
}

async function refuse(
  store: Store,
  { request, wish, record }: Attempt,
  refusal: DecisionRefusal,
): Promise<DecisionResult> {
  const actor = actorOf(request.principal);
  const decision = { result: "refused", code: refusal, wish, reason: request.reason };
  const { correlation, approvalId } = request;
  const entry: NewAuditEntry =
    record === undefined
      ? { ...unbound, type: "decision", actor, approval: approvalId, decision, correlation }
      : { ...approvalEntry(record, { type: "decision", actor, decision }), correlation };
  await store.append(entry);
  if (record !== undefined && refusal === "approval-expired") await expireApproval(store, record);
  return { ok: false, refusal };
}

async function happen(
  store: Store,
  record: ApprovalRecord,
  attempt: Attempt & { readonly event: ApprovalEvent },
): Promise<DecisionResult> {
  const { request, wish, event } = attempt;
  const decision: JsonValue = {
    decision: wish,
    reason: request.reason,
    operationDigest: record.operationDigest,
    argumentsDigest: record.argumentsDigest,
  };
  const parts = { type: "decision", actor: actorOf(request.principal), decision } as const;
  const result = await store.transition(record.id, event, approvalEntry(record, parts));
  return result.ok ? result : refuse(store, attempt, toRefusal(result.refusal));
}

async function findApproval(store: Store, id: string): Promise<ApprovalRecord | undefined> {
  const [record] = await store.approvals({ ids: [id] });
  return record;
}

/**
 * Records a vote. When it resolves with `ok`, the vote and its entry are durable and the approval is as returned: once
 * `approved` it is to be given to the executor. Otherwise the refusal is recorded.
 */
export async function decide(
  context: DecisionContext,
  request: DecisionRequest,
): Promise<DecisionResult> {
  const { principal, decision, reason } = request;
  const record = await findApproval(context.store, request.approvalId);
  const attempt = { request, wish: decision, record };
  if (record === undefined) return refuse(context.store, attempt, "approval-unknown");
  const groups = mayDecide(principal.groups, context.approversOf(record));
  if (groups.length === 0 && !isSamePerson(principal, record.requester)) {
    return refuse(context.store, attempt, "not-an-approver");
  }
  const { subject, issuer } = principal;
  const event = { type: "vote", subject, issuer, groups, decision, reason } as const;
  return happen(context.store, record, { ...attempt, event });
}

/** Withdraws a held call: for its requester, and for whoever may decide it. */
export async function cancelApproval(
  context: DecisionContext,
  request: CancelRequest,
): Promise<DecisionResult> {
  const { principal } = request;
  const record = await findApproval(context.store, request.approvalId);
  const attempt = { request, wish: "cancel", record } as const;
  if (record === undefined) return refuse(context.store, attempt, "approval-unknown");
  const groups = mayDecide(principal.groups, context.approversOf(record));
  if (groups.length === 0 && !isSamePerson(principal, record.requester)) {
    return refuse(context.store, attempt, "not-an-approver");
  }
  return happen(context.store, record, { ...attempt, event: { type: "cancel" } });
}

/** Marks an approval as expired, with its entry; refused by the store before its time. */
export async function expireApproval(
  store: Store,
  record: ApprovalRecord,
): Promise<TransitionResult> {
  const parts = { type: "decision", actor: null, decision: { result: "expired" } } as const;
  return store.transition(record.id, { type: "expire" }, approvalEntry(record, parts));
}
