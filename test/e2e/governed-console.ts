/**
 * The support console, governed and running: a workspace in a temporary folder, its API as a process, `govern import`,
 * `govern serve --dev`, and a browser. Everything is started on free loopback ports and stopped by `stop`.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { chromium, type Browser } from "playwright-core";

export const root = resolve(import.meta.dirname, "../..");
const fixture = join(root, "fixtures/support-console");

/** The fixture's planted secrets: none may be served. */
export const secrets = ["acme_live_4f9b2c7d81e34a06b5", "Zk3vQ8tLw2mN", "ep-quiet-meadow-123456"];

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `govern …` as a person would, in a folder. */
export async function govern(cwd: string, ...args: string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(root, "bin/govern.js"), ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [status] = (await once(child, "close")) as [number | null];
  return { status: status ?? -1, stdout, stderr };
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}

/** Resolves with the first line of a process's output that the test accepts; fails with all of it if it ends before. */
async function waitForLine<T>(
  child: ChildProcess,
  accept: (line: string) => T | undefined,
): Promise<T> {
  let seen = "";
  return await new Promise<T>((found, failed) => {
    const read = (text: string): void => {
      seen += text;
      const value = seen
        .split("\n")
        .map(accept)
        .find((accepted) => accepted !== undefined);
      if (value !== undefined) found(value);
    };
    child.stdout?.setEncoding("utf8").on("data", read);
    child.stderr?.setEncoding("utf8").on("data", read);
    child.once("close", () => failed(new Error(`ended before it was ready:\n${seen}`)));
  });
}

export interface GovernedConsole {
  readonly folder: string;
  readonly appUrl: string;
  readonly operatorUrl: string;
  readonly browser: Browser;
  govern(...args: string[]): Promise<CommandResult>;
  /** Balance of an account in the ledger itself, in cents. */
  balance(account: string): number;
  status(account: string): string;
  /** Stops the sidecar and starts it again on the same ports. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startApi(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(
    process.execPath,
    [
      join(fixture, "upstream/server.mjs"),
      "--db",
      join(folder, "ledger.db"),
      "--port",
      "0",
      "--key",
      secrets[0] ?? "",
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const port = await waitForLine(child, (line) =>
    line.startsWith("{") && line.endsWith("}")
      ? (JSON.parse(line) as { port: number }).port
      : undefined,
  );
  return { child, port };
}

interface Served {
  readonly apps: Readonly<Record<string, string>>;
  readonly operatorUrl: string;
  readonly port: number;
  readonly operatorPort: number;
}

/** Starts `govern serve --dev`; on free ports where none are given. */
async function startSidecar(
  folder: string,
  { port, operatorPort } = { port: 0, operatorPort: 0 },
): Promise<{ child: ChildProcess; served: Served }> {
  const ports = ["--port", String(port), "--operator-port", String(operatorPort)];
  const child = spawn(
    process.execPath,
    [join(root, "bin/govern.js"), "serve", "--dev", "--json", ...ports],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  const served = await waitForLine(child, (line) =>
    /^\{.*\}$/.test(line) ? (JSON.parse(line) as Served) : undefined,
  );
  return { child, served };
}

/** A workspace with the console's build in `dist`, its ledger seeded; nothing imported, nothing running. */
export async function createWorkspace(build: "dist" | "dist-esbuild" = "dist"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "govern-console-"));
  cpSync(join(fixture, build), join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "support-console", "private": true }\n');
  const seed = spawn(process.execPath, [
    join(fixture, "upstream/seed.mjs"),
    "--db",
    join(folder, "ledger.db"),
  ]);
  await once(seed, "close");
  return folder;
}

/** Imports and serves the console, and opens a browser. */
export async function startGovernedConsole(
  build: "dist" | "dist-esbuild" = "dist",
): Promise<GovernedConsole> {
  const folder = await createWorkspace(build);
  const api = await startApi(folder);
  const imported = await govern(
    folder,
    "import",
    "./dist",
    "--yes",
    "--upstream",
    `https://api.acme.example=http://127.0.0.1:${api.port}`,
    "--upstream",
    "sql:neon=sqlite:./ledger.db",
  );
  if (imported.status !== 0)
    throw new Error(`import failed:\n${imported.stdout}${imported.stderr}`);
  let { child: sidecar, served } = await startSidecar(folder);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });
  const ledger = new Database(join(folder, "ledger.db"), { readonly: true });
  const row = (account: string): { balance_cents: number; status: string } =>
    ledger.prepare("SELECT balance_cents, status FROM accounts WHERE id = ?").get(account) as {
      balance_cents: number;
      status: string;
    };
  return {
    folder,
    appUrl: served.apps["support-console"] ?? "",
    operatorUrl: served.operatorUrl,
    browser,
    govern: (...args) => govern(folder, ...args),
    balance: (account) => row(account).balance_cents,
    status: (account) => row(account).status,
    async restart() {
      await stopProcess(sidecar);
      ({ child: sidecar } = await startSidecar(folder, served));
    },
    async stop() {
      ledger.close();
      await browser.close();
      await stopProcess(sidecar);
      await stopProcess(api.child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
