/** Who may decide a held call, and when enough of them did. Takes votes as they were recorded; no dependency, no clock. */
import type { Vote } from "../contract/approval.ts";

/** The groups that decide: every one of `all`, or some of `any`. Null: nobody may decide. */
export type Approvers = {
  readonly all?: readonly string[];
  readonly any?: readonly string[];
} | null;

/** Those of a person's groups that the approvers name. Empty: this person may not decide. */
export function mayDecide(groups: readonly string[], approvers: Approvers): string[] {
  if (approvers === null) return [];
  const named = new Set([...(approvers.all ?? []), ...(approvers.any ?? [])]);
  return [...new Set(groups)].filter((group) => named.has(group));
}

/**
 * Tells whether the votes release the call: as many different people as the quorum asks approved it, each for a group
 * that is named, nobody denied it, and, with `all`, every named group is among theirs. A person counts once, by issuer
 * and subject, whatever the number of votes.
 */
export function quorumMet(votes: readonly Vote[], approvers: Approvers, quorum: number): boolean {
  if (approvers === null || votes.some((vote) => vote.decision === "deny")) return false;
  const people = new Set<string>();
  const covered = new Set<string>();
  for (const vote of votes) {
    const counted = mayDecide(vote.groups, approvers);
    if (counted.length === 0) continue;
    people.add(JSON.stringify([vote.issuer, vote.subject]));
    for (const group of counted) covered.add(group);
  }
  const complete = (approvers.all ?? []).every((group) => covered.has(group));
  return complete && people.size >= Math.max(1, quorum);
}
