/** What time does to approvals: they expire, and results are dropped. */
import type { Store } from "../store/store.ts";
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
