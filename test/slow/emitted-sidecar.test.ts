/** What import emits runs by itself: its own `npm ci --omit=dev`, and no other part of govern. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { originId } from "../../src/contract/operation-id.ts";
import { createWorkspace, govern, startApi } from "../e2e/governed-console.ts";
import {
  clientId,
  clientSecret,
  freePort,
  startIdentityProvider,
} from "../identity-provider/identity-provider.ts";
import { createUserAgent } from "../identity-provider/user-agent.ts";
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

const said = (child: ChildProcess): (() => string) => {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
};

/** Imports the console and installs what the emitted sidecar needs; gives its folder. */
async function emitSidecar(): Promise<string> {
  const upstreams = [
    `https://api.acme.example=http://127.0.0.1:${api.port}`,
    "sql:neon=sqlite:./ledger.db",
  ].flatMap((upstream) => ["--upstream", upstream]);
  const imported = await govern(folder, "import", "./dist", "--yes", ...upstreams);
  expect(imported).toMatchObject({ status: 0 });
  const own = join(folder, "governed/sidecar");
  execFileSync("npm", ["ci", "--omit=dev"], { cwd: own, stdio: "inherit" });
  return own;
}

function run(own: string, args: readonly string[], env: Record<string, string>): ChildProcess {
  sidecar = spawn(process.execPath, ["sidecar.mjs", ...args], {
    cwd: own,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return sidecar;
}

const account = `/_govern/http/${originId("https://api.acme.example")}/api/accounts/acc-1001`;

it("serves the app with nothing but its own modules", async () => {
  const own = await emitSidecar();
  const text = said(run(own, ["--dev"], { GOVERN_PORT: "0", GOVERN_OPERATOR_PORT: "0" }));
  await expect.poll(text, { timeout: 30_000 }).toMatch(/support-console\.localhost:\d+/);
  const port = Number(/support-console\.localhost:(\d+)/.exec(text())?.[1]);

  const sam = await signIn({ port, host: "support-console.localhost" }, "sam");
  const answer = await sam.send({ path: account });
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({ id: "acc-1001", name: "Northwind Traders" });
});

it("signs people in at a provider", async () => {
  const own = await emitSidecar();
  const ports = { app: await freePort(), operator: await freePort() };
  const appUrl = `http://support-console.localhost:${ports.app}`;
  const operatorUrl = `http://govern.localhost:${ports.operator}`;
  const origins = [appUrl, operatorUrl];
  const provider = await startIdentityProvider({
    redirectUris: origins.map((origin) => `${origin}/_govern/callback`),
    postLogoutUris: origins.map((origin) => `${origin}/_govern/signed-out`),
  });
  try {
    provider.people.set("sam", ["support"]);
    provider.person = "sam";
    const file = join(folder, "govern.yaml");
    const workspace = parseDocument(readFileSync(file, "utf8"));
    workspace.set("server", { operatorUrl });
    workspace.set("identity", {
      oidc: {
        issuer: provider.issuer,
        clientId,
        clientSecret: "${env:OIDC_SECRET}",
        scopes: ["groups"],
      },
    });
    workspace.set("groups", {
      dev: { claims: { groups: "support" } },
      leads: { members: ["ana"] },
    });
    workspace.setIn(["apps", "support-console", "url"], appUrl);
    writeFileSync(file, workspace.toString());
    const text = said(
      run(own, [], {
        GOVERN_PORT: String(ports.app),
        GOVERN_OPERATOR_PORT: String(ports.operator),
        OIDC_SECRET: clientSecret,
      }),
    );
    await expect.poll(text, { timeout: 30_000 }).toContain(appUrl);
    const agent = createUserAgent();
    expect((await agent.open(`${appUrl}/`)).status).toBe(200);
    const headers = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };
    const answer = await agent.once(`${appUrl}${account}`, { headers });
    expect(JSON.parse(answer.text)).toMatchObject({ id: "acc-1001" });
  } finally {
    await provider.stop();
  }
});
