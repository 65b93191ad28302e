import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vote } from "../../src/contract/approval.ts";
import { mayDecide, quorumMet } from "../../src/policy/quorum.ts";

function vote(subject: string, groups: string[], changes: Partial<Vote> = {}): Vote {
  const time = "2026-03-01T10:00:00.000Z";
  const said = { decision: "approve", reason: null, ticket: null } as const;
  return { subject, issuer: "dev", groups, ...said, time, ...changes };
}

describe("mayDecide", () => {
  it("names the groups of the approver that the rule names", () => {
    expect(mayDecide(["leads", "support", "leads"], { all: ["leads", "finance"] })).toEqual([
      "leads",
    ]);
    expect(mayDecide(["support"], { any: ["leads"] })).toEqual([]);
  });

  it("lets nobody decide a call that no rule matches", () => {
    expect(mayDecide(["leads"], null)).toEqual([]);
  });
});

describe("quorumMet", () => {
  it("is met by one vote for one group", () => {
    expect(quorumMet([vote("ana", ["leads"])], { all: ["leads"] }, 1)).toBe(true);
  });

  it("is never met without approvers, without votes or by a denial", () => {
    expect(quorumMet([vote("ana", ["leads"])], null, 1)).toBe(false);
    expect(quorumMet([], { any: ["leads"] }, 0)).toBe(false);
    const denial = vote("sam", ["leads"], { decision: "deny" });
    expect(quorumMet([vote("ana", ["leads"]), denial], { any: ["leads"] }, 1)).toBe(false);
  });

  it("counts a person once, by issuer and subject", () => {
    const twice = [vote("ana", ["leads"]), vote("ana", ["leads"])];
    expect(quorumMet(twice, { any: ["leads"] }, 2)).toBe(false);
    const others = [vote("ana", ["leads"]), vote("ana", ["leads"], { issuer: "other" })];
    expect(quorumMet(others, { any: ["leads"] }, 2)).toBe(true);
  });

  it("asks for every group of `all`, which one person may cover alone when the quorum is one", () => {
    const approvers = { all: ["leads", "finance"] };
    expect(quorumMet([vote("ana", ["leads"])], approvers, 1)).toBe(false);
    expect(quorumMet([vote("ana", ["leads", "finance"])], approvers, 1)).toBe(true);
    expect(quorumMet([vote("ana", ["leads", "finance"])], approvers, 2)).toBe(false);
    expect(quorumMet([vote("ana", ["leads"]), vote("sam", ["finance"])], approvers, 2)).toBe(true);
  });

  it("ignores votes of groups that the rule does not name", () => {
    expect(quorumMet([vote("sam", ["support"])], { any: ["leads"] }, 1)).toBe(false);
  });

  it("never turns unmet by another approving vote, nor met by a vote without a named group", () => {
    const group = fc.constantFrom("leads", "finance", "support");
    const votes = fc.array(
      fc.record({ subject: fc.constantFrom("a", "b", "c"), groups: fc.array(group) }),
    );
    const names = fc.uniqueArray(group, { minLength: 1 });
    fc.assert(
      fc.property(
        votes,
        names,
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        (list, named, all, n) => {
          const approvers = all ? { all: named } : { any: named };
          const cast = list.map((entry) => vote(entry.subject, entry.groups));
          const met = quorumMet(cast, approvers, n);
          if (met) expect(quorumMet([...cast, vote("d", ["leads"])], approvers, n)).toBe(true);
          expect(quorumMet([...cast, vote("d", ["guests"])], approvers, n)).toBe(met);
        },
      ),
    );
  });
});
