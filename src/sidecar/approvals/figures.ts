/** How well people decide, told from the approvals of the last thirty days: quickly, always yes, the same again and again. */
import type { Figures } from "../../contract/approval.ts";
import type { ApprovalRecord, Store } from "../store/store.ts";

const span = 30 * 24 * 3_600_000;
const most = 5000;

function rankOf(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

/** Votes by person: how many, how many of them yes, and how long the calls had waited. */
function deciders(records: readonly ApprovalRecord[]): Figures["deciders"] {
  const found = new Map<string, { subject: string; approved: number; waits: number[] }>();
  for (const { votes, createdAt } of records) {
    for (const { subject, issuer, decision, time } of votes) {
      const key = JSON.stringify([issuer, subject]);
      const one = found.get(key) ?? { subject, approved: 0, waits: [] };
      if (decision === "approve") one.approved += 1;
      one.waits.push(Date.parse(time) - Date.parse(createdAt));
      found.set(key, one);
    }
  }
  return [...found.values()]
    .map(({ subject, approved, waits }) => {
      const sorted = waits.toSorted((a, b) => a - b);
      return { subject, votes: waits.length, approved, median: rankOf(sorted, 0.5) };
    })
    .toSorted((a, b) => b.votes - a.votes);
}

/** Pure: the figures of some approvals. */
export function figuresOf(records: readonly ApprovalRecord[]): Figures {
  const decided = records.filter(({ votes, release }) => votes.length > 0 || release !== null);
  const latencies = decided
    .filter(({ decidedAt }) => decidedAt !== null)
    .map(({ createdAt, decidedAt }) => Date.parse(decidedAt ?? "") - Date.parse(createdAt))
    .toSorted((a, b) => a - b);
  const denied = decided.filter(({ state }) => state === "denied").length;
  const calls = new Map<string, number>();
  for (const { operationDigest, argumentsDigest, requester } of records) {
    const key = [operationDigest, argumentsDigest, requester.issuer, requester.subject].join(" ");
    calls.set(key, (calls.get(key) ?? 0) + 1);
  }
  return {
    held: records.length,
    decided: latencies.length,
    denied,
    expired: records.filter(({ state }) => state === "expired").length,
    median: rankOf(latencies, 0.5),
    ninetieth: rankOf(latencies, 0.9),
    repeats: [...calls.values()].reduce((sum, count) => sum + count - 1, 0),
    released: records.filter(({ release }) => release !== null).length,
    deciders: deciders(decided),
  };
}

/** The figures of now. */
export async function approvalFigures(store: Store, now: number): Promise<Figures> {
  const since = new Date(now - span).toISOString();
  return figuresOf(await store.approvals({ since, limit: most }));
}
