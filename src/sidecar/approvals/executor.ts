/**
 * Runs approved calls: asks the rules again, claims with the intent entry, executes, finishes with the outcome entry. It
 * holds no rule and knows no resource. A call is claimed at most once, so it runs at most once; what a crash interrupts is
 * settled by its trace where the resource tells one, and else becomes `unknown`.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { ApprovalRecord, Store, StoredResult, TransitionRefusal } from "../store/store.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { approvalEntry, requesterActor } from "./approval-entry.ts";
import { settleOutcome, type Settling } from "./settling.ts";

/** What the current permissions and rules say of an approved call. */
export type Reauthorization =
  | { readonly ok: true }
  /** `stale`: more approval is required now, or the operation changed. `denied`: the requester may no longer. */
  | { readonly ok: false; readonly kind: "stale" | "denied"; readonly reason: string };

/** How a run ended: `failed` only where the write certainly did not happen. */
export interface RunOutcome extends Omit<StoredResult, "status"> {
  readonly state: "executed" | "failed" | "unknown";
  /** Null where there is no answer to hand out. */
  readonly status: number | null;
  /** What the outcome entry says beside state and status. */
  readonly details?: Readonly<Record<string, JsonValue>>;
}

export interface ExecutorOptions {
  readonly store: Store;
  readonly authorizeAgain: (record: ApprovalRecord) => Promise<Reauthorization>;
  /**
   * Executes the call. The signal asks it to give up when the sidecar stops; it must settle then. `trace` makes durable
   * what a crash is to be settled by; where it rejects, the effect must not begin.
   */
  readonly run: (
    record: ApprovalRecord,
    signal: AbortSignal,
    trace: (text: string) => Promise<void>,
  ) => Promise<RunOutcome>;
  /** How doubtful writes are settled; without it they are unknown. */
  readonly settling?: Settling;
  /** Milliseconds for which a resource is asked that cannot tell yet; default a minute. */
  readonly settleWithin?: number;
  /** Told of what went wrong without an answer to give it in. */
  readonly onFault: (error: unknown, approvalId: string | null) => void;
  /** Calls at once; default 8. */
  readonly concurrency?: number;
  /** Milliseconds that `stop` lets calls finish before it asks them to give up; default 10,000. */
  readonly grace?: number;
  /** Milliseconds between attempts to record an outcome; default 500. */
  readonly retryAfter?: number;
  /** Milliseconds between looks for approved calls that nobody told of; default 5000. */
  readonly lookEvery?: number;
}

export type VoucherResult =
  | { readonly ok: true; readonly approval: ApprovalRecord; readonly outcome: RunOutcome }
  | { readonly ok: false; readonly refusal: TransitionRefusal | "stale" };

const finishAttempts = 5;
const mostLeftOver = 10_000;

const unknownOutcome: RunOutcome = {
  state: "unknown",
  status: null,
  headers: [],
  body: new Uint8Array(0),
};

interface Finished {
  readonly approval: ApprovalRecord;
  /** Null for one that is left to the next start. */
  readonly outcome: RunOutcome | null;
}

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #concurrency: number;
  readonly #waiting = new Set<string>();
  /** By approval; a voucher's repeat has a key of its own, as several may race for one. */
  readonly #running = new Map<string | symbol, Promise<unknown>>();
  readonly #giveUp = new AbortController();
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 8;
  }

  /**
   * Settles what an earlier process left executing (what a resource is asked about may take longer), then runs what was approved meanwhile, the oldest first. Looks again
   * from time to time, so that a fault before the claim delays a call and does not lose it.
   */
  async start(): Promise<void> {
    const left = await this.#options.store.approvals({
      states: ["executing"],
      limit: mostLeftOver,
    });
    const doubtful = left.filter((record) => record.trace === null);
    await Promise.all(doubtful.map((record) => this.#recover(record)));
    for (const record of left) {
      if (record.trace === null) continue;
      const recovering = this.#recover(record);
      this.#track(
        record.id,
        recovering.catch((error: unknown) => this.#options.onFault(error, record.id)),
      );
    }
    await this.#look();
    this.#timer = setInterval(() => {
      this.#look().catch((error: unknown) => this.#options.onFault(error, null));
    }, this.#options.lookEvery ?? 5000).unref();
  }

  async #look(): Promise<void> {
    const query = { states: ["approved"], detached: false, limit: mostLeftOver } as const;
    const left = await this.#options.store.approvals(query);
    for (const record of left.toReversed()) this.onApproved(record.id);
  }

  /** To be told of each approved call. One whose page gave up waits for its voucher. */
  onApproved(id: string): void {
    if (this.#isStopping || this.#running.has(id)) return;
    this.#waiting.add(id);
    this.#runNext();
  }

  #runNext(): void {
    for (const id of this.#waiting) {
      if (this.#running.size >= this.#concurrency) return;
      this.#waiting.delete(id);
      this.#track(
        id,
        this.#runApproved(id).catch((error: unknown) => this.#options.onFault(error, id)),
      );
    }
  }

  #track(key: string | symbol, work: Promise<unknown>): void {
    this.#running.set(
      key,
      work.finally(() => {
        this.#running.delete(key);
        this.#runNext();
      }),
    );
  }

  async #runApproved(id: string): Promise<void> {
    const record = await this.#find(id);
    if (record === undefined || record.state !== "approved" || record.detached) return;
    const claimed = await this.#claim(record, false);
    if (claimed.ok) await this.#execute(claimed.approval);
  }

  /**
   * Runs a detached, approved call for the requester who repeats it, and gives the outcome for that repeat's answer. The
   * outcome is durable by then. Refused when another repeat was first, it is stale or has expired. Rejects with
   * `outcome-unknown` once the write was sent but could not be recorded. Whether the repeat is identical and by the same
   * requester is for the caller to have checked.
   */
  async runVoucher(id: string): Promise<VoucherResult> {
    if (this.#isStopping) return { ok: false, refusal: "detached" };
    const work = this.#runVoucher(id);
    this.#track(
      Symbol(id),
      work.catch(() => undefined),
    );
    return work;
  }

  async #runVoucher(id: string): Promise<VoucherResult> {
    const record = await this.#find(id);
    if (record === undefined) return { ok: false, refusal: "approval-unknown" };
    const claimed = await this.#claim(record, true);
    if (!claimed.ok) return claimed;
    const { approval, outcome } = await this.#execute(claimed.approval);
    if (outcome === null) throw new GovernError("outcome-unknown", `approval ${id} is not settled`);
    await this.#options.store.takeResult(id);
    return { ok: true, approval, outcome };
  }

  async #find(id: string): Promise<ApprovalRecord | undefined> {
    const [record] = await this.#options.store.approvals({ ids: [id] });
    return record;
  }

  async #claim(
    record: ApprovalRecord,
    voucher: boolean,
  ): Promise<
    | { readonly ok: true; readonly approval: ApprovalRecord }
    | { readonly ok: false; readonly refusal: TransitionRefusal | "stale" }
  > {
    const { store, authorizeAgain } = this.#options;
    const answer = await authorizeAgain(record);
    if (!answer.ok) {
      const { kind, reason } = answer;
      const entry = approvalEntry(record, {
        type: "decision",
        actor: null,
        decision: { result: "stale", why: kind, reason },
      });
      await store.transition(record.id, { type: "stale", reason }, entry);
      return { ok: false, refusal: "stale" };
    }
    const intent = approvalEntry(record, {
      type: "intent",
      actor: requesterActor(record.requester),
      arguments: record.call?.arguments ?? null,
      decision: { result: "approved", by: record.votes.map(({ subject }) => subject), voucher },
    });
    const traced = this.#options.settling?.traces(record) ?? false;
    return store.transition(record.id, { type: "claim", voucher, traced }, intent);
  }

  /** Makes durable what a crash is to be settled by. */
  async #keepTrace(record: ApprovalRecord, trace: string): Promise<void> {
    const { store } = this.#options;
    const entry = approvalEntry(record, {
      type: "intent",
      actor: requesterActor(record.requester),
      decision: { result: "traced" },
      outcome: { trace },
    });
    const kept = await store.transition(
      record.id,
      { type: "trace", fence: record.fence, trace },
      entry,
    );
    if (!kept.ok) throw new GovernError("internal", `approval ${record.id}: ${kept.refusal}`);
  }

  async #execute(record: ApprovalRecord): Promise<Finished> {
    let outcome: RunOutcome = unknownOutcome;
    let trace = record.trace;
    try {
      outcome = await this.#options.run(record, this.#giveUp.signal, async (text) => {
        await this.#keepTrace(record, text);
        trace = text;
      });
    } catch (error) {
      this.#options.onFault(error, record.id);
    }
    if (outcome.state !== "unknown" || trace === null) return this.#end(record, outcome);
    return this.#settle(record, trace, outcome);
  }

  /** What an earlier process left. */
  async #recover(record: ApprovalRecord): Promise<void> {
    const why = "the sidecar ended while the call ran";
    const outcome = { ...unknownOutcome, details: { why } };
    if (record.trace === null) await this.#end(record, outcome);
    else await this.#settle(record, record.trace, outcome);
  }

  /** Asks the resource; one that stops first leaves the call to the next start. */
  async #settle(record: ApprovalRecord, trace: string, doubt: RunOutcome): Promise<Finished> {
    const { settling, settleWithin, onFault } = this.#options;
    if (settling === undefined) return this.#end(record, doubt);
    const settled = await settleOutcome(record, trace, {
      settling,
      signal: this.#giveUp.signal,
      ...(settleWithin === undefined ? {} : { within: settleWithin }),
      onFault: (error) => onFault(error, record.id),
    });
    if (settled === undefined) return { approval: record, outcome: null };
    return this.#end(record, settled ?? doubt);
  }

  async #end(record: ApprovalRecord, outcome: RunOutcome): Promise<Finished> {
    return { approval: await this.#finish(record, outcome, finishAttempts), outcome };
  }

  /** The write has run: its outcome is worth several attempts. The fence keeps them from finishing twice. */
  async #finish(
    record: ApprovalRecord,
    outcome: RunOutcome,
    attempts: number,
  ): Promise<ApprovalRecord> {
    const { state, status, headers, body } = outcome;
    const result = status === null ? null : { status, headers, body };
    const entry = approvalEntry(record, {
      type: "outcome",
      actor: requesterActor(record.requester),
      outcome: { ...outcome.details, state, status },
    });
    const event = { type: "finish", fence: record.fence, state, result } as const;
    try {
      const finished = await this.#options.store.transition(record.id, event, entry);
      return finished.ok ? finished.approval : record;
    } catch (error) {
      if (attempts <= 1) {
        const message = `the outcome of approval ${record.id} could not be recorded`;
        throw new GovernError("outcome-unknown", message, { cause: error });
      }
      await delay(this.#options.retryAfter ?? 500);
      return this.#finish(record, outcome, attempts - 1);
    }
  }

  /** Takes no more calls and waits for those that run; after the grace time it asks them to give up. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    this.#waiting.clear();
    const timer = setTimeout(() => this.#giveUp.abort(), this.#options.grace ?? 10_000);
    try {
      while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
    } finally {
      clearTimeout(timer);
    }
  }
}
