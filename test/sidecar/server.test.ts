/** The whole sidecar over real sockets: an app, a real upstream, a SQLite file, the operator's API. */
import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ApprovalView } from "../../src/contract/approval.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import type { HeldBody, SqlResult, TicketStatus } from "../../src/contract/wire.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { send, signIn, type Call, type Reply, type Tab } from "./client.ts";
import {
  api,
  apiPath,
  build,
  credential,
  postRefund,
  putLabel,
  readTicket,
  selectAgentsDigest,
  startUpstream,
  updateAgent,
  updateAgentDigest,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

const update = (values: unknown[]) => ({ digest: updateAgentDigest, values });
const select = (values: unknown[]) => ({ digest: selectAgentsDigest, values });

function scoreOf({ folder }: { readonly folder: string }): unknown {
  const db = new Database(join(folder, "agents.db"), { readonly: true });
  try {
    return db.prepare("SELECT score FROM agents WHERE id = 1").pluck().get();
  } finally {
    db.close();
  }
}

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

const states = async (tab: Tab, ...ids: string[]): Promise<TicketStatus[]> => {
  const query = ids.map((id) => `id=${id}`).join("&");
  return (await tab.send({ path: `/_govern/tickets?${query}` })).json() as TicketStatus[];
};

const awaitReady = async (tab: Tab, ticket: string): Promise<void> => {
  await expect.poll(async () => (await states(tab, ticket))[0]?.state).toBe("ready");
};

describe("a running sidecar", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;
  let sam: Tab;

  beforeAll(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    sidecar = await startSidecar({
      workspaceDir: desk.folder,
      host: "127.0.0.1",
      port: 0,
      operatorPort: 0,
      dev: true,
      storeWriter,
    });
    sam = await signIn(appAddress(), "sam");
  });
  afterAll(async () => {
    await sidecar?.close();
    await upstream?.stop();
    desk?.remove();
  });
  afterEach(async () => {
    upstream.reply = "echo";
    upstream.seen.length = 0;
    for (const { id } of await approvals("pending")) await decide(id, "deny");
  });

  const appAddress = () => ({ port: sidecar.port, host: "desk.localhost" });
  const operatorAddress = () => ({ port: sidecar.operatorPort, host: "govern.localhost" });
  const control = (call: Call): Promise<Reply> =>
    send({ socket: join(desk.folder, ".govern/control.sock") }, call);
  const approvals = async (state: string): Promise<ApprovalView[]> =>
    (await control({ path: `/api/approvals?state=${state}` })).json() as ApprovalView[];
  const trail = async (query = ""): Promise<AuditEntry[]> =>
    (await control({ path: `/api/audit?limit=1000&newest=true${query}` })).json() as AuditEntry[];
  const decide = (id: string, decision: string, as = "ana"): Promise<Reply> =>
    control({
      method: "POST",
      path: `/api/approvals/${id}/decision`,
      headers: { "govern-as": as, "content-type": "application/json" },
      body: JSON.stringify({ decision, reason: null }),
    });
  const refund = (amount: number, tab = sam): Promise<Reply> =>
    tab.post(`${apiPath}/v2/tickets/t-9/refunds`, { amount, note: "late" });
  const lastRefusal = async (): Promise<AuditEntry | undefined> =>
    (await trail("&type=refused"))[0];

  const label = (): Promise<Reply> =>
    sam.send({
      method: "PUT",
      path: `${apiPath}/v2/tickets/t2/label`,
      headers: { "content-type": "application/json" },
      body: '{"label":"vip"}',
    });
  const sql = (body: unknown, tab = sam): Promise<Reply> => tab.post("/_govern/sql/neon", body);
  const login = (headers: Record<string, string>, body: string): Promise<Reply> =>
    send(appAddress(), { method: "POST", path: "/_govern/login", headers, body });
  const refused = async (answer: Reply, status: number, code: string): Promise<void> => {
    expect(answer.headers["govern-error"]).toBe(code);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    const problem = answer.json() as Record<string, unknown>;
    expect(problem).toMatchObject({ code, status });
    expect((await lastRefusal())?.correlation).toBe(problem["correlation"]);
    expect(upstream.seen).toEqual([]);
  };

  it("runs a permitted read with the resource's credential and records it", async () => {
    const answer = await sam.send({
      path: `${apiPath}/v2/tickets/t%209?verbose=true`,
      headers: { authorization: "Bearer mine", "x-desk-view": "full", "x-other": "1" },
    });
    expect(answer.status).toBe(201);
    expect(upstream.seen).toHaveLength(1);
    const seen = upstream.seen[0];
    expect(seen).toMatchObject({ method: "GET", url: "/base/v2/tickets/t%209?verbose=true" });
    expect(seen?.headers.authorization).toBe(`Bearer ${credential}`);
    expect(seen?.headers["x-desk-view"]).toBe("full");
    expect(seen?.headers["x-other"]).toBeUndefined();
    expect(seen?.headers.cookie).toBeUndefined();
    const [entry] = await trail("&type=read");
    expect(entry).toMatchObject({
      app: "desk",
      build,
      operation: readTicket.id,
      actor: { subject: "sam", issuer: "dev" },
      arguments: { path: { ticketId: "t 9" }, query: { verbose: true }, body: null },
      outcome: { state: "executed", status: 201 },
      resource: "desk",
    });
  });

  it("gives a page no cookie, boundary header or redirect of an upstream", async () => {
    upstream.reply = "redirect";
    const answer = await sam.send({ path: `${apiPath}/v2/tickets/t1` });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.headers["govern-error"]).toBeUndefined();
    expect(answer.headers["x-request-id"]).toBe("r-17");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(upstream.seen).toHaveLength(1);
  });

  it("holds a write until a lead approves, and hands out the result once", async () => {
    const answer = await refund(12.5);
    expect(answer.status).toBe(202);
    const { ticket } = answer.json() as HeldBody;
    expect(answer.headers["govern-ticket"]).toBe(ticket);
    expect(upstream.seen).toEqual([]);
    expect(await states(sam, ticket)).toEqual([{ ticket, state: "waiting" }]);
    expect((await sam.send({ path: "/_govern/tickets" })).json()).toEqual([
      { ticket, state: "waiting" },
    ]);
    const [held] = await approvals("pending");
    expect(held).toMatchObject({
      id: ticket,
      operation: postRefund.id,
      arguments: { body: { amount: 12.5, note: "late" } },
      requester: { subject: "sam" },
    });

    expect((await decide(ticket, "approve", "sam")).json()).toMatchObject({ code: "own-request" });
    expect((await decide(ticket, "approve", "kim")).json()).toMatchObject({
      code: "not-an-approver",
    });
    expect((await decide(ticket, "approve", "nobody")).json()).toMatchObject({
      code: "no-principal",
    });
    expect(upstream.seen).toEqual([]);

    expect((await decide(ticket, "approve")).status).toBe(200);
    await awaitReady(sam, ticket);
    expect(upstream.seen).toMatchObject([
      {
        method: "POST",
        url: "/base/v2/tickets/t-9/refunds",
        body: '{"amount":12.5,"note":"late"}',
      },
    ]);
    const result = await sam.send({ path: `/_govern/tickets/${ticket}/result` });
    expect(result.status).toBe(201);
    expect(result.headers["govern-error"]).toBeUndefined();
    expect(result.json()).toMatchObject({ method: "POST" });
    const again = await sam.send({ path: `/_govern/tickets/${ticket}/result` });
    expect(again.headers["govern-error"]).toBe("outcome-unknown");
    expect(again.status).toBe(409);
    expect(await states(sam, ticket)).toEqual([{ ticket, state: "gone" }]);
    const types = (await trail(`&approval=${ticket}`)).map((entry) => entry.type);
    expect(types.filter((type) => type !== "decision")).toEqual(["outcome", "intent", "held"]);
  });

  it("tells a denial as 403, and repeats it to the identical call without a new approval", async () => {
    const { ticket } = (await refund(30)).json() as { ticket: string };
    await decide(ticket, "deny");
    const result = await sam.send({ path: `/_govern/tickets/${ticket}/result` });
    expect(result.status).toBe(403);
    expect(result.headers["govern-error"]).toBe("approval-denied");
    expect(result.json()).toMatchObject({ code: "approval-denied", status: 403 });
    const repeat = await refund(30);
    expect(repeat.status).toBe(403);
    expect(repeat.headers["govern-error"]).toBe("approval-denied");
    expect(await approvals("pending")).toEqual([]);
    expect(upstream.seen).toEqual([]);
  });

  it("runs a detached approval only when the same person repeats the identical call", async () => {
    const { ticket } = (await refund(41)).json() as { ticket: string };
    const gone = await sam.send({ method: "DELETE", path: `/_govern/tickets/${ticket}` });
    expect(gone.status).toBe(204);
    await decide(ticket, "approve");
    await new Promise((resume) => {
      setTimeout(resume, 100);
    });
    expect(upstream.seen).toEqual([]);
    expect((await refund(41, await signIn(appAddress(), "kim"))).status).toBe(202);
    const repeat = await refund(41);
    expect(repeat.status).toBe(201);
    expect(upstream.seen).toHaveLength(1);
    const third = await refund(41);
    expect(third.status).toBe(202);
  });

  it("never runs a held write whose ticket its page did not get", async () => {
    const body = '{"amount":47,"note":"late"}';
    const { port, host } = appAddress();
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.end(
      [
        `POST ${apiPath}/v2/tickets/t-9/refunds HTTP/1.1`,
        `host: ${host}:${port}`,
        `cookie: ${sam.cookie}`,
        "sec-fetch-site: same-origin",
        "content-type: application/json",
        `content-length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
    );
    await expect
      .poll(async () => (await approvals("pending")).map(({ detached }) => detached))
      .toEqual([true]);
    const [held] = await approvals("pending");
    await decide(held?.id ?? "", "approve");
    expect(upstream.seen).toEqual([]);
    expect((await refund(47)).status).toBe(201);
  });

  it("keeps a ticket from another session of the same person, and from another person", async () => {
    const { ticket } = (await refund(8)).json() as { ticket: string };
    await decide(ticket, "approve");
    await awaitReady(sam, ticket);
    for (const user of ["sam", "kim"]) {
      const other = await signIn(appAddress(), user);
      expect(await states(other, ticket)).toEqual([{ ticket, state: "gone" }]);
      const result = await other.send({ path: `/_govern/tickets/${ticket}/result` });
      expect(result.status).toBe(409);
      expect(result.json()).toMatchObject({ code: "outcome-unknown" });
      await other.send({ method: "DELETE", path: `/_govern/tickets/${ticket}` });
      expect((await other.send({ path: "/_govern/tickets" })).json()).toEqual([]);
    }
    expect((await sam.send({ path: `/_govern/tickets/${ticket}/result` })).status).toBe(201);
  });

  it("runs an exempted write at once, between intent and outcome", async () => {
    const answer = await sam.send({
      method: "PUT",
      path: `${apiPath}/v2/tickets/t2/label`,
      headers: { "content-type": "application/json" },
      body: '{"label":"vip"}',
    });
    expect(answer.status).toBe(201);
    const [outcome, intent] = await trail();
    expect([intent?.type, outcome?.type]).toEqual(["intent", "outcome"]);
    expect(intent?.operation).toBe(putLabel.id);
    expect(intent?.correlation).toBe(outcome?.correlation);
  });

  describe("when a resource fails", () => {
    it("replays an upstream's own status, also of a write", async () => {
      upstream.reply = "error";
      expect((await label()).status).toBe(503);
      expect((await trail())[0]?.outcome).toMatchObject({ state: "executed", status: 503 });
    });

    it("tells a write whose connection broke as of unknown outcome", async () => {
      upstream.reply = "reset";
      const answer = await label();
      expect(answer.status).toBe(409);
      expect(answer.headers["govern-error"]).toBe("outcome-unknown");
      expect((await trail())[0]?.outcome).toMatchObject({ state: "unknown" });
      expect(upstream.seen).toHaveLength(1);
    });

    it("tells a read whose connection broke as 502", async () => {
      upstream.reply = "reset";
      const answer = await sam.send({ path: `${apiPath}/v2/tickets/t1` });
      expect(answer.status).toBe(502);
      expect(answer.headers["govern-error"]).toBe("resource-failed");
    });
  });

  describe("SQL", () => {
    it("runs a registered statement by its digest, with typed columns", async () => {
      const answer = await sql({ digest: selectAgentsDigest, values: [3] });
      expect(answer.status).toBe(200);
      expect(answer.json() as SqlResult).toEqual({
        columns: [
          { name: "id", type: "INTEGER" },
          { name: "name", type: "TEXT" },
          { name: "score", type: "NUMERIC" },
        ],
        rows: [
          [1, "Rosa", 7],
          [2, "Iver", { $int: "9007199254740993" }],
        ],
        rowCount: 2,
        command: "SELECT",
      });
    });

    it("holds a registered write and runs it with its values", async () => {
      const { ticket } = (await sql({ digest: updateAgentDigest, values: [11, 1] })).json() as {
        ticket: string;
      };
      await decide(ticket, "approve");
      await awaitReady(sam, ticket);
      const result = await sam.send({ path: `/_govern/tickets/${ticket}/result` });
      expect(result.json()).toMatchObject({ rowCount: 1, command: "UPDATE" });
      const db = new Database(join(desk.folder, "agents.db"), { readonly: true });
      expect(db.prepare("SELECT score FROM agents WHERE id = 1").pluck().get()).toBe(11);
      db.close();
    });

    describe("a batch", () => {
      it("is held as one call, and runs as one transaction with a result of each", async () => {
        const batch = [update([12, 1]), update([13, 1]), select([3])];
        const held = await sql({ batch });
        expect(held.status).toBe(202);
        const { ticket } = held.json() as { ticket: string };
        const before = scoreOf(desk);
        await decide(ticket, "approve");
        await awaitReady(sam, ticket);
        const result = await sam.send({ path: `/_govern/tickets/${ticket}/result` });
        expect(result.json()).toMatchObject({
          results: [
            { command: "UPDATE", rowCount: 1 },
            { command: "UPDATE", rowCount: 1 },
            { command: "SELECT", rows: [[1, "Rosa", 13], expect.anything()] },
          ],
        });
        expect(before).not.toBe(13);
        expect(scoreOf(desk)).toBe(13);
      });

      it.each([
        ["other statements", [update([12, 1]), select([3])], "unregistered"],
        ["another order", [select([3]), update([1, 1]), update([1, 1])], "unregistered"],
        ["an unknown text", [{ digest: "0".repeat(64), values: [] }], "unregistered"],
        ["a missing value", [update([12]), update([1, 1]), select([3])], "invalid-arguments"],
        ["none", [], "invalid-arguments"],
        ["no list", "x", "invalid-arguments"],
      ])("of %s is refused", async (_name, batch, code) => {
        const answer = await sql({ batch });
        expect(answer.headers["govern-error"]).toBe(code);
      });

      it("is not mixed with a statement", async () => {
        const answer = await sql({ ...select([3]), batch: [select([3])] });
        expect(answer.headers["govern-error"]).toBe("invalid-arguments");
      });
    });

    it.each([
      ["an unknown digest", { digest: "0".repeat(64), values: [] }, "unregistered"],
      ["an unknown operation", { operation: "__proto__", values: [] }, "unregistered"],
      ["a case variant", { operation: updateAgent.id.toUpperCase(), values: [] }, "unregistered"],
      ["too few values", { digest: selectAgentsDigest, values: [] }, "invalid-arguments"],
      ["too many values", { digest: selectAgentsDigest, values: [1, 2] }, "invalid-arguments"],
      ["an object value", { digest: selectAgentsDigest, values: [{ a: 1 }] }, "invalid-arguments"],
      ["both names", { digest: "a", operation: "b", values: [] }, "invalid-arguments"],
      ["a text", { sql: "SELECT 1", values: [] }, "invalid-arguments"],
    ])("refuses %s", async (_name, body, code) => {
      const answer = await sql(body);
      expect(answer.headers["govern-error"]).toBe(code);
      expect((await lastRefusal())?.decision).toMatchObject({ refused: code });
    });
  });

  describe("refusals", () => {
    it("refuses an unregistered call and records its path, not its body", async () => {
      const answer = await sam.post(`${apiPath}/v2/tickets/t1/destroy?why=secret`, { a: "secret" });
      await refused(answer, 403, "unregistered");
      const entry = await lastRefusal();
      expect(JSON.stringify(entry)).toContain("/v2/tickets/t1/destroy");
      expect(JSON.stringify(entry)).not.toContain("secret");
    });

    it.each([
      ["a dot segment", `${apiPath}/v2/tickets/%2e%2e`],
      ["a doubly encoded dot segment", `${apiPath}/v2/tickets/%252e%252e`],
      ["a path parameter before it", `${apiPath}/v2/tickets/..;x`],
      ["a full-width dot segment", `${apiPath}/v2/tickets/%EF%BC%8E%EF%BC%8E`],
      ["an encoded slash", `${apiPath}/v2/tickets/a%2Fb`],
      ["an empty segment", `${apiPath}/v2//tickets/t1`],
      ["a null", `${apiPath}/v2/tickets/%00`],
      ["a bad escape", `${apiPath}/v2/tickets/%zz`],
      ["another case", `${apiPath}/V2/tickets/t1`],
      ["a trailing slash", `${apiPath}/v2/tickets/t1/`],
      ["another origin", "/_govern/http/00000000/v2/tickets/t1"],
      ["a path of the boundary that it has not", "/_govern/anything"],
      ["a file that is not there", "/assets/none.js"],
    ])("refuses %s as unregistered", async (_name, path) => {
      await refused(await sam.send({ path }), 403, "unregistered");
    });

    it.each([
      ["an unknown query key", `${apiPath}/v2/tickets/t1?other=1`],
      ["a repeated query key", `${apiPath}/v2/tickets/t1?verbose=true&verbose=true`],
      ["a query value of another type", `${apiPath}/v2/tickets/t1?verbose=yes`],
    ])("refuses %s", async (_name, path) => {
      await refused(await sam.send({ path }), 400, "invalid-arguments");
    });

    it.each([
      ["an extra field", '{"amount":1,"note":"a","x":1}'],
      ["a field of another type", '{"amount":"1","note":"a"}'],
      ["a repeated key", '{"amount":1,"amount":2}'],
      ["__proto__", '{"__proto__":{"amount":1}}'],
      ["a number out of range", '{"amount":1e400}'],
      ["depth", `{"amount":${"[".repeat(1000)}${"]".repeat(1000)}}`],
      ["a list for an object", "[1]"],
      ["no JSON", "amount=1"],
    ])("refuses a body with %s", async (_name, body) => {
      const headers = { "content-type": "application/json" };
      const path = `${apiPath}/v2/tickets/t1/refunds`;
      await refused(
        await sam.send({ method: "POST", path, headers, body }),
        400,
        "invalid-arguments",
      );
    });

    it("refuses a body that is too large", async () => {
      const answer = await sam.post(`${apiPath}/v2/tickets/t1/refunds`, {
        note: "x".repeat(2 ** 20),
      });
      await refused(answer, 413, "too-large");
    });

    it("refuses a caller without a session, with a foreign and with a repeated cookie", async () => {
      const path = `${apiPath}/v2/tickets/t1`;
      const headers = { "sec-fetch-site": "same-origin" };
      const operator = await signIn(operatorAddress(), "ana");
      const value = operator.cookie.split("=").slice(1).join("=");
      for (const cookie of [
        "",
        operator.cookie,
        `__Host-govern-app=${value}`,
        `${sam.cookie}; ${sam.cookie}`,
      ]) {
        const answer = await send(appAddress(), { path, headers: { ...headers, cookie } });
        await refused(answer, 401, "unauthenticated");
      }
    });

    it("refuses a session that was ended", async () => {
      const kim = await signIn(appAddress(), "kim");
      expect((await kim.send({ path: "/_govern/me" })).json()).toMatchObject({ subject: "kim" });
      await kim.send({ method: "POST", path: "/_govern/logout" });
      await refused(await kim.send({ path: `${apiPath}/v2/tickets/t1` }), 401, "unauthenticated");
    });

    it.each([
      ["another site", { "sec-fetch-site": "cross-site" }],
      ["a sibling", { "sec-fetch-site": "same-site", origin: "http://other.localhost" }],
      ["another origin", { origin: "http://evil.example" }],
      ["nobody", {}],
    ])("refuses a write that comes from %s", async (_name, headers) => {
      const answer = await send(appAddress(), {
        method: "POST",
        path: `${apiPath}/v2/tickets/t1/refunds`,
        headers: { cookie: sam.cookie, "content-type": "application/json", ...headers },
        body: '{"amount":1,"note":"a"}',
      });
      await refused(answer, 403, "cross-origin");
    });

    it("refuses whom no permission names", async () => {
      const lou = await signIn(appAddress(), "lou");
      await refused(await lou.send({ path: `${apiPath}/v2/tickets/t1` }), 403, "denied");
    });

    it("refuses a held write of a caller that cannot wait, without an approval", async () => {
      const path = `${apiPath}/v2/tickets/t1/refunds`;
      const answer = await sam.post(path, { amount: 2, note: "a" }, { "govern-sync": "1" });
      await refused(answer, 409, "held-sync");
      expect(await approvals("pending")).toEqual([]);
    });

    it("tells a page of another build that it is stale only where the operation is gone", async () => {
      const headers = { "govern-build": "c".repeat(64) };
      expect((await sam.send({ path: `${apiPath}/v2/tickets/t1`, headers })).status).toBe(201);
      upstream.seen.length = 0;
      const answer = await sam.send({ path: `${apiPath}/v2/gone/t1`, headers });
      await refused(answer, 409, "stale-build");
    });

    it("refuses service workers, scripts and protocol switches", async () => {
      const headers = { "service-worker": "script" };
      await refused(await sam.send({ path: "/assets/app.js", headers }), 403, "unregistered");
      const script = { "sec-fetch-dest": "script" };
      await refused(
        await sam.send({ path: `${apiPath}/v2/tickets/t1`, headers: script }),
        403,
        "unregistered",
      );
      const socket = connect(sidecar.port, "127.0.0.1");
      socket.write(
        `GET /live HTTP/1.1\r\nhost: desk.localhost:${sidecar.port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      );
      let text = "";
      for await (const chunk of socket) text += String(chunk);
      expect(text).toMatch(/^HTTP\/1\.1 403 /);
      expect((await lastRefusal())?.outcome).toMatchObject({ request: { path: "/live" } });
    });

    it("answers no unknown host", async () => {
      const evil = { port: sidecar.port, host: "evil.example" };
      const answer = await send(evil, { path: "/" });
      expect(answer.status).toBe(421);
      expect(answer.headers["govern-error"]).toBe("unknown-host");
      const other = { port: sidecar.operatorPort, host: "desk.localhost" };
      expect((await send(other, { path: "/" })).status).toBe(421);
    });
  });

  describe("the app's files", () => {
    const document = { "sec-fetch-dest": "document", "sec-fetch-site": "none" };

    it("sends a document without a session to the sign-in page, and back", async () => {
      const answer = await send(appAddress(), { path: "/orders?a=1", headers: document });
      expect(answer.status).toBe(303);
      expect(answer.headers.location).toBe("/_govern/login?return=%2Forders%3Fa%3D1");
      const page = await send(appAddress(), { path: answer.headers.location ?? "" });
      expect(page.text).toContain('value="/orders?a=1"');
      expect(page.text).toContain(">sam<");
    });

    it("serves pages and scripts under the page's policy", async () => {
      const page = await sam.send({ path: "/", headers: document });
      expect(page.status).toBe(200);
      const csp = page.headers["content-security-policy"] ?? "";
      expect(csp).toContain("default-src 'none'");
      expect(csp).toMatch(/script-src 'self' 'sha256-[\w+/=]+';/);
      expect(csp).toContain("connect-src 'self' blob: data:");
      expect(csp).toContain("frame-ancestors 'none'");
      expect(csp).not.toContain("unsafe-eval");
      const script = await sam.send({ path: "/assets/app.js" });
      expect(script.headers["content-security-policy"]).toBe(csp);
      expect(script.headers["x-content-type-options"]).toBe("nosniff");
      expect(script.headers["x-dns-prefetch-control"]).toBe("off");
      expect(script.headers["cross-origin-opener-policy"]).toBe("same-origin");
    });

    it("falls back to the entry page for documents only", async () => {
      const page = await sam.send({ path: "/orders/17", headers: document });
      expect(page.text).toContain('<div id="root">');
      expect((await sam.send({ path: "/orders/17" })).status).toBe(403);
    });

    it("serves no file without a session", async () => {
      expect((await send(appAddress(), { path: "/assets/app.js" })).status).toBe(401);
    });
  });

  describe("the sign-in", () => {
    it.each(["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"])(
      "leads nowhere but here: %j",
      async (asked) => {
        const answer = await send(appAddress(), {
          method: "POST",
          path: "/_govern/login",
          headers: { "sec-fetch-site": "same-origin" },
          body: `user=sam&return=${encodeURIComponent(asked)}`,
        });
        expect(answer.headers.location).toBe("/");
      },
    );

    it("sets a host-only cookie, and refuses another origin and an unknown user", async () => {
      const good = await login({ "sec-fetch-site": "same-origin" }, "user=sam");
      expect(good.headers["set-cookie"]?.[0]).toMatch(
        /^__Host-govern-app=[^;]+; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax$/,
      );
      expect((await login({ "sec-fetch-site": "cross-site" }, "user=sam")).status).toBe(403);
      expect((await login({}, "user=sam")).status).toBe(403);
      expect((await login({ "sec-fetch-site": "same-origin" }, "user=__proto__")).status).toBe(401);
    });
  });

  it("lists people's own requests, the same for all their tabs, and nobody else's", async () => {
    await sam.post(`${apiPath}/v2/tickets/t9/refunds`, { amount: 1, note: "<i>\u202e" });
    const again = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
    const [one, other] = [
      await sam.send({ path: "/_govern/requests" }),
      await again.send({ path: "/_govern/requests" }),
    ];
    expect(one.text).toContain("Create refund of ticket t9");
    expect(one.text).toContain("waits for approval");
    expect(other.text).toBe(one.text);
    expect(one.headers["content-security-policy"]).toContain("default-src 'none'");
    const kim = await signIn({ port: sidecar.port, host: "desk.localhost" }, "kim");
    expect((await kim.send({ path: "/_govern/requests" })).text).not.toContain("t9");
    const cross = await sam.send({
      path: "/_govern/requests",
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(cross.status).toBe(403);
  });

  describe("the operator origin", () => {
    it("takes decisions from its own session and pages only", async () => {
      const { ticket } = (await refund(77)).json() as { ticket: string };
      const path = `/api/approvals/${ticket}/decision`;
      const body = JSON.stringify({ decision: "approve" });
      const json = { "content-type": "application/json" };
      const own = { ...json, origin: `http://govern.localhost:${sidecar.operatorPort}` };
      const foreign = await send(operatorAddress(), {
        method: "POST",
        path,
        headers: { ...own, cookie: sam.cookie },
        body,
      });
      expect(foreign.status).toBe(401);
      const ana = await signIn(operatorAddress(), "ana");
      const cross = { ...json, cookie: ana.cookie, origin: sidecar.url("desk") };
      expect(
        (await send(operatorAddress(), { method: "POST", path, headers: cross, body })).status,
      ).toBe(403);
      const plain = await ana.send({
        method: "POST",
        path,
        headers: { "content-type": "text/plain" },
        body,
      });
      expect(plain.status).toBe(400);
      expect(upstream.seen).toEqual([]);
      expect((await ana.post(path, { decision: "approve" })).status).toBe(200);
      await awaitReady(sam, ticket);
    });

    it("shows others' requests and the trail to approvers only", async () => {
      await refund(78);
      const ana = await signIn(operatorAddress(), "ana");
      expect(
        (await ana.send({ path: "/api/approvals?state=pending" })).json() as unknown[],
      ).toHaveLength(1);
      expect((await ana.send({ path: "/api/audit" })).status).toBe(200);
      const kim = await signIn(operatorAddress(), "kim");
      expect((await kim.send({ path: "/api/approvals?state=pending" })).json()).toEqual([]);
      expect((await kim.send({ path: "/api/audit" })).status).toBe(403);
    });

    it("tells its health and what it serves", async () => {
      expect((await send(operatorAddress(), { path: "/readyz" })).status).toBe(200);
      const status = await control({ path: "/api/status" });
      expect(status.json()).toMatchObject({
        dev: true,
        apps: [{ name: "desk", url: sidecar.url("desk") }],
      });
    });
  });

  it("lets the socket's owner read, and decide nothing as nobody", async () => {
    const { ticket } = (await refund(79)).json() as { ticket: string };
    expect(statSync(join(desk.folder, ".govern/control.sock")).mode & 0o777).toBe(0o600);
    const answer = await control({
      method: "POST",
      path: `/api/approvals/${ticket}/decision`,
      headers: { "content-type": "application/json" },
      body: '{"decision":"approve"}',
    });
    expect(answer.json()).toMatchObject({ code: "no-principal" });
  });

  it("keeps a trail that verifies and holds no credential", async () => {
    const verdict = await control({ path: "/api/audit/verify" });
    expect(verdict.json()).toMatchObject({ ok: true });
    expect(JSON.stringify(await trail())).not.toContain(credential);
    expect(readFileSync(join(desk.folder, ".govern/store.db")).includes(credential)).toBe(false);
    const types = new Set((await trail()).map((entry) => entry.type));
    for (const type of ["start", "config", "login", "held", "decision"])
      expect(types).toContain(type);
    expect(api).toBe("https://api.desk.example");
  });
});

const start = (folder: string, more = {}): Promise<RunningSidecar> =>
  startSidecar({
    workspaceDir: folder,
    host: "127.0.0.1",
    port: 0,
    operatorPort: 0,
    dev: true,
    storeWriter,
    ...more,
  });

const change =
  (from: string, to: string) =>
  (text: string): string => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };

describe("a sidecar that cannot start", () => {
  it.each([
    ["a secret without a value", change("DESK_TOKEN", "NO_SUCH_SECRET"), {}, "secret-missing"],
    [
      "a kind without a connector",
      change('kind: sqlite, url: "sqlite:./agents.db"', 'kind: mysql, url: "mysql://x"'),
      {},
      "workspace-invalid",
    ],
    ["a missing database", change("./agents.db", "./none.db"), {}, "store-failed"],
    [
      "a resource that acts as the caller",
      change("auth: service", "auth: passthrough"),
      {},
      "workspace-invalid",
    ],
    [
      "a rule about nothing",
      change("desk/put-tickets-label-7a8b9c", "desk/put-tickets-label-000000"),
      {},
      "workspace-invalid",
    ],
    [
      "no users",
      change("{ sam: [dev], ana: [leads], kim: [dev], lou: [] }", "{}"),
      {},
      "identity-missing",
    ],
    ["neither oidc nor --dev", (text: string) => text, { dev: false }, "identity-missing"],
    ["--dev on another address", (text: string) => text, { host: "0.0.0.0" }, "usage"],
  ])("says why: %s", async (_name, edit, more, code) => {
    const desk = writeDesk(9, edit);
    try {
      await expect(start(desk.folder, more)).rejects.toMatchObject({ code });
    } finally {
      desk.remove();
    }
  });

  it("says why: the port is taken, or another sidecar runs here", async () => {
    const desk = writeDesk(9);
    const other = writeDesk(9);
    const first = await start(desk.folder);
    try {
      await expect(start(other.folder, { port: first.port })).rejects.toMatchObject({
        code: "port-in-use",
      });
      await expect(start(desk.folder)).rejects.toMatchObject({ code: "sidecar-running" });
    } finally {
      await first.close();
      desk.remove();
      other.remove();
    }
  });

  it("warns of writes that nobody can release", async () => {
    const desk = writeDesk(
      9,
      change("match: { access: write }", `match: { operation: desk/${postRefund.id} }`),
    );
    const sidecar = await start(desk.folder);
    try {
      expect(sidecar.warnings).toHaveLength(1);
      expect(sidecar.warnings[0]).toContain(updateAgent.id);
    } finally {
      await sidecar.close();
      desk.remove();
    }
  });

  it("warns of operations that no resource is mapped for", async () => {
    const desk = writeDesk(9, change(", sql: agents }", " }"));
    const sidecar = await start(desk.folder);
    try {
      expect(sidecar.warnings).toEqual([
        `desk: 3 operations are refused, for apps.desk.resources maps them to no resource: select-agents-aa11bb, ${updateAgent.id}, batch-neon-ee33ff`,
      ]);
    } finally {
      await sidecar.close();
      desk.remove();
    }
  });
});
