import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { approvalStates, endStates, type ApprovalState } from "../../../src/contract/approval.ts";
import { isTerminal, transition } from "../../../src/sidecar/approvals/state-machine.ts";
import type { ApprovalEvent, ApprovalFacts } from "../../../src/sidecar/store/store.ts";
import { sampleApproval, sampleVote } from "../store/samples.ts";

const start = Date.parse("2026-03-01T10:00:00.000Z");
const life = 10_000;

function pending(changes: Partial<ApprovalFacts> = {}): ApprovalFacts {
  const { call: _, expiresIn: __, ...rest } = sampleApproval();
  return {
    ...rest,
    id: "an-approval",
    state: "pending",
    votes: [],
    detached: false,
    createdAt: new Date(start).toISOString(),
    expiresAt: new Date(start + life).toISOString(),
    decidedAt: null,
    finishedAt: null,
    fence: 0,
    trace: null,
    release: null,
    resolution: null,
    resultStatus: null,
    ...changes,
  };
}

const result = { status: 201, headers: [], body: new Uint8Array(0) };
const finish = (fence: number): ApprovalEvent => ({
  type: "finish",
  fence,
  state: "executed",
  result,
});

function refusalOf(record: ApprovalFacts, event: ApprovalEvent, now = start): string | undefined {
  const outcome = transition(record, event, now);
  return outcome.ok ? undefined : outcome.refusal;
}

function nextOf(record: ApprovalFacts, event: ApprovalEvent, now = start): ApprovalFacts {
  const outcome = transition(record, event, now);
  if (!outcome.ok) throw new Error(`refused: ${outcome.refusal}`);
  return outcome.next;
}

it("has the ends that everybody is told of", () => {
  expect(approvalStates.filter(isTerminal)).toEqual(endStates);
});

describe("votes", () => {
  it("refuses the requester's own, by issuer and subject", () => {
    expect(refusalOf(pending(), sampleVote("sam"))).toBe("own-request");
    expect(refusalOf(pending(), sampleVote("sam", { decision: "deny" }))).toBe("own-request");
    expect(refusalOf(pending(), sampleVote("sam", { issuer: "https://sso.example" }))).toBe(
      undefined,
    );
  });

  it("counts a person once and approves at the quorum", () => {
    const once = nextOf(pending({ quorum: 2 }), sampleVote("ana"));
    expect(once).toMatchObject({ state: "pending", decidedAt: null });
    expect(refusalOf(once, sampleVote("ana"))).toBe("already-voted");
    expect(nextOf(once, sampleVote("lea"))).toMatchObject({ state: "approved" });
  });

  it("denies at the first denial, whatever was approved before", () => {
    const once = nextOf(pending({ quorum: 3 }), sampleVote("ana"));
    const denied = nextOf(once, sampleVote("lea", { decision: "deny", reason: "too much" }));
    expect(denied).toMatchObject({ state: "denied", decidedAt: new Date(start).toISOString() });
    expect(refusalOf(denied, sampleVote("kim"))).toBe("approval-decided");
  });

  it("never approves what no rule lets anybody release", () => {
    const voted = nextOf(pending({ approvers: null }), sampleVote("ana"));
    expect(voted.state).toBe("pending");
  });
});

describe("claims", () => {
  it("runs a detached one by a voucher only, and a live one without only", () => {
    const approved = nextOf(pending(), sampleVote("ana"));
    const detached = nextOf(approved, { type: "detach" });
    expect(refusalOf(detached, { type: "claim", voucher: false })).toBe("detached");
    expect(refusalOf(approved, { type: "claim", voucher: true })).toBe("not-detached");
    expect(nextOf(detached, { type: "claim", voucher: true })).toMatchObject({
      state: "executing",
      fence: 1,
    });
  });

  it("lets a detached one still be decided", () => {
    const detached = nextOf(pending(), { type: "detach" });
    expect(nextOf(detached, sampleVote("ana"))).toMatchObject({
      state: "approved",
      detached: true,
    });
  });

  it("needs an approval", () => {
    expect(refusalOf(pending(), { type: "claim", voucher: false })).toBe("not-approved");
    expect(refusalOf(pending(), { type: "stale", reason: "new rule" })).toBe("not-approved");
  });

  it("finishes with the fence of the last claim only", () => {
    const approved = nextOf(pending(), sampleVote("ana"));
    const executing = nextOf(approved, { type: "claim", voucher: false });
    expect(refusalOf(executing, finish(0))).toBe("lost-claim");
    expect(nextOf(executing, finish(1))).toMatchObject({ state: "executed", resultStatus: 201 });
  });

  it("finishes after the time of expiry: the write has run", () => {
    const approved = nextOf(pending(), sampleVote("ana"));
    const executing = nextOf(approved, { type: "claim", voucher: false });
    expect(nextOf(executing, finish(1), start + 2 * life)).toMatchObject({ state: "executed" });
  });
});

const successors: Record<ApprovalState, readonly ApprovalState[]> = {
  pending: ["pending", "approved", "denied", "expired", "cancelled"],
  approved: ["approved", "executing", "expired", "cancelled", "stale"],
  executing: ["executed", "failed", "unknown"],
  executed: [],
  failed: [],
  unknown: [],
  denied: [],
  expired: [],
  cancelled: [],
  stale: [],
};

const events: fc.Arbitrary<ApprovalEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        subject: fc.constantFrom("sam", "ana", "lea", "kim"),
        issuer: fc.constantFrom("dev", "https://sso.example"),
        groups: fc.subarray(["leads", "risk"], { minLength: 1 }),
        decision: fc.constantFrom("approve" as const, "approve" as const, "deny" as const),
      })
      .map((vote): ApprovalEvent => ({ type: "vote", reason: null, ticket: null, ...vote })),
  },
  { weight: 3, arbitrary: fc.boolean().map((voucher) => ({ type: "claim", voucher }) as const) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        fence: fc.constantFrom(0, 1, 1, 1, 2),
        state: fc.constantFrom("executed" as const, "failed" as const, "unknown" as const),
      })
      .map((end) => ({ type: "finish", result, ...end }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ type: "detach" } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "expire" } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ type: "cancel" } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "stale", reason: "new rule" } as const) },
);

/** Milliseconds between events: mostly short, sometimes past the time of expiry. */
const pauses = fc.oneof(
  { weight: 9, arbitrary: fc.nat(300) },
  { weight: 1, arbitrary: fc.integer({ min: life - 300, max: life + 300 }) },
);
const steps = fc.array(fc.tuple(events, pauses), { minLength: 8, maxLength: 40 });
const rules = fc.record({
  quorum: fc.integer({ min: 1, max: 3 }),
  approvers: fc.constantFrom(
    { all: ["leads"] },
    { all: ["leads", "risk"] },
    { any: ["leads", "risk"] },
    null,
  ),
});

/** What must hold of a step that happened. */
function checkStep(
  before: ApprovalFacts,
  event: ApprovalEvent,
  after: ApprovalFacts,
  now: number,
): void {
  expect(successors[before.state]).toContain(after.state);
  expect(isTerminal(before.state)).toBe(false);
  if (event.type !== "finish" && event.type !== "expire") expect(now).toBeLessThan(start + life);
  if (event.type === "expire") expect(now).toBeGreaterThanOrEqual(start + life);
  expect(after.fence - before.fence).toBe(event.type === "claim" ? 1 : 0);
  if (event.type === "claim") expect(event.voucher).toBe(before.detached);
  if (event.type === "finish") expect(event.fence).toBe(before.fence);
  if (before.detached) expect(after.detached).toBe(true);
  expect(after.votes.slice(0, before.votes.length)).toEqual(before.votes);
}

/** What must hold of every approval, however it came about. */
function checkRecord(record: ApprovalFacts): void {
  const people = record.votes.map(({ issuer, subject }) => `${issuer} ${subject}`);
  expect(new Set(people).size).toBe(people.length);
  expect(people).not.toContain("dev sam");
  const denials = record.votes.filter(({ decision }) => decision === "deny");
  expect(denials.length).toBe(record.state === "denied" ? 1 : 0);
  const released = ["approved", "executing", "executed", "failed", "unknown", "stale"];
  if (!released.includes(record.state)) return;
  expect(record.approvers).not.toBeNull();
  const { all, any } = record.approvers as { all?: string[]; any?: string[] };
  const named = all ?? any ?? [];
  const counting = record.votes.filter(({ groups }) => groups.some((g) => named.includes(g)));
  expect(counting.length).toBeGreaterThanOrEqual(record.quorum);
  for (const group of all ?? []) {
    expect(counting.some(({ groups }) => groups.includes(group))).toBe(true);
  }
}

describe("any sequence of events", () => {
  it("keeps to the asserted transitions and executes at most once", () => {
    const reached = new Set<ApprovalState>();
    fc.assert(
      fc.property(rules, steps, (rule, sequence) => {
        let record = pending(rule);
        let now = start;
        let claims = 0;
        for (const [event, later] of sequence) {
          now += later;
          const frozen = structuredClone(record);
          const outcome = transition(record, event, now);
          expect(record).toEqual(frozen);
          if (!outcome.ok) continue;
          checkStep(record, event, outcome.next, now);
          checkRecord(outcome.next);
          if (event.type === "claim") claims += 1;
          record = outcome.next;
          reached.add(record.state);
        }
        expect(claims).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000, seed: 20260301 },
    );
    expect([...reached].toSorted()).toEqual(Object.keys(successors).toSorted());
  });
});
