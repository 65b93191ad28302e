/** Two imported apps behind one sidecar: one origin each, and nothing of one is within reach of the other. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OperationsFile } from "../../src/contract/operation.ts";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { runGovern } from "../cli/run-govern.ts";
import { send, signIn, type Tab } from "./client.ts";
import { startUpstream, type Upstream } from "./desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

const bundles = {
  desk: `fetch("/api/tickets"); fetch("/api/tickets/close", { method: "POST" });`,
  till: `fetch("/api/prices"); fetch("/api/prices/reset", { method: "POST" });`,
} as const;
type App = keyof typeof bundles;

let folder: string;
let upstreams: Record<App, Upstream>;
let sidecar: RunningSidecar;

async function importApp(app: App): Promise<void> {
  mkdirSync(join(folder, app));
  writeFileSync(join(folder, app, "app.js"), bundles[app]);
  writeFileSync(
    join(folder, app, "index.html"),
    `<!doctype html><title>${app}</title><script type="module" src="./app.js"></script>`,
  );
  const upstream = `same-origin=http://127.0.0.1:${upstreams[app].port}`;
  const args = ["import", app, "--app", app, "--yes", "--upstream", upstream];
  const { code, stderr, stdout } = await runGovern(args, { cwd: folder });
  expect(code, `${stdout}${stderr}`).toBe(0);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "govern-two-"));
  upstreams = { desk: await startUpstream(), till: await startUpstream() };
  await importApp("desk");
  await importApp("till");
  // The first import wrote rules for its app; what people may do with another is for them to say.
  const file = join(folder, "govern.yaml");
  const allow = "permissions:\n  - { groups: [dev], allow: [till/*] }\n";
  writeFileSync(file, readFileSync(file, "utf8").replace("permissions:\n", allow));
  const options = { host: "127.0.0.1", port: 0, operatorPort: 0, dev: true, storeWriter };
  sidecar = await startSidecar({ workspaceDir: folder, ...options });
});
afterAll(async () => {
  await sidecar?.close();
  await upstreams.desk.stop();
  await upstreams.till.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (app: App) => ({ port: sidecar.port, host: `${app}.localhost` });
const tabOf = (app: App, user = "sam"): Promise<Tab> => signIn(at(app), user);

describe("two apps behind one sidecar", () => {
  it("have an origin each, which serves that app alone", async () => {
    expect(sidecar.apps).toEqual(["desk", "till"]);
    for (const app of ["desk", "till"] as const) {
      const page = await (
        await tabOf(app)
      ).send({
        path: "/",
        headers: { "sec-fetch-dest": "document", accept: "text/html" },
      });
      expect(page.text).toContain(`<title>${app}</title>`);
    }
    const plain = await send({ port: sidecar.port, host: "localhost" }, { path: "/" });
    expect(plain.headers["govern-error"]).toBe("unknown-host");
  });

  it("run their own operations, each at its own resource", async () => {
    expect((await (await tabOf("desk")).send({ path: "/api/tickets" })).status).toBe(201);
    expect((await (await tabOf("till")).send({ path: "/api/prices" })).status).toBe(201);
    expect(upstreams.desk.seen.map(({ url }) => url)).toEqual(["/api/tickets"]);
    expect(upstreams.till.seen.map(({ url }) => url)).toEqual(["/api/prices"]);
  });

  it.each<[App, string, string]>([
    ["desk", "GET", "/api/prices"],
    ["desk", "POST", "/api/prices/reset"],
    ["till", "GET", "/api/tickets"],
    ["till", "POST", "/api/tickets/close"],
  ])("%s cannot %s %s, an operation of the other", async (app, method, path) => {
    const before = [upstreams.desk.seen.length, upstreams.till.seen.length];
    const answer = await (await tabOf(app)).send({ method, path });
    expect(answer.status).toBe(403);
    expect(answer.headers["govern-error"]).toBe("unregistered");
    expect([upstreams.desk.seen.length, upstreams.till.seen.length]).toEqual(before);
  });

  it("nor does the other's session, ticket or site get it there", async () => {
    const desk = await tabOf("desk");
    const till = await tabOf("till");
    const stolen = await send(at("till"), {
      path: "/api/prices",
      headers: { cookie: desk.cookie, "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" },
    });
    expect(stolen.headers["govern-error"]).toBe("unauthenticated");
    const held = await till.send({ method: "POST", path: "/api/prices/reset" });
    expect(held.status).toBe(202);
    const { ticket } = held.json() as { ticket: string };
    expect((await desk.send({ path: `/_govern/tickets?id=${ticket}` })).json()).toEqual([
      { ticket, state: "gone" },
    ]);
    const gaveUp = await desk.send({ method: "DELETE", path: `/_govern/tickets/${ticket}` });
    expect(gaveUp.status).toBe(404);
    const crossed = await send(at("till"), {
      method: "POST",
      path: "/api/prices/reset",
      headers: {
        cookie: till.cookie,
        origin: `http://desk.localhost:${sidecar.port}`,
        "sec-fetch-site": "same-site",
      },
    });
    expect(crossed.headers["govern-error"]).toBe("cross-origin");
  });

  it("share groups and rules: what one rule says of an app says nothing of the other", async () => {
    const file = join(folder, "govern.yaml");
    const text = readFileSync(file, "utf8");
    const denial = `  - { groups: [dev], deny: ["till/read"] }\n`;
    writeFileSync(file, text.replace("permissions:\n", `permissions:\n${denial}`));
    expect(await sidecar.reload()).toBe("taken");
    const denied = await (await tabOf("till")).send({ path: "/api/prices" });
    expect(denied.headers["govern-error"]).toBe("denied");
    expect((await (await tabOf("desk")).send({ path: "/api/tickets" })).status).toBe(201);
    const socket = { socket: join(folder, ".govern/control.sock") };
    const trail = (await send(socket, { path: "/api/audit?type=refused&app=till" })).json();
    expect((trail as AuditEntry[]).at(-1)).toMatchObject({
      app: "till",
      decision: { refused: "denied", detail: "permissions[0] denies it" },
    });
  });

  it("have operations of their own, committed apart", () => {
    const paths = (["desk", "till"] as const).map((app) => {
      const contract = readFileSync(join(folder, `governed/apps/${app}/operations.json`), "utf8");
      const { operations } = JSON.parse(contract) as OperationsFile;
      return operations.map((operation) => ("path" in operation ? operation.path : ""));
    });
    expect(paths).toEqual([
      ["/api/tickets", "/api/tickets/close"],
      ["/api/prices", "/api/prices/reset"],
    ]);
  });
});
