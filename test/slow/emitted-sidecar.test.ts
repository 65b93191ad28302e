/** What import emits runs by itself: its own `npm ci --omit=dev`, and no other part of govern. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { originId } from "../../src/contract/operation-id.ts";
import { createWorkspace, govern, startApi } from "../e2e/governed-console.ts";
import { signIn } from "../sidecar/client.ts";

let folder: string;
let api: { child: ChildProcess; port: number };
let sidecar: ChildProcess | undefined;

beforeEach(async () => {
  folder = await createWorkspace();
  api = await startApi(folder);
});

afterEach(async () => {
  for (const child of [sidecar, api.child]) {
    if (child === undefined || child.exitCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "close");
  }
  rmSync(folder, { recursive: true, force: true });
});

it("serves the app with nothing but its own modules", async () => {
  const upstreams = [
    `https://api.acme.example=http://127.0.0.1:${api.port}`,
    "sql:neon=sqlite:./ledger.db",
  ].flatMap((upstream) => ["--upstream", upstream]);
  const imported = await govern(folder, "import", "./dist", "--yes", ...upstreams);
  expect(imported).toMatchObject({ status: 0 });

  const own = join(folder, "governed/sidecar");
  execFileSync("npm", ["ci", "--omit=dev"], { cwd: own, stdio: "inherit" });
  sidecar = spawn(process.execPath, ["sidecar.mjs", "--dev"], {
    cwd: own,
    env: { PATH: process.env["PATH"], GOVERN_PORT: "0", GOVERN_OPERATOR_PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  sidecar.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await expect.poll(() => said, { timeout: 30_000 }).toMatch(/support-console\.localhost:\d+/);
  const port = Number(/support-console\.localhost:(\d+)/.exec(said)?.[1]);

  const sam = await signIn({ port, host: "support-console.localhost" }, "sam");
  const path = `/_govern/http/${originId("https://api.acme.example")}/api/accounts/acc-1001`;
  const answer = await sam.send({ path });
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({ id: "acc-1001", name: "Northwind Traders" });
});
