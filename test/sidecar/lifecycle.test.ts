/** One call's life: the order of the points, what each end leaves in the trail, and what does not compile. */
import { describe, expect, expectTypeOf, it } from "vitest";
import { createAuthorize } from "../../src/sidecar/processors/authorize.ts";
import { createExecute } from "../../src/sidecar/processors/execute.ts";
import { createGate } from "../../src/sidecar/processors/gate.ts";
import { createIdentify } from "../../src/sidecar/processors/identify.ts";
import { createRecord } from "../../src/sidecar/processors/record.ts";
import { createResolve } from "../../src/sidecar/processors/resolve.ts";
import { createRespond } from "../../src/sidecar/processors/respond.ts";
import { createValidate } from "../../src/sidecar/processors/validate.ts";
import { createRateLimits } from "../../src/sidecar/rate-limits.ts";
import {
  assemblePipeline,
  points,
  type Answer,
  type ApprovedCall,
  type AuthorizedCall,
  type Parts,
  type ReceivedCall,
  type ValidCall,
} from "../../src/sidecar/lifecycle.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";
import {
  fakeConnector,
  identity,
  openRules,
  receivedCall,
  renameDesk,
  sampleRequest,
  type SampleOptions,
} from "./sample-calls.ts";

const onFault = (): void => undefined;

const noVoucher = async (): Promise<{ ok: false }> => ({ ok: false });

function partsOver(store: MemoryStore): Parts {
  return [
    createIdentify({ identify: async () => ({ ok: true, identity }) }),
    createResolve(),
    createValidate(),
    createAuthorize({ limits: createRateLimits() }),
    createGate({ store, now: Date.now }),
    createExecute({ store, runVoucher: noVoucher, onFault }),
    createRespond(),
    createRecord({ store }),
  ];
}

const codeOf = (answer: Answer): string | undefined => new Map(answer.headers).get("govern-error");

async function run(
  options: SampleOptions,
  prepare: (store: MemoryStore) => void = () => undefined,
): Promise<{ answer: Answer; store: MemoryStore }> {
  const store = createMemoryStore();
  prepare(store);
  const answer = await assemblePipeline(partsOver(store), onFault).run(receivedCall(options));
  return { answer, store };
}

const gatedRules = openRules({
  gate: () => ({
    required: true,
    why: "approvals[1]",
    approvers: null,
    quorum: 1,
    expiresIn: 60_000,
    justification: false,
    ticket: null,
    rule: null,
  }),
});

describe("the pipeline", () => {
  it("cannot be written out of order", () => {
    const store = createMemoryStore();
    const parts = partsOver(store);
    const [identify, resolve, validate, authorize, gate, execute, respond, record] = parts;
    const received: ReceivedCall = receivedCall();
    // @ts-expect-error -- a call that was only received cannot be executed
    const early = (): unknown => execute.process(received);
    // @ts-expect-error -- nor one that was not authorized
    const unauthorized = (call: ValidCall): unknown => execute.process(call);
    // @ts-expect-error -- nor one that did not pass the gate
    const ungated = (call: AuthorizedCall): unknown => execute.process(call);
    // @ts-expect-error -- the parts have an order
    const swapped: Parts = [identify, resolve, authorize, validate, gate, execute, respond, record];
    // @ts-expect-error -- and none may be missing
    const short: Parts = [identify, resolve, validate, authorize, execute, respond, record];
    expectTypeOf(execute.process).parameter(0).toEqualTypeOf<ApprovedCall>();
    expect([early, unauthorized, ungated]).toHaveLength(3);
    expect(() => assemblePipeline(swapped, onFault)).toThrow(/a point is missing/);
    expect(() => assemblePipeline(short, onFault)).toThrow(/a point is missing/);
    expect(parts.map((part) => part.point)).toEqual(points);
  });

  it("runs a write between two durable entries", async () => {
    const connector = fakeConnector();
    const { answer, store } = await run({ connector });
    expect(answer.status).toBe(200);
    expect(store.log.map((entry) => entry.type)).toEqual(["intent", "outcome"]);
    expect(connector.calls).toHaveLength(1);
  });

  it("records a refusal with its point, and sends nothing", async () => {
    const connector = fakeConnector();
    const rules = openRules({
      authorize: () => ({ allowed: false, code: "denied", why: "no rule" }),
    });
    const { answer, store } = await run({ connector, rules });
    expect([answer.status, codeOf(answer)]).toEqual([403, "denied"]);
    expect(store.log).toMatchObject([
      {
        type: "refused",
        operation: renameDesk.id,
        decision: { refused: "denied", at: "authorize" },
      },
    ]);
    expect(connector.calls).toEqual([]);
  });

  it("refuses a call in which a processor fails, and records it", async () => {
    const connector = fakeConnector();
    const rules = openRules({
      gate() {
        throw new TypeError("a fault");
      },
    });
    const { answer, store } = await run({ connector, rules });
    expect([answer.status, codeOf(answer)]).toEqual([500, "internal"]);
    expect(Buffer.from(answer.body).toString()).not.toContain("a fault");
    expect(store.log).toMatchObject([{ type: "refused", decision: { at: "gate" } }]);
    expect(connector.calls).toEqual([]);
  });

  it("tells its log of a fault, under the correlation id that the caller gets", async () => {
    const failure = new TypeError("a fault");
    const told: unknown[] = [];
    const rules = openRules({
      gate() {
        throw failure;
      },
    });
    const pipeline = assemblePipeline(partsOver(createMemoryStore()), (error, about) =>
      told.push([error, about]),
    );
    const answer = await pipeline.run(receivedCall({ rules }));
    const problem: unknown = JSON.parse(Buffer.from(answer.body).toString());
    expect(problem).toMatchObject({ code: "internal", correlation: "c-1" });
    expect(told).toEqual([[failure, "c-1"]]);
  });

  it("sends no write whose intent is not durable", async () => {
    const connector = fakeConnector();
    const { answer } = await run({ connector }, (store) => {
      store.broken = true;
    });
    expect([answer.status, codeOf(answer)]).toEqual([503, "audit-unavailable"]);
    expect(connector.calls).toEqual([]);
  });

  it("answers 409 once a write was sent whose outcome is not durable", async () => {
    const connector = fakeConnector();
    const store = createMemoryStore();
    const send = connector.execute.bind(connector);
    connector.execute = async (call, signal) => {
      store.broken = true;
      return send(call, signal);
    };
    const answer = await assemblePipeline(partsOver(store), onFault).run(
      receivedCall({ connector }),
    );
    expect([answer.status, codeOf(answer)]).toEqual([409, "outcome-unknown"]);
  });

  it("gives no answer of a read that is not recorded", async () => {
    const connector = fakeConnector();
    const operations = [{ ...renameDesk, access: "read" } as const];
    const { answer } = await run({ connector, operations }, (store) => {
      store.broken = true;
    });
    expect([answer.status, codeOf(answer)]).toEqual([503, "audit-unavailable"]);
  });

  it("tells a write whose connector failed unexpectedly as of unknown outcome", async () => {
    const connector = fakeConnector();
    connector.result = new TypeError("a fault");
    const { answer, store } = await run({ connector });
    expect([answer.status, codeOf(answer)]).toEqual([409, "outcome-unknown"]);
    expect(store.log.at(-1)).toMatchObject({ type: "outcome", outcome: { state: "unknown" } });
  });

  it("records a write that ran, also where its answer cannot be made", async () => {
    const connector = fakeConnector();
    connector.result = { kind: "answered", status: 200, headers: null as never, body: Buffer.of() };
    const { answer, store } = await run({ connector });
    expect([answer.status, codeOf(answer)]).toEqual([409, "outcome-unknown"]);
    expect(store.log.at(-1)).toMatchObject({ type: "outcome", outcome: { state: "executed" } });
  });

  it("acknowledges telemetry that no resource takes, and sends it nowhere", async () => {
    const store = createMemoryStore();
    const connector = fakeConnector();
    const request = sampleRequest({ method: "POST", path: "/_govern/http/7e1e7e1e/v1/track" });
    const answer = await assemblePipeline(partsOver(store), onFault).run(
      receivedCall({ connector }, request),
    );
    expect([answer.status, codeOf(answer)]).toEqual([204, undefined]);
    expect(store.log).toMatchObject([
      { type: "refused", outcome: { request: { path: "/_govern/http/7e1e7e1e/v1/track" } } },
    ]);
    expect(connector.calls).toEqual([]);
  });

  it("tells a fault while a voucher runs as of unknown outcome", async () => {
    const store = createMemoryStore();
    const parts = [...partsOver(store)] as const;
    const call = receivedCall({ rules: gatedRules });
    await assemblePipeline(parts, onFault).run(call);
    const [held] = store.held.values();
    if (held === undefined) throw new RangeError("nothing held");
    store.held.set(held.id, { ...held, state: "approved", detached: true });
    const failing = createExecute({
      store,
      runVoucher: () => Promise.reject(new TypeError("x")),
      onFault,
    });
    const answer = await assemblePipeline(parts.with(5, failing) as unknown as Parts, onFault).run(
      call,
    );
    expect([answer.status, codeOf(answer)]).toEqual([409, "outcome-unknown"]);
    expect(store.log.at(-1)).toMatchObject({ type: "refused", decision: { at: "execute" } });
  });

  it("holds with one entry, made with the approval", async () => {
    const connector = fakeConnector();
    const rules = gatedRules;
    const { answer, store } = await run({ connector, rules });
    expect(answer.status).toBe(202);
    expect(new Map(answer.headers).get("govern-ticket")).toBe("held-0");
    expect(store.log).toMatchObject([{ type: "held", approval: "held-0" }]);
    expect(connector.calls).toEqual([]);
  });

  it("records what was refused before its first point", async () => {
    const store = createMemoryStore();
    const call = receivedCall({}, sampleRequest({ path: "/api/desks/d1", query: "token=s3cret" }));
    const refusal = { code: "too-large", detail: "The request's body is too large." } as const;
    const answer = await assemblePipeline(partsOver(store), onFault).refuse(call, refusal);
    expect(answer.status).toBe(413);
    expect(store.log).toMatchObject([
      { type: "refused", outcome: { request: { path: "/api/desks/d1" } } },
    ]);
    expect(JSON.stringify(store.log)).not.toContain("s3cret");
  });
});
