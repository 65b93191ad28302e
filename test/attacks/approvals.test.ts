/** The catalogue's rows on approvals, A1 to A15, tried against a running sidecar. Ids are those of the threat model. */
import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApprovalDetail, ApprovalView } from "../../src/contract/approval.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { classifyStatement } from "../../src/statements/classify.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/start-sidecar.ts";
import { send, signIn, type Reply, type Tab } from "../sidecar/client.ts";
import {
  apiPath,
  startUpstream,
  updateAgentDigest,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "../sidecar/desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

/** Sam asks and is a lead too: nobody is an administrator here. */
const rules = (text: string): string =>
  text
    .replace(
      "{ sam: [dev], ana: [leads], kim: [dev], lou: [] }",
      "{ sam: [dev, leads], ana: [leads], lee: [leads], kim: [dev], lou: [] }",
    )
    .replace("identity:\n", "server: { pendingPerPerson: 4 }\nidentity:\n")
    .concat(
      'breakGlass:\n  - { people: [sam, lou], release: ["desk/*"], window: 15m, reviewers: [leads] }\n',
    );

let upstream: Upstream;
let desk: DeskWorkspace;
let sidecar: RunningSidecar;
let sam: Tab;
let ana: Tab;

async function openDesk(): Promise<void> {
  sidecar = await startSidecar({
    workspaceDir: desk.folder,
    host: "127.0.0.1",
    port: 0,
    operatorPort: 0,
    dev: true,
    storeWriter,
  });
  sam = await asUser("sam");
  ana = await asOperator("ana");
}

beforeAll(async () => {
  upstream = await startUpstream();
  desk = writeDesk(upstream.port, rules);
  await openDesk();
});
afterAll(async () => {
  await sidecar?.close();
  await upstream?.stop();
  desk?.remove();
});
beforeEach(async () => {
  for (const { id } of await approvals("state=pending")) await decide(ana, id, "deny");
  upstream.seen.length = 0;
});

const asUser = (name: string): Promise<Tab> =>
  signIn({ port: sidecar.port, host: "desk.localhost" }, name);
const asOperator = (name: string): Promise<Tab> =>
  signIn({ port: sidecar.operatorPort, host: "govern.localhost" }, name);
const approvals = async (query: string): Promise<ApprovalView[]> =>
  (await ana.send({ path: `/api/approvals?${query}` })).json() as ApprovalView[];
const show = async (id: string): Promise<ApprovalDetail> =>
  (await ana.send({ path: `/api/approvals/${id}` })).json() as ApprovalDetail;
const trail = async (query: string): Promise<AuditEntry[]> =>
  (await ana.send({ path: `/api/audit?${query}` })).json() as AuditEntry[];
const decide = (tab: Tab, id: string, decision: "approve" | "deny", more = {}): Promise<Reply> =>
  tab.post(`/api/approvals/${id}/decision`, { decision, ...more });
const codeOf = (reply: Reply): string => (reply.json() as { code?: string }).code ?? "";

let amount = 100;
/** A refund that nobody asked for before. */
async function refund(tab: Tab = sam, more: Record<string, unknown> = {}): Promise<string> {
  amount += 1;
  const held = await tab.post(`${apiPath}/v2/tickets/7/refunds`, { amount, ...more });
  expect(held.status).toBe(202);
  return (held.json() as { ticket: string }).ticket;
}

/** Refused with a code, recorded with it, and the approval as it was. */
async function refuses(id: string, code: string, attempt: () => Promise<Reply>): Promise<void> {
  const before = await show(id);
  expect(codeOf(await attempt())).toBe(code);
  expect(await show(id)).toEqual({ ...before, like: expect.anything() as unknown });
  const refused = (await trail(`approval=${id}`)).map(({ decision }) => decision);
  expect(refused).toContainEqual(expect.objectContaining({ result: "refused", code }));
}

describe("A1 nobody decides their own request", () => {
  it("A1 as an approver, under whatever session, or by breaking the glass", async () => {
    const id = await refund();
    const own = await asOperator("sam");
    const again = await asOperator("sam");
    await refuses(id, "own-request", () => decide(own, id, "approve"));
    await refuses(id, "own-request", () => decide(again, id, "deny"));
    await refuses(id, "own-request", () =>
      own.post(`/api/approvals/${id}/break-glass`, { reason: "urgent" }),
    );
    expect(upstream.seen).toEqual([]);
  });

  it("A1 over the control socket in their own name", async () => {
    const id = await refund();
    const socket = join(desk.folder, ".govern/control.sock");
    const headers = { "content-type": "application/json", "govern-as": "sam" };
    const body = JSON.stringify({ decision: "approve" });
    await refuses(id, "own-request", () =>
      send({ socket }, { method: "POST", path: `/api/approvals/${id}/decision`, headers, body }),
    );
  });
});

it("A2 what runs is what was shown: arguments have no second version, and another digest is refused", async () => {
  const id = await refund(sam, { note: "as shown" });
  const { argumentsDigest } = await show(id);
  await refuses(id, "digest-mismatch", () =>
    decide(ana, id, "approve", { digest: "0".repeat(64) }),
  );
  // The same ticket with other arguments is another call.
  const other = await refund(sam, { note: "as shown, and more" });
  expect(other).not.toBe(id);
  expect((await decide(ana, id, "approve", { digest: argumentsDigest })).status).toBe(200);
  await expect.poll(() => upstream.seen.length).toBe(1);
  expect(JSON.parse(upstream.seen[0]?.body ?? "")).toEqual({
    amount: amount - 1,
    note: "as shown",
  });
});

it("A2 a held call that was changed in the store's file does not run", async () => {
  const [id, other] = [await refund(sam, { note: "mine" }), await refund(sam, { note: "theirs" })];
  await sidecar.close();
  const file = new Database(join(desk.folder, ".govern/store.db"));
  file.exec(
    `UPDATE approvals SET call = (SELECT call FROM approvals WHERE id = '${other}') WHERE id = '${id}'`,
  );
  file.close();
  await openDesk();
  expect((await decide(ana, id, "approve")).status).toBe(500);
  expect(upstream.seen).toEqual([]);
  await sidecar.close();
  const mended = new Database(join(desk.folder, ".govern/store.db"));
  mended.exec(`DELETE FROM approvals WHERE id = '${id}'`);
  mended.close();
  await openDesk();
});

it("A3 rules that ask for more before the call runs make its approval stale", async () => {
  // It runs only when its page repeats it, which leaves time for another version.
  const id = await refund(sam, { note: "to another place" });
  await sam.send({ method: "DELETE", path: `/_govern/tickets/${id}` });
  await decide(ana, id, "approve");
  const file = join(desk.folder, "govern.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("quorum: 1", "quorum: 2"));
  expect(await sidecar.reload()).toBe("taken");
  const repeated = await sam.post(`${apiPath}/v2/tickets/7/refunds`, {
    amount,
    note: "to another place",
  });
  expect(codeOf(repeated)).toBe("approval-stale");
  expect((await show(id)).state).toBe("stale");
  expect(upstream.seen).toEqual([]);
  writeFileSync(file, text);
  expect(await sidecar.reload()).toBe("taken");
});

it("A4 two who approve at once run it once", async () => {
  const id = await refund();
  const lee = await asOperator("lee");
  const replies = await Promise.all([decide(ana, id, "approve"), decide(lee, id, "approve")]);
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]));
  await expect.poll(async () => (await show(id)).state).toBe("executed");
  expect(upstream.seen).toHaveLength(1);
});

it.each(["deny", "cancel"])("A5 nothing is approved after a %s", async (end) => {
  const id = await refund();
  await (end === "deny"
    ? decide(ana, id, "deny")
    : ana.post(`/api/approvals/${id}/cancel`, { reason: null }));
  await refuses(id, "approval-decided", () => decide(ana, id, "approve"));
  const lou = await asOperator("lou");
  await refuses(id, "approval-decided", () =>
    lou.post(`/api/approvals/${id}/break-glass`, { reason: "urgent" }),
  );
  expect(upstream.seen).toEqual([]);
});

it("A6 an approver who lost the role before the call runs counts no more", async () => {
  const id = await refund(sam, { note: "by somebody who leaves" });
  await sam.send({ method: "DELETE", path: `/_govern/tickets/${id}` });
  const { status } = await decide(ana, id, "approve");
  expect(status).toBe(200);
  const file = join(desk.folder, "govern.yaml");
  const text = readFileSync(file, "utf8");
  // The rule names another group: those who voted are in none that counts.
  writeFileSync(file, text.replace("{ all: [leads] }", "{ all: [dev] }"));
  expect(await sidecar.reload()).toBe("taken");
  await sam.post(`${apiPath}/v2/tickets/7/refunds`, { amount, note: "by somebody who leaves" });
  expect((await trail(`approval=${id}`)).at(-1)?.decision).toMatchObject({ result: "stale" });
  expect(upstream.seen).toEqual([]);
  writeFileSync(file, text);
  expect(await sidecar.reload()).toBe("taken");
});

it("A7 an approval that was executed never runs again", async () => {
  const id = await refund();
  await decide(ana, id, "approve");
  await expect.poll(async () => (await show(id)).state).toBe("executed");
  await refuses(id, "approval-decided", () => decide(ana, id, "approve"));
  await refuses(id, "approval-decided", () =>
    ana.post(`/api/approvals/${id}/cancel`, { reason: null }),
  );
  await refuses(id, "outcome-known", () =>
    ana.post(`/api/approvals/${id}/resolve`, { ran: false, note: "again, please" }),
  );
  expect(upstream.seen).toHaveLength(1);
});

describe("A8 a decision is a person's own", () => {
  it("A8 who decides is said by the session, never by the body or a header", async () => {
    const id = await refund();
    const forged = await ana.post(`/api/approvals/${id}/decision`, {
      decision: "approve",
      subject: "lee",
      groups: ["leads"],
    });
    expect(codeOf(forged)).toBe("invalid-arguments");
    const kim = await asOperator("kim");
    await refuses(id, "not-an-approver", () =>
      kim.post(
        `/api/approvals/${id}/decision`,
        { decision: "approve" },
        { "govern-as": "ana", "x-forwarded-user": "ana" },
      ),
    );
  });

  it("A8 opening a link decides nothing, nor does a form of another page", async () => {
    const id = await refund();
    for (const path of [`/approvals/${id}`, `/api/approvals/${id}`]) {
      expect((await ana.send({ path })).status).toBe(200);
    }
    const path = `/api/approvals/${id}/decision`;
    const opened = await ana.send({ path: `${path}?decision=approve` });
    expect(opened.status).toBe(404);
    const body = JSON.stringify({ decision: "approve" });
    for (const headers of [
      { "sec-fetch-site": "cross-site", "content-type": "application/json" },
      { "sec-fetch-site": "same-origin", "content-type": "text/plain" },
    ]) {
      const reply = await ana.send({ method: "POST", path, headers, body });
      expect(reply.status).toBeGreaterThanOrEqual(400);
    }
    expect((await show(id)).state).toBe("pending");
  });
});

it("A9 a result is its requester's, in the session that asked, once", async () => {
  const id = await refund();
  await decide(ana, id, "approve");
  await expect.poll(async () => (await show(id)).state).toBe("executed");
  const path = `/_govern/tickets/${id}/result`;
  for (const tab of [await asUser("kim"), await asUser("sam")]) {
    expect((await tab.send({ path })).headers["govern-error"]).toBe("outcome-unknown");
    const states = (await tab.send({ path: `/_govern/tickets?id=${id}` })).json();
    expect(states).toEqual([{ ticket: id, state: "gone" }]);
  }
  expect((await sam.send({ path })).status).toBe(201);
  expect((await sam.send({ path })).headers["govern-error"]).toBe("outcome-unknown");
  // 128 random bits.
  expect(id).toMatch(/^[\w-]{22}$/);
});

it("A10 a flood ends at so many of one person, each marked with its identical ones, and others still ask", async () => {
  const body = { amount: 9999, note: "again and again" };
  const ask = (tab: Tab): Promise<Reply> => tab.post(`${apiPath}/v2/tickets/7/refunds`, body);
  const held: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    held.push(((await ask(sam)).json() as { ticket: string }).ticket);
  }
  expect(new Set(held).size).toBe(4);
  const refused = await ask(sam);
  expect([refused.status, codeOf(refused)]).toEqual([429, "too-many-held"]);
  for (const view of await approvals("state=pending")) expect(view.identical).toHaveLength(3);
  expect((await ask(await asUser("kim"))).status).toBe(202);
  expect(await trail("type=refused&newest=true&limit=1")).toMatchObject([
    { actor: { subject: "sam" }, decision: { refused: "too-many-held" } },
  ]);
});

it("A11 every argument is given in full, and what would hide is there as it was sent", async () => {
  const note = `${"x".repeat(5000)}\u202egpj.exe p\u0430ypal`;
  const id = await refund(sam, { note });
  const view = await show(id);
  expect(view.arguments).toMatchObject({ body: { note } });
  expect(view.rule?.place).toMatch(/^govern\.yaml:\d+$/);
  expect(view.words).toBe("Create refund of ticket 7");
  const held = await sam.post("/_govern/sql/neon", { digest: updateAgentDigest, values: [1, 2] });
  const statement = await show((held.json() as { ticket: string }).ticket);
  expect(statement.statements).toEqual(["UPDATE agents SET score = $1 WHERE id = $2"]);
});

it("A12 one person counts once, from however many sessions", async () => {
  const file = join(desk.folder, "govern.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("quorum: 1", "quorum: 2"));
  expect(await sidecar.reload()).toBe("taken");
  const id = await refund();
  expect((await decide(ana, id, "approve")).json()).toMatchObject({ state: "pending" });
  const tab = await asOperator("ana");
  await refuses(id, "already-voted", () => decide(tab, id, "approve"));
  writeFileSync(file, text);
  expect(await sidecar.reload()).toBe("taken");
});

it("A13 a denial beside an approval: one of them wins, and denied never runs", async () => {
  for (let round = 0; round < 5; round += 1) {
    const id = await refund();
    const lee = await asOperator("lee");
    await Promise.all([decide(ana, id, "approve"), decide(lee, id, "deny")]);
    await expect.poll(async () => (await show(id)).state).toMatch(/^(?:denied|executed)$/);
    const { state } = await show(id);
    const ran = upstream.seen.filter(({ body }) => body.includes(`"amount":${amount}`)).length;
    expect([state, ran]).toEqual(state === "denied" ? ["denied", 0] : ["executed", 1]);
  }
});

it("A14 a call whose page was told that it failed runs only for the same person who repeats it, once", async () => {
  const body = { note: "the page gives up" };
  const id = await refund(sam, body);
  await sam.send({ method: "DELETE", path: `/_govern/tickets/${id}` });
  await decide(ana, id, "approve");
  expect((await show(id)).state).toBe("approved");
  const kim = await asUser("kim");
  expect((await kim.post(`${apiPath}/v2/tickets/7/refunds`, { amount, ...body })).status).toBe(202);
  expect(upstream.seen).toEqual([]);
  const repeat = (): Promise<Reply> =>
    sam.post(`${apiPath}/v2/tickets/7/refunds`, { amount, ...body });
  expect((await repeat()).status).toBe(201);
  expect(upstream.seen).toHaveLength(1);
  expect((await repeat()).status).toBe(202);
  expect(upstream.seen).toHaveLength(1);
});

it.each([
  "SELECT credit_account($1)",
  "SELECT * FROM accounts WHERE refresh(id) FOR UPDATE",
  "WITH gone AS (DELETE FROM accounts RETURNING *) SELECT * FROM gone",
  "SELECT nextval('invoices')",
])("A15 what only looks like a read is judged a write, and held: %s", async (statement) => {
  expect((await classifyStatement(statement, "postgres")).access).toBe("write");
});
