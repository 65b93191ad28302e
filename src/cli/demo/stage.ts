/**
 * What the demo runs on: a workspace in a temporary folder and real processes. Every process it starts ends with it, by
 * its id, whatever happens.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../bundle/emit/package-root.ts";
import { GovernError } from "../../errors/govern-error.ts";

const fixture = join(packageRoot(), "fixtures/support-console");
const bin = join(packageRoot(), "bin/govern.js");

/** How long a process may take to be ready or to end. */
const patience = 20_000;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Stage {
  /** The workspace. */
  readonly folder: string;
  /** Runs `govern <args>` in the workspace to its end. */
  govern(args: readonly string[]): Promise<Finished>;
  /** Starts the API behind the app; gives its port. */
  startApi(): Promise<number>;
  /** Starts `govern serve` with these arguments; ready once `isReady` says so. */
  startSidecar(args: readonly string[], isReady: () => Promise<boolean>): Promise<void>;
  /** Ends every process and removes the folder, unless it is to be kept. */
  clear(keep: boolean): Promise<void>;
}

function failed(message: string): GovernError {
  return new GovernError("demo-failed", message, {
    next: "Run `govern doctor`; `govern demo --keep` keeps the workspace to look at.",
  });
}

/** Collects what a process writes, and tells when it ended. */
function collect(child: ChildProcess): {
  readonly text: () => string;
  readonly end: Promise<number | null>;
} {
  let text = "";
  const add = (chunk: Buffer): void => {
    text += chunk.toString("utf8");
  };
  child.stdout?.on("data", add);
  child.stderr?.on("data", add);
  const end = once(child, "close").then(([code]) => code as number | null);
  return { text: () => text, end };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await closed;
  clearTimeout(timer);
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resume) => {
    setTimeout(resume, milliseconds);
  });
}

/** A port nobody listens on: the wished one if it is free. */
export async function freePort(wished = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen(wished, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return freePort();
  }
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : wished;
}

/** The key that the app's build carries, which its API asks for. */
function plantedKey(): string {
  const assets = join(fixture, "dist/assets");
  const scripts = readdirSync(assets).filter((file) => file.endsWith(".js"));
  for (const script of scripts) {
    const key = /acme_live_[0-9a-f]+/.exec(readFileSync(join(assets, script), "utf8"));
    if (key !== null) return key[0];
  }
  throw failed("The bundled support console is not whole: its build has no API key.");
}

function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-demo-")));
  cpSync(join(fixture, "dist"), join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "support-console", "private": true }\n');
  return folder;
}

/** Waits for the line in which the API tells its port. */
async function readPort(output: ReturnType<typeof collect>): Promise<number> {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const port = /\{"port":(\d+)\}/.exec(output.text())?.[1];
    if (port !== undefined) return Number(port);
    await pause(20);
  }
  throw failed(`The app's API did not start:\n${output.text()}`);
}

/** Sets the stage: the app's build in `dist`, its ledger seeded, nothing imported, nothing running. */
export async function setStage(env: NodeJS.ProcessEnv): Promise<Stage> {
  const folder = makeFolder();
  const children = new Set<ChildProcess>();
  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    child.once("close", () => children.delete(child));
    return child;
  };
  const killAll = (): void => {
    for (const child of children) child.kill("SIGKILL");
  };
  process.once("exit", killAll);
  const runGovern = async (args: readonly string[]): Promise<Finished> => {
    const child = start([bin, ...args]);
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
  };
  const seeding = start([join(fixture, "upstream/seed.mjs"), "--db", "ledger.db"]);
  const seeded = collect(seeding);
  if ((await seeded.end) !== 0) throw failed(`The ledger was not made:\n${seeded.text()}`);
  return {
    folder,
    govern: runGovern,
    async startApi() {
      const server = join(fixture, "upstream/server.mjs");
      return readPort(
        collect(start([server, "--db", "ledger.db", "--port", "0", "--key", plantedKey()])),
      );
    },
    async startSidecar(args, isReady) {
      const child = start([bin, ...args]);
      const output = collect(child);
      const deadline = Date.now() + patience;
      while (!(await isReady())) {
        if (child.exitCode !== null || Date.now() > deadline) {
          throw failed(`The sidecar did not start:\n${output.text()}`);
        }
        await pause(50);
      }
    },
    async clear(keep) {
      await Promise.all([...children].map(endChild));
      process.removeListener("exit", killAll);
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}
