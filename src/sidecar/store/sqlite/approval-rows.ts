/** Approvals between rows and records, for the writer and the reader alike. */
import type Database from "better-sqlite3";
import type { ApprovalState, Vote } from "../../../contract/approval.ts";
import { unsealCall } from "../sealing.ts";
import type { ApprovalFacts, ApprovalRecord } from "../store.ts";

export interface ApprovalRow {
  readonly number: number;
  readonly id: string;
  readonly state: ApprovalState;
  readonly app: string;
  readonly operation: string;
  readonly operation_digest: string;
  readonly summary: string;
  readonly build: string;
  readonly policy: string;
  readonly arguments_digest: string;
  readonly requester_subject: string;
  readonly requester_issuer: string;
  readonly requester_groups: string;
  readonly requester_session: string;
  readonly resource: string;
  readonly approvers: string | null;
  readonly quorum: number;
  readonly correlation: string;
  readonly detached: 0 | 1;
  readonly created_at: string;
  readonly expires_at: string;
  readonly decided_at: string | null;
  readonly finished_at: string | null;
  readonly fence: number;
  readonly result_status: number | null;
  readonly rule: string | null;
  readonly trace: string | null;
  readonly release: string | null;
  readonly resolution: string | null;
  readonly call: Buffer | null;
  readonly has_result: 0 | 1;
}

/** The columns of an `ApprovalRow`: all but the sealed result, which only its taker reads. */
export const approvalColumns = `number, id, state, app, operation, operation_digest, summary, build, policy,
  arguments_digest, requester_subject, requester_issuer, requester_groups, requester_session, resource, approvers,
  quorum, correlation, detached, created_at, expires_at, decided_at, finished_at, fence, result_status, rule, trace, release,
  resolution, call,
  result IS NOT NULL AS has_result`;

interface VoteRow extends Omit<Vote, "groups"> {
  readonly groups: string;
}

/** Gives the votes of an approval in the order in which they were cast. */
export function voteReader(db: Database.Database): (id: string) => readonly Vote[] {
  const select = db.prepare<[string], VoteRow>(
    "SELECT subject, issuer, groups, decision, reason, ticket, time FROM votes WHERE approval = ? ORDER BY rowid",
  );
  return (id) =>
    select.all(id).map((row) => ({ ...row, groups: JSON.parse(row.groups) as string[] }));
}

/** A column that holds JSON, written by this store alone. */
function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

/** The approval without its secrets. */
export function factsOf(row: ApprovalRow, votes: readonly Vote[]): ApprovalFacts {
  return {
    id: row.id,
    state: row.state,
    app: row.app,
    operation: row.operation,
    operationDigest: row.operation_digest,
    summary: row.summary,
    build: row.build,
    policy: row.policy,
    argumentsDigest: row.arguments_digest,
    requester: {
      subject: row.requester_subject,
      issuer: row.requester_issuer,
      groups: JSON.parse(row.requester_groups) as string[],
      session: row.requester_session,
    },
    resource: row.resource,
    approvers: parsed(row.approvers) as ApprovalFacts["approvers"],
    quorum: row.quorum,
    rule: parsed(row.rule) as ApprovalFacts["rule"],
    votes,
    detached: row.detached === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    finishedAt: row.finished_at,
    fence: row.fence,
    trace: row.trace,
    release: parsed(row.release) as ApprovalFacts["release"],
    resolution: parsed(row.resolution) as ApprovalFacts["resolution"],
    resultStatus: row.result_status,
    correlation: row.correlation,
  };
}

/** The whole approval; decrypts its call. */
export function recordOf(
  row: ApprovalRow,
  votes: readonly Vote[],
  key: Uint8Array,
): ApprovalRecord {
  return {
    ...factsOf(row, votes),
    call: row.call === null ? null : unsealCall(key, row.id, row.call),
    hasResult: row.has_result === 1,
  };
}
