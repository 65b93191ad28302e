/** A write of unknown outcome: somebody who may decide it looks at the resource, and says whether it ran. */
import { mayDecide } from "../../policy/quorum.ts";
import {
  findApproval,
  happen,
  isSaid,
  refuse,
  type Act,
  type DecisionContext,
  type DecisionResult,
} from "./attempt.ts";
import { isSamePerson } from "./state-machine.ts";

export interface ResolveRequest extends Act {
  /** Whether the write is there. */
  readonly ran: boolean;
  /** How that was found out. */
  readonly note: string | null;
}

/** Records what a person found out. The approval stays `unknown`, and nothing runs because of it. */
export async function resolveOutcome(
  context: DecisionContext,
  request: ResolveRequest,
): Promise<DecisionResult> {
  const { principal, ran, note } = request;
  const { store } = context;
  const record = await findApproval(store, request.approvalId);
  const attempt = { act: request, wish: "resolve", said: { ran, note } } as const;
  if (record === undefined) return refuse(store, { ...attempt, record }, "approval-unknown");
  const groups = mayDecide(principal.groups, context.demandOf(record).approvers);
  if (groups.length === 0 && !isSamePerson(principal, record.requester)) {
    return refuse(store, { ...attempt, record }, "not-an-approver");
  }
  if (!isSaid(note)) return refuse(store, { ...attempt, record }, "justification-missing");
  const { subject, issuer } = principal;
  return happen(store, { ...attempt, record }, { type: "resolve", subject, issuer, ran, note });
}
