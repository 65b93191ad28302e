/**
 * Writes whose outcome nobody was told, by a crash or a lost connection: their resource is asked by the trace that was
 * made durable before the effect. What it cannot tell is `unknown`, and is for a person to find out. Nothing here repeats
 * a write that could run twice.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { ApprovalRecord } from "../store/store.ts";
import type { RunOutcome } from "./executor.ts";

/** What a resource can tell of a doubtful write. `later`: not yet. */
export type Settled = RunOutcome | "later";

export interface Settling {
  /** Whether the call's resource tells a trace before the effect of every write. */
  readonly traces: (record: ApprovalRecord) => boolean;
  /** Asks the resource; empty for a write that never told its trace. */
  readonly settle: (record: ApprovalRecord, trace: string, signal: AbortSignal) => Promise<Settled>;
}

export interface SettleOptions {
  readonly settling: Settling;
  readonly signal: AbortSignal;
  /** Milliseconds for which a resource is asked that cannot tell yet; default a minute. */
  readonly within?: number;
  readonly onFault: (error: unknown) => void;
}

const firstPause = 100;
const longestPause = 5000;

/** Waits; false when the signal came first. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks until the resource can tell, or the time is over (null: nobody knows). Undefined when the signal came first: then
 * nothing is settled, and it is asked again at the next start.
 */
export async function settleOutcome(
  record: ApprovalRecord,
  trace: string,
  options: SettleOptions,
): Promise<RunOutcome | null | undefined> {
  const { settling, signal, within = 60_000, onFault } = options;
  const end = Date.now() + within;
  for (let wait = firstPause; ; wait = Math.min(wait * 2, longestPause)) {
    if (signal.aborted) return undefined;
    try {
      const settled = await settling.settle(record, trace, signal);
      if (settled !== "later") return settled;
    } catch (error) {
      onFault(error);
    }
    if (Date.now() + wait >= end) return null;
    if (!(await pause(wait, signal))) return undefined;
  }
}
