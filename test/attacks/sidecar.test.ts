/** The catalogue's rows on requests, S1 to S22, tried against a running sidecar. Ids are those of the threat model. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { connect, type LookupFunction, type Socket } from "node:net";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { originId } from "../../src/contract/operation-id.ts";
import { openHttpConnector } from "../../src/sidecar/connectors/http/connector.ts";
import { addressRules } from "../../src/sidecar/connectors/http/addresses.ts";
import { send, type Call } from "../sidecar/client.ts";
import { api, credential, selectAgentsDigest } from "../sidecar/desk-workspace.ts";
import {
  at,
  expectRefusal,
  json,
  openGround,
  planted,
  startCanary,
  type Canary,
  type Ground,
} from "./ground.ts";

let ground: Ground;
let elsewhere: Canary;

beforeAll(async () => {
  elsewhere = await startCanary();
  ground = await openGround();
});
afterAll(async () => {
  await ground?.stop();
  expect(elsewhere.connections).toBe(0);
  await elsewhere.stop();
});

/** One call of sam's that is refused with a status and a code, and recorded. */
async function refused(call: Call, status: number, code: string): Promise<void> {
  await ground.refuses(async () => expectRefusal(await ground.sam.send(call), status, code), code);
}

const sql = (body: unknown, client = "neon"): Call => ({
  method: "POST",
  path: `/_govern/sql/${client}`,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

describe("S1 an operation that is not registered", () => {
  it.each<[string, Call, string]>([
    ["an unknown path", at("/v2/unknown"), "unregistered"],
    ["another case", at("/v2/Search"), "unregistered"],
    ["a trailing slash", at("/v2/search/"), "unregistered"],
    ["another method", at("/v2/search", { method: "DELETE" }), "unregistered"],
    [
      "an unknown origin",
      { path: `/_govern/http/${originId("https://x.example")}/` },
      "unregistered",
    ],
    ["an origin's own name", { path: "/_govern/http/__proto__/x" }, "unregistered"],
    ["an unknown statement", sql({ digest: "a".repeat(64), values: [] }), "unregistered"],
    [
      "a statement of another case",
      sql({ digest: selectAgentsDigest.toUpperCase(), values: [1] }),
      "unregistered",
    ],
    ["a retired operation", sql({ operation: "delete-agents-0a0a0a", values: [] }), "unregistered"],
    ["__proto__ as operation", sql({ operation: "__proto__", values: [] }), "unregistered"],
    ["constructor as client", sql({ operation: "x", values: [] }, "constructor"), "unregistered"],
    [
      "an http operation as a statement",
      sql({ operation: planted.note.id, values: [] }),
      "unregistered",
    ],
    ["a path of the boundary that is none", { path: "/_govern/operations.json" }, "unregistered"],
  ])("S1 %s is not run", async (_name, call, code) => {
    await refused(call, 403, code);
  });
});

describe("S2 arguments of another type", () => {
  it.each<[string, Call]>([
    ["a list for a text", json("/v2/notes", '{"text":["a"]}')],
    ["an object with toString for a text", json("/v2/notes", '{"text":{"toString":"a"}}')],
    ["a text for a number", json("/v2/notes", '{"rank":"7"}')],
    ["NaN", json("/v2/notes", '{"rank":NaN}')],
    ["a number beyond a double", json("/v2/notes", '{"rank":1e400}')],
    ["an integer beyond 2^53", json("/v2/notes", '{"rank":9007199254740993}')],
    ["null for a text", json("/v2/notes", '{"text":null}')],
    ["a list for the body", json("/v2/notes", "[]")],
    ["a text for the body", json("/v2/notes", '"text"')],
    [
      "an extra field in a closed shape",
      json("/v2/tickets/t1/refunds", '{"amount":1,"note":"a","to":"me"}'),
    ],
    ["an extra key in a closed query", at("/v2/search?q=a&admin=1")],
    ["a number with another spelling", at("/v2/search?page=0x10")],
    ["a number with blanks", at("/v2/search?page=%201")],
    ["a boolean by another word", at("/v2/search?mine=yes")],
    [
      "a body where there is none",
      at("/v2/search", { method: "GET", headers: { "content-length": "2" }, body: "{}" }),
    ],
    ["too few values of a statement", sql({ digest: selectAgentsDigest, values: [] })],
    ["too many values of a statement", sql({ digest: selectAgentsDigest, values: [1, 2] })],
    ["an object as a value", sql({ digest: selectAgentsDigest, values: [{ toString: "1" }] })],
    ["values that are no list", sql({ digest: selectAgentsDigest, values: { 0: 1, length: 1 } })],
    ["a bigint by another tag", sql({ digest: selectAgentsDigest, values: [{ $int: "1e3" }] })],
    [
      "more than a statement",
      sql({ digest: selectAgentsDigest, values: [1], statement: "DELETE FROM agents" }),
    ],
  ])("S2 %s is refused", async (_name, call) => {
    await refused(call, 400, "invalid-arguments");
  });
});

describe("S3 a path that another reader leaves", () => {
  it.each([
    "/v2/files/../admin",
    "/v2/files/a/../../admin",
    "/v2/files/%2e%2e/admin",
    "/v2/files/%2E./admin",
    "/v2/files/%252e%252e/admin",
    "/v2/files/%25252e%25252e/admin",
    "/v2/files/..;/admin",
    "/v2/files/..;a=1/admin",
    "/v2/files/..%2fadmin",
    "/v2/files/a%2fb",
    "/v2/files/..%5cadmin",
    "/v2/files/%5c%5cevil",
    "/v2/files/a%00.txt",
    "/v2/files/a%0d%0ahost:evil",
    "/v2/files/%ef%bc%8e%ef%bc%8e/admin",
    "/v2/files/%e2%80%a5/admin",
    "/v2/files//admin",
    "/v2/files/./admin",
    "/v2/files/%",
    "/v2/files/%zz",
    "/v2/files/%c0%ae%c0%ae/admin",
    "/v2/files/%ff",
    "/v2/people/sam%2f..%2fkim/orders",
    "/v2/people/..%252fkim/orders",
  ])("S3 %s reaches nothing", async (path) => {
    await refused(at(path), 403, "unregistered");
  });

  it("S3 what stands in a hole stays in its segment", async () => {
    ground.upstream.arrived.length = 0;
    const reply = await ground.sam.send(at("/v2/files/a%3Fb%23c/%40evil.example:80"));
    expect(reply.status).toBe(200);
    expect(ground.upstream.arrived.map(({ url }) => url)).toEqual([
      "/base/v2/files/a%3Fb%23c/%40evil.example%3A80",
    ]);
  });
});

describe("S4 a query that two readers read differently", () => {
  it.each([
    ["a repeated key", "?q=a&q=b"],
    ["a key as a list", "?q[]=a"],
    ["a key as an object", "?q[x]=a"],
    ["a bad escape", "?q=%zz"],
    ["a null", "?q=a%00"],
    ["a semicolon as separator", "?q=a;page=2&page=1;q=b"],
  ])("S4 %s is refused", async (_name, query) => {
    const call = at(`/v2/search${query}`);
    await refused(call, 400, "invalid-arguments");
  });

  it("S4 what separates stays part of its value", async () => {
    ground.upstream.arrived.length = 0;
    await ground.sam.send(at("/v2/search?q=a%26admin%3D1%23x%3Fy"));
    expect(ground.upstream.arrived[0]?.url).toBe("/base/v2/search?q=a%26admin%3D1%23x%3Fy");
  });
});

const evil = (): string => `127.0.0.1:${elsewhere.port}`;

describe("S5 another origin", () => {
  it.each<[string, (host: string) => string]>([
    ["userinfo in a hole", (host) => `/v2/files/@${host}/x`],
    ["an origin in a hole", (host) => `/v2/files/http:%2f%2f${host}/x`],
    ["a second slash", (host) => `//${host}/v2/search`],
    ["userinfo before the path", (host) => `@${host}/v2/search`],
    ["a port before the path", (host) => `:80@${host}/v2/search`],
  ])("S5 %s leads nowhere else", async (_name, path) => {
    const before = ground.upstream.arrived.length;
    const reply = await ground.sam.send(at(path(evil())));
    if (reply.status !== 200) expect(reply.headers["govern-error"]).toBe("unregistered");
    for (const { url } of ground.upstream.arrived.slice(before)) {
      expect(new URL(url, "http://upstream.example").pathname).toMatch(/^\/base\/v2\/files\//);
    }
    expect(elsewhere.connections).toBe(0);
  });

  it("S5 a target with an origin of its own is no request", async () => {
    await ground.refuses(async () => {
      const target = `http://${evil()}/`;
      const answer = await ground.raw(
        `GET ${target} HTTP/1.1\r\nhost: H\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }, "malformed-request");
    expect(elsewhere.connections).toBe(0);
  });

  it("S5 a tunnel is not opened", async () => {
    await ground.refuses(async () => {
      const answer = await ground.raw(`CONNECT ${evil()} HTTP/1.1\r\nhost: H\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    }, "malformed-request");
    expect(elsewhere.connections).toBe(0);
  });
});

/** A resolver whose answers change: first one thing, then another. */
function resolver(...answers: readonly (readonly string[])[]): {
  readonly lookup: LookupFunction;
  asked(): number;
} {
  let asked = 0;
  const { lookup } = addressRules([], (_host, _options, done) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  });
  return { lookup, asked: () => asked };
}

function install(lookup: unknown): void {
  Object.assign(dns, { lookup });
  syncBuiltinESMExports();
}

/** Makes the system's resolver know one more name; gives what undoes that. */
function resolveTo(name: string, address: string): () => void {
  const real = dns.lookup;
  type Done = (error: null, all: readonly object[]) => void;
  const fake = (...args: [string, object, Done]): void => {
    if (args[0] === name) args[2](null, [{ address, family: 4 }]);
    else Reflect.apply(real, dns, args);
  };
  install(fake);
  return () => install(real);
}

/** The upstream by a name that leads inside. */
const inside = (networks: string) => (text: string) =>
  text
    .replace("http://127.0.0.1", "http://desk.internal")
    .replace("kind: http,", `kind: http,${networks}`);

describe("S6 an upstream's name that leads inside", () => {
  const search = {
    operation: planted.search,
    access: "read",
    arguments: { path: {}, query: {}, headers: {}, body: null },
    payload: null,
    contentType: null,
  } as const;
  const run = async (lookup: LookupFunction) => {
    const upstream = new URL(`http://billing.example:${elsewhere.port}`);
    const connector = openHttpConnector({ name: "billing", upstream, headers: {}, lookup });
    try {
      return await connector.execute(
        { ...search, operation: { ...search.operation, headers: [] } },
        AbortSignal.timeout(5000),
      );
    } finally {
      await connector.close();
    }
  };

  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.20.0.2",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fd00:ec2::254",
    "fe80::1",
  ])("S6 %s is not connected to", async (address) => {
    expect(await run(resolver([address]).lookup)).toMatchObject({
      kind: "failed",
      code: "resource-failed",
    });
    expect(elsewhere.connections).toBe(0);
  });

  it("S6 an address inside beside one outside is not connected to", async () => {
    expect(await run(resolver(["198.41.0.4", "127.0.0.1"]).lookup)).toMatchObject({
      kind: "failed",
    });
    expect(elsewhere.connections).toBe(0);
  });

  it("S6 a name is looked up once for a connection: what was judged is what is connected to", async () => {
    const rebinding = resolver(["127.0.0.1"], ["127.0.0.1"]);
    await run(rebinding.lookup);
    expect(rebinding.asked()).toBe(1);
  });

  it.each([
    "http://169.254.169.254/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[::ffff:169.254.169.254]/",
    "http://0/",
    "http://[fe80::1]/",
  ])("S6 a workspace whose upstream is %s does not start", async (address) => {
    const change = (text: string): string => text.replace(/http:\/\/127[^"]*/, address);
    await expect(openGround({ change })).rejects.toMatchObject({ code: "workspace-invalid" });
  });

  it("S6 a running sidecar goes inside by a name only where the resource lists the network", async () => {
    const restore = resolveTo("desk.internal", "127.0.0.1");
    const inner = await openGround({ change: inside("") });
    const listed = await openGround({ change: inside(' networks: ["127.0.0.0/8"],') });
    try {
      const reply = await inner.sam.send(at("/v2/search"));
      expectRefusal(reply, 502, "resource-failed");
      expect((await inner.trail("&type=read"))[0]).toMatchObject({
        outcome: { state: "failed", code: "resource-failed" },
      });
      expect(inner.upstream.connections).toBe(0);
      expect((await listed.sam.send(at("/v2/search"))).status).toBe(200);
    } finally {
      restore();
      await inner.stop();
      await listed.stop();
    }
  });
});

describe("S7 an upstream's redirect", () => {
  it.each([301, 302, 303, 307, 308])(
    "S7 a redirect (%i) to another origin is not followed",
    async (status) => {
      ground.upstream.arrived.length = 0;
      ground.upstream.answer = (_message, response) => {
        const location = `http://127.0.0.1:${elsewhere.port}/latest/meta-data`;
        response.writeHead(status, { location, refresh: `0;url=${location}` }).end();
      };
      try {
        const reply = await ground.sam.send(at("/v2/search"));
        expect(reply.headers.location).toBeUndefined();
        expect(reply.headers["refresh"]).toBeUndefined();
        expect(ground.upstream.arrived).toHaveLength(1);
        expect(elsewhere.connections).toBe(0);
        expect((await ground.trail("&type=read"))[0]).toMatchObject({ outcome: { status } });
      } finally {
        ground.upstream.answer = (_message, response) => response.end("{}");
      }
    },
  );
});

describe("S8 another method than the registered one", () => {
  const override = { "x-http-method-override": "DELETE" };
  it.each<[string, Call, number, string]>([
    ["TRACE", at("/v2/search", { method: "TRACE" }), 403, "unregistered"],
    ["a method of nobody's", at("/v2/search", { method: "PROPFIND" }), 403, "unregistered"],
    ["an override header", at("/v2/search", { headers: override }), 400, "invalid-arguments"],
    [
      "an override header of a write",
      json("/v2/notes", "{}", { headers: override }),
      400,
      "invalid-arguments",
    ],
    [
      "X-HTTP-Method",
      at("/v2/search", { headers: { "x-http-method": "PUT" } }),
      400,
      "invalid-arguments",
    ],
    [
      "a registered override header of a read",
      at("/v2/headers", { headers: override }),
      400,
      "invalid-arguments",
    ],
    ["_method in an open query", at("/v2/find?_method=DELETE"), 400, "invalid-arguments"],
    [
      "_method in an open body",
      json("/v2/notes", '{"_method":"DELETE"}'),
      400,
      "invalid-arguments",
    ],
    [
      "_method in an open form",
      at("/v2/forms", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "name=a&_method=DELETE",
      }),
      400,
      "invalid-arguments",
    ],
  ])("S8 %s is refused", async (_name, call, status, code) => {
    await refused(call, status, code);
  });
});

const graphql = (body: unknown): Call => json("/graphql", JSON.stringify(body));

describe("S9 a mutation in a query's clothes", () => {
  const { document } = planted.tickets;
  const variables = { first: 3 };
  it.each<[string, Call]>([
    ["a mutation", graphql({ query: "mutation { dropAll }" })],
    [
      "a second operation by its name",
      graphql({ query: `${document} mutation D { dropAll }`, operationName: "D", variables }),
    ],
    ["the name of another operation", graphql({ query: document, operationName: "D", variables })],
    ["one more field", graphql({ query: document.replace("{ id }", "{ id secret }"), variables })],
    [
      "a fragment",
      graphql({
        query: `${document.replace("id }", "...F }")} fragment F on Ticket { id }`,
        variables,
      }),
    ],
    ["a batch", graphql([{ query: document, variables }, { query: "mutation { dropAll }" }])],
    [
      "a persisted hash",
      graphql({ extensions: { persistedQuery: { version: 1, sha256Hash: "a".repeat(64) } } }),
    ],
    [
      "a document beside a hash",
      graphql({ query: document, variables, extensions: { persistedQuery: { sha256Hash: "a" } } }),
    ],
    ["a GET", at(`/graphql?query=${encodeURIComponent("mutation { dropAll }")}`)],
    [
      "the registered document by GET",
      at(`/graphql?query=${encodeURIComponent(document)}&variables=%7B%22first%22%3A1%7D`),
    ],
    [
      "a query beside the document",
      json("/graphql?query=x", JSON.stringify({ query: document, variables })),
    ],
    [
      "a repeated document",
      json("/graphql", `{"query":"mutation { dropAll }","query":${JSON.stringify(document)}}`),
    ],
    [
      "another content type",
      at("/graphql", {
        method: "POST",
        headers: { "content-type": "text/plain" },
        body: JSON.stringify({ query: document, variables }),
      }),
    ],
    ["no document at all", graphql({ variables })],
  ])("S9 %s is refused", async (_name, call) => {
    await refused(call, 403, "unregistered");
  });
});

describe("S10 requests that two readers cut differently", () => {
  const tail = "connection: close\r\n\r\n";
  it.each<[string, string]>([
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nhost: H\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nhost: H\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    ],
    ["a length with a sign", "POST / HTTP/1.1\r\nhost: H\r\ncontent-length: +5\r\n\r\nhello"],
    [
      "a coding twice",
      `POST / HTTP/1.1\r\nhost: H\r\ntransfer-encoding: chunked, chunked\r\n${tail}`,
    ],
    [
      "another coding",
      `POST / HTTP/1.1\r\nhost: H\r\ntransfer-encoding: gzip, chunked\r\n${tail}0\r\n\r\n`,
    ],
    [
      "a coding with a tab",
      "POST / HTTP/1.1\r\nhost: H\r\ntransfer-encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n",
    ],
    ["a folded header", "GET / HTTP/1.1\r\nhost: H\r\nx-a: 1\r\n 2\r\n\r\n"],
    ["a bare line feed", "GET / HTTP/1.1\nhost: H\n\n"],
    ["a bare carriage return", "GET / HTTP/1.1\r\nhost: H\r\nx-a: 1\rx-b: 2\r\n\r\n"],
    ["a space before the colon", "GET / HTTP/1.1\r\nhost : H\r\n\r\n"],
    ["a null in a header", "GET / HTTP/1.1\r\nhost: H\r\nx-a: \0\r\n\r\n"],
    [
      "a chunk of no size",
      "POST /_govern/login HTTP/1.1\r\nhost: H\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
    ["another protocol", "GET / HTTP/3.0\r\nhost: H\r\n\r\n"],
    ["no protocol", "GET /\r\n\r\n"],
    ["an expectation of its own", `GET / HTTP/1.1\r\nhost: H\r\nexpect: a-miracle\r\n${tail}`],
    ["headers without end", `GET / HTTP/1.1\r\nhost: H\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`],
    [
      "more headers than are read",
      `GET / HTTP/1.1\r\nhost: H\r\n${Array.from({ length: 150 }, (_, n) => `x-${n}: 1\r\n`).join("")}${tail}`,
    ],
  ])("S10 %s is refused, and the connection closed", async (_name, text) => {
    await ground.refuses(async () => {
      expect(await ground.raw(text)).toMatch(/^HTTP\/1\.1 4(?:00|31) /);
    }, "malformed-request");
  });

  it("S10 a header that is named by Connection is forwarded no more than any other", async () => {
    ground.upstream.arrived.length = 0;
    await ground.sam.send(
      at("/v2/search", {
        headers: { connection: "authorization, x-desk-view", te: "trailers", "x-desk-view": "all" },
      }),
    );
    expect(ground.upstream.arrived[0]?.headers).toEqual({
      accept: "*/*",
      "accept-encoding": "identity",
      authorization: `Bearer ${credential}`,
      connection: "keep-alive",
      host: `127.0.0.1:${ground.upstream.port}`,
      "user-agent": "govern",
    });
  });
});

describe("S11 line breaks in what becomes a header", () => {
  it("S11 a control character in a header is no request", async () => {
    await ground.refuses(async () => {
      const text = `GET /_govern/http/${originId(api)}/v2/headers HTTP/1.1\r\nhost: H\r\nx-desk-view: a\x01b\r\nconnection: close\r\n\r\n`;
      expect(await ground.raw(text)).toMatch(/^HTTP\/1\.1 400 /);
    }, "malformed-request");
  });

  it.each(["a%0d%0ax-admin:%201", "a%0ax-admin:%201", "a%00"])(
    "S11 %s in a query is refused",
    async (text) => {
      ground.upstream.arrived.length = 0;
      const reply = await ground.sam.send(at(`/v2/search?q=${text}`));
      // Line feeds are text of a field; they are sent encoded, and never as a header.
      for (const { headers, url } of ground.upstream.arrived) {
        expect(headers["x-admin"]).toBeUndefined();
        expect(url).not.toMatch(/[\r\n]/);
      }
      if (ground.upstream.arrived.length === 0) expectRefusal(reply, 400, "invalid-arguments");
    },
  );
});

const own = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };

describe("S12 headers that a trusted proxy would set", () => {
  const spoofed = {
    "x-forwarded-user": "ana",
    "x-forwarded-for": "10.0.0.1",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    forwarded: "for=10.0.0.1;host=evil.example",
    "x-real-ip": "10.0.0.1",
    "x-remote-user": "ana",
    "x-auth-request-user": "ana",
    "x-original-url": "/v2/admin",
    "x-rewrite-url": "/v2/admin",
    "x-pomerium-claim-email": "ana@acme.example",
    cookie: "a=1",
  };

  it("S12 none of them reaches the upstream, also where the operation registers it", async () => {
    ground.upstream.arrived.length = 0;
    const { cookie } = ground.sam;
    const headers = {
      ...spoofed,
      cookie: `${cookie}; a=1`,
      authorization: "Bearer mine",
      "x-desk-view": "mine",
    };
    expect((await ground.sam.send(at("/v2/headers", { headers }))).status).toBe(200);
    const [arrived] = ground.upstream.arrived;
    expect(arrived?.headers["x-desk-view"]).toBe("mine");
    expect(arrived?.headers.authorization).toBe(`Bearer ${credential}`);
    for (const name of Object.keys(spoofed)) expect(arrived?.headers[name], name).toBeUndefined();
  });

  it("S12 a session's cookie that is sent twice is nobody's", async () => {
    await ground.refuses(async () => {
      const headers = { ...own, cookie: `${ground.sam.cookie}; ${ground.sam.cookie}` };
      expectRefusal(await send(ground.app, at("/v2/search", { headers })), 401, "unauthenticated");
    }, "unauthenticated");
  });

  it("S12 none of them makes anybody of a request", async () => {
    await ground.refuses(async () => {
      expectRefusal(
        await send(ground.app, at("/v2/search", { headers: { ...own, ...spoofed } })),
        401,
        "unauthenticated",
      );
    }, "unauthenticated");
  });
});

describe("S13 another host", () => {
  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1",
    "[::1]",
    "desk.localhost.",
    "desk.localhost@evil.example",
    "desk.localhost:1",
    "govern.localhost",
    "",
  ])("S13 the host %j is not served", async (host) => {
    await ground.refuses(async () => {
      const answer = await ground.raw(
        `GET / HTTP/1.1\r\nhost: ${host}\r\ncookie: ${ground.sam.cookie}\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    }, "unknown-host");
  });

  it.each([
    ["two hosts", "GET / HTTP/1.1\r\nhost: H\r\nhost: evil.example\r\nconnection: close\r\n\r\n"],
    ["the same host twice", "GET / HTTP/1.1\r\nhost: H\r\nhost: H\r\nconnection: close\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n"],
  ])("S13 %s is no request", async (_name, text) => {
    await ground.refuses(async () => {
      expect(await ground.raw(text)).toMatch(/^HTTP\/1\.1 400 /);
    }, "malformed-request");
  });
});

describe("S14 slow requests", () => {
  let slow: Ground;
  beforeAll(async () => {
    slow = await openGround({
      sidecar: { patience: { headers: 300, request: 600, answer: 300 } },
    });
  });
  afterAll(async () => {
    await slow?.stop();
  });

  it.each([
    ["nothing at all", ""],
    ["half a head", "GET / HTTP/1.1\r\nhost: H\r\nx-a: "],
    [
      "half a body",
      `POST /_govern/login HTTP/1.1\r\nhost: H\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nuser=`,
    ],
  ])("S14 %s ends with the listener's patience", async (_name, text) => {
    await slow.refuses(async () => {
      expect(await slow.raw(text)).toMatch(/^HTTP\/1\.1 408 /);
    }, "malformed-request");
  });

  it("S14 who takes nothing of an answer loses the connection", async () => {
    slow.upstream.answer = (_message, response) => response.end(Buffer.alloc(12_000_000, "a"));
    const accepted: Socket[] = [];
    const note = (message: unknown): void => {
      accepted.push((message as { socket: Socket }).socket);
    };
    subscribe("net.server.socket", note);
    const socket = connect({ port: slow.sidecar.port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(
      `GET ${at("/v2/search").path} HTTP/1.1\r\nhost: desk.localhost:${slow.sidecar.port}\r\nsec-fetch-site: same-origin\r\ncookie: ${slow.sam.cookie}\r\n\r\n`,
    );
    await expect.poll(() => slow.upstream.arrived.length).toBeGreaterThan(0);
    unsubscribe("net.server.socket", note);
    const held = accepted.find(({ remotePort }) => remotePort === socket.localPort);
    expect(held?.destroyed).toBe(false);
    await expect.poll(() => held?.destroyed).toBe(true);
    expect(held?.bytesWritten).toBeGreaterThan(12_000_000);
    socket.destroy();
  });
});

describe("S15 large, deep and wide bodies", () => {
  it("S15 a body beyond the cap is not read", async () => {
    await refused(
      json("/v2/notes", JSON.stringify({ text: "a".repeat(1_100_000) })),
      413,
      "too-large",
    );
  });

  it("S15 a body beyond the cap that does not say so is cut off", async () => {
    await ground.refuses(async () => {
      const chunk = `${(65_536).toString(16)}\r\n${"a".repeat(65_536)}\r\n`;
      const head = `POST ${at("/v2/notes").path} HTTP/1.1\r\nhost: H\r\nsec-fetch-site: same-origin\r\ncookie: ${ground.sam.cookie}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
      expect(await ground.raw(head + chunk.repeat(20))).toMatch(/^HTTP\/1\.1 413 |^$/);
    }, "too-large");
  });

  it("S15 nothing of a body is read for somebody who is not signed in", async () => {
    await ground.refuses(async () => {
      const head = `POST ${at("/v2/notes").path} HTTP/1.1\r\nhost: H\r\nsec-fetch-site: same-origin\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n`;
      expect(await ground.raw(head)).toMatch(/^HTTP\/1\.1 401 /);
    }, "unauthenticated");
  });

  it.each([
    ["100,000 lists in each other", "[".repeat(100_000) + "]".repeat(100_000)],
    ["100,000 objects in each other", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["lists without end", "[".repeat(1_000_000)],
  ])("S15 %s are refused", async (_name, body) => {
    await refused(json("/v2/notes", `{"text":"a","x":${body}}`), 400, "invalid-arguments");
  });
});

describe("S16 bombs", () => {
  it.each(["gzip", "br", "deflate", "identity, gzip"])(
    "S16 a request in %s is refused",
    async (coding) => {
      await refused(
        at("/v2/notes", {
          method: "POST",
          headers: { "content-type": "application/json", "content-encoding": coding },
          body: gzipSync("{}"),
        }),
        400,
        "invalid-arguments",
      );
    },
  );

  it.each([
    ["gzip", gzipSync(Buffer.alloc(200_000_000))],
    ["br", brotliCompressSync(Buffer.alloc(200_000_000))],
    ["zstd", Buffer.from("28b52ffd", "hex")],
    ["gzip, gzip", gzipSync(gzipSync("{}"))],
  ])("S16 an upstream's bomb in %s does not go off", async (coding, bytes) => {
    ground.upstream.answer = (_message, response) => {
      response
        .writeHead(200, { "content-encoding": coding, "content-type": "text/plain" })
        .end(bytes);
    };
    try {
      expectRefusal(await ground.sam.send(at("/v2/search")), 502, "resource-failed");
      expect((await ground.trail("&type=read"))[0]).toMatchObject({
        outcome: { state: "failed", code: "resource-failed" },
      });
    } finally {
      ground.upstream.answer = (_message, response) => response.end("{}");
    }
  });

  it("S16 an answer that was coded though nobody asked arrives plain", async () => {
    ground.upstream.answer = (_message, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"plain":true}'));
    };
    try {
      const reply = await ground.sam.send(at("/v2/search"));
      expect(reply.headers["content-encoding"]).toBeUndefined();
      expect(reply.json()).toEqual({ plain: true });
    } finally {
      ground.upstream.answer = (_message, response) => response.end("{}");
    }
  });
});

describe("S17 prototypes and repeated keys", () => {
  it.each([
    ["__proto__", '{"__proto__":{"admin":true}}'],
    ["an escaped __proto__", '{"\\u005f_proto__":{"admin":true}}'],
    ["__proto__ further in", '{"a":[{"__proto__":{"admin":true}}]}'],
    ["constructor.prototype", '{"constructor":{"prototype":{"admin":true}}}'],
    ["constructor.prototype further in", '{"a":{"constructor":{"prototype":{"admin":true}}}}'],
    ["a repeated key", '{"rank":1,"rank":2}'],
    ["a key repeated by its escape", '{"rank":1,"r\\u0061nk":2}'],
  ])("S17 %s in a body is refused", async (_name, body) => {
    await refused(json("/v2/notes", body), 400, "invalid-arguments");
  });

  it.each([
    "__proto__=1",
    "__proto__[admin]=1",
    "a[__proto__][admin]=1",
    "constructor[prototype][admin]=1",
    "a.constructor.prototype.admin=1",
  ])("S17 %s in a query is refused", async (query) => {
    await refused(at(`/v2/find?${encodeURI(query)}`), 400, "invalid-arguments");
  });

  it("S17 a discriminator that is repeated selects nothing", async () => {
    await refused(json("/v2/rpc", '{"method":"drop","method":"list"}'), 403, "unregistered");
  });
});

describe("S18 files that are not the app's", () => {
  it.each([
    "/../operations.json",
    "/%2e%2e/operations.json",
    "/..%2foperations.json",
    "/assets/..%2f..%2foperations.json",
    "/..%5coperations.json",
    "/operations.json",
    "/build.json",
    "/maps/assets/app.js.map",
    "/.govern/secrets.env",
    "/%2egovern/secrets.env",
    "/.env",
    "/govern.yaml",
    "/assets/app.js%00.html",
    "/assets/app.js.map",
  ])("S18 %s is not served", async (path) => {
    await ground.refuses(async () => {
      const answer = await ground.raw(
        `GET ${path} HTTP/1.1\r\nhost: H\r\nsec-fetch-site: same-origin\r\nsec-fetch-dest: empty\r\ncookie: ${ground.sam.cookie}\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    }, "unregistered");
  });
});

describe("S19 what a refusal says", () => {
  it("S19 a fault's answer names nothing of the inside", async () => {
    const secrets = [
      credential,
      "agents.db",
      ground.desk.folder,
      String(ground.upstream.port),
      "SELECT",
      "    at ",
    ];
    ground.upstream.answer = (message) => message.socket.destroy();
    try {
      const replies = [
        await ground.sam.send(at("/v2/search")),
        await ground.sam.send(sql({ digest: selectAgentsDigest, values: [[1, 2]] })),
        await ground.sam.send(at("/v2/unknown")),
      ];
      for (const { text, headers } of replies) {
        expect(headers["content-type"]).toBe("application/problem+json");
        for (const secret of secrets) expect(text).not.toContain(secret);
        expect(JSON.parse(text)).toHaveProperty("correlation");
      }
    } finally {
      ground.upstream.answer = (_message, response) => response.end("{}");
    }
  });

  it("S19 an upstream's headers split nothing and say nothing of the boundary", async () => {
    ground.upstream.answer = ({ socket }) => {
      socket.end(
        'HTTP/1.1 200 OK\r\nserver: secret/1.0\r\nx-powered-by: x\r\nset-cookie: __Host-govern-app=evil\r\ngovern-error: denied\r\ngovern-ticket: t\r\naccess-control-allow-origin: *\r\ncontent-security-policy: script-src *\r\nservice-worker-allowed: /\r\nclear-site-data: "*"\r\ncontent-length: 2\r\n\r\n{}',
      );
    };
    try {
      const { headers } = await ground.sam.send(at("/v2/search"));
      for (const name of [
        "server",
        "x-powered-by",
        "set-cookie",
        "govern-error",
        "govern-ticket",
        "access-control-allow-origin",
        "service-worker-allowed",
        "clear-site-data",
      ]) {
        expect(headers[name], name).toBeUndefined();
      }
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
    } finally {
      ground.upstream.answer = (_message, response) => response.end("{}");
    }
  });
});

describe("S20 caches between the boundary and the page", () => {
  it("S20 no answer is one that a cache keeps for others", async () => {
    ground.upstream.answer = (_message, response) => {
      response
        .writeHead(200, {
          "cache-control": "public, max-age=600",
          expires: "Thu, 01 Jan 2099 00:00:00 GMT",
        })
        .end("{}");
    };
    try {
      const read = await ground.sam.send(at("/v2/search"));
      expect(read.headers["cache-control"]).toBe("no-store");
      expect(read.headers["expires"]).toBeUndefined();
    } finally {
      ground.upstream.answer = (_message, response) => response.end("{}");
    }
    const refusal = await ground.sam.send(at("/v2/unknown"));
    expect(refusal.headers["cache-control"]).toBe("no-store");
    const file = await ground.sam.send({ path: "/assets/app.js" });
    expect(file.headers["cache-control"]).toBe("private, no-cache");
    expect(file.headers["vary"]).toMatch(/cookie/i);
  });
});

describe("S21 somebody else's data in a permitted operation", () => {
  it("S21 a permission binds an argument to the caller", async () => {
    expect((await ground.sam.send(at("/v2/people/sam/orders"))).status).toBe(200);
    await refused(at("/v2/people/kim/orders"), 403, "denied");
    await refused(at("/v2/people/Sam/orders"), 403, "denied");
    await refused(at("/v2/people/%73am%20/orders"), 403, "denied");
  });
});

describe("S22 an upstream that goes away in a write", () => {
  it.each<[string, Canary["answer"]]>([
    ["resets", (message) => message.socket.destroy()],
    [
      "answers half",
      (_message, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("{");
        setImmediate(() => response.destroy());
      },
    ],
    ["answers what is no HTTP", ({ socket }) => socket.end("HELLO\r\n\r\n")],
  ])("S22 a write whose upstream %s is unknown, and not tried again", async (_name, answer) => {
    ground.upstream.arrived.length = 0;
    ground.upstream.answer = answer;
    try {
      expectRefusal(
        await ground.sam.send(json("/v2/notes", '{"text":"a"}')),
        409,
        "outcome-unknown",
      );
      expect(ground.upstream.arrived).toHaveLength(1);
      expect((await ground.trail("&type=outcome"))[0]).toMatchObject({
        operation: planted.note.id,
        outcome: { state: "unknown" },
      });
    } finally {
      ground.upstream.answer = (_message, response) => response.end("{}");
    }
  });

  it("S22 a write whose upstream hangs is unknown once its time is over", async () => {
    const hanging = await openGround({
      change: (text) => text.replace("kind: http,", "kind: http, timeout: 1s,"),
    });
    hanging.upstream.answer = () => undefined;
    try {
      expectRefusal(
        await hanging.sam.send(json("/v2/notes", '{"text":"a"}')),
        409,
        "outcome-unknown",
      );
      expect(hanging.upstream.arrived).toHaveLength(1);
      expect((await hanging.trail("&type=outcome"))[0]).toMatchObject({
        outcome: { state: "unknown" },
      });
    } finally {
      await hanging.stop();
    }
  });
});

it("has every row of the catalogue", () => {
  const text = readFileSync(join(import.meta.dirname, "sidecar.test.ts"), "utf8");
  const named = new Set([...text.matchAll(/describe\("(S\d+) /g)].map(([, id]) => id));
  expect([...named]).toEqual(Array.from({ length: 22 }, (_, index) => `S${index + 1}`));
});
