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

type GlassEvent = Extract<ApprovalEvent, { type: "break-glass" }>;
type ReviewEvent = Extract<ApprovalEvent, { type: "review" }>;
type ResolveEvent = Extract<ApprovalEvent, { type: "resolve" }>;
type TraceEvent = Extract<ApprovalEvent, { type: "trace" }>;
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
  const { type: _, ...cast } = event;
  const { decision } = event;
  const time = timeOf(now);
  const votes: readonly Vote[] = [...record.votes, { ...cast, time }];
  if (decision === "deny") {
    return move(record, "denied", { votes, decidedAt: time, finishedAt: time });
  }
  if (quorumMet(votes, record.approvers, record.quorum)) {
    return move(record, "approved", { votes, decidedAt: time });
  }
  return stay({ ...record, votes });
}

/** In place of the votes that are asked for; what was released begins soon or never. */
function breakGlass(record: ApprovalFacts, event: GlassEvent, now: number): Transition {
  if (record.state !== "pending") return refuse("approval-decided");
  if (isSamePerson(event, record.requester)) return refuse("own-request");
  const { type: _, window, ...said } = event;
  const time = timeOf(now);
  const end = timeOf(now + window);
  return move(record, "approved", {
    release: { ...said, time, review: null },
    decidedAt: time,
    expiresAt: end < record.expiresAt ? end : record.expiresAt,
  });
}

/** Whatever has become of the call: a review stays open until somebody did it. */
function review(record: ApprovalFacts, event: ReviewEvent, now: number): Transition {
  const { release } = record;
  if (release === null || release.review !== null) return refuse("nothing-to-review");
  if (isSamePerson(event, release)) return refuse("own-release");
  if (isSamePerson(event, record.requester)) return refuse("own-request");
  const { subject, issuer, note } = event;
  const done = { subject, issuer, note, time: timeOf(now) };
  return stay({ ...record, release: { ...release, review: done } });
}

/** The state stays `unknown`: that is how it ended; what a person found out stands beside it. */
function resolve(record: ApprovalFacts, event: ResolveEvent, now: number): Transition {
  if (record.state !== "unknown" || record.resolution !== null) return refuse("outcome-known");
  if (isSamePerson(event, record.requester)) return refuse("own-request");
  const { type: _, ...found } = event;
  return stay({ ...record, resolution: { ...found, time: timeOf(now) } });
}

function claim(record: ApprovalFacts, event: ClaimEvent): Transition {
  if (record.state === "pending") return refuse("not-approved");
  if (record.state !== "approved") return refuse("approval-decided");
  if (record.detached !== event.voucher)
    return refuse(record.detached ? "detached" : "not-detached");
  return move(record, "executing", {
    fence: record.fence + 1,
    trace: event.traced === true ? "" : null,
  });
}

function trace(record: ApprovalFacts, event: TraceEvent): Transition {
  if (record.state !== "executing" || event.fence !== record.fence) return refuse("lost-claim");
  return stay({ ...record, trace: event.trace });
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

type LateEvent = FinishEvent | ReviewEvent | ResolveEvent | TraceEvent;

/** What happens to one that runs or has ended. */
function happenLate(record: ApprovalFacts, event: LateEvent, now: number): Transition {
  switch (event.type) {
    case "finish":
      return finish(record, event, now);
    case "review":
      return review(record, event, now);
    case "resolve":
      return resolve(record, event, now);
    case "trace":
      return trace(record, event);
  }
}

function isLate(event: ApprovalEvent): event is LateEvent {
  return /^(?:finish|review|resolve|trace)$/.test(event.type);
}

function happen(
  record: ApprovalFacts,
  event: Exclude<ApprovalEvent, LateEvent | { type: "expire" }>,
  now: number,
): Transition {
  switch (event.type) {
    case "break-glass":
      return breakGlass(record, event, now);
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
  if (isLate(event)) return happenLate(record, event, now);
  if (record.state === "expired") return refuse("approval-expired");
  if (record.state !== "pending" && record.state !== "approved") return refuse("approval-decided");
  if (event.type === "expire") return expire(record, now);
  if (isDue(record, now)) return refuse("approval-expired");
  return happen(record, event, now);
}
