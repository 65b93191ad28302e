/** All that helps to decide one held call: what it does in words, where it is asked for, what was decided of its like. */
import {
  endStates,
  type ApprovalDetail,
  type ApprovalState,
  type ApprovalView,
  type LikeDecisions,
  type Standing,
} from "../../contract/approval.ts";
import { mayDecide } from "../../policy/quorum.ts";
import type { ApprovalRecord, Store } from "../store/store.ts";
import type { DecisionContext, Demand, Principal } from "./attempt.ts";
import { isTerminal, isSamePerson } from "./state-machine.ts";
import { approvalViews, type CallSubject, type ViewContext } from "./view.ts";

export interface DetailContext extends DecisionContext, ViewContext {}

/** How many that ended are looked at. */
const looked = 100;
const latestShown = 5;

const approvedStates: ReadonlySet<ApprovalState> = new Set(["executed", "failed", "unknown"]);
async function likeOf(store: Store, record: ApprovalRecord): Promise<LikeDecisions> {
  const { app, operation, argumentsDigest } = record;
  const found = await store.approvals({ app, operation, states: endStates, limit: looked });
  const past = found.filter(({ id }) => id !== record.id);
  const approved = past.filter(({ state }) => approvedStates.has(state)).length;
  const denied = past.filter(({ state }) => state === "denied").length;
  return {
    approved,
    denied,
    other: past.length - approved - denied,
    latest: past.slice(0, latestShown).map((one) => ({
      id: one.id,
      state: one.state,
      requester: one.requester.subject,
      time: one.finishedAt ?? one.createdAt,
      identical: one.argumentsDigest === argumentsDigest,
      reason: one.votes.at(-1)?.reason ?? null,
    })),
  };
}

const nobody: Standing = {
  isRequester: false,
  mayDecide: false,
  mayRelease: false,
  mayReview: false,
  mayResolve: false,
};

/** Whether somebody may close the review of a release, if there is an open one. */
function mayReview({ release, requester }: ApprovalRecord, principal: Principal): boolean {
  if (release === null || release.review !== null) return false;
  const isParty = isSamePerson(principal, requester) || isSamePerson(principal, release);
  return !isParty && release.reviewers.some((group) => principal.groups.includes(group));
}

function standingOf(
  record: ApprovalRecord,
  principal: Principal,
  { demand, context }: { readonly demand: Demand; readonly context: DecisionContext },
): Standing {
  const { state, resolution, requester, votes } = record;
  const isRequester = isSamePerson(principal, requester);
  const isNamed = !isRequester && mayDecide(principal.groups, demand.approvers).length > 0;
  const hasVoted = votes.some((vote) => isSamePerson(vote, principal));
  const isPending = state === "pending" && !isRequester;
  return {
    isRequester,
    mayDecide: isPending && isNamed && !hasVoted,
    mayRelease: isPending && context.glassOf(record, principal) !== null,
    mayReview: mayReview(record, principal),
    mayResolve: isNamed && state === "unknown" && resolution === null,
  };
}

/** What the operation that a held call is bound to says of it. */
function subjectFacts(
  record: ApprovalRecord,
  subject: CallSubject | undefined,
): Pick<ApprovalDetail, "places" | "statements" | "previewable"> {
  if (subject === undefined) return { places: [], statements: [], previewable: false };
  const { target, places } = subject;
  const { operation, statements, resource } = target;
  const texts = operation.kind === "sql" ? [operation] : statements;
  return {
    places,
    statements: texts.map(({ statement }) => statement),
    previewable: resource?.preview === true && !isTerminal(record.state),
  };
}

/** One approval for whoever decides it. */
export async function approvalDetail(
  context: DetailContext,
  record: ApprovalRecord,
  principal: Principal | null,
): Promise<ApprovalDetail> {
  const [view] = (await approvalViews(context, [record])) as [ApprovalView];
  const { approvers, justification, ticket } = context.demandOf(record);
  const demand = { approvers, justification, ticket };
  return {
    ...view,
    ...subjectFacts(record, context.subjectOf(record)),
    demand,
    like: await likeOf(context.store, record),
    you: principal === null ? nobody : standingOf(record, principal, { demand, context }),
  };
}
