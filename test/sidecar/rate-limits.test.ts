import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { compileLimit } from "../../src/policy/limits.ts";
import { createRateLimits } from "../../src/sidecar/rate-limits.ts";
import { send, signIn } from "./client.ts";
import {
  apiPath,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

const person = { issuer: "dev", subject: "sam" };
const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);
const two = compileLimit({ limit: ["desk/*"], rate: "2/1h" }, 0);

describe("a limit", () => {
  it("counts by person and operation, and says how long to wait", async () => {
    const limits = createRateLimits();
    expect(await limits.take([two], person, "desk/a")).toBeUndefined();
    expect(await limits.take([two], person, "desk/a")).toBeUndefined();
    const exceeded = await limits.take([two], person, "desk/a");
    expect(exceeded?.limit.name).toBe("limits[0]");
    expect(exceeded?.retryAfter).toBeGreaterThan(3500);
    expect(exceeded?.retryAfter).toBeLessThanOrEqual(3600);
    expect(await limits.take([two], person, "desk/b")).toBeUndefined();
    expect(await limits.take([two], { ...person, issuer: "other" }, "desk/a")).toBeUndefined();
  });

  it("goes on in another version of the workspace that keeps it, and begins anew where it changed", async () => {
    const limits = createRateLimits();
    const one = { limit: ["desk/*"], rate: "1/1h" };
    await limits.take([compileLimit(one, 0)], person, "desk/a");
    expect(await limits.take([compileLimit(one, 3)], person, "desk/a")).toBeDefined();
    expect(
      await limits.take([compileLimit({ ...one, rate: "1/2h" }, 0)], person, "desk/a"),
    ).toBeUndefined();
  });
});

describe("a sidecar with limits", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let sidecar: RunningSidecar;

  beforeAll(async () => {
    upstream = await startUpstream();
    desk = writeDesk(
      upstream.port,
      (text) => `${text}limits:
  - { limit: [desk/get-tickets-*], rate: 2/1h, groups: [dev] }
  - { limit: [desk/write], rate: 1/1h }
`,
    );
    const options = { host: "127.0.0.1", port: 0, operatorPort: 0, dev: true };
    sidecar = await startSidecar({ workspaceDir: desk.folder, ...options, storeWriter });
  });
  afterAll(async () => {
    await sidecar.close();
    await upstream.stop();
    desk.remove();
  });

  it("answers 429 before anything ran, with the time to wait, and records it", async () => {
    const address = { port: sidecar.port, host: "desk.localhost" };
    const sam = await signIn(address, "sam");
    const kim = await signIn(address, "kim");
    const read = (tab: typeof sam) => tab.send({ path: `${apiPath}/v2/tickets/t1` });
    expect([(await read(sam)).status, (await read(sam)).status]).toEqual([201, 201]);
    const before = upstream.seen.length;
    const refused = await read(sam);
    expect(refused.status).toBe(429);
    expect(refused.headers["govern-error"]).toBe("rate-limited");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(3000);
    expect(refused.json()).toMatchObject({
      code: "rate-limited",
      detail: "limits[0] lets you do this 2 times in 1h.",
    });
    expect(upstream.seen).toHaveLength(before);
    expect((await read(kim)).status).toBe(201);
    const socket = { socket: `${desk.folder}/.govern/control.sock` };
    const trail = (await send(socket, { path: "/api/audit?type=refused" })).json() as AuditEntry[];
    expect(trail.at(-1)).toMatchObject({
      actor: { subject: "sam" },
      operation: "get-tickets-1a2b3c",
      decision: { refused: "rate-limited", at: "authorize" },
    });
  });

  it("counts a write when it is asked for: a second one is refused, not held", async () => {
    const lou = await signIn({ port: sidecar.port, host: "desk.localhost" }, "sam");
    const path = `${apiPath}/v2/tickets/t1/refunds`;
    expect((await lou.post(path, { amount: 1, note: "a" })).status).toBe(202);
    expect((await lou.post(path, { amount: 2, note: "b" })).status).toBe(429);
  });
});
