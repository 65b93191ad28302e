/**
 * What can happen to an approval, and when. Pure: the store runs it inside the transaction that also appends the entry,
 * with its own clock. It knows nothing of arguments or results.
 */
import type { ApprovalState, Vote } from "../../contract/approval.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { quorumMet } from "../../policy/quorum.ts";
import type { ApprovalEvent, ApprovalFacts, TransitionRefusal } from "../store/store.ts";

export type Transition =
  | { readonly ok: true; readonly next: ApprovalFacts }
  | { readonly ok: false; readonly refusal: TransitionRefusal };

const successors: Readonly<Record<ApprovalState, readonly ApprovalState[]>> = {
  pending: ["approved", "denied", "expired", "cancelled"],
  approved: ["executing", "expired", "cancelled", "stale"],
  executing: ["executed", "failed", "unknown"],
  executed: [],
  failed: [],
  unknown: [],
  denied: [],
  expired: [],
  cancelled: [],
  stale: [],
};

/** Whether nothing can happen any more: the call is shredded then. */
export function isTerminal(state: ApprovalState): boolean {
  return successors[state].length === 0;
}

function refuse(refusal: TransitionRefusal): Transition {
  return { ok: false, refusal };
}

function stay(next: ApprovalFacts): Transition {
  return { ok: true, next };
}

function move(
  record: ApprovalFacts,
  state: ApprovalState,
  changes: Partial<ApprovalFacts>,
): Transition {
  if (!successors[record.state].includes(state)) {
    throw new GovernError("internal", `approval ${record.id}: ${record.state} to ${state}`);
  }
  return { ok: true, next: { ...record, ...changes, state } };
}

function timeOf(now: number): string {
  return new Date(now).toISOString();
}

type VoteEvent = Extract<ApprovalEvent, { type: "vote" }>;
type ClaimEvent = Extract<ApprovalEvent, { type: "claim" }>;
type FinishEvent = Extract<ApprovalEvent, { type: "finish" }>;

interface Person {
  readonly subject: string;
  readonly issuer: string;
}

/** People are compared by issuer and subject, never by a name alone. */
export function isSamePerson(one: Person, other: Person): boolean {
  return one.subject === other.subject && one.issuer === other.issuer;
}

function vote(record: ApprovalFacts, event: VoteEvent, now: number): Transition {
  if (record.state !== "pending") return refuse("approval-decided");
  if (isSamePerson(event, record.requester)) return refuse("own-request");
  if (record.votes.some((cast) => isSamePerson(cast, event))) return refuse("already-voted");
  const { subject, issuer, groups, decision, reason } = event;
  const time = timeOf(now);
  const votes: readonly Vote[] = [
    ...record.votes,
    { subject, issuer, groups, decision, reason, time },
  ];
  if (decision === "deny") {
    return move(record, "denied", { votes, decidedAt: time, finishedAt: time });
  }
  if (quorumMet(votes, record.approvers, record.quorum)) {
    return move(record, "approved", { votes, decidedAt: time });
  }
  return stay({ ...record, votes });
}

function claim(record: ApprovalFacts, event: ClaimEvent): Transition {
  if (record.state === "pending") return refuse("not-approved");
  if (record.state !== "approved") return refuse("approval-decided");
  if (record.detached !== event.voucher)
    return refuse(record.detached ? "detached" : "not-detached");
  return move(record, "executing", { fence: record.fence + 1 });
}

function finish(record: ApprovalFacts, event: FinishEvent, now: number): Transition {
  if (record.state !== "executing" || event.fence !== record.fence) return refuse("lost-claim");
  return move(record, event.state, {
    finishedAt: timeOf(now),
    resultStatus: event.result?.status ?? null,
  });
}

function expire(record: ApprovalFacts, now: number): Transition {
  return isDue(record, now)
    ? move(record, "expired", { finishedAt: timeOf(now) })
    : refuse("not-due");
}

function isDue(record: ApprovalFacts, now: number): boolean {
  return now >= Date.parse(record.expiresAt);
}

function happen(
  record: ApprovalFacts,
  event: Exclude<ApprovalEvent, FinishEvent | { type: "expire" }>,
  now: number,
): Transition {
  switch (event.type) {
    case "vote":
      return vote(record, event, now);
    case "cancel":
      return move(record, "cancelled", { finishedAt: timeOf(now) });
    case "detach":
      return record.detached ? refuse("detached") : stay({ ...record, detached: true });
    case "stale":
      return record.state === "pending"
        ? refuse("not-approved")
        : move(record, "stale", { finishedAt: timeOf(now) });
    case "claim":
      return claim(record, event);
  }
}

/**
 * Gives the approval after an event, or why nothing happens. `now` is the store's clock: once `expiresAt` has come, a
 * waiting approval takes no event but `expire`. A claim that was overtaken finishes nothing (`lost-claim`), and a
 * terminal approval never changes.
 */
export function transition(record: ApprovalFacts, event: ApprovalEvent, now: number): Transition {
  if (event.type === "finish") return finish(record, event, now);
  if (record.state === "expired") return refuse("approval-expired");
  if (record.state !== "pending" && record.state !== "approved") return refuse("approval-decided");
  if (event.type === "expire") return expire(record, now);
  if (isDue(record, now)) return refuse("approval-expired");
  return happen(record, event, now);
}
