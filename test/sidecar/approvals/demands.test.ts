/** What a rule asks of whoever approves, releasing alone, reviewing it, and finding out how a write ended. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type {
  DecisionContext,
  DecisionResult,
  Principal,
} from "../../../src/sidecar/approvals/attempt.ts";
import { releaseAlone, reviewRelease } from "../../../src/sidecar/approvals/break-glass.ts";
import { decide } from "../../../src/sidecar/approvals/decide.ts";
import { resolveOutcome } from "../../../src/sidecar/approvals/resolve.ts";
import type { ApprovalRecord, Store } from "../../../src/sidecar/store/store.ts";
import { sampleApproval, sampleEntry, sampleVote } from "../store/samples.ts";
import { makeFolder, openStore } from "../store/sqlite-setup.ts";
import { contextOf } from "./decision-context.ts";

const terms = { name: "breakGlass[0]", window: 20_000, reviewers: ["leads"] };
const groups: Readonly<Record<string, string[]>> = { ana: ["leads"], lee: ["leads"], max: [] };
const person = (subject: string): Principal => {
  return { subject, issuer: "dev", groups: groups[subject] ?? ["dev"], session: null };
};

let folder: ReturnType<typeof makeFolder>;
let store: Store;
let clock: number;

beforeEach(async () => {
  folder = makeFolder();
  clock = Date.parse("2026-03-01T10:00:00.000Z");
  store = await openStore(join(folder.path, "store.db"), { now: () => clock });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const hold = (): Promise<ApprovalRecord> =>
  store.hold(sampleApproval(), sampleEntry({ type: "held" }));
const find = async (id: string): Promise<ApprovalRecord | undefined> =>
  (await store.approvals({ ids: [id] }))[0];
const context = (more: Parameters<typeof contextOf>[2] = {}): DecisionContext =>
  contextOf(store, () => ({ all: ["leads"] }), { glass: { max: terms, sam: terms }, ...more });

const say = (
  approvalId: string,
  said: { reason?: string | null; ticket?: string | null; shown?: string; as?: string },
  decision: "approve" | "deny" = "approve",
): Promise<DecisionResult> =>
  decide(context({ justification: true, ticket: "OPS-\\d+" }), {
    approvalId,
    principal: person(said.as ?? "ana"),
    decision,
    reason: said.reason ?? null,
    ticket: said.ticket ?? null,
    ...(said.shown === undefined ? {} : { shown: said.shown }),
    correlation: "c",
  });

const release = (
  approvalId: string,
  subject = "max",
  reason: string | null = "the customer is locked out",
): Promise<DecisionResult> =>
  releaseAlone(context(), { approvalId, principal: person(subject), reason, correlation: "c" });
const review = (
  approvalId: string,
  subject: string,
  note: string | null = "looked at the account",
): Promise<DecisionResult> =>
  reviewRelease(context(), { approvalId, principal: person(subject), note, correlation: "c" });

const resolve = (approvalId: string, subject = "ana", note: string | null = "it is there") =>
  resolveOutcome(context(), {
    approvalId,
    principal: person(subject),
    ran: true,
    note,
    correlation: "c",
  });
const unknown = async (): Promise<string> => {
  const { id } = await hold();
  await store.transition(id, sampleVote("ana"), sampleEntry());
  await store.transition(id, { type: "claim", voucher: false }, sampleEntry());
  const end = { type: "finish", fence: 1, state: "unknown", result: null } as const;
  await store.transition(id, end, sampleEntry());
  return id;
};

describe("a rule that asks for more than a vote", () => {
  it.each([
    ["justification-missing", {}],
    ["justification-missing", { reason: " \u200b\n", ticket: "OPS-1" }],
    ["ticket-invalid", { reason: "agreed" }],
    ["ticket-invalid", { reason: "agreed", ticket: "see OPS-1" }],
    ["digest-mismatch", { reason: "agreed", ticket: "OPS-1", shown: "another" }],
    ["not-an-approver", { as: "max" }],
    ["own-request", { as: "sam" }],
  ])("refuses with %s, records it, and leaves the approval untouched: %j", async (code, said) => {
    const { id } = await hold();
    expect(await say(id, said)).toEqual({ ok: false, refusal: code });
    expect(await find(id)).toMatchObject({ state: "pending", votes: [] });
    expect(await store.entries({ types: ["decision"] })).toMatchObject([
      { approval: id, decision: { result: "refused", code, wish: "approve" } },
    ]);
  });

  it("takes a vote with a reason and a ticket that fits, and keeps both", async () => {
    const { id, argumentsDigest } = await hold();
    const said = { reason: "agreed", ticket: "OPS-17", shown: argumentsDigest };
    expect(await say(id, said)).toMatchObject({ ok: true, approval: { state: "approved" } });
    expect((await find(id))?.votes).toMatchObject([{ reason: "agreed", ticket: "OPS-17" }]);
    expect(await store.entries({ types: ["decision"] })).toMatchObject([
      { decision: { decision: "approve", reason: "agreed", ticket: "OPS-17" } },
    ]);
  });

  it("never hinders a denial", async () => {
    const { id } = await hold();
    expect(await say(id, {}, "deny")).toMatchObject({ ok: true, approval: { state: "denied" } });
  });
});

describe("breaking the glass", () => {
  it("releases a call by one named person, for a short time", async () => {
    const { id } = await hold();
    expect(await release(id)).toMatchObject({ ok: true, approval: { state: "approved" } });
    expect(await find(id)).toMatchObject({
      votes: [],
      release: { subject: "max", rule: "breakGlass[0]", review: null },
      expiresAt: new Date(clock + terms.window).toISOString(),
    });
    expect(await store.entries({ types: ["decision"] })).toMatchObject([
      {
        actor: { subject: "max" },
        decision: {
          decision: "break-glass",
          reason: "the customer is locked out",
          rule: "breakGlass[0]",
          reviewers: ["leads"],
        },
      },
    ]);
    clock += terms.window;
    const claim = { type: "claim", voucher: false } as const;
    expect(await store.transition(id, claim, sampleEntry())).toMatchObject({
      refusal: "approval-expired",
    });
  });

  it.each([
    ["break-glass-refused", "ana", "an emergency"],
    ["own-request", "sam", "an emergency"],
    ["justification-missing", "max", "  "],
  ])("refuses with %s for %s, and records it", async (code, subject, reason) => {
    const { id } = await hold();
    expect(await release(id, subject, reason)).toEqual({ ok: false, refusal: code });
    expect(await find(id)).toMatchObject({ state: "pending", release: null });
    expect(await store.entries({ types: ["decision"] })).toMatchObject([
      { decision: { result: "refused", code, wish: "break-glass" } },
    ]);
  });

  it("releases nothing that was decided, or has expired", async () => {
    const denied = await hold();
    await store.transition(denied.id, sampleVote("ana", { decision: "deny" }), sampleEntry());
    expect(await release(denied.id)).toMatchObject({ refusal: "approval-decided" });
    const late = await hold();
    clock += 60_000;
    expect(await release(late.id)).toMatchObject({ refusal: "approval-expired" });
  });

  it("stays open until somebody else of its reviewers has looked, whatever became of the call", async () => {
    const { id } = await hold();
    await release(id);
    await store.transition(id, { type: "cancel" }, sampleEntry());
    expect(await store.approvals({ unreviewed: true })).toHaveLength(1);
    for (const [refusal, subject, note] of [
      ["own-release", "max", "fine"],
      ["own-request", "sam", "fine"],
      ["not-an-approver", "tom", "fine"],
      ["justification-missing", "ana", ""],
    ] as const) {
      expect(await review(id, subject, note)).toEqual({ ok: false, refusal });
    }
    expect(await store.approvals({ unreviewed: true })).toHaveLength(1);
    expect(await review(id, "ana")).toMatchObject({
      ok: true,
      approval: { state: "cancelled", release: { review: { subject: "ana" } } },
    });
    expect(await store.approvals({ unreviewed: true })).toEqual([]);
    expect(await review(id, "lee")).toMatchObject({ refusal: "nothing-to-review" });
  });
});

describe("a write of unknown outcome", () => {
  it("keeps its state, with what a person found out beside it, once", async () => {
    const id = await unknown();
    expect(await store.approvals({ unresolved: true })).toHaveLength(1);
    expect(await resolve(id)).toMatchObject({
      ok: true,
      approval: { state: "unknown", resolution: { ran: true, note: "it is there" } },
    });
    expect(await store.approvals({ unresolved: true })).toEqual([]);
    expect(await resolve(id)).toMatchObject({ refusal: "outcome-known" });
    expect((await store.entries({ types: ["decision"] })).at(0)).toMatchObject({
      decision: { decision: "resolve", ran: true, note: "it is there" },
    });
  });

  it.each([
    ["own-request", "sam", "it is there"],
    ["not-an-approver", "max", "it is there"],
    ["justification-missing", "ana", null],
  ])("is not resolved with %s by %s", async (refusal, subject, note) => {
    const id = await unknown();
    expect(await resolve(id, subject, note)).toEqual({ ok: false, refusal });
    expect((await find(id))?.resolution).toBeNull();
  });

  it("is the only one to be resolved", async () => {
    const { id } = await hold();
    expect(await resolve(id)).toMatchObject({ refusal: "outcome-known" });
  });
});
