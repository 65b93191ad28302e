/** What time and crashes do to approvals: they expire, results are dropped, and what was running is of unknown outcome. */
import type { Store } from "../store/store.ts";
import { approvalEntry, requesterActor } from "./approval-entry.ts";
import { expireApproval } from "./attempt.ts";

const batch = 200;
/** How long a result waits for its page, in milliseconds. */
const resultLife = 24 * 3_600_000;
/** How long a session is remembered after its time, in milliseconds: what its provider said of the person still counts. */
const sessionMemory = 7 * 24 * 3_600_000;

/** Expires what is due at `now`, each with its entry; gives how many did. */
export async function expireDue(store: Store, now: number): Promise<number> {
  const expiresBy = new Date(now).toISOString();
  let expired = 0;
  for (;;) {
    const due = await store.approvals({
      states: ["pending", "approved"],
      expiresBy,
      limit: batch,
    });
    const results = await Promise.all(due.map((record) => expireApproval(store, record)));
    const moved = results.filter(({ ok }) => ok).length;
    expired += moved;
    if (due.length < batch || moved === 0) return expired;
  }
}

/**
 * Settles what a process left `executing` when it ended: nobody knows whether the write ran, so it becomes `unknown`, and
 * is never run again. To be called before anything is executed. Gives how many there were.
 */
export async function recover(store: Store): Promise<number> {
  let recovered = 0;
  for (;;) {
    const left = await store.approvals({ states: ["executing"], limit: batch });
    for (const record of left) {
      const entry = approvalEntry(record, {
        type: "outcome",
        actor: requesterActor(record.requester),
        outcome: { state: "unknown", why: "the sidecar ended while the call ran" },
      });
      const event = {
        type: "finish",
        fence: record.fence,
        state: "unknown",
        result: null,
      } as const;
      await store.transition(record.id, event, entry);
    }
    recovered += left.length;
    if (left.length < batch) return recovered;
  }
}

export interface UpkeepOptions {
  readonly store: Store;
  readonly onFault: (error: unknown) => void;
  readonly now?: () => number;
  /** Milliseconds between two rounds; default 1000. */
  readonly every?: number;
}

/** Expires approvals and drops old results from time to time. The returned function ends it, after a round under way. */
export function startUpkeep(options: UpkeepOptions): () => Promise<void> {
  const { store, onFault, now = Date.now, every = 1000 } = options;
  let round = Promise.resolve();
  let timer: NodeJS.Timeout;
  const tend = async (): Promise<void> => {
    try {
      await expireDue(store, now());
      await store.dropResults(new Date(now() - resultLife).toISOString());
      await store.dropSessions(now() - sessionMemory);
    } catch (error) {
      onFault(error);
    }
  };
  const arm = (): void => {
    timer = setTimeout(() => {
      round = tend().then(arm);
    }, every).unref();
  };
  arm();
  return async () => {
    clearTimeout(timer);
    await round;
    clearTimeout(timer);
  };
}
