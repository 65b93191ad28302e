/** A read that a rule holds: it runs as the read that it is, under the permission of reads. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { send, signIn } from "./client.ts";
import {
  apiPath,
  readTicket,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

let upstream: Upstream;
let desk: DeskWorkspace;
let sidecar: RunningSidecar;

beforeAll(async () => {
  upstream = await startUpstream();
  desk = writeDesk(upstream.port, (text) =>
    text
      .replace('allow: ["desk/*"]', 'allow: ["desk/read"]')
      .replace("access: write }", `operation: desk/${readTicket.id} }`),
  );
  sidecar = await startSidecar({
    workspaceDir: desk.folder,
    host: "127.0.0.1",
    port: 0,
    operatorPort: 0,
    dev: true,
    storeWriter: new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url),
  });
});
afterAll(async () => {
  await sidecar?.close();
  await upstream?.stop();
  desk?.remove();
});

it("runs once it is approved, though its caller may not write", async () => {
  const sam = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
  const held = await sam.send({ path: `${apiPath}/v2/tickets/t-1` });
  expect(held.status).toBe(202);
  const { ticket } = held.json() as { ticket: string };
  const approved = await send(
    { socket: join(desk.folder, ".govern/control.sock") },
    {
      method: "POST",
      path: `/api/approvals/${ticket}/decision`,
      headers: { "govern-as": "ana", "content-type": "application/json" },
      body: JSON.stringify({ decision: "approve", reason: null }),
    },
  );
  expect(approved.status).toBe(200);
  const result = `/_govern/tickets/${ticket}/result`;
  await expect
    .poll(async () => (await sam.send({ path: `/_govern/tickets?id=${ticket}` })).json())
    .toEqual([{ ticket, state: "ready" }]);
  expect((await sam.send({ path: result })).status).toBe(201);
  expect(upstream.seen).toMatchObject([{ method: "GET", url: "/base/v2/tickets/t-1" }]);
});
