/**
 * What earlier approvals say about a call that is repeated: the same operation and arguments, on the same resource, by
 * the same person. Calls that are still waiting are never merged.
 */
import type { ApprovalQuery, ApprovalRecord, Store } from "../store/store.ts";

/** What makes two calls the same. */
export interface CallIdentity {
  readonly requester: { readonly subject: string; readonly issuer: string };
  readonly operationDigest: string;
  readonly argumentsDigest: string;
  readonly resource: string;
}

/** How long a denial answers repeats, in milliseconds. */
const denialMemory = 5 * 60_000;

async function identicalTo(
  store: Store,
  call: CallIdentity,
  query: ApprovalQuery,
): Promise<readonly ApprovalRecord[]> {
  const { requester, operationDigest, argumentsDigest } = call;
  const found = await store.approvals({ ...query, requester, operationDigest, argumentsDigest });
  return found.filter((record) => record.resource === call.resource);
}

/** The latest denial of this call that is less than five minutes old at `now`: a repeat gets the same answer. */
export async function recentDenial(
  store: Store,
  call: CallIdentity,
  now: number,
): Promise<ApprovalRecord | undefined> {
  const since = new Date(now - denialMemory).toISOString();
  const found = await identicalTo(store, call, { states: ["denied"], since });
  return found.find((record) => record.decidedAt !== null && record.decidedAt > since);
}

/**
 * The approved call whose page gave up, which a repeat of it may run once. The one that expires first is taken first;
 * one that has expired at `now` is none. Only a claim decides who gets it.
 */
export async function voucherFor(
  store: Store,
  call: CallIdentity,
  now: number,
): Promise<ApprovalRecord | undefined> {
  const found = await identicalTo(store, call, { states: ["approved"], detached: true });
  return found
    .filter((record) => Date.parse(record.expiresAt) > now)
    .toSorted((one, other) => (one.expiresAt < other.expiresAt ? -1 : 1))[0];
}
