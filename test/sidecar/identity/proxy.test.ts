/** People whom a proxy in front vouches for, by a signed assertion on each request. */
import { SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSidecar, type RunningSidecar } from "../../../src/sidecar/main.ts";
import { freePort } from "../../identity-provider/identity-provider.ts";
import { storeWriter } from "../../identity-provider/governed-desk.ts";
import { send, type Reply } from "../client.ts";
import {
  apiPath,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../desk-workspace.ts";
import { makeKey, startKeyServer, type KeyServer, type SigningKey } from "./key-server.ts";

const issuer = "https://proxy.acme.example";
const header = "x-acme-assertion";
const api = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };

const codeOf = (answer: Reply): unknown => answer.headers["govern-error"];

describe.each([
  ["from the proxy's address", '["127.0.0.0/8"]', true],
  ["from any other address", '["10.0.0.0/8", "::1"]', false],
] as const)("a proxy's assertion %s", (_name, trusted, isTrusted) => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let keys: KeyServer;
  let key: SigningKey;
  let sidecar: RunningSidecar;
  let ports: { app: number; operator: number };

  beforeAll(async () => {
    upstream = await startUpstream();
    key = await makeKey("ES256", "proxy");
    keys = await startKeyServer(key);
    ports = { app: await freePort(), operator: await freePort() };
    desk = writeDesk(upstream.port, (yaml) =>
      yaml
        .replace(
          /^identity:\n.*\n/m,
          `server: { operatorUrl: "http://govern.localhost:${ports.operator}", trustedProxies: ${trusted} }
identity:
  proxy:
    header: X-Acme-Assertion
    issuer: ${issuer}
    jwks: ${keys.url.href}
    audiences: { operator: /acme/operator, apps: { desk: /acme/desk } }
groups:
  dev: { claims: { groups: support } }
  leads: { claims: { groups: support-leads } }
`,
        )
        .replace(
          "  desk:\n    resources:",
          `  desk:\n    url: http://desk.localhost:${ports.app}\n    resources:`,
        ),
    );
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: ports.app,
      operatorPort: ports.operator,
      dev: false,
      storeWriter,
    });
  });
  afterAll(async () => {
    await sidecar?.close();
    await keys?.stop();
    await upstream?.stop();
    desk?.remove();
  });
  afterEach(() => {
    upstream.seen.length = 0;
  });

  const assertion = (more: Record<string, unknown> = {}, by = key): Promise<string> =>
    new SignJWT({ sub: "sam", aud: "/acme/desk", iss: issuer, groups: ["support"], ...more })
      .setProtectedHeader({ alg: by.alg, kid: by.kid })
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(by.privateKey);
  const read = (headers: Record<string, string | string[]>): Promise<Reply> =>
    send(
      { port: ports.app, host: "desk.localhost" },
      { path: `${apiPath}/v2/tickets/t-1`, headers: { ...api, ...headers } },
    );

  if (!isTrusted) {
    it("counts for nothing, however good it is (S12)", async () => {
      const answer = await read({ [header]: await assertion(), "x-forwarded-for": "10.0.0.7" });
      expect(codeOf(answer)).toBe("unauthenticated");
      expect(upstream.seen).toEqual([]);
      const page = await send(
        { port: ports.app, host: "desk.localhost" },
        { path: "/_govern/login", headers: { [header]: await assertion() } },
      );
      expect(page.status).toBe(401);
      expect(page.text).toContain("did not come through the proxy");
    });
    return;
  }

  it("names who is calling, with their groups, on each request", async () => {
    expect((await read({ [header]: await assertion() })).status).toBe(201);
    expect(codeOf(await read({}))).toBe("unauthenticated");
    expect(codeOf(await read({ [header]: await assertion({ groups: [] }) }))).toBe("denied");
    const page = await send(
      { port: ports.app, host: "desk.localhost" },
      { path: "/_govern/login?return=/orders", headers: { [header]: await assertion() } },
    );
    expect(page.headers.location).toBe("/orders");
  });

  it("is taken with the same-origin proof alone: the proxy adds it to forged requests too (I7)", async () => {
    const answer = await read({ [header]: await assertion(), "sec-fetch-site": "cross-site" });
    expect(codeOf(answer)).toBe("cross-origin");
  });

  it.each([
    ["another's key", async () => assertion({}, await makeKey("ES256", "proxy"))],
    ["the audience of the operator", () => assertion({ aud: "/acme/operator" })],
    ["another issuer", () => assertion({ iss: "https://evil.example" })],
    ["no subject", () => assertion({ sub: undefined })],
    [
      "an algorithm with a shared secret",
      async () => {
        const part = (await assertion()).split(".")[1] ?? "";
        return `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${part}.AAAA`;
      },
    ],
    ["nothing in it", async () => "x"],
  ])("is refused with %s", async (_what, make) => {
    const answer = await read({ [header]: await make() });
    expect(codeOf(answer)).toBe("token-invalid");
    expect(answer.status).toBe(401);
    expect(upstream.seen).toEqual([]);
  });

  it("is refused sent twice, and is not to be had from other headers", async () => {
    const good = await assertion();
    expect(codeOf(await read({ [header]: [good, await assertion({ sub: "ana" })] }))).toBe(
      "token-invalid",
    );
    const others = {
      "x-forwarded-user": "ana",
      "x-forwarded-email": "ana@acme.example",
      "remote-user": "ana",
    };
    expect(codeOf(await read(others))).toBe("unauthenticated");
    expect(codeOf(await read({ authorization: `Bearer ${good}` }))).toBe("unauthenticated");
  });

  it("is refused with 503 while its keys cannot be had, and the sidecar stays up", async () => {
    const fresh = await makeKey("ES256", "unknown-kid");
    keys.fault = "status";
    const known = await read({ [header]: await assertion() });
    expect(known.status).toBe(201);
    keys.fault = "none";
    expect(codeOf(await read({ [header]: await assertion({}, fresh) }))).toBe("token-invalid");
  });
});
