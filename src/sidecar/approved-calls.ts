/**
 * What the executor needs to run an approved call: the rules asked again, and the call at its resource. Both use the
 * snapshot of now, for the permissions and rules that hold at execution decide.
 */
import type { ApprovalPreview, Release } from "../contract/approval.ts";
import { argumentsDigest, type CallArguments } from "../contract/arguments.ts";
import { sha256Hex } from "../contract/canonical-json.ts";
import type { Access } from "../contract/operation.ts";
import { quorumMet } from "../policy/quorum.ts";
import type { Demand, GlassTerms } from "./approvals/attempt.ts";
import type { CallSubject } from "./approvals/view.ts";
import type { Reauthorization, RunOutcome } from "./approvals/executor.ts";
import type { Settled, Settling } from "./approvals/settling.ts";
import { cleanHeaders } from "./answer-headers.ts";
import type { Caller, ConnectorCall, Once } from "./connectors/connector.ts";
import { noPreview } from "./connectors/preview.ts";
import { outcomeOfFault, type Outcome } from "./connectors/outcome.ts";
import { answerWithheld, judgeMasked, type MaskedCall } from "./masking/mask-answer.ts";
import { maskFacts } from "./call-entry.ts";
import type { MaskRule } from "../policy/masks.ts";
import type { OnFault } from "./faults.ts";
import type { People } from "./identity/people.ts";
import { problemAnswer } from "./problem.ts";
import type { RuleQuestion } from "./rules.ts";
import type { GovernedOperation, Resource, Snapshot } from "./snapshot.ts";
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

/** Whether what would run is what was shown to whoever decided. */
function isBound({ call, argumentsDigest: shown }: ApprovalRecord): boolean {
  return call !== null && argumentsDigest(call.arguments as unknown as CallArguments) === shown;
}

const stale = (reason: string): Reauthorization => ({ ok: false, kind: "stale", reason });
const denied = (reason: string): Reauthorization => ({ ok: false, kind: "denied", reason });

export interface ApprovedCalls extends Settling {
  authorizeAgain(record: ApprovalRecord): Promise<Reauthorization>;
  run(record: ApprovalRecord, signal: AbortSignal, trace: Once["trace"]): Promise<RunOutcome>;
  /** What the rule that holds a call now asks of whoever approves it; of one that ended, what the rule asked then. */
  demandOf(record: ApprovalRecord): Demand;
  /** What is known of the operation that a held call is bound to; undefined once it is gone or another. */
  subjectOf(record: ApprovalRecord): CallSubject | undefined;
  /** What a held statement would change, where its resource says so. */
  preview(record: ApprovalRecord): Promise<ApprovalPreview>;
  /** What lets a person release a held call alone, by the rules of now. */
  glassOf(record: ApprovalRecord, person: { readonly subject: string }): GlassTerms | null;
}

/** Milliseconds that a preview may take. */
const previewTime = 5000;

/** Done, and the answer is lost. */
const unanswered: RunOutcome = {
  state: "executed",
  status: null,
  headers: [],
  body: new Uint8Array(0),
};

function maskedCall({ operation, statements = [], access }: ConnectorCall): MaskedCall {
  return { operation, statements, access };
}

function toRunOutcome(outcome: Outcome, correlation: string): RunOutcome {
  if (outcome.state === "executed") {
    const { state, status, headers, body } = outcome;
    const details = { bytes: body.byteLength, ...maskFacts(outcome) };
    if (outcome.withheld === true) {
      return { ...problemAnswer(answerWithheld, correlation), state, details };
    }
    return { state, status, headers: cleanHeaders(headers), body, details };
  }
  const answer = problemAnswer(outcome, correlation);
  return { ...answer, state: outcome.state, details: { code: outcome.code } };
}

class SnapshotCalls implements ApprovedCalls {
  readonly #options: ApprovedCallsOptions;

  constructor(options: ApprovedCallsOptions) {
    this.#options = options;
  }

  /** A held call as the rules of now are asked about it; undefined once its operation is gone. */
  #questionNow(record: ApprovalRecord): RuleQuestion | undefined {
    const target = targetOf(this.#options.snapshot(), record);
    if (target === undefined || record.call === null) return undefined;
    const groups = this.#options.people.groupsNow(record.requester) ?? [];
    return questionOf(record, target, groups);
  }

  demandOf(record: ApprovalRecord): Demand {
    const question = this.#questionNow(record);
    const gate = question && this.#options.snapshot().rules.gate(question);
    if (gate?.required === true) return gate;
    const { approvers, rule } = record;
    return {
      approvers,
      justification: rule?.justification ?? false,
      ticket: rule?.ticket ?? null,
    };
  }

  subjectOf(record: ApprovalRecord): CallSubject | undefined {
    const snapshot = this.#options.snapshot();
    const target = targetOf(snapshot, record);
    if (target === undefined || target.digest !== record.operationDigest) return undefined;
    return { target, places: snapshot.apps.get(record.app)?.places.get(record.operation) ?? [] };
  }

  async preview(record: ApprovalRecord): Promise<ApprovalPreview> {
    const sending = this.#sending(record, async () => undefined);
    const { connector, preview } = sending?.resource ?? {};
    const isBoundNow = isBound(record) && this.subjectOf(record) !== undefined;
    if (
      sending === undefined ||
      preview !== true ||
      connector?.preview === undefined ||
      !isBoundNow
    )
      return noPreview("Nothing shows what this call would change.");
    if (this.#isMasked(record)) return noPreview("A mask applies to what this call would change.");
    const { once: _, ...call } = sending.call;
    return connector.preview(call, AbortSignal.timeout(previewTime));
  }

  glassOf(record: ApprovalRecord, { subject }: { readonly subject: string }): GlassTerms | null {
    const question = this.#questionNow(record);
    return question === undefined
      ? null
      : this.#options.snapshot().rules.breakGlass(question, subject);
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

  /** Whether somebody who released a call alone still could. */
  #releaseNow(release: Release, question: RuleQuestion): Reauthorization {
    if (this.#options.people.groupsNow({ ...release, groups: [] }) === undefined) {
      return stale("whoever released it is nobody any more");
    }
    return this.#options.snapshot().rules.breakGlass(question, release.subject) === null
      ? stale("the rules let this person release it alone no more")
      : { ok: true };
  }

  async authorizeAgain(record: ApprovalRecord): Promise<Reauthorization> {
    const snapshot = this.#options.snapshot();
    const target = targetOf(snapshot, record);
    if (target === undefined || target.digest !== record.operationDigest) {
      return stale("the operation changed");
    }
    if (target.resource?.name !== record.resource) return stale("the resource changed");
    if (!isBound(record)) return stale("the arguments are not those that were approved");
    const groups = this.#options.people.groupsNow(record.requester);
    if (groups === undefined) return denied("the requester is nobody any more");
    const question = questionOf(record, target, groups);
    const permission = snapshot.rules.authorize(question);
    if (!permission.allowed) return denied(permission.why);
    const gate = snapshot.rules.gate(question);
    if (!gate.required) return { ok: true };
    if (record.release !== null) return this.#releaseNow(record.release, question);
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

  /** What the answer must not tell the requester, by the rules of now. */
  #masksOf(record: ApprovalRecord): readonly MaskRule[] {
    const question = this.#questionNow(record);
    return question === undefined ? [] : this.#options.snapshot().rules.masks(question);
  }

  /** Whether a mask binds anybody: whoever approves sees a preview, and no rule says which of its fields. */
  #isMasked(record: ApprovalRecord): boolean {
    const question = this.#questionNow(record);
    const nobody = { subject: "", issuer: "", groups: [] };
    const { rules } = this.#options.snapshot();
    return question === undefined || rules.masks({ ...question, identity: nobody }).length > 0;
  }

  /** What is sent, or asked about, and where; undefined once the operation has no resource any more. */
  #sending(
    record: ApprovalRecord,
    trace: Once["trace"],
  ): { readonly resource: Resource; readonly call: ConnectorCall } | undefined {
    const target = targetOf(this.#options.snapshot(), record);
    const { call } = record;
    if (target?.resource == null || call === null) return undefined;
    const once = { key: sha256Hex(`govern idempotency ${record.id}`).slice(0, 32), trace };
    return {
      resource: target.resource,
      call: {
        operation: target.operation,
        statements: target.statements,
        access: accessOf(target, record),
        arguments: call.arguments as unknown as CallArguments,
        payload: call.payload,
        contentType: call.contentType,
        caller: this.#callerOf(record),
        once,
      },
    };
  }

  async run(
    record: ApprovalRecord,
    signal: AbortSignal,
    trace: Once["trace"],
  ): Promise<RunOutcome> {
    const { correlation } = record;
    const sending = this.#sending(record, trace);
    if (sending === undefined) {
      const detail = "The operation has no resource any more.";
      return toRunOutcome({ state: "failed", code: "unmapped-resource", detail }, correlation);
    }
    const { resource, call } = sending;
    const masks = this.#masksOf(record);
    if (record.trace !== null && !resource.connector.traces) {
      const detail = "The resource became another kind just now.";
      return toRunOutcome({ state: "failed", code: "resource-failed", detail }, correlation);
    }
    try {
      const until = AbortSignal.any([signal, AbortSignal.timeout(resource.timeout)]);
      const result = await resource.connector.execute(
        { ...call, origins: masks.length > 0 },
        until,
      );
      return toRunOutcome(judgeMasked(maskedCall(call), masks, result), correlation);
    } catch (error) {
      this.#options.onFault(error, correlation);
      return toRunOutcome(outcomeOfFault(call.access), correlation);
    }
  }

  traces(record: ApprovalRecord): boolean {
    const target = targetOf(this.#options.snapshot(), record);
    if (target === undefined || accessOf(target, record) === "read") return false;
    return target.resource?.connector.traces ?? false;
  }

  async settle(record: ApprovalRecord, trace: string, signal: AbortSignal): Promise<Settled> {
    const { correlation } = record;
    if (trace === "") {
      const detail = "The write was cut off before it was sent.";
      return toRunOutcome({ state: "failed", code: "resource-failed", detail }, correlation);
    }
    const sending = this.#sending(record, async () => undefined);
    const isMoved = sending?.resource.name !== record.resource;
    if (sending === undefined || isMoved) return toRunOutcome(outcomeOfFault("write"), correlation);
    const { resource, call } = sending;
    const masks = this.#masksOf(record);
    const until = AbortSignal.any([signal, AbortSignal.timeout(resource.timeout)]);
    const result = await resource.connector.settle(call, trace, until);
    if (result.kind === "later") return "later";
    const details = { settled: resource.name, trace };
    if (result.kind === "done") return { ...unanswered, details };
    const outcome = toRunOutcome(judgeMasked(maskedCall(call), masks, result), correlation);
    return { ...outcome, details: { ...outcome.details, ...details } };
  }
}

export function createApprovedCalls(options: ApprovedCallsOptions): ApprovedCalls {
  return new SnapshotCalls(options);
}
