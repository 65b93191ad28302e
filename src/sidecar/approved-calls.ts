/**
 * What the executor needs to run an approved call: the rules asked again, and the call at its resource. Both use the
 * snapshot of now, for the permissions and rules that hold at execution decide.
 */
import type { CallArguments } from "../contract/arguments.ts";
import type { Access } from "../contract/operation.ts";
import { quorumMet } from "../policy/quorum.ts";
import type { Reauthorization, RunOutcome } from "./approvals/executor.ts";
import { cleanHeaders } from "./answer-headers.ts";
import type { Caller } from "./connectors/connector.ts";
import { judgeResult, outcomeOfFault, type Outcome } from "./connectors/outcome.ts";
import type { OnFault } from "./faults.ts";
import type { People } from "./identity/people.ts";
import { problemAnswer } from "./problem.ts";
import type { GateVerdict, RuleQuestion } from "./rules.ts";
import type { GovernedOperation, Snapshot } from "./snapshot.ts";
import type { ApprovalRecord } from "./store/store.ts";

export interface ApprovedCallsOptions {
  readonly snapshot: () => Snapshot;
  readonly onFault: OnFault;
  readonly people: People;
}

function targetOf(snapshot: Snapshot, record: ApprovalRecord): GovernedOperation | undefined {
  return snapshot.apps.get(record.app)?.operations.get(record.operation);
}

/** The stricter of what the call was held as and what its operation is now. */
function accessOf(target: GovernedOperation, { call }: ApprovalRecord): Access {
  return target.access === "read" && call?.access === "read" ? "read" : "write";
}

function questionOf(
  record: ApprovalRecord,
  target: GovernedOperation,
  groups: readonly string[],
): RuleQuestion {
  const { subject, issuer } = record.requester;
  return {
    app: record.app,
    operation: target.operation,
    access: accessOf(target, record),
    arguments: record.call?.arguments as unknown as CallArguments,
    identity: { subject, issuer, groups },
    time: new Date(),
  };
}

const stale = (reason: string): Reauthorization => ({ ok: false, kind: "stale", reason });
const denied = (reason: string): Reauthorization => ({ ok: false, kind: "denied", reason });

export interface ApprovedCalls {
  authorizeAgain(record: ApprovalRecord): Promise<Reauthorization>;
  run(record: ApprovalRecord, signal: AbortSignal): Promise<RunOutcome>;
  /** What the gate says of a held call now; undefined once its operation is gone. */
  gateNow(record: ApprovalRecord): GateVerdict | undefined;
}

function toRunOutcome(outcome: Outcome, correlation: string): RunOutcome {
  if (outcome.state === "executed") {
    const { state, status, headers, body } = outcome;
    return {
      state,
      status,
      headers: cleanHeaders(headers),
      body,
      details: { bytes: body.byteLength },
    };
  }
  const answer = problemAnswer(outcome, correlation);
  return { ...answer, state: outcome.state, details: { code: outcome.code } };
}

class SnapshotCalls implements ApprovedCalls {
  readonly #options: ApprovedCallsOptions;

  constructor(options: ApprovedCallsOptions) {
    this.#options = options;
  }

  gateNow(record: ApprovalRecord): GateVerdict | undefined {
    const snapshot = this.#options.snapshot();
    const target = targetOf(snapshot, record);
    if (target === undefined || record.call === null) return undefined;
    const groups = this.#options.people.groupsNow(record.requester) ?? [];
    return snapshot.rules.gate(questionOf(record, target, groups));
  }

  /** The votes that still count: an approver who lost a group no longer votes for it. */
  #votesNow(record: ApprovalRecord, snapshot: Snapshot): ApprovalRecord["votes"] {
    return record.votes.map((vote) => {
      const known = this.#options.people.stated(vote);
      if (known === undefined) return vote;
      const groups = known.groups ?? [];
      return { ...vote, groups: snapshot.rules.groupsOf({ ...vote, groups }) };
    });
  }

  async authorizeAgain(record: ApprovalRecord): Promise<Reauthorization> {
    const snapshot = this.#options.snapshot();
    const target = targetOf(snapshot, record);
    if (target === undefined || target.digest !== record.operationDigest) {
      return stale("the operation changed");
    }
    if (target.resource?.name !== record.resource) return stale("the resource changed");
    const groups = this.#options.people.groupsNow(record.requester);
    if (groups === undefined) return denied("the requester is nobody any more");
    const question = questionOf(record, target, groups);
    const permission = snapshot.rules.authorize(question);
    if (!permission.allowed) return denied(permission.why);
    const gate = snapshot.rules.gate(question);
    if (!gate.required) return { ok: true };
    return quorumMet(this.#votesNow(record, snapshot), gate.approvers, gate.quorum)
      ? { ok: true }
      : stale("more approval is required now");
  }

  /** The requester, with the groups of now: the call runs in their name, not in the approver's. */
  #callerOf({ requester, app, call }: ApprovalRecord): Caller {
    const { rules } = this.#options.snapshot();
    const stated = this.#options.people.groupsNow(requester) ?? [];
    const groups = rules.groupsOf({ ...requester, groups: stated });
    return { ...requester, groups, app, credentials: call?.credentials ?? null };
  }

  async run(record: ApprovalRecord, signal: AbortSignal): Promise<RunOutcome> {
    const target = targetOf(this.#options.snapshot(), record);
    const { call, correlation } = record;
    if (target?.resource == null || call === null) {
      const detail = "The operation has no resource any more.";
      return toRunOutcome({ state: "failed", code: "unmapped-resource", detail }, correlation);
    }
    const access = accessOf(target, record);
    try {
      const result = await target.resource.connector.execute(
        {
          operation: target.operation,
          statements: target.statements,
          access,
          arguments: call.arguments as unknown as CallArguments,
          payload: call.payload,
          contentType: call.contentType,
          caller: this.#callerOf(record),
        },
        AbortSignal.any([signal, AbortSignal.timeout(target.resource.timeout)]),
      );
      return toRunOutcome(judgeResult(access, result), correlation);
    } catch (error) {
      this.#options.onFault(error, correlation);
      return toRunOutcome(outcomeOfFault(access), correlation);
    }
  }
}

export function createApprovedCalls(options: ApprovedCallsOptions): ApprovedCalls {
  return new SnapshotCalls(options);
}
