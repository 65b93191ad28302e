import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeEntry, leafHash, nodeHash } from "../../../src/contract/audit-entry.ts";
import type { ApprovalEvent, ApprovalRecord, Store } from "../../../src/sidecar/store/store.ts";
import { sampleApproval, sampleEntry, sampleSession, sampleVote } from "./samples.ts";

/** Opens a fresh, empty store with a clock of the test's. */
export type MakeStore = (now: () => number) => Promise<Store>;

const start = Date.parse("2026-03-01T10:00:00.000Z");

function treeOf(leaves: readonly string[]): string {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(treeOf(leaves.slice(0, split)), treeOf(leaves.slice(split)));
}

const signedIn = () => sampleEntry({ type: "login", decision: { result: "signed-in" } });
const signedOut = () => sampleEntry({ type: "login", decision: { result: "signed-out" } });

/** What every store must do, whatever holds its data. */
export function storeContract(makeStore: MakeStore): void {
  let store: Store;
  let clock: number;

  const held = (changes = {}): Promise<ApprovalRecord> =>
    store.hold(sampleApproval(changes), sampleEntry({ type: "held" }));
  const happens = (id: string, event: ApprovalEvent) =>
    store.transition(id, event, sampleEntry({ type: "decision", outcome: event.type }));
  const only = async (id: string): Promise<ApprovalRecord> => {
    const [record] = await store.approvals({ ids: [id] });
    if (record === undefined) throw new Error(`no approval ${id}`);
    return record;
  };
  const ids = async (query: Parameters<Store["approvals"]>[0]): Promise<string[]> =>
    (await store.approvals(query)).map(({ id }) => id);
  const executing = async (id: string): Promise<void> => {
    await happens(id, sampleVote("ana"));
    await happens(id, { type: "claim", voucher: false });
  };

  beforeEach(async () => {
    clock = start;
    store = await makeStore(() => clock);
  });
  afterEach(() => store.close());

  describe("notes", () => {
    it("are kept under a name until they are replaced or forgotten", async () => {
      await store.keep("place of one", "1");
      await store.keep("place of one", "2");
      await store.keep("place of another", "7");
      expect(await store.kept("place of one")).toBe("2");
      await store.keep("place of one", null);
      expect(await store.kept("place of one")).toBeUndefined();
      expect(await store.kept("place of another")).toBe("7");
    });
  });

  describe("the log", () => {
    it("numbers entries from 0 and stamps them with its clock", async () => {
      const first = await store.append(sampleEntry());
      clock += 1500;
      const second = await store.append(sampleEntry({ type: "refused" }));
      expect(first).toMatchObject({ v: 1, seq: 0, time: "2026-03-01T10:00:00.000Z" });
      expect(second).toMatchObject({ seq: 1, time: "2026-03-01T10:00:01.500Z", type: "refused" });
      expect(await store.entries({})).toEqual([first, second]);
    });

    it("keeps the order of calls when many are in flight", async () => {
      const all = await Promise.all(
        Array.from({ length: 300 }, (_, n) => store.append(sampleEntry({ correlation: `${n}` }))),
      );
      expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, n) => n));
      expect(all.map(({ correlation }) => correlation)).toEqual(all.map((_, n) => `${n}`));
      expect(await store.verify()).toMatchObject({ ok: true, size: 300 });
    });

    it("has the RFC 6962 tree head of its canonical entries", async () => {
      const all = await Promise.all(
        Array.from({ length: 21 }, (_, n) => store.append(sampleEntry({ correlation: `${n}` }))),
      );
      const root = treeOf(all.map((entry) => leafHash(encodeEntry(entry))));
      expect(await store.head()).toMatchObject({ size: 21, root });
      expect(await store.verify()).toMatchObject({
        ok: true,
        size: 21,
        first: 0,
        root: Buffer.from(root, "latin1").toString("hex"),
        clockBack: null,
      });
    });

    it("tells where the clock went back without calling the log bad", async () => {
      await store.append(sampleEntry());
      clock -= 3_600_000;
      await store.append(sampleEntry());
      await store.append(sampleEntry());
      expect(await store.verify()).toMatchObject({ ok: true, size: 3, clockBack: 1 });
    });

    it("verifies when it is empty", async () => {
      expect(await store.verify()).toMatchObject({
        ok: true,
        size: 0,
        root: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      });
    });

    it("filters entries and gives the newest first when asked", async () => {
      const ana = { subject: "ana", issuer: "dev", groups: ["leads"], session: null };
      await store.append(sampleEntry({ type: "login", actor: ana, app: null }));
      clock += 1000;
      await store.append(sampleEntry({ approval: "a1", correlation: "c1" }));
      clock += 1000;
      await store.append(
        sampleEntry({ type: "intent", approval: "a1", app: "billing", operation: "pay" }),
      );
      clock += 1000;
      await store.append(sampleEntry({ actor: null, type: "stop", operation: null }));
      const seqs = async (query: Parameters<Store["entries"]>[0]): Promise<number[]> =>
        (await store.entries(query)).map(({ seq }) => seq);
      expect(await seqs({ from: 2 })).toEqual([2, 3]);
      expect(await seqs({ types: ["login", "stop"] })).toEqual([0, 3]);
      expect(await seqs({ subject: "ana" })).toEqual([0]);
      expect(await seqs({ approval: "a1" })).toEqual([1, 2]);
      expect(await seqs({ app: "billing" })).toEqual([2]);
      expect(await seqs({ to: 2 })).toEqual([0, 1]);
      expect(await seqs({ operation: "pay" })).toEqual([2]);
      expect(await seqs({ correlation: "c1" })).toEqual([1]);
      expect(await seqs({ since: "2026-03-01T10:00:01.000Z" })).toEqual([1, 2, 3]);
      expect(await seqs({ until: "2026-03-01T10:00:02.000Z" })).toEqual([0, 1]);
      expect(await seqs({ since: "2026-03-01T10:00:03.001Z" })).toEqual([]);
      expect(await seqs({ newestFirst: true, limit: 2 })).toEqual([3, 2]);
    });

    it("keeps checkpoints by their size, the first of each", async () => {
      const notes = [
        { size: 2, note: "two" },
        { size: 1, note: "one" },
        { size: 2, note: "other" },
      ];
      for (const checkpoint of notes) await store.addCheckpoint(checkpoint);
      expect(await store.checkpoints()).toEqual([
        { size: 1, note: "one" },
        { size: 2, note: "two" },
      ]);
    });

    it("keeps what is too large as its digest", async () => {
      const long = "é".repeat(2049);
      const entry = await store.append(
        sampleEntry({ arguments: { long, fits: "e".repeat(4096) } }),
      );
      expect(entry.arguments).toMatchObject({ long: { bytes: 4098 }, fits: "e".repeat(4096) });
      expect(await store.entries({})).toEqual([entry]);
    });
  });

  describe("approvals", () => {
    it("holds a call with its entry", async () => {
      const record = await held();
      expect(record).toMatchObject({
        state: "pending",
        votes: [],
        detached: false,
        createdAt: "2026-03-01T10:00:00.000Z",
        expiresAt: "2026-03-01T10:01:00.000Z",
        call: sampleApproval().call,
        hasResult: false,
      });
      expect(record.id).toMatch(/^[\w-]{22}$/);
      expect(await only(record.id)).toEqual(record);
      expect(await store.entries({ approval: record.id })).toMatchObject([{ type: "held" }]);
    });

    it("keeps the bytes of a payload", async () => {
      const payload = Uint8Array.of(0, 255, 10, 13, 128);
      const call = { arguments: null, payload, contentType: "application/octet-stream" };
      const record = await held({ call });
      expect((await only(record.id)).call).toEqual(call);
    });

    it("records a vote and its entry together", async () => {
      const { id } = await held();
      clock += 1000;
      const result = await happens(id, sampleVote("ana", { reason: "seen the ticket" }));
      expect(result).toMatchObject({ ok: true, approval: { state: "approved" } });
      expect(await only(id)).toMatchObject({
        decidedAt: "2026-03-01T10:00:01.000Z",
        votes: [{ subject: "ana", groups: ["leads"], reason: "seen the ticket" }],
      });
      expect(await store.entries({ approval: id, types: ["decision"] })).toHaveLength(1);
    });

    it("appends nothing when it refuses", async () => {
      const { id } = await held();
      expect(await happens(id, sampleVote("sam"))).toEqual({ ok: false, refusal: "own-request" });
      expect(await happens("unknown", { type: "cancel" })).toEqual({
        ok: false,
        refusal: "approval-unknown",
      });
      expect(await store.entries({})).toHaveLength(1);
      expect(await only(id)).toMatchObject({ state: "pending", votes: [] });
    });

    it("refuses a vote from the moment of expiry, by its own clock", async () => {
      const { id } = await held();
      clock += 59_999;
      expect(await happens(id, { type: "expire" })).toMatchObject({ refusal: "not-due" });
      clock += 1;
      expect(await happens(id, sampleVote("ana"))).toMatchObject({ refusal: "approval-expired" });
      expect(await happens(id, { type: "expire" })).toMatchObject({ ok: true });
      expect(await only(id)).toMatchObject({ state: "expired", call: null });
    });

    it("lets one of several claims win", async () => {
      const { id } = await held();
      await happens(id, sampleVote("ana"));
      const claims = await Promise.all(
        [1, 2, 3].map(() => happens(id, { type: "claim", voucher: false })),
      );
      expect(claims.map(({ ok }) => ok)).toEqual([true, false, false]);
      expect(claims[0]).toMatchObject({ approval: { fence: 1, call: sampleApproval().call } });
    });

    it("keeps a result for one taker and shreds the call", async () => {
      const { id } = await held();
      await executing(id);
      const result = {
        status: 201,
        headers: [["content-type", "application/json"]] as const,
        body: Uint8Array.of(123, 125),
      };
      const done = await happens(id, { type: "finish", fence: 1, state: "executed", result });
      expect(done).toMatchObject({ approval: { state: "executed", call: null, hasResult: true } });
      const takers = await Promise.all([store.takeResult(id), store.takeResult(id)]);
      expect(takers).toEqual([result, undefined]);
      expect(await only(id)).toMatchObject({ hasResult: false, resultStatus: 201, call: null });
    });

    it("refuses a finish with an old fence", async () => {
      const { id } = await held();
      await executing(id);
      const finish = { type: "finish", state: "executed", result: null } as const;
      expect(await happens(id, { ...finish, fence: 0 })).toMatchObject({ refusal: "lost-claim" });
      expect(await happens(id, { ...finish, fence: 1 })).toMatchObject({ ok: true });
      expect(await happens(id, { ...finish, fence: 1 })).toMatchObject({ refusal: "lost-claim" });
    });

    it("drops results that nobody fetched in time", async () => {
      const { id } = await held();
      await executing(id);
      const result = { status: 200, headers: [], body: new Uint8Array(0) };
      await happens(id, { type: "finish", fence: 1, state: "executed", result });
      expect(await store.dropResults("2026-03-01T09:59:59.999Z")).toBe(0);
      expect(await store.dropResults("2026-03-01T10:00:00.000Z")).toBe(1);
      expect(await store.takeResult(id)).toBeUndefined();
    });

    it("finds approvals by what identifies them, newest first", async () => {
      const one = await held();
      clock += 1000;
      const two = await held();
      const other = await held({ argumentsDigest: "0781" });
      const ben = { subject: "ben", issuer: "dev", groups: [], session: "5e56" };
      const bens = await held({ requester: ben, expiresIn: 1000 });
      await happens(two.id, { type: "detach" });
      await happens(other.id, { type: "cancel" });
      const identical = { operationDigest: "0d19", argumentsDigest: "a465" };
      expect(await ids(identical)).toEqual([bens.id, two.id, one.id]);
      expect(await ids({ states: ["cancelled"] })).toEqual([other.id]);
      expect(await ids({ states: ["pending", "approved"], limit: 1 })).toEqual([bens.id]);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ requester: ben })).toEqual([bens.id]);
      expect(await ids({ detached: true })).toEqual([two.id]);
      expect(await ids({ since: "2026-03-01T10:00:01.000Z" })).not.toContain(one.id);
      expect(await ids({ expiresBy: "2026-03-01T10:00:02.000Z" })).toEqual([bens.id]);
      expect(await ids({ ids: [one.id, "unknown"] })).toEqual([one.id]);
    });
  });

  describe("sessions", () => {
    it("gives a session back as it began, after its entry", async () => {
      const session = sampleSession();
      await store.beginSession(session, signedIn());
      expect(await store.session(session.id)).toEqual({ ...session, ended: null });
      expect(await store.session("unknown")).toBeUndefined();
      expect(await store.entries({ types: ["login"] })).toHaveLength(1);
    });

    it("keeps the entry from a session that cannot be kept, and the session from its entry", async () => {
      await store.beginSession(sampleSession(), signedIn());
      await expect(store.beginSession(sampleSession(), signedIn())).rejects.toBeDefined();
      expect(await store.entries({ types: ["login"] })).toHaveLength(1);
    });

    it("changes what it is told to, and nothing else", async () => {
      const session = sampleSession();
      await store.beginSession(session, signedIn());
      expect(await store.updateSession(session.id, { seenAt: 1_500 })).toBe(true);
      const change = { groups: ["leads"], groupsAt: 2_000, tokens: { refresh: "r2", id: null } };
      expect(await store.updateSession(session.id, change)).toBe(true);
      const now = { ...session, ...change, seenAt: 1_500, ended: null };
      expect(await store.session(session.id)).toEqual(now);
      expect(await store.updateSession(session.id, { tokens: null })).toBe(true);
      expect(await store.session(session.id)).toEqual({ ...now, tokens: null });
      expect(await store.updateSession("unknown", { seenAt: 1 })).toBe(false);
    });

    it("ends a session once and for good, and shreds its tokens", async () => {
      const { id } = sampleSession();
      await store.beginSession(sampleSession(), signedIn());
      const ends = await Promise.all([
        store.endSession(id, "refused", signedOut()),
        store.endSession(id, "signed-out", signedOut()),
      ]);
      expect(ends).toEqual([true, false]);
      expect(await store.updateSession(id, { seenAt: 9_000, groups: ["leads"] })).toBe(false);
      expect(await store.session(id)).toEqual({
        ...sampleSession(),
        ended: "refused",
        tokens: null,
      });
      expect(await store.entries({ types: ["login"] })).toHaveLength(2);
    });

    it("finds a person's sessions, and drops those past their time", async () => {
      const sessions = [
        sampleSession({ id: "s1" }),
        sampleSession({ id: "s2", groupsAt: 500, expiresAt: 5_000 }),
        sampleSession({ id: "s3", issuer: "https://other.example" }),
      ];
      for (const session of sessions) await store.beginSession(session, signedIn());
      const { subject, issuer } = sampleSession();
      const found = await store.sessions({ subject, issuer });
      expect(found.map(({ id }) => id)).toEqual(["s2", "s1"]);
      expect(await store.sessions()).toHaveLength(3);
      expect(await store.dropSessions(4_999)).toBe(0);
      expect(await store.dropSessions(5_000)).toBe(1);
      expect(await store.session("s2")).toBeUndefined();
    });
  });
}
