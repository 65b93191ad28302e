import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { join } from "node:path";
import { cancelApproval, decide } from "../../../src/sidecar/approvals/decide.ts";
import type { DecisionResult, Principal } from "../../../src/sidecar/approvals/attempt.ts";
import { recentDenial, voucherFor } from "../../../src/sidecar/approvals/identical-calls.ts";
import { expireDue, startUpkeep } from "../../../src/sidecar/approvals/upkeep.ts";
import { approvalViews } from "../../../src/sidecar/approvals/view.ts";
import type { Approvers } from "../../../src/policy/quorum.ts";
import type { ApprovalRecord, NewApproval, Store } from "../../../src/sidecar/store/store.ts";
import { sampleApproval, sampleEntry } from "../store/samples.ts";
import { contextOf } from "./decision-context.ts";
import { makeFolder, openStore } from "../store/sqlite-setup.ts";

const minute = 60_000;

function principal(subject: string, groups: string[]): Principal {
  return { subject, issuer: "dev", groups, session: null };
}

describe("decisions", () => {
  let folder: ReturnType<typeof makeFolder>;
  let store: Store;
  let clock: number;
  let rule: Approvers;

  beforeEach(async () => {
    folder = makeFolder();
    clock = Date.parse("2026-03-01T10:00:00.000Z");
    rule = { all: ["leads"] };
    store = await openStore(join(folder.path, "store.db"), { now: () => clock });
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });

  const hold = (changes: Partial<NewApproval> = {}): Promise<ApprovalRecord> =>
    store.hold(
      sampleApproval({ expiresIn: 10 * minute, ...changes }),
      sampleEntry({ type: "held" }),
    );
  const say = (
    approvalId: string,
    subject: string,
    groups: string[],
    decision: "approve" | "deny" = "approve",
  ): Promise<DecisionResult> =>
    decide(
      contextOf(store, () => rule),
      {
        approvalId,
        principal: principal(subject, groups),
        decision,
        reason: "ticket 4711",
        ticket: null,
        correlation: "decision-1",
      },
    );
  const sameCall = { ...sampleApproval(), requester: { subject: "sam", issuer: "dev" } };

  it("approves by somebody of the rule's groups", async () => {
    const { id } = await hold();
    const result = await say(id, "ana", ["leads", "staff"]);
    expect(result).toMatchObject({ ok: true, approval: { state: "approved" } });
    const [entry] = await store.entries({ types: ["decision"] });
    expect(entry).toMatchObject({
      actor: { subject: "ana" },
      approval: id,
      decision: { decision: "approve", reason: "ticket 4711", argumentsDigest: "a465" },
    });
    const [record] = await store.approvals({ ids: [id] });
    expect(record?.votes).toMatchObject([{ subject: "ana", groups: ["leads"] }]);
  });

  it.each([
    ["own-request", "sam", ["leads"]],
    ["own-request", "sam", ["dev"]],
    ["not-an-approver", "ben", ["staff"]],
  ])("refuses with %s and records it", async (refusal, subject, groups) => {
    const { id } = await hold();
    expect(await say(id, subject, groups)).toEqual({ ok: false, refusal });
    expect(await store.approvals({ ids: [id] })).toMatchObject([{ state: "pending", votes: [] }]);
    expect(await store.entries({ types: ["decision"] })).toMatchObject([
      {
        actor: { subject },
        approval: id,
        decision: { result: "refused", code: refusal, wish: "approve" },
        correlation: "decision-1",
      },
    ]);
  });

  it("refuses an unknown approval and records it", async () => {
    expect(await say("none", "ana", ["leads"])).toEqual({ ok: false, refusal: "approval-unknown" });
    expect(await store.entries({})).toMatchObject([
      { approval: "none", operation: null, decision: { code: "approval-unknown" } },
    ]);
  });

  it("asks the rule as it is now, not as it was when the call was held", async () => {
    const { id } = await hold();
    rule = { any: ["risk"] };
    expect(await say(id, "ana", ["leads"])).toMatchObject({ refusal: "not-an-approver" });
    rule = null;
    expect(await say(id, "ana", ["leads"])).toMatchObject({ refusal: "not-an-approver" });
  });

  it("refuses a second decision and a second vote", async () => {
    const first = await hold({ quorum: 2 });
    await say(first.id, "ana", ["leads"]);
    expect(await say(first.id, "ana", ["leads"])).toMatchObject({ refusal: "already-voted" });
    const second = await hold();
    await say(second.id, "ana", ["leads"], "deny");
    expect(await say(second.id, "lea", ["leads"])).toMatchObject({ refusal: "approval-decided" });
  });

  it("lets one of two simultaneous decisions win, and records both", async () => {
    const { id } = await hold();
    const results = await Promise.all([
      say(id, "ana", ["leads"], "deny"),
      say(id, "lea", ["leads"], "approve"),
    ]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await store.entries({ types: ["decision"] })).toHaveLength(2);
  });

  it("refuses after expiry and marks the approval as expired", async () => {
    const { id } = await hold();
    clock += 10 * minute;
    expect(await say(id, "ana", ["leads"])).toMatchObject({ refusal: "approval-expired" });
    expect(await store.approvals({ ids: [id] })).toMatchObject([{ state: "expired", call: null }]);
  });

  it("lets requester and approvers cancel, and nobody else", async () => {
    const { id } = await hold();
    const cancel = (subject: string, groups: string[]): Promise<DecisionResult> =>
      cancelApproval(
        contextOf(store, () => rule),
        { approvalId: id, principal: principal(subject, groups), reason: null, correlation: "c" },
      );
    expect(await cancel("ben", ["staff"])).toMatchObject({ refusal: "not-an-approver" });
    expect(await cancel("sam", ["dev"])).toMatchObject({ approval: { state: "cancelled" } });
    expect(await cancel("ana", ["leads"])).toMatchObject({ refusal: "approval-decided" });
  });

  it("remembers a denial of the identical call for five minutes", async () => {
    const { id } = await hold();
    await say(id, "ana", ["leads"], "deny");
    expect(await recentDenial(store, sameCall, clock)).toMatchObject({ id });
    clock += 5 * minute - 1;
    expect(await recentDenial(store, sameCall, clock)).toMatchObject({ id });
    clock += 1;
    expect(await recentDenial(store, sameCall, clock)).toBeUndefined();
  });

  it.each([
    { requester: { subject: "sam", issuer: "https://sso.example" } },
    { argumentsDigest: "0781" },
    { operationDigest: "0781" },
    { resource: "ledger" },
  ])("takes no other call for a repeat: %o", async (difference) => {
    const denied = await hold();
    await say(denied.id, "ana", ["leads"], "deny");
    const detached = await hold();
    await store.transition(detached.id, { type: "detach" }, sampleEntry());
    await say(detached.id, "ana", ["leads"]);
    expect(await voucherFor(store, sameCall, clock)).toMatchObject({ id: detached.id });
    expect(await recentDenial(store, { ...sameCall, ...difference }, clock)).toBeUndefined();
    expect(await voucherFor(store, { ...sameCall, ...difference }, clock)).toBeUndefined();
  });

  it("gives a voucher for what is approved, detached and in time only", async () => {
    const live = await hold();
    await say(live.id, "ana", ["leads"]);
    const undecided = await hold();
    await store.transition(undecided.id, { type: "detach" }, sampleEntry());
    expect(await voucherFor(store, sameCall, clock)).toBeUndefined();
    await say(undecided.id, "ana", ["leads"]);
    expect(await voucherFor(store, sameCall, clock)).toMatchObject({ id: undecided.id });
    clock += 10 * minute;
    expect(await voucherFor(store, sameCall, clock)).toBeUndefined();
  });

  it("shows other pending calls that are identical, and no session or payload", async () => {
    const payload = Uint8Array.of(1);
    const one = await hold({ call: { ...sampleApproval().call, payload } });
    const two = await hold();
    const other = await hold({ argumentsDigest: "0781" });
    const decided = await hold();
    await say(decided.id, "ana", ["leads"], "deny");
    const views = await approvalViews(
      { store, subjectOf: () => undefined },
      await store.approvals({}),
    );
    expect(views.map(({ id, identical }) => [id, identical])).toEqual([
      [decided.id, [two.id, one.id]],
      [other.id, []],
      [two.id, [one.id]],
      [one.id, [two.id]],
    ]);
    expect(views[3]?.arguments).toEqual(sampleApproval().call.arguments);
    expect(views[0]?.arguments).toBeNull();
    expect(JSON.stringify(views)).not.toMatch(/session|payload/);
  });

  it("expires everything that is due, each with its entry", async () => {
    const due = await Promise.all(Array.from({ length: 230 }, () => hold()));
    const later = await hold({ expiresIn: 20 * minute });
    await say(due[0]?.id ?? "", "ana", ["leads"]);
    expect(await expireDue(store, clock)).toBe(0);
    clock += 10 * minute;
    expect(await expireDue(store, clock)).toBe(230);
    expect(await store.approvals({ states: ["pending"] })).toMatchObject([{ id: later.id }]);
    const entries = await store.entries({ types: ["decision"], limit: 1000 });
    expect(entries.filter(({ actor }) => actor === null)).toHaveLength(230);
  });

  it("tends approvals from time to time, and goes on after a fault", async () => {
    const { id } = await hold({ expiresIn: 1 });
    const faults: unknown[] = [];
    let isBroken = true;
    const flaky: Store = Object.assign(Object.create(store) as Store, {
      approvals: (query: Parameters<Store["approvals"]>[0]) =>
        isBroken ? Promise.reject(new Error("struck")) : store.approvals(query),
      dropResults: (by: string) => store.dropResults(by),
      transition: (...all: Parameters<Store["transition"]>) => store.transition(...all),
    });
    const stop = startUpkeep({
      store: flaky,
      every: 1,
      now: () => clock,
      onFault: (error) => faults.push(error),
    });
    await expect.poll(() => faults.length).toBeGreaterThan(0);
    isBroken = false;
    clock += minute;
    await expect.poll(async () => (await store.approvals({ ids: [id] }))[0]?.state).toBe("expired");
    await stop();
  });
});
