/**
 * Held calls under everything at once: decisions of several people, repeats, aborts, expiries, crashes and changes of the
 * rules, in any order. Whatever happens: no call runs twice, none by a decision of the wrong person, none after its page was
 * told that it failed.
 */
import * as fc from "fast-check";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quorumMet } from "../../../src/policy/quorum.ts";
import type { Principal } from "../../../src/sidecar/approvals/attempt.ts";
import { releaseAlone } from "../../../src/sidecar/approvals/break-glass.ts";
import { cancelApproval, decide } from "../../../src/sidecar/approvals/decide.ts";
import { detachApproval } from "../../../src/sidecar/approvals/detach.ts";
import { Executor, type RunOutcome } from "../../../src/sidecar/approvals/executor.ts";
import { voucherFor } from "../../../src/sidecar/approvals/identical-calls.ts";
import { isSamePerson } from "../../../src/sidecar/approvals/state-machine.ts";
import { expireDue } from "../../../src/sidecar/approvals/upkeep.ts";
import type { ApprovalRecord, Store } from "../../../src/sidecar/store/store.ts";
import { contextOf } from "./decision-context.ts";
import { sampleApproval, sampleEntry } from "../store/samples.ts";
import { makeFolder, openStore } from "../store/sqlite-setup.ts";

const groupsOf: Readonly<Record<string, readonly string[]>> = {
  sam: ["dev"],
  kim: ["dev", "leads"],
  ana: ["leads"],
  lee: ["leads"],
  tom: ["guests"],
};
type Name = string;
const people: readonly Name[] = Object.keys(groupsOf);
const approvers = { all: ["leads"] };
/** Kim asks for calls too. */
const terms = { name: "breakGlass[0]", window: 20_000, reviewers: ["leads"] };
const glass = { kim: terms, lee: terms };
const done: RunOutcome = { state: "executed", status: 201, headers: [], body: new Uint8Array() };

/** What a resource that can tell says afterwards. */
const settled: RunOutcome = { ...done, status: null };
const undone: RunOutcome = { ...done, state: "failed", status: 502 };
/** Of the two calls that people ask for, one goes to a resource that can tell. */
const isTraced = ({ argumentsDigest }: ApprovalRecord): boolean => argumentsDigest === "a";

const principalOf = (name: Name): Principal => {
  return { subject: name, issuer: "dev", groups: groupsOf[name] ?? [], session: null };
};

interface Effect {
  readonly record: ApprovalRecord;
  /** Whose repeat of the call it answers; null for a call whose page waits. */
  readonly voucherOf: Name | null;
}

/** A process's hold on the store: what it sent is done or not, and after its death it sends nothing more. */
class Connection {
  readonly store: Store;
  #isCut = false;
  readonly #sent = new Set<Promise<unknown>>();

  constructor(store: Store) {
    const pass = <T>(send: () => Promise<T>): Promise<T> => {
      if (this.#isCut) return new Promise(() => undefined);
      const sent = send();
      this.#sent.add(sent);
      return sent.finally(() => this.#sent.delete(sent));
    };
    this.store = {
      ...store,
      approvals: (query) => pass(() => store.approvals(query)),
      transition: (id, event, entry) => pass(() => store.transition(id, event, entry)),
      takeResult: (id) => pass(() => store.takeResult(id)),
    };
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    await Promise.allSettled(this.#sent);
  }
}

/** The system with all that surrounds it. */
class World {
  readonly store: Store;
  readonly ids: string[] = [];
  readonly effects: Effect[] = [];
  readonly ends = new Map<string, string>();
  quorum = 1;
  readonly barred = new Set<string>();
  clock: { now: number };
  #connection: Connection;
  #executor: Executor;
  #isHeldUp = false;
  #waiting: (() => void)[] = [];
  /** Who asked again for what a voucher lets run. */
  readonly #repeaters = new Map<string, Name>();

  constructor(store: Store, clock: { now: number }) {
    this.store = store;
    this.clock = clock;
    this.#connection = new Connection(store);
    this.#executor = this.#makeExecutor();
  }

  #makeExecutor(): Executor {
    return new Executor({
      store: this.#connection.store,
      authorizeAgain: (record) => {
        if (this.barred.has(record.requester.subject)) {
          return Promise.resolve({ ok: false, kind: "denied", reason: "barred" });
        }
        const isEnough = record.release !== null || quorumMet(record.votes, approvers, this.quorum);
        return Promise.resolve(
          isEnough ? { ok: true } : { ok: false, kind: "stale", reason: "more is asked now" },
        );
      },
      settling: {
        traces: isTraced,
        // The resource knows whether the effect is there.
        settle: async (record) =>
          this.effects.some((effect) => effect.record.id === record.id) ? settled : undone,
      },
      run: async (record, _signal, trace) => {
        if (isTraced(record)) await trace(record.id);
        this.effects.push({ record, voucherOf: this.#repeaters.get(record.id) ?? null });
        if (this.#isHeldUp) await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return done;
      },
      onFault: (error) => {
        throw error;
      },
      lookEvery: 1_000_000,
    });
  }

  async hold(requester: Name, what: string): Promise<void> {
    const approval = sampleApproval({
      requester: {
        subject: requester,
        issuer: "dev",
        groups: groupsOf[requester] ?? [],
        session: "5",
      },
      argumentsDigest: what,
      approvers,
      quorum: this.quorum,
      expiresIn: 60_000,
    });
    const held = await this.store.hold(approval, sampleEntry({ type: "held" }));
    this.ids.push(held.id);
  }

  async decide(id: string, name: Name, decision: "approve" | "deny"): Promise<void> {
    const result = await decide(
      contextOf(this.store, () => approvers),
      {
        approvalId: id,
        principal: principalOf(name),
        decision,
        reason: null,
        ticket: null,
        correlation: "c",
      },
    );
    if (result.ok && result.approval.state === "approved") this.#executor.onApproved(id);
  }

  async breakGlass(id: string, name: Name): Promise<void> {
    const result = await releaseAlone(
      contextOf(this.store, () => approvers, { glass }),
      {
        approvalId: id,
        principal: principalOf(name),
        reason: "the customer is locked out",
        correlation: "c",
      },
    );
    if (result.ok) this.#executor.onApproved(id);
  }

  async cancel(id: string, name: Name): Promise<void> {
    await cancelApproval(
      contextOf(this.store, () => approvers),
      { approvalId: id, principal: principalOf(name), reason: null, correlation: "c" },
    );
  }

  async find(id: string): Promise<ApprovalRecord> {
    const [record] = await this.store.approvals({ ids: [id] });
    if (record === undefined) throw new Error(`no approval ${id}`);
    return record;
  }

  async giveUp(id: string): Promise<void> {
    const record = await this.find(id);
    await detachApproval(this.store, record, { actor: null, why: "the page gave up" });
  }

  /** The requester asks for the same again: by a voucher where there is one. */
  async repeat(id: string): Promise<void> {
    const { requester, operationDigest, argumentsDigest, resource } = await this.find(id);
    const call = { requester, operationDigest, argumentsDigest, resource };
    const voucher = await voucherFor(this.store, call, this.clock.now);
    if (voucher === undefined) return this.hold(requester.subject, argumentsDigest);
    this.#repeaters.set(voucher.id, requester.subject);
    const ran = this.#executor.runVoucher(voucher.id);
    // A run that is held up ends when it is let go, or never, by a crash.
    if (this.#isHeldUp) void ran;
    else await ran;
    return undefined;
  }

  async pass(time: number): Promise<void> {
    this.clock.now += time;
    await expireDue(this.store, this.clock.now);
  }

  holdUp(): void {
    this.#isHeldUp = true;
  }

  letGo(): void {
    this.#isHeldUp = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** The process ends where it stands: what runs never comes back, and another takes over. */
  async crash(): Promise<void> {
    this.#waiting = [];
    await this.#connection.cut();
    this.#connection = new Connection(this.store);
    this.#executor = this.#makeExecutor();
    await this.#executor.start();
  }

  /** Lets what was started come as far as it can. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await this.store.approvals({ limit: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.#isHeldUp) {
      await expect.poll(() => this.#executing()).toEqual([]);
    }
  }

  async #executing(): Promise<string[]> {
    const running = await this.store.approvals({ states: ["executing"], limit: 10_000 });
    return running
      .filter(({ id }) => this.ids.includes(id))
      .map(({ id, fence, detached }) => `${id} fence ${fence}${detached ? " detached" : ""}`);
  }

  async check(): Promise<void> {
    for (const id of this.ids) {
      const record = await this.find(id);
      const effects = this.effects.filter((effect) => effect.record.id === id);
      expect(effects.length, `${id} ran more than once`).toBeLessThanOrEqual(1);
      this.#checkVotes(record);
      this.#checkEnd(record, effects);
      for (const effect of effects) this.#checkEffect(effect);
    }
  }

  #checkVotes(record: ApprovalRecord): void {
    for (const vote of record.votes) {
      expect(groupsOf[vote.subject], `${vote.subject} may not decide`).toContain("leads");
      expect(isSamePerson(vote, record.requester), "one's own request").toBe(false);
    }
  }

  #checkEnd(record: ApprovalRecord, effects: readonly Effect[]): void {
    const { id, state } = record;
    const before = this.ends.get(id);
    if (before !== undefined) expect(state, `${id} was ${before}`).toBe(before);
    if (/^(?:executed|failed|unknown|denied|expired|cancelled|stale)$/.test(state))
      this.ends.set(id, state);
    if (state === "executed") expect(effects.length).toBe(1);
    if (/^(?:pending|failed|denied|expired|cancelled|stale)$/.test(state)) {
      expect(effects).toEqual([]);
    }
    if (isTraced(record))
      expect(state, `${id} is in doubt, and its resource could tell`).not.toBe("unknown");
  }

  #checkEffect({ record, voucherOf }: Effect): void {
    const { votes, release, requester } = record;
    const isDecided = quorumMet(votes, approvers, 1);
    expect(isDecided || release !== null, `${record.id} ran undecided`).toBe(true);
    if (release !== null) {
      expect(Object.keys(glass)).toContain(release.subject);
      expect(isSamePerson(release, requester), "one's own release").toBe(false);
    }
    if (record.detached) expect(voucherOf).toBe(record.requester.subject);
  }
}

type Model = Record<string, never>;

/** A command that can always happen; an approval is chosen by a number, whatever there is. */
function command(
  name: string,
  act: (world: World) => Promise<void>,
): fc.AsyncCommand<Model, World> {
  return {
    check: () => true,
    toString: () => name,
    async run(_model, world) {
      await act(world);
      await world.settle();
      await world.check();
    },
  };
}

const someone = fc.constantFrom(...people);
const which = fc.nat(20);
const wish = fc.constantFrom("approve" as const, "approve" as const, "deny" as const);
const at = (world: World, number: number): string | undefined =>
  world.ids[number % Math.max(1, world.ids.length)];

async function on(world: World, number: number, act: (id: string) => Promise<void>): Promise<void> {
  const id = at(world, number);
  if (id !== undefined) await act(id);
}

const commands = [
  fc
    .tuple(fc.constantFrom("sam", "kim"), fc.constantFrom("a", "b"))
    .map(([name, what]) => command(`${name} asks for ${what}`, (world) => world.hold(name, what))),
  fc
    .tuple(which, someone, wish)
    .map(([number, name, decision]) =>
      command(`${name} says ${decision} to ${number}`, (world) =>
        on(world, number, (id) => world.decide(id, name, decision)),
      ),
    ),
  fc.tuple(which, someone, wish, someone, wish).map(([number, one, said, other, against]) =>
    command(`${one} says ${said} and ${other} ${against} to ${number} at once`, (world) =>
      on(world, number, async (id) => {
        await Promise.all([world.decide(id, one, said), world.decide(id, other, against)]);
      }),
    ),
  ),
  fc
    .tuple(which, someone)
    .map(([number, name]) =>
      command(`${name} releases ${number} alone`, (world) =>
        on(world, number, (id) => world.breakGlass(id, name)),
      ),
    ),
  fc
    .tuple(which, someone)
    .map(([number, name]) =>
      command(`${name} cancels ${number}`, (world) =>
        on(world, number, (id) => world.cancel(id, name)),
      ),
    ),
  which.map((number) =>
    command(`the page of ${number} gives up`, (world) =>
      on(world, number, (id) => world.giveUp(id)),
    ),
  ),
  fc.tuple(which, fc.nat(6)).map(([number, delay]) =>
    command(`the page of ${number} gives up ${delay} turns after it is approved`, (world) =>
      on(world, number, async (id) => {
        const decided = world.decide(id, "lee", "approve");
        for (let turn = 0; turn < delay; turn += 1) await world.find(id);
        await Promise.all([decided, world.giveUp(id)]);
      }),
    ),
  ),
  which.map((number) =>
    command(`${number} is asked for again`, (world) => on(world, number, (id) => world.repeat(id))),
  ),
  which.map((number) =>
    command(`${number} is asked for again twice at once`, (world) =>
      on(world, number, async (id) => {
        await Promise.all([world.repeat(id), world.repeat(id)]);
      }),
    ),
  ),
  fc
    .constantFrom(1000, 30_000, 70_000)
    .map((time) => command(`${time} ms pass`, (world) => world.pass(time))),
  fc.constantFrom(1, 2).map((quorum) =>
    command(`the rules ask for ${quorum}`, async (world) => {
      world.quorum = quorum;
    }),
  ),
  fc.boolean().map((isBarred) =>
    command(`sam is ${isBarred ? "barred" : "permitted"}`, async (world) => {
      if (isBarred) world.barred.add("sam");
      else world.barred.delete("sam");
    }),
  ),
  fc.constant(command("the resource hangs", async (world) => world.holdUp())),
  fc.constant(command("the resource answers", async (world) => world.letGo())),
  fc.constant(command("the process is killed and started", (world) => world.crash())),
];

describe("held calls, whatever happens", () => {
  const clock = { now: Date.parse("2026-03-01T10:00:00Z") };
  let folder: ReturnType<typeof makeFolder>;
  let store: Store;

  beforeAll(async () => {
    folder = makeFolder();
    store = await openStore(join(folder.path, "store.db"), { now: () => clock.now });
  });
  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  it("run once at most, as the right people decided", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (happenings) => {
        const world = new World(store, clock);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), happenings);
        world.letGo();
        await world.settle();
        await world.check();
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });
});
