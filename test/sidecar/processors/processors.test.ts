/** Each processor with a typed call and no socket. */
import { describe, expect, it } from "vitest";
import type { Body, HttpOperation } from "../../../src/contract/operation.ts";
import type { Halt, Step } from "../../../src/sidecar/lifecycle.ts";
import { createAuthorize } from "../../../src/sidecar/processors/authorize.ts";
import { createExecute } from "../../../src/sidecar/processors/execute.ts";
import { createGate } from "../../../src/sidecar/processors/gate.ts";
import { createIdentify } from "../../../src/sidecar/processors/identify.ts";
import { createResolve } from "../../../src/sidecar/processors/resolve.ts";
import { createRespond } from "../../../src/sidecar/processors/respond.ts";
import { createValidate } from "../../../src/sidecar/processors/validate.ts";
import { createRateLimits } from "../../../src/sidecar/rate-limits.ts";
import { createMemoryStore } from "../memory-store.ts";
import {
  authorizedCall,
  build,
  fakeConnector,
  identifiedCall,
  identity,
  openRules,
  origin,
  receivedCall,
  renameDesk,
  resolvedCall,
  sampleRequest,
  validCall,
} from "../sample-calls.ts";

function codeOf(step: Step<unknown>): string {
  if (step.ok) return "ok";
  return step.halt.kind === "refused" ? step.halt.refusal.code : step.halt.kind;
}

const gated = openRules({
  gate: () => ({
    required: true,
    why: "approvals[0]",
    approvers: { all: ["leads"] },
    quorum: 1,
    expiresIn: 60_000,
    justification: false,
    ticket: null,
    rule: null,
  }),
});

const identify = (headers: Record<string, string>, known = true, method = "PUT") =>
  createIdentify({ identify: async () => (known ? { ok: true, identity } : undefined) }).process(
    receivedCall({}, { ...sampleRequest({ method }), headers: new Map(Object.entries(headers)) }),
  );

describe("identify", () => {
  it.each([
    [{ "sec-fetch-site": "same-origin" }, "PUT", "ok"],
    [{ "sec-fetch-site": "same-site", origin }, "PUT", "cross-origin"],
    [{ "sec-fetch-site": "cross-site" }, "GET", "cross-origin"],
    [{ "sec-fetch-site": "none", "sec-fetch-dest": "document" }, "GET", "ok"],
    [{ "sec-fetch-site": "none", "sec-fetch-dest": "document" }, "POST", "cross-origin"],
    [{ "sec-fetch-site": "none" }, "GET", "cross-origin"],
    [{ origin }, "PUT", "ok"],
    [{ origin: "null" }, "PUT", "cross-origin"],
    [{ origin: `${origin}.evil.example` }, "PUT", "cross-origin"],
    [{}, "PUT", "cross-origin"],
    [{}, "GET", "ok"],
  ])("judges %j of a %s: %s", async (headers, method, code) => {
    expect(codeOf(await identify(headers as Record<string, string>, true, method))).toBe(code);
  });

  it("refuses whom no session names", async () => {
    expect(codeOf(await identify({ origin }, false))).toBe("unauthenticated");
  });
});

const resolve = (request: Parameters<typeof sampleRequest>[0], operations = [renameDesk]) =>
  createResolve().process(identifiedCall({ operations }, sampleRequest(request)));

describe("resolve", () => {
  it("finds the operation and its holes", async () => {
    const step = await resolve({});
    expect(step.ok && step.call.target.operation.id).toBe(renameDesk.id);
    expect(step.ok && step.call.raw).toEqual({ kind: "http", holes: new Map([["deskId", "d1"]]) });
  });

  it.each([
    [{ path: "/api/chairs/1" }, "unregistered"],
    [{ method: "PATCH" }, "unregistered"],
    [{ query: "a=%zz" }, "invalid-arguments"],
    [{ headers: { "govern-site": "s1" }, path: "/x" }, "unregistered"],
    [{ headers: { "govern-build": build }, path: "/x" }, "unregistered"],
    [{ headers: { "govern-build": "e".repeat(64) }, path: "/x" }, "stale-build"],
    [{ headers: { "govern-build": "e".repeat(64) } }, "ok"],
    [{ headers: { "sec-fetch-dest": "image" } }, "unregistered"],
    [{ headers: { "sec-fetch-dest": "iframe" } }, "unregistered"],
    [{ path: "/_govern/sql/neon", method: "POST" }, "unregistered"],
  ])("judges %j: %s", async (request, code) => {
    expect(codeOf(await resolve(request))).toBe(code);
  });

  it("governs by what a JSON body says, whatever its content type says", async () => {
    const body: Body = { type: "json", fields: {}, open: true };
    const search = { ...renameDesk, id: "put-read", access: "read", body } as const;
    const fields = { action: { literal: "wipe" } };
    const wipe = { ...renameDesk, id: "put-wipe", body: { ...body, fields } };
    for (const type of ["application/json", "text/plain", "application/x-unknown"]) {
      const step = await resolve({ body: '{"action":"wipe"}', headers: { "content-type": type } }, [
        search,
        wipe,
      ]);
      expect(step.ok && [step.call.target.operation.id, step.call.access]).toEqual([
        "put-wipe",
        "write",
      ]);
    }
  });

  it("refuses an operation that no resource is mapped for", async () => {
    const call = identifiedCall();
    const [governed] = call.app.operations.values();
    if (governed === undefined) throw new RangeError("no operation");
    const operations = new Map([[renameDesk.id, { ...governed, resource: null }]]);
    const step = await createResolve().process({ ...call, app: { ...call.app, operations } });
    expect(codeOf(step)).toBe("unmapped-resource");
  });
});

const validate = (operation: HttpOperation, request: Parameters<typeof sampleRequest>[0]) =>
  createValidate().process(resolvedCall({ operations: [operation] }, sampleRequest(request)));

const withBody = (body: Body): HttpOperation => ({ ...renameDesk, body });

describe("validate", () => {
  it("makes canonical arguments: registered headers only, no credential", async () => {
    const operation = { ...renameDesk, headers: ["if-match", "authorization", "cookie", "te"] };
    const headers = {
      "if-match": "1",
      authorization: "Bearer x",
      cookie: "a=b",
      te: "trailers",
      "x-more": "1",
    };
    const step = await validate(operation, { headers });
    expect(step.ok && step.call.arguments).toEqual({
      path: { deskId: "d1" },
      query: {},
      headers: { "if-match": "1" },
      body: { name: "north", size: 4 },
    });
  });

  it("gives the same digest to the same arguments in another order", async () => {
    const digests = await Promise.all(
      ['{"name":"a","size":1}', '{ "size": 1.0, "name": "\\u0061" }'].map(async (body) => {
        const step = await validate(renameDesk, { body });
        return step.ok && step.call.argumentsDigest;
      }),
    );
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
  });

  const form = { "content-type": "application/x-www-form-urlencoded" };
  const literal = { type: "json", fields: { op: { literal: "x" } }, open: true } as const;
  it.each<[Body, Parameters<typeof sampleRequest>[0], string]>([
    [{ type: "none" }, { body: "" }, "ok"],
    [{ type: "none" }, { body: "x" }, "invalid-arguments"],
    [{ type: "json", open: true, fields: {} }, { body: '{"any":[1]}' }, "ok"],
    [{ type: "json" }, { body: "[1,2]" }, "ok"],
    [
      { type: "json", fields: { a: { list: "number" } }, open: false },
      { body: '{"a":[1,2]}' },
      "ok",
    ],
    [
      { type: "json", fields: { a: { list: "number" } }, open: false },
      { body: '{"a":[1,"2"]}' },
      "invalid-arguments",
    ],
    [{ type: "json", fields: { a: "any" }, open: false }, { body: '{"a":{"b":null}}' }, "ok"],
    [
      { type: "json", fields: { a: "string" }, open: false },
      { body: '{"a":null}' },
      "invalid-arguments",
    ],
    [{ type: "json", fields: { a: "string" }, open: false }, { body: "{}" }, "ok"],
    [{ type: "json", fields: { a: "string" }, open: false }, { body: "" }, "ok"],
    [literal, { body: '{"op":"x","more":1}' }, "ok"],
    [literal, { body: '{"op":"y"}' }, "invalid-arguments"],
    [literal, { body: "{}" }, "invalid-arguments"],
    [literal, { body: "" }, "invalid-arguments"],
    [
      literal,
      { body: '{"op":"x"}', headers: { "content-type": "text/plain" } },
      "invalid-arguments",
    ],
    [
      { type: "json" },
      { body: "1", headers: { "content-type": "text/plain;charset=UTF-8" } },
      "ok",
    ],
    [{ type: "json" }, { body: "1", headers: form }, "invalid-arguments"],
    [{ type: "form", fields: { a: "number" }, open: false }, { body: "a=1", headers: form }, "ok"],
    [
      { type: "form", fields: { a: "number" }, open: false },
      { body: "a=01", headers: form },
      "invalid-arguments",
    ],
    [
      { type: "form", fields: { a: "number" }, open: false },
      { body: "a=1&a=2", headers: form },
      "invalid-arguments",
    ],
    [
      { type: "form", fields: {}, open: false },
      { body: "__proto__=1", headers: form },
      "invalid-arguments",
    ],
    [
      { type: "form", fields: {}, open: true },
      { body: "__proto__=1", headers: form },
      "invalid-arguments",
    ],
    [{ type: "text" }, { body: "hi", headers: { "content-type": "text/csv" } }, "ok"],
    [{ type: "text" }, { body: "hi" }, "invalid-arguments"],
    [{ type: "binary" }, { body: "hi", headers: { "content-type": "image/png" } }, "ok"],
    [{ type: "binary" }, { body: "hi" }, "invalid-arguments"],
    [
      { type: "multipart" },
      { body: "hi", headers: { "content-type": "multipart/form-data; boundary=x" } },
      "ok",
    ],
    [{ type: "multipart" }, { body: "hi", headers: form }, "invalid-arguments"],
  ])("a body %j judges %j: %s", async (body, request, code) => {
    expect(codeOf(await validate(withBody(body), request))).toBe(code);
  });

  it("keeps bytes beside the arguments, which hold their digest", async () => {
    const request = { body: "hi", headers: { "content-type": "image/png" } };
    const step = await validate(withBody({ type: "binary" }), request);
    if (!step.ok) throw new RangeError("refused");
    expect(Buffer.from(step.call.payload ?? []).toString()).toBe("hi");
    expect(step.call.contentType).toBe("image/png");
    expect(step.call.arguments).toMatchObject({
      body: {
        bytes: 2,
        contentType: "image/png",
        digest: expect.stringMatching(/^8f434346648f/) as string,
      },
    });
  });

  it("says which field, never its value", async () => {
    const step = await validate(renameDesk, { body: '{"name":5,"s3cret":"v4lue"}' });
    const { refusal } = (step as { halt: Extract<Halt, { kind: "refused" }> }).halt;
    expect(refusal.detail).toContain('"name"');
    expect(refusal.detail).not.toContain("v4lue");
  });
});

describe("authorize", () => {
  it("asks with the strictest access, and refuses what the rules refuse", async () => {
    const asked: unknown[] = [];
    const rules = openRules({
      authorize(question) {
        asked.push([question.access, question.identity.subject]);
        return { allowed: false, code: "policy-failed", why: "no such key" };
      },
    });
    const step = await createAuthorize({ limits: createRateLimits() }).process({
      ...validCall({ rules }),
      access: "write",
    });
    expect(codeOf(step)).toBe("policy-failed");
    expect(asked).toEqual([["write", "sam"]]);
  });
});

describe("gate", () => {
  it("passes what no rule holds", async () => {
    const step = await createGate({ store: createMemoryStore(), now: Date.now }).process(
      authorizedCall(),
    );
    expect(step.ok && step.call.gate.kind).toBe("open");
  });

  it("holds with everything the approval is bound to", async () => {
    const store = createMemoryStore();
    const call = authorizedCall({ rules: gated });
    expect(codeOf(await createGate({ store, now: Date.now }).process(call))).toBe("held");
    expect([...store.held.values()]).toMatchObject([
      {
        app: "desk",
        operation: renameDesk.id,
        operationDigest: call.target.digest,
        argumentsDigest: call.argumentsDigest,
        requester: { subject: "sam", issuer: "dev", session: identity.session },
        resource: "desks",
        build,
        approvers: { all: ["leads"] },
      },
    ]);
  });

  it("remembers a denial of the identical call for five minutes", async () => {
    let now = Date.UTC(2026, 3, 4);
    const store = createMemoryStore(() => now);
    const gate = createGate({ store, now: () => now });
    const call = authorizedCall({ rules: gated });
    await gate.process(call);
    const vote = {
      type: "vote",
      subject: "ana",
      issuer: "dev",
      groups: ["leads"],
      decision: "deny",
      reason: null,
      ticket: null,
    } as const;
    await store.transition("held-0", vote, { ...store.log[0], type: "decision" } as never);
    now += 5 * 60_000 - 1;
    expect(codeOf(await gate.process(call))).toBe("approval-denied");
    expect(codeOf(await gate.process({ ...call, argumentsDigest: "other" }))).toBe("held");
    expect(codeOf(await gate.process({ ...call, identity: { ...identity, subject: "kim" } }))).toBe(
      "held",
    );
    now += 2;
    expect(codeOf(await gate.process(call))).toBe("held");
  });
});

describe("execute", () => {
  it("runs a voucher through the executor alone", async () => {
    const connector = fakeConnector();
    const store = createMemoryStore();
    const used: string[] = [];
    const answer = { state: "executed", status: 207, headers: [], body: new Uint8Array() } as const;
    const execute = createExecute({
      store,
      async runVoucher(id) {
        used.push(id);
        return used.length === 1 ? { ok: true, outcome: answer } : { ok: false };
      },
      onFault: () => undefined,
    });
    await createGate({ store, now: Date.now }).process(authorizedCall({ rules: gated }));
    const [approval] = store.held.values();
    if (approval === undefined) throw new RangeError("nothing held");
    const call = { ...authorizedCall({ connector }), gate: { kind: "voucher", approval } as const };
    const first = await execute.process(call);
    expect(first.ok && first.call.execution).toMatchObject({
      kind: "voucher",
      answer: { status: 207 },
    });
    expect(codeOf(await execute.process(call))).toBe("approval-stale");
    expect(connector.calls).toEqual([]);
    expect(store.log.map((entry) => entry.type)).toEqual(["held"]);
  });
});

describe("respond", () => {
  it("lets no cookie, boundary, hop-by-hop, CORS or policy header of a resource through", () => {
    const dropped = [
      "set-cookie",
      "govern-error",
      "govern-ticket",
      "connection",
      "transfer-encoding",
      "location",
      "access-control-allow-origin",
      "content-security-policy",
      "strict-transport-security",
      "server",
      "x-powered-by",
      "x-accel-redirect",
      "x-frame-options",
      "clear-site-data",
      "refresh",
      "alt-svc",
    ];
    const headers = [
      ...dropped.map((name) => [name, "v"] as const),
      ["content-type", "text/csv"],
      ["x-page", "2"],
      ["etag", "a\r\nb"],
    ] as const;
    const outcome = { state: "executed", status: 200, headers, body: new Uint8Array() } as const;
    const call = {
      ...authorizedCall(),
      gate: { kind: "open", reason: "", exemptBy: null },
      execution: { kind: "direct", outcome },
    } as const;
    const answer = createRespond().process({ kind: "executed", call });
    expect(answer.headers).toEqual([
      ["content-type", "text/csv"],
      ["x-page", "2"],
      ["cache-control", "no-store"],
      ["x-content-type-options", "nosniff"],
      ["content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"],
      ["referrer-policy", "same-origin"],
    ]);
  });
});
