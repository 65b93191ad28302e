/**
 * A person's say on a held call. Who may, and what they have to say with it, is asked of the rules as they are now;
 * whether it still can is the state machine's, inside the store.
 */
import { mayDecide } from "../../policy/quorum.ts";
import { isTicket } from "../../policy/ticket.ts";
import {
  findApproval,
  happen,
  isSaid,
  isShown,
  refuse,
  type Act,
  type DecisionContext,
  type DecisionRefusal,
  type DecisionResult,
  type Demand,
} from "./attempt.ts";
import { isSamePerson } from "./state-machine.ts";

export interface DecisionRequest extends Act {
  readonly decision: "approve" | "deny";
  readonly reason: string | null;
  readonly ticket: string | null;
  /** The digest of the arguments that the person was shown, where their client says. */
  readonly shown?: string | null;
}

export interface CancelRequest extends Act {
  readonly reason: string | null;
}

/** What an approval lacks that its rule asks for. A denial needs nothing: it must never be hindered. */
function lacks(
  { justification, ticket: pattern }: Demand,
  { decision, reason, ticket }: DecisionRequest,
): DecisionRefusal | undefined {
  if (decision === "deny") return undefined;
  if (justification && !isSaid(reason)) return "justification-missing";
  const fits = pattern === null || (ticket !== null && isTicket(pattern, ticket));
  return fits ? undefined : "ticket-invalid";
}

/**
 * Records a vote. When it resolves with `ok`, the vote and its entry are durable and the approval is as returned: once
 * `approved` it is to be given to the executor. Otherwise the refusal is recorded.
 */
export async function decide(
  context: DecisionContext,
  request: DecisionRequest,
): Promise<DecisionResult> {
  const { principal, decision, reason, ticket } = request;
  const { store } = context;
  const record = await findApproval(store, request.approvalId);
  const said = { reason, ...(ticket === null ? {} : { ticket }) };
  const attempt = { act: request, wish: decision, said };
  if (record === undefined) return refuse(store, { ...attempt, record }, "approval-unknown");
  const demand = context.demandOf(record);
  const groups = mayDecide(principal.groups, demand.approvers);
  const isOwn = isSamePerson(principal, record.requester);
  if (groups.length === 0 && !isOwn) {
    return refuse(store, { ...attempt, record }, "not-an-approver");
  }
  if (!isShown(record, request.shown ?? null)) {
    return refuse(store, { ...attempt, record }, "digest-mismatch");
  }
  const lacking = isOwn || record.state !== "pending" ? undefined : lacks(demand, request);
  if (lacking !== undefined) return refuse(store, { ...attempt, record }, lacking);
  const { subject, issuer } = principal;
  const event = { type: "vote", subject, issuer, groups, decision, reason, ticket } as const;
  return happen(store, { ...attempt, record }, event);
}

/** Withdraws a held call: for its requester, and for whoever may decide it. */
export async function cancelApproval(
  context: DecisionContext,
  request: CancelRequest,
): Promise<DecisionResult> {
  const { principal, reason } = request;
  const { store } = context;
  const record = await findApproval(store, request.approvalId);
  const attempt = { act: request, wish: "cancel", said: { reason } } as const;
  if (record === undefined) return refuse(store, { ...attempt, record }, "approval-unknown");
  const groups = mayDecide(principal.groups, context.demandOf(record).approvers);
  if (groups.length === 0 && !isSamePerson(principal, record.requester)) {
    return refuse(store, { ...attempt, record }, "not-an-approver");
  }
  return happen(store, { ...attempt, record }, { type: "cancel" });
}
