import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { join } from "node:path";
import {
  Executor,
  type ExecutorOptions,
  type Reauthorization,
  type RunOutcome,
} from "../../../src/sidecar/approvals/executor.ts";
import type { Settling } from "../../../src/sidecar/approvals/settling.ts";
import type { ApprovalRecord, NewApproval, Store } from "../../../src/sidecar/store/store.ts";
import { sampleApproval, sampleEntry, sampleVote } from "../store/samples.ts";
import { makeFolder, openStore } from "../store/sqlite-setup.ts";

const created: RunOutcome = {
  state: "executed",
  status: 201,
  headers: [["content-type", "application/json"]],
  body: new TextEncoder().encode('{"id":7}'),
  details: { rows: 1 },
};

const lost: RunOutcome = { state: "unknown", status: 409, headers: [], body: new Uint8Array() };
const done: RunOutcome = { ...lost, state: "executed", status: null };
/** Tells its trace, and loses its connection. */
const runLost: ExecutorOptions["run"] = async (_record, _signal, trace) => {
  await trace("x9");
  return lost;
};

describe("the executor", () => {
  let folder: ReturnType<typeof makeFolder>;
  let store: Store;
  let executor: Executor | undefined;
  let ran: string[];
  let faults: unknown[];

  beforeEach(async () => {
    folder = makeFolder();
    store = await openStore(join(folder.path, "store.db"));
    ran = [];
    faults = [];
  });
  afterEach(async () => {
    await executor?.stop();
    await store.close();
    folder.remove();
  });

  const approved = async (changes: Partial<NewApproval> = {}): Promise<string> => {
    const { id } = await store.hold(sampleApproval(changes), sampleEntry({ type: "held" }));
    await store.transition(id, sampleVote("ana"), sampleEntry({ type: "decision" }));
    return id;
  };
  const left = async (trace: string | null): Promise<string> => {
    const id = await approved();
    await store.transition(id, { type: "claim", voucher: false, traced: true }, sampleEntry());
    const event = { type: "trace", fence: 1, trace: trace ?? "" } as const;
    if (trace !== null) await store.transition(id, event, sampleEntry());
    return id;
  };

  const detach = (id: string) => store.transition(id, { type: "detach" }, sampleEntry());
  const make = (changes: Partial<ExecutorOptions> = {}): Executor => {
    executor = new Executor({
      store,
      authorizeAgain: () => Promise.resolve({ ok: true }),
      run: (record) => {
        ran.push(record.id);
        return Promise.resolve(created);
      },
      onFault: (error) => faults.push(error),
      retryAfter: 1,
      ...changes,
    });
    return executor;
  };
  const stateOf = async (id: string): Promise<string | undefined> =>
    (await store.approvals({ ids: [id] }))[0]?.state;
  const typesOf = async (id: string): Promise<string[]> =>
    (await store.entries({ approval: id })).map(({ type }) => type);

  it("runs an approved call once, between its intent and its outcome", async () => {
    const id = await approved();
    const seen: ApprovalRecord[] = [];
    const runner = make({
      run: async (record) => {
        seen.push(record);
        expect(await typesOf(id)).toEqual(["held", "decision", "intent"]);
        return created;
      },
    });
    for (let times = 0; times < 3; times += 1) runner.onApproved(id);
    await expect.poll(() => stateOf(id)).toBe("executed");
    expect(seen).toHaveLength(1);
    expect(seen[0]?.call).toEqual(sampleApproval().call);
    const [, , intent, outcome] = await store.entries({ approval: id });
    expect(intent).toMatchObject({
      type: "intent",
      actor: { subject: "sam" },
      arguments: sampleApproval().call.arguments,
      decision: { by: ["ana"] },
    });
    expect(outcome).toMatchObject({
      type: "outcome",
      outcome: { state: "executed", status: 201, rows: 1 },
    });
    const { details: _, state: __, ...result } = created;
    expect(await store.takeResult(id)).toEqual(result);
  });

  it("starts with what was approved before, and settles what was running", async () => {
    const waiting = await approved();
    const running = await approved();
    const given = await approved();
    await detach(given);
    await store.transition(running, { type: "claim", voucher: false }, sampleEntry());
    await make().start();
    await expect.poll(() => stateOf(waiting)).toBe("executed");
    expect(await stateOf(running)).toBe("unknown");
    expect(await stateOf(given)).toBe("approved");
    expect(ran).toEqual([waiting]);
  });

  describe("where a resource tells by a trace", () => {
    it("settles what a crash left, in the order in which the resource can tell", async () => {
      const asked: string[] = [];
      const [one, other] = [await left("x1"), await left(null)];
      const settling = {
        traces: () => true,
        settle: async (_: ApprovalRecord, trace: string) => {
          asked.push(trace);
          if (trace === "") return { ...lost, state: "failed", status: 502 } as const;
          return asked.filter((text) => text === trace).length < 3 ? "later" : done;
        },
      } as const;
      await make({ settling }).start();
      await expect.poll(() => stateOf(one)).toBe("executed");
      await expect.poll(() => stateOf(other)).toBe("failed");
      expect(asked.filter((trace) => trace === "x1")).toHaveLength(3);
      expect(ran).toEqual([]);
    });

    it("says unknown when the resource cannot tell in time", async () => {
      const id = await left("x1");
      const settling: Settling = { traces: () => true, settle: async () => "later" };
      await make({ settling, settleWithin: 1 }).start();
      await expect.poll(() => stateOf(id)).toBe("unknown");
      expect((await store.entries({ approval: id })).at(-1)).toMatchObject({
        outcome: { state: "unknown", why: "the sidecar ended while the call ran" },
      });
    });

    it("asks at once about a call whose connection was lost, and leaves it to the next start when it stops", async () => {
      const id = await approved();
      let isKnown = false;
      const settling: Settling = {
        traces: () => true,
        settle: async () => (isKnown ? done : "later"),
      };
      const runner = make({ settling, run: runLost, grace: 1 });
      runner.onApproved(id);
      const found = async (): Promise<ApprovalRecord | undefined> =>
        (await store.approvals({ ids: [id] }))[0];
      await expect.poll(async () => (await found())?.trace).toBe("x9");
      await runner.stop();
      expect(await found()).toMatchObject({ state: "executing", trace: "x9" });
      isKnown = true;
      await make({ settling }).start();
      await expect.poll(() => stateOf(id)).toBe("executed");
      expect(await typesOf(id)).toEqual(["held", "decision", "intent", "intent", "outcome"]);
    });
  });

  it.each([
    ["stale", "quorum is 2 now"],
    ["denied", "sam may no longer"],
  ] as const)("runs nothing that is %s by the rules as they are now", async (kind, reason) => {
    const id = await approved();
    const answer: Reauthorization = { ok: false, kind, reason };
    make({ authorizeAgain: () => Promise.resolve(answer) }).onApproved(id);
    await expect.poll(() => stateOf(id)).toBe("stale");
    expect(ran).toEqual([]);
    expect((await store.entries({ approval: id })).at(-1)).toMatchObject({
      type: "decision",
      decision: { result: "stale", why: kind, reason },
    });
  });

  it("records a run that throws as unknown", async () => {
    const id = await approved();
    make({ run: () => Promise.reject(new Error("struck")) }).onApproved(id);
    await expect.poll(() => stateOf(id)).toBe("unknown");
    expect(faults).toHaveLength(1);
    expect(await store.takeResult(id)).toBeUndefined();
  });

  it("tries again where the rules could not be asked", async () => {
    const id = await approved();
    let asked = 0;
    const runner = make({
      lookEvery: 5,
      authorizeAgain: () => {
        asked += 1;
        return asked === 1 ? Promise.reject(new Error("struck")) : Promise.resolve({ ok: true });
      },
    });
    await runner.start();
    await expect.poll(() => stateOf(id)).toBe("executed");
    expect(faults).toHaveLength(1);
    expect(ran).toEqual([id]);
  });

  it("runs a detached call by its voucher alone, once, and answers with the outcome", async () => {
    const id = await approved();
    await detach(id);
    const runner = make();
    runner.onApproved(id);
    const results = await Promise.all([runner.runVoucher(id), runner.runVoucher(id)]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(results.find(({ ok }) => ok)).toMatchObject({
      approval: { state: "executed" },
      outcome: created,
    });
    expect(results.find(({ ok }) => !ok)).toMatchObject({ refusal: "approval-decided" });
    expect(ran).toEqual([id]);
    expect(await store.approvals({ ids: [id] })).toMatchObject([
      { hasResult: false, resultStatus: 201 },
    ]);
  });

  it("gives no voucher for a call whose page still waits, or that nobody approved", async () => {
    const live = await approved();
    const { id } = await store.hold(sampleApproval(), sampleEntry({ type: "held" }));
    await detach(id);
    const runner = make();
    expect(await runner.runVoucher(live)).toEqual({ ok: false, refusal: "not-detached" });
    expect(await runner.runVoucher(id)).toEqual({ ok: false, refusal: "not-approved" });
    expect(await runner.runVoucher("none")).toEqual({ ok: false, refusal: "approval-unknown" });
    expect(ran).toEqual([]);
  });

  it("records an outcome although the store failed at first", async () => {
    const id = await approved();
    let failures = 3;
    const flaky: Store = Object.assign(Object.create(store) as Store, {
      approvals: (query: Parameters<Store["approvals"]>[0]) => store.approvals(query),
      transition: (...all: Parameters<Store["transition"]>) => {
        if (all[1].type !== "finish" || failures === 0) return store.transition(...all);
        failures -= 1;
        return Promise.reject(new Error("disk full"));
      },
    });
    make({ store: flaky }).onApproved(id);
    await expect.poll(() => stateOf(id)).toBe("executed");
    expect(await typesOf(id)).toEqual(["held", "decision", "intent", "outcome"]);
  });

  it("says that the outcome is unknown where it cannot be recorded", async () => {
    const id = await approved();
    await detach(id);
    const flaky: Store = Object.assign(Object.create(store) as Store, {
      approvals: (query: Parameters<Store["approvals"]>[0]) => store.approvals(query),
      transition: (...all: Parameters<Store["transition"]>) =>
        all[1].type === "finish"
          ? Promise.reject(new Error("disk full"))
          : store.transition(...all),
    });
    await expect(make({ store: flaky }).runVoucher(id)).rejects.toMatchObject({
      code: "outcome-unknown",
    });
    expect(await stateOf(id)).toBe("executing");
  });

  it("runs no more at once than it may, and all in the end", async () => {
    const ids = await Promise.all(Array.from({ length: 7 }, () => approved()));
    let now = 0;
    let most = 0;
    const runner = make({
      concurrency: 2,
      run: async (record) => {
        now += 1;
        most = Math.max(most, now);
        await store.append(sampleEntry());
        ran.push(record.id);
        now -= 1;
        return created;
      },
    });
    for (const id of ids) runner.onApproved(id);
    await expect.poll(() => ran.length).toBe(7);
    expect(most).toBe(2);
  });

  it("lets what runs finish when it stops, and starts nothing more", async () => {
    const [first, second] = [await approved(), await approved()];
    const release: (() => void)[] = [];
    const runner = make({
      concurrency: 1,
      run: (record) => {
        ran.push(record.id);
        return new Promise((resolve) => {
          release.push(() => resolve(created));
        });
      },
    });
    runner.onApproved(first);
    runner.onApproved(second);
    await expect.poll(() => ran).toEqual([first]);
    const stopped = runner.stop();
    for (const letFinish of release) letFinish();
    await stopped;
    expect(await stateOf(first)).toBe("executed");
    expect(await stateOf(second)).toBe("approved");
  });

  it("asks what runs too long to give up when it stops", async () => {
    const id = await approved();
    const runner = make({
      grace: 5,
      run: (record, signal) =>
        new Promise((resolve) => {
          ran.push(record.id);
          signal.addEventListener("abort", () =>
            resolve({ ...created, state: "unknown", status: 409 }),
          );
        }),
    });
    runner.onApproved(id);
    await expect.poll(() => ran).toEqual([id]);
    await runner.stop();
    expect(await stateOf(id)).toBe("unknown");
  });
});
