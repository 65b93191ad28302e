/** How a resource learns who is calling: the app user's own credentials, or an assertion of the sidecar's. */
import { readFileSync, statSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../src/contract/audit-entry.ts";
import type { ApprovalView } from "../../../src/contract/approval.ts";
import type { HeldBody } from "../../../src/contract/wire.ts";
import { passthroughIdentity } from "../../../src/sidecar/connectors/http/passthrough.ts";
import type { ConnectorCall } from "../../../src/sidecar/connectors/connector.ts";
import { startSidecar, type RunningSidecar } from "../../../src/sidecar/main.ts";
import { storeWriter } from "../../identity-provider/governed-desk.ts";
import { send, signIn, type Call, type Reply, type Tab } from "../client.ts";
import {
  apiPath,
  credential,
  readTicket,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../desk-workspace.ts";

const canary = "user-token-canary-8e21";

describe.each(["passthrough", "asserted"] as const)("a resource with auth: %s", (auth) => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let sam: Tab;

  const start = (): Promise<RunningSidecar> =>
    startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
    });
  const control = (call: Call): Promise<Reply> =>
    send({ socket: join(desk.folder, ".govern/control.sock") }, call);

  beforeAll(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port, (yaml) =>
      yaml.replace(/auth: service, headers: \{.*?\} \}/, `auth: ${auth} }`),
    );
    sidecar = await start();
    sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
  });
  afterAll(async () => {
    await sidecar?.close();
    await upstream?.stop();
    desk?.remove();
  });
  afterEach(() => {
    upstream.seen.length = 0;
  });

  const own = () => ({ authorization: `Bearer ${canary}`, cookie: `${sam.cookie}; app=${canary}` });
  const read = (headers: Record<string, string> = own()): Promise<Reply> =>
    sam.send({ path: `${apiPath}/v2/tickets/t-1`, headers });
  const approveAll = async (): Promise<void> => {
    const listed = await control({ path: "/api/approvals?state=pending" });
    for (const { id } of listed.json() as ApprovalView[]) {
      await control({
        method: "POST",
        path: `/api/approvals/${id}/decision`,
        headers: { "govern-as": "ana", "content-type": "application/json" },
        body: JSON.stringify({ decision: "approve", reason: null }),
      });
    }
  };
  const runHeld = async (): Promise<HeldBody> => {
    const held = await sam.send({
      method: "POST",
      path: `${apiPath}/v2/tickets/t-1/refunds`,
      headers: { ...own(), "content-type": "application/json" },
      body: JSON.stringify({ amount: 5, note: "late" }),
    });
    expect(held.status, held.text).toBe(202);
    return held.json() as HeldBody;
  };
  const lastSeen = async () => {
    await expect.poll(() => upstream.seen.length).toBe(1);
    return upstream.seen[0]?.headers ?? {};
  };
  /** Everything that is kept on disk. */
  const files = (): string =>
    readdirSync(join(desk.folder, ".govern"))
      .filter((name) => statSync(join(desk.folder, ".govern", name)).isFile())
      .map((name) => readFileSync(join(desk.folder, ".govern", name), "latin1"))
      .join("\n");

  if (auth === "passthrough") {
    it("gets the app user's own credentials, and none of the boundary's", async () => {
      expect((await read()).status).toBe(201);
      const seen = await lastSeen();
      expect(seen.authorization).toBe(`Bearer ${canary}`);
      expect(seen.cookie).toBe(`app=${canary}`);
      expect(JSON.stringify(seen)).not.toContain(credential);
    });

    it("gets back the cookies that it set for this session, which no page sees", async () => {
      const answer = await read({});
      expect(answer.headers["set-cookie"]).toBeUndefined();
      upstream.seen.length = 0;
      await read({});
      expect((await lastSeen()).cookie).toBe("upstream=1");
      upstream.seen.length = 0;
      const kim = await signIn({ port: sidecar.port, host: "desk.localhost" }, "kim");
      await kim.send({ path: `${apiPath}/v2/tickets/t-1` });
      expect((await lastSeen()).cookie).toBeUndefined();
    });

    it("gets them with a held write after a restart too, and they stand in no file and no entry", async () => {
      await runHeld();
      await sidecar.close();
      expect(files()).not.toContain(canary);
      sidecar = await start();
      await approveAll();
      const seen = await lastSeen();
      expect(seen.authorization).toBe(`Bearer ${canary}`);
      expect(seen.cookie).toContain(`app=${canary}`);
      const trail = (await control({ path: "/api/audit?limit=1000" })).text;
      expect(trail).not.toContain(canary);
      expect((await control({ path: "/api/approvals" })).text).not.toContain(canary);
    });
  } else {
    const keys = async (): Promise<ReturnType<typeof createLocalJWKSet>> => {
      const operator = { port: sidecar.operatorPort, host: "govern.localhost" };
      const published = await send(operator, { path: "/.well-known/jwks.json" });
      expect(published.text).not.toContain('"d"');
      return createLocalJWKSet(published.json() as JSONWebKeySet);
    };
    const asserted = async (authorization: string | undefined) =>
      jwtVerify((authorization ?? "").replace("Bearer ", ""), await keys(), {
        issuer: sidecar.operatorUrl,
        audience: `http://127.0.0.1:${upstream.port}`,
        algorithms: ["ES256"],
        maxTokenAge: 60,
      });

    it("gets who is calling, signed for it alone and for a minute", async () => {
      expect((await read()).status).toBe(201);
      const seen = await lastSeen();
      const { payload } = await asserted(seen.authorization);
      expect(payload).toMatchObject({
        sub: "sam",
        idp: "dev",
        groups: ["dev"],
        app: "desk",
        operation: readTicket.id,
      });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
      expect(seen.cookie).toBeUndefined();
      expect(JSON.stringify(seen)).not.toContain(canary);
    });

    it("is told the requester of a held write, not the approver, and afresh", async () => {
      await runHeld();
      await approveAll();
      const { payload } = await asserted((await lastSeen()).authorization);
      expect(payload.sub).toBe("sam");
      const entries = (await control({ path: "/api/audit?limit=1000" })).json() as AuditEntry[];
      expect(JSON.stringify(entries)).not.toContain(String(payload.jti));
    });

    it("keeps its key for its owner alone, and through a restart", async () => {
      const file = join(desk.folder, ".govern/assertion.key");
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await read();
      const before = (await lastSeen()).authorization;
      await sidecar.close();
      sidecar = await start();
      const issuer = { port: sidecar.operatorPort, host: "govern.localhost" };
      const published = (await send(issuer, { path: "/.well-known/jwks.json" })).json();
      const token = (before ?? "").replace("Bearer ", "");
      await expect(
        jwtVerify(token, createLocalJWKSet(published as JSONWebKeySet)),
      ).resolves.toBeDefined();
    });
  }
});

const callOf = (session: string): ConnectorCall =>
  ({
    caller: {
      subject: "sam",
      issuer: "dev",
      groups: [],
      session,
      app: "desk",
      credentials: { authorization: null, cookie: "a=page; theme=dark" },
    },
  }) as unknown as ConnectorCall;

describe("cookies of an upstream", () => {
  it("follow path, lifetime and host, and stand over the page's own", async () => {
    let clock = Date.UTC(2026, 5, 1);
    const identity = passthroughIdentity(new URL("https://api.desk.example/base"), () => clock);
    identity.keep?.(callOf("one"), "/base/login", [
      "a=1; Path=/; HttpOnly",
      "b=2; Path=/base/admin",
      "c=3; Max-Age=60",
      "d=4; Domain=evil.example",
      "e=5; Domain=desk.example; Path=/",
      "f=6; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      `g=${"x".repeat(5000)}; Path=/`,
    ]);
    const sent = async (path: string, session = "one"): Promise<string> =>
      (await identity.headersFor(callOf(session), path))?.["cookie"] ?? "";
    expect(await sent("/base/orders?x=1")).toBe("theme=dark; a=1; c=3; e=5");
    expect(await sent("/base/admin/users")).toContain("b=2");
    expect(await sent("/base/administrators")).not.toContain("b=2");
    expect(await sent("/other")).not.toContain("c=3");
    expect(await sent("/base/orders", "two")).toBe("a=page; theme=dark");
    clock += 60_000;
    expect(await sent("/base/orders")).toBe("theme=dark; a=1; e=5");
    identity.keep?.(callOf("one"), "/base/logout", ["a=; Path=/; Max-Age=0"]);
    expect(await sent("/base/orders")).toBe("a=page; theme=dark; e=5");
  });
});
