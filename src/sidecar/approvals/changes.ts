/** Who wants to know at once when an approval is held or goes on. Nothing is kept: whoever listens later looks first. */
import type { ApprovalRecord } from "../store/store.ts";

type Listener = (approval: ApprovalRecord) => void;

export interface Changes {
  /** To be told of each approval that was made or has changed, after it is durable. */
  tell(approval: ApprovalRecord): void;
  /** The returned function ends it. `onEnd` is called when nothing more comes. */
  listen(listener: Listener, onEnd: () => void): () => void;
  /** Ends all listening. */
  end(): void;
}

export function createChanges(): Changes {
  const listeners = new Map<Listener, () => void>();
  return {
    tell(approval) {
      for (const listener of listeners.keys()) listener(approval);
    },
    listen(listener, onEnd) {
      listeners.set(listener, onEnd);
      return () => listeners.delete(listener);
    },
    end() {
      for (const onEnd of listeners.values()) onEnd();
      listeners.clear();
    },
  };
}
