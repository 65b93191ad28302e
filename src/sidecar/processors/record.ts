/** record: makes every end durable, refusals and faults too. Runs before an answer leaves; must not change the answer. */
import { callEntry, decisionOf, droppedEntry, outcomeFacts, refusedEntry } from "../call-entry.ts";
import type { CallEnd, ExecutedCall, Part } from "../lifecycle.ts";
import type { Learning } from "../learning/learning.ts";
import type { Store } from "../store/store.ts";

async function recordExecuted(store: Store, call: ExecutedCall): Promise<void> {
  // A voucher's outcome was recorded with its approval.
  if (call.execution.kind === "voucher") return;
  const type = call.access === "read" ? "read" : "outcome";
  const outcome = outcomeFacts(call.execution.outcome);
  await store.append(callEntry(call, type, { decision: decisionOf(call), outcome }));
}

interface RecordOptions {
  readonly store: Store;
  /** Under `--learn`: sees what was refused, once that is durable. */
  readonly learning?: Learning | undefined;
}

export function createRecord({ store, learning }: RecordOptions): Part<"record"> {
  return {
    point: "record",
    process: async function record(end: CallEnd) {
      // The entry of a held call was appended with its approval.
      if (end.kind === "held") return;
      if (end.kind === "refused") await store.append(refusedEntry(end));
      else if (end.kind === "dropped") await store.append(droppedEntry(end));
      else await recordExecuted(store, end.call);
      learning?.see(end);
    },
  };
}
