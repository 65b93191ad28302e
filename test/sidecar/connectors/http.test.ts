/** The HTTP connector: what it renders, what it never forwards, and what each failure means. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpArguments } from "../../../src/contract/arguments.ts";
import type { HttpOperation } from "../../../src/contract/operation.ts";
import type { ConnectorCall } from "../../../src/sidecar/connectors/connector.ts";
import { openHttpConnector } from "../../../src/sidecar/connectors/http/connector.ts";
import { renderRequest } from "../../../src/sidecar/connectors/http/request.ts";
import { judgeResult } from "../../../src/sidecar/connectors/outcome.ts";
import { startUpstream, type Upstream } from "../desk-workspace.ts";

const operation: HttpOperation = {
  id: "patch-items-aabbcc",
  kind: "http",
  access: "write",
  why: "method PATCH",
  method: "PATCH",
  origin: "https://api.items.example",
  path: "/v3/items/{itemId}/parts/{rest*}",
  query: { fields: { tag: { list: "string" } }, open: false },
  headers: ["if-match"],
  body: { type: "json", open: true },
};

const args = (more: Partial<HttpArguments> = {}): HttpArguments => ({
  path: { itemId: "a/b?#%2e", rest: "x y/z" },
  query: { tag: ["1&2", "ü"] },
  headers: { "if-match": '"7"' },
  body: { on: true },
  ...more,
});

const callOf = (more: Partial<ConnectorCall> = {}): ConnectorCall => ({
  operation,
  access: "write",
  arguments: args(),
  payload: null,
  contentType: "application/json",
  ...more,
});

const signal = (): AbortSignal => AbortSignal.timeout(5000);

describe("the HTTP connector", () => {
  let upstream: Upstream;
  const open = (port = upstream.port, more = {}) =>
    openHttpConnector({
      name: "items",
      upstream: new URL(`http://127.0.0.1:${port}/base/`),
      headers: { "x-api-key": "k-99" },
      ...more,
    });

  beforeEach(async () => {
    upstream = await startUpstream();
  });
  afterEach(async () => {
    await upstream.stop();
  });

  it("sends the rendered request with the resource's headers, and nothing else", async () => {
    const connector = open();
    const result = await connector.execute(callOf(), signal());
    expect(result).toMatchObject({ kind: "answered", status: 201 });
    const [seen] = upstream.seen;
    expect(seen?.method).toBe("PATCH");
    expect(seen?.url).toBe("/base/v3/items/a%2Fb%3F%23%252e/parts/x%20y/z?tag=1%262&tag=%C3%BC");
    expect(seen?.body).toBe('{"on":true}');
    expect(Object.keys(seen?.headers ?? {}).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
      "if-match",
      "user-agent",
      "x-api-key",
    ]);
    await connector.close();
  });

  it("keeps origin and path whatever the holes hold", () => {
    const base = new URL("https://up.example/base");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        fc.pre(!/\p{Surrogate}/u.test(text));
        const parts = {
          operation,
          arguments: args({ path: { itemId: text, rest: "r" } }),
          payload: null,
          contentType: null,
        };
        const request = renderRequest(base, parts);
        if (request === undefined) {
          expect(text).toMatch(/^\.{1,2}$/);
          return;
        }
        const url = new URL(request.path, base);
        expect(url.origin).toBe("https://up.example");
        expect(url.pathname.split("/")).toHaveLength(7);
      }),
      { examples: [["."], [".."], ["//evil"], ["@evil.example"], ["\\evil"]] },
    );
  });

  it("lets the resource's credential win over a registered header", async () => {
    const connector = open(upstream.port, { headers: { "if-match": "forced" } });
    await connector.execute(callOf(), signal());
    expect(upstream.seen[0]?.headers["if-match"]).toBe("forced");
    await connector.close();
  });

  it("sends the resource's query keys, over what the page sent under the same key", async () => {
    const connector = open(upstream.port, { query: { tag: "s3cret&1" } });
    await connector.execute(callOf(), signal());
    expect(upstream.seen[0]?.url).toMatch(/\?tag=s3cret%261$/);
    await connector.close();
  });

  it("follows no redirect", async () => {
    upstream.reply = "redirect";
    const connector = open();
    expect(await connector.execute(callOf(), signal())).toMatchObject({ status: 302 });
    expect(upstream.seen).toHaveLength(1);
    await connector.close();
  });

  it("knows a write that never left from one that may have arrived", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const nowhere = open(port);
    expect(await nowhere.execute(callOf(), signal())).toMatchObject({ kind: "failed" });
    await nowhere.close();
    const connector = open();
    upstream.reply = "reset";
    expect(await connector.execute(callOf(), signal())).toMatchObject({
      kind: "unknown",
      code: "resource-failed",
    });
    upstream.reply = "hang";
    expect(await connector.execute(callOf(), AbortSignal.timeout(50))).toMatchObject({
      kind: "unknown",
      code: "resource-timeout",
    });
    await connector.close();
  });

  it("takes no answer beyond its cap", async () => {
    const connector = open(upstream.port, { maxResponseBytes: 10 });
    expect(await connector.execute(callOf(), signal())).toMatchObject({ kind: "unknown" });
    await connector.close();
  });
});

const failed = (kind: "failed" | "unknown", code: "resource-failed" | "resource-timeout") =>
  ({ kind, code, detail: "" }) as const;

describe("what a result means", () => {
  it.each([
    ["read", failed("failed", "resource-failed"), "failed", "resource-failed"],
    ["read", failed("unknown", "resource-timeout"), "failed", "resource-timeout"],
    ["write", failed("failed", "resource-failed"), "failed", "resource-failed"],
    ["write", failed("failed", "resource-timeout"), "failed", "resource-failed"],
    ["write", failed("unknown", "resource-timeout"), "unknown", "outcome-unknown"],
  ] as const)("of a %s: %j is %s, told as %s", (access, result, state, code) => {
    expect(judgeResult(access, result)).toMatchObject({ state, code });
  });

  it("replays a status received, whatever it is", () => {
    const result = { kind: "answered", status: 500, headers: [], body: new Uint8Array() } as const;
    expect(judgeResult("write", result)).toMatchObject({ state: "executed", status: 500 });
  });
});
