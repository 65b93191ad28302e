/** Masks on calls to a running sidecar: by group, held or not, and what the trail says of them. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AuditEntry } from "../../../src/contract/audit-entry.ts";
import type { SqlResult } from "../../../src/contract/wire.ts";
import { startSidecar, type RunningSidecar } from "../../../src/sidecar/main.ts";
import { send, signIn } from "../client.ts";
import { apiPath, selectAgentsDigest, writeDesk, type DeskWorkspace } from "../desk-workspace.ts";

let upstream: Server;
let desk: DeskWorkspace;
let sidecar: RunningSidecar;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const isTable = request.url?.includes("t-csv") === true;
    response.setHeader("content-type", isTable ? "text/csv" : "application/json");
    response.end(isTable ? "holder,iban\nsam,DE-77" : '{"holder":"sam","iban":"DE-77"}');
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  desk = writeDesk((upstream.address() as AddressInfo).port, (text) =>
    text.replace("kim: [dev]", "kim: [dev, auditors]").replace(
      "approvals:",
      `masks:
  - { mask: ["desk/kind:http"], fields: [iban], except: [auditors] }
  - { mask: ["desk/table:agents"], fields: [score], except: [auditors] }
approvals:`,
    ),
  );
  sidecar = await startSidecar({
    workspaceDir: desk.folder,
    host: "127.0.0.1",
    port: 0,
    operatorPort: 0,
    dev: true,
    storeWriter: new URL("../../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url),
  });
});
afterAll(async () => {
  await sidecar?.close();
  upstream?.close();
  desk?.remove();
});

const tabOf = (user: string) => signIn({ port: sidecar.port, host: "desk.localhost" }, user);
const control = (call: Parameters<typeof send>[1]) =>
  send({ socket: join(desk.folder, ".govern/control.sock") }, call);

it("tells a field to the group that is excepted, and to nobody else", async () => {
  const [sam, kim] = await Promise.all([tabOf("sam"), tabOf("kim")]);
  const path = `${apiPath}/v2/tickets/t-1`;
  expect((await sam.send({ path })).text).toBe('{"holder":"sam","iban":null}');
  expect((await kim.send({ path })).text).toBe('{"holder":"sam","iban":"DE-77"}');
  const query = { digest: selectAgentsDigest, values: [0] };
  const scores = async (tab: typeof sam) =>
    ((await tab.post("/_govern/sql/neon", query)).json() as SqlResult).rows.map((row) => row[2]);
  expect(new Set(await scores(sam))).toEqual(new Set([null]));
  expect(await scores(kim)).not.toContain(null);
});

it("withholds what it cannot mask", async () => {
  const sam = await tabOf("sam");
  const reply = await sam.send({ path: `${apiPath}/v2/tickets/t-csv` });
  expect(reply.status).toBe(409);
  expect(reply.headers["govern-error"]).toBe("answer-withheld");
  expect(reply.text).not.toContain("DE-77");
});

it("masks the answer of a held write for whoever asked for it", async () => {
  const sam = await tabOf("sam");
  const held = await sam.post(`${apiPath}/v2/tickets/t-1/refunds`, { amount: 5, note: "n" });
  const { ticket } = held.json() as { ticket: string };
  const decided = await control({
    method: "POST",
    path: `/api/approvals/${ticket}/decision`,
    headers: { "govern-as": "ana", "content-type": "application/json" },
    body: JSON.stringify({ decision: "approve", reason: null }),
  });
  expect(decided.status).toBe(200);
  await expect
    .poll(async () => (await sam.send({ path: `/_govern/tickets?id=${ticket}` })).json())
    .toEqual([{ ticket, state: "ready" }]);
  const result = await sam.send({ path: `/_govern/tickets/${ticket}/result` });
  expect(result.text).toBe('{"holder":"sam","iban":null}');
});

it("is recorded with each outcome", async () => {
  const outcomes = ((await control({ path: "/api/audit" })).json() as AuditEntry[]).map(
    ({ outcome }) => outcome,
  );
  expect(outcomes).toContainEqual(expect.objectContaining({ masks: ["masks[1]"] }));
  expect(outcomes).toContainEqual(expect.objectContaining({ masks: ["masks[0]"], withheld: true }));
  expect(outcomes).toContainEqual(
    expect.objectContaining({ state: "executed", masks: ["masks[0]"], bytes: 28 }),
  );
});
