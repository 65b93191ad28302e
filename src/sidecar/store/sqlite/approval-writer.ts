/** Changes approvals inside the writer's transaction; whether an event is legal is the state machine's to say. */
import type Database from "better-sqlite3";
import { GovernError } from "../../../errors/govern-error.ts";
import { isTerminal, transition } from "../../approvals/state-machine.ts";
import { sealCall, sealResult, unsealResult } from "../sealing.ts";
import type {
  ApprovalEvent,
  ApprovalFacts,
  ApprovalRecord,
  NewApproval,
  StoredResult,
  TransitionResult,
} from "../store.ts";
import {
  approvalColumns,
  factsOf,
  recordOf,
  voteReader,
  type ApprovalRow,
} from "./approval-rows.ts";

const insertApproval = `INSERT INTO approvals (id, state, app, operation, operation_digest, summary, build, policy,
  arguments_digest, requester_subject, requester_issuer, requester_groups, requester_session, resource, approvers,
  quorum, rule, correlation, created_at, expires_at, call)
VALUES (@id, 'pending', @app, @operation, @operationDigest, @summary, @build, @policy, @argumentsDigest, @subject,
  @issuer, @groups, @session, @resource, @approvers, @quorum, @rule, @correlation, @createdAt, @expiresAt, @call)`;

const updateApproval = `UPDATE approvals SET state = @state, detached = @detached, decided_at = @decidedAt,
  finished_at = @finishedAt, expires_at = @expiresAt, fence = @fence, result_status = @resultStatus, trace = @trace,
  release = @release, resolution = @resolution,
  call = iif(@isTerminal, NULL, call), result = coalesce(@result, result)
WHERE id = @id AND state = @oldState AND fence = @oldFence`;

const insertVote = `INSERT INTO votes (approval, issuer, subject, groups, decision, reason, ticket, time)
VALUES (@approval, @issuer, @subject, @groups, @decision, @reason, @ticket, @time)`;

function jsonOf(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

export class ApprovalWriter {
  readonly #key: Uint8Array;
  readonly #select: Database.Statement<[string], ApprovalRow>;
  readonly #votes: ReturnType<typeof voteReader>;
  readonly #insert: Database.Statement;
  readonly #update: Database.Statement;
  readonly #insertVote: Database.Statement;
  readonly #selectResult: Database.Statement<[string], Buffer | null>;
  readonly #dropResult: Database.Statement<[string]>;
  readonly #dropResults: Database.Statement<[string]>;

  constructor(db: Database.Database, key: Uint8Array) {
    this.#key = key;
    this.#select = db.prepare(`SELECT ${approvalColumns} FROM approvals WHERE id = ?`);
    this.#votes = voteReader(db);
    this.#insert = db.prepare(insertApproval);
    this.#update = db.prepare(updateApproval);
    this.#insertVote = db.prepare(insertVote);
    this.#selectResult = db
      .prepare<[string], Buffer | null>("SELECT result FROM approvals WHERE id = ?")
      .pluck();
    this.#dropResult = db.prepare("UPDATE approvals SET result = NULL WHERE id = ?");
    this.#dropResults = db.prepare(
      "UPDATE approvals SET result = NULL WHERE result IS NOT NULL AND finished_at <= ?",
    );
  }

  #load(id: string): ApprovalRecord {
    const row = this.#select.get(id);
    if (row === undefined) throw new GovernError("internal", `approval ${id} is gone`);
    return recordOf(row, this.#votes(id), this.#key);
  }

  hold(id: string, approval: NewApproval, now: number): ApprovalRecord {
    const { requester, approvers } = approval;
    this.#insert.run({
      id,
      app: approval.app,
      operation: approval.operation,
      operationDigest: approval.operationDigest,
      summary: approval.summary,
      build: approval.build,
      policy: approval.policy,
      argumentsDigest: approval.argumentsDigest,
      subject: requester.subject,
      issuer: requester.issuer,
      groups: JSON.stringify(requester.groups),
      session: requester.session,
      resource: approval.resource,
      approvers: jsonOf(approvers),
      quorum: approval.quorum,
      rule: jsonOf(approval.rule),
      correlation: approval.correlation,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + approval.expiresIn).toISOString(),
      call: sealCall(this.#key, id, approval.call),
    });
    return this.#load(id);
  }

  transition(id: string, event: ApprovalEvent, now: number): TransitionResult {
    const row = this.#select.get(id);
    if (row === undefined) return { ok: false, refusal: "approval-unknown" };
    const before = factsOf(row, this.#votes(id));
    const result = transition(before, event, now);
    if (!result.ok) return result;
    this.#save(before, result.next, event);
    return { ok: true, approval: this.#load(id) };
  }

  #save(before: ApprovalFacts, next: ApprovalFacts, event: ApprovalEvent): void {
    const result = event.type === "finish" ? event.result : null;
    const { changes } = this.#update.run({
      id: next.id,
      state: next.state,
      detached: next.detached ? 1 : 0,
      decidedAt: next.decidedAt,
      finishedAt: next.finishedAt,
      expiresAt: next.expiresAt,
      fence: next.fence,
      resultStatus: next.resultStatus,
      trace: next.trace,
      release: jsonOf(next.release),
      resolution: jsonOf(next.resolution),
      isTerminal: isTerminal(next.state) ? 1 : 0,
      result: result === null ? null : sealResult(this.#key, next.id, result),
      oldState: before.state,
      oldFence: before.fence,
    });
    if (changes !== 1) throw new GovernError("internal", `approval ${next.id} was overtaken`);
    for (const vote of next.votes.slice(before.votes.length)) {
      this.#insertVote.run({ ...vote, approval: next.id, groups: JSON.stringify(vote.groups) });
    }
  }

  takeResult(id: string): StoredResult | undefined {
    const sealed = this.#selectResult.get(id);
    if (sealed === undefined || sealed === null) return undefined;
    const result = unsealResult(this.#key, id, sealed);
    this.#dropResult.run(id);
    return result;
  }

  dropResults(finishedBy: string): number {
    return this.#dropResults.run(finishedBy).changes;
  }
}
