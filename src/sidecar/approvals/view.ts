/** Approvals as operators see them. */
import type { ApprovalView } from "../../contract/approval.ts";
import type { CallArguments } from "../../contract/arguments.ts";
import type { GovernedOperation } from "../snapshot.ts";
import type { ApprovalRecord, Store } from "../store/store.ts";
import { describeCall, type CallPlace } from "./words.ts";

/** One approval for people: without session, build, policy, payload and result. */
function approvalView(
  record: ApprovalRecord,
  words: string | null,
  identical: readonly string[],
): ApprovalView {
  const { subject, issuer, groups } = record.requester;
  return {
    id: record.id,
    state: record.state,
    app: record.app,
    operation: record.operation,
    operationDigest: record.operationDigest,
    summary: record.summary,
    words,
    arguments: record.call?.arguments ?? null,
    argumentsDigest: record.argumentsDigest,
    requester: { subject, issuer, groups },
    resource: record.resource,
    approvers: record.approvers,
    quorum: record.quorum,
    rule: record.rule,
    votes: record.votes,
    release: record.release,
    resolution: record.resolution,
    detached: record.detached,
    createdAt: record.createdAt,
    expiresAt: record.expiresAt,
    decidedAt: record.decidedAt,
    finishedAt: record.finishedAt,
    resultStatus: record.resultStatus,
    correlation: record.correlation,
    identical,
  };
}

function keyOf(record: ApprovalRecord): string {
  return `${record.operationDigest} ${record.argumentsDigest}`;
}

/** What is known of the operation that a held call is bound to. */
export interface CallSubject {
  readonly target: GovernedOperation;
  readonly places: readonly CallPlace[];
}

export interface ViewContext {
  readonly store: Store;
  /** Undefined once the operation is gone or another. */
  readonly subjectOf: (record: ApprovalRecord) => CallSubject | undefined;
}

function wordsOf({ call }: ApprovalRecord, subject: CallSubject | undefined): string | null {
  if (subject === undefined) return null;
  const { operation, statements } = subject.target;
  return describeCall(
    operation,
    statements,
    (call?.arguments as CallArguments | undefined) ?? null,
  );
}

/** Views of several, each with the ids of the other pending approvals of the same operation and arguments. */
export async function approvalViews(
  { store, subjectOf }: ViewContext,
  records: readonly ApprovalRecord[],
): Promise<readonly ApprovalView[]> {
  const pending = new Map<string, readonly string[]>();
  for (const record of records) {
    if (pending.has(keyOf(record))) continue;
    const { operationDigest, argumentsDigest } = record;
    const same = await store.approvals({ operationDigest, argumentsDigest, states: ["pending"] });
    pending.set(
      keyOf(record),
      same.map(({ id }) => id),
    );
  }
  return records.map((record) =>
    approvalView(
      record,
      wordsOf(record, subjectOf(record)),
      (pending.get(keyOf(record)) ?? []).filter((id) => id !== record.id),
    ),
  );
}
