/** A held call whose page was told that it failed: it may still be decided, and runs only when it is repeated. */
import type { Actor } from "../../contract/audit-entry.ts";
import type { ApprovalRecord, Store } from "../store/store.ts";
import { approvalEntry } from "./approval-entry.ts";

export interface Detachment {
  /** Who gave up; null for the sidecar itself. */
  readonly actor: Actor | null;
  readonly why: string;
}

/** Detaches, with its entry. One that runs already or has ended stays as it is. */
export async function detachApproval(
  store: Store,
  record: ApprovalRecord,
  { actor, why }: Detachment,
): Promise<void> {
  const decision = { result: "detached", why };
  const entry = approvalEntry(record, { type: "decision", actor, decision });
  await store.transition(record.id, { type: "detach" }, entry);
}

/** The answer that names the ticket never reached its page: to that page the call failed. */
export async function detachUndelivered(store: Store, ticket: string): Promise<void> {
  const [record] = await store.approvals({ ids: [ticket] });
  const why = "the connection closed before the ticket was delivered";
  if (record !== undefined) await detachApproval(store, record, { actor: null, why });
}
