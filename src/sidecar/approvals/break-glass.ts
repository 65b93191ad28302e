/**
 * Breaking the glass: in an emergency one named person releases a held call alone, with a reason, for a short time. It is
 * told to everybody, and it stays open until somebody else has looked at it. Nobody releases their own request.
 */
import {
  findApproval,
  happen,
  isSaid,
  isShown,
  refuse,
  type Act,
  type DecisionContext,
  type DecisionResult,
} from "./attempt.ts";
import { isSamePerson } from "./state-machine.ts";

export interface ReleaseRequest extends Act {
  readonly reason: string | null;
  /** The digest of the arguments that the person was shown, where their client says. */
  readonly shown?: string | null;
}

/** Releases a held call by one person. Like a decision that was enough, it is to be given to the executor. */
export async function releaseAlone(
  context: DecisionContext,
  request: ReleaseRequest,
): Promise<DecisionResult> {
  const { principal, reason } = request;
  const { store } = context;
  const record = await findApproval(store, request.approvalId);
  const attempt = { act: request, wish: "break-glass", said: { reason } } as const;
  if (record === undefined) return refuse(store, { ...attempt, record }, "approval-unknown");
  const terms = context.glassOf(record, principal);
  const isOwn = isSamePerson(principal, record.requester);
  if (terms === null && !isOwn && record.state === "pending") {
    return refuse(store, { ...attempt, record }, "break-glass-refused");
  }
  if (!isShown(record, request.shown ?? null)) {
    return refuse(store, { ...attempt, record }, "digest-mismatch");
  }
  if (!isSaid(reason)) return refuse(store, { ...attempt, record }, "justification-missing");
  const { subject, issuer } = principal;
  const { name: rule, window, reviewers } = terms ?? { name: "", window: 0, reviewers: [] };
  const said = { reason, rule, window, reviewers: [...reviewers] };
  const event = {
    type: "break-glass",
    subject,
    issuer,
    note: reason,
    rule,
    reviewers,
    window,
  } as const;
  return happen(store, { ...attempt, said, record }, event);
}

export interface ReviewRequest extends Act {
  readonly note: string | null;
}

/** Closes the review of such a release: by somebody of its reviewers who neither asked nor released, with what they found. */
export async function reviewRelease(
  context: Pick<DecisionContext, "store">,
  request: ReviewRequest,
): Promise<DecisionResult> {
  const { principal, note } = request;
  const { store } = context;
  const record = await findApproval(store, request.approvalId);
  const attempt = { act: request, wish: "review", said: { note } } as const;
  if (record === undefined) return refuse(store, { ...attempt, record }, "approval-unknown");
  const { release, requester } = record;
  const isParty =
    isSamePerson(principal, requester) || (release !== null && isSamePerson(principal, release));
  const isReviewer = release?.reviewers.some((group) => principal.groups.includes(group)) ?? true;
  if (!isReviewer && !isParty) return refuse(store, { ...attempt, record }, "not-an-approver");
  if (!isSaid(note)) return refuse(store, { ...attempt, record }, "justification-missing");
  const { subject, issuer } = principal;
  return happen(store, { ...attempt, record }, { type: "review", subject, issuer, note });
}
