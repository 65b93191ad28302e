/** The emitted program: bundled, beside a workspace, with nothing but better-sqlite3 to load. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import { startPostgres } from "../postgres-server.ts";
import { send, signIn } from "./client.ts";
import {
  apiPath,
  selectAgentsDigest,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

const root = resolve(import.meta.dirname, "../..");

interface Program {
  readonly child: ChildProcess;
  output(): string;
  ended(): Promise<number | null>;
}

function startProgram(
  folder: string,
  args: readonly string[],
  env: Record<string, string>,
): Program {
  const file = join(folder, "governed/sidecar/sidecar.mjs");
  const child = spawn(process.execPath, [file, ...args], {
    cwd: join(folder, "governed/sidecar"),
    env: { PATH: process.env["PATH"], GOVERN_PORT: "0", GOVERN_OPERATOR_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const end = once(child, "close") as Promise<[number | null]>;
  return { child, output: () => text, ended: async () => (await end)[0] };
}

describe("the emitted sidecar", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let program: Program | undefined;

  beforeEach(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    const folder = join(desk.folder, "governed/sidecar");
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    for (const file of [
      "sidecar.mjs",
      "store-writer.mjs",
      "inbox.js",
      "console.js",
      "console.css",
    ]) {
      cpSync(join(root, "dist/emit", file), join(folder, file));
    }
    symlinkSync(
      join(root, "node_modules/better-sqlite3"),
      join(folder, "node_modules/better-sqlite3"),
    );
  });
  afterEach(async () => {
    program?.child.kill("SIGKILL");
    await program?.ended();
    program = undefined;
    await upstream.stop();
    desk.remove();
  });

  async function portOf(running: Program): Promise<number> {
    const address = /desk: http:\/\/desk\.localhost:(\d+)/;
    await expect.poll(() => running.output(), { timeout: 15_000 }).toMatch(address);
    return Number(address.exec(running.output())?.[1]);
  }

  it("serves HTTP and SQL, stops on SIGTERM, and remembers both", async () => {
    program = startProgram(desk.folder, ["--dev"], {});
    const address = { port: await portOf(program), host: "desk.localhost" };
    const sam = await signIn(address, "sam");
    expect((await sam.send({ path: `${apiPath}/v2/tickets/t1` })).status).toBe(201);
    const rows = await sam.post("/_govern/sql/neon", { digest: selectAgentsDigest, values: [1] });
    expect(rows.status).toBe(200);
    program.child.kill("SIGTERM");
    expect(await program.ended()).toBe(0);
    expect(program.output()).toContain("stopped");

    program = startProgram(desk.folder, ["--dev"], {});
    await portOf(program);
    const socket = join(desk.folder, ".govern/control.sock");
    const trail = (await send({ socket }, { path: "/api/audit" })).json() as AuditEntry[];
    expect(trail.map((entry) => entry.type)).toEqual([
      "start",
      "config",
      // The key that signs the trail, when it first does.
      "config",
      "login",
      "read",
      "read",
      "stop",
      "start",
      "config",
    ]);
  });

  it("reaches PostgreSQL with nothing beside it, whatever driver the environment asks for", async () => {
    const server = await startPostgres();
    const owner = new Client({ connectionString: server.url });
    await owner.connect();
    await owner.query("CREATE TABLE agents AS SELECT 1 AS id, 'Rosa' AS name, 7.50 AS score");
    await owner.end();
    const configuration = join(desk.folder, "govern.yaml");
    const text = readFileSync(configuration, "utf8");
    const resource = "{ kind: postgres, url: '${env:AGENTS_URL}' }";
    writeFileSync(
      configuration,
      text.replace(/(?<=agents: )\{.*\}/, () => resource),
    );
    const env = { AGENTS_URL: server.url, NODE_PG_FORCE_NATIVE: "1" };
    program = startProgram(desk.folder, ["--dev"], env);
    const address = { port: await portOf(program), host: "desk.localhost" };
    const sam = await signIn(address, "sam");
    const rows = await sam.post("/_govern/sql/neon", { digest: selectAgentsDigest, values: [1] });
    expect(rows.json()).toMatchObject({ rows: [[1, "Rosa", "7.50"]] });
    program.child.kill("SIGTERM");
    expect(await program.ended()).toBe(0);
    await server.stop();
  });

  it("takes over from one that was killed", async () => {
    program = startProgram(desk.folder, ["--dev"], {});
    await portOf(program);
    program.child.kill("SIGKILL");
    await program.ended();
    program = startProgram(desk.folder, ["--dev"], {});
    expect(await portOf(program)).toBeGreaterThan(0);
  });

  it("says in two lines what keeps it from starting, with exit code 2", async () => {
    program = startProgram(desk.folder, [], {});
    expect(await program.ended()).toBe(2);
    expect(program.output()).toMatch(/^identity-missing: .*\nOn your own machine .*\n$/);
    program = startProgram(desk.folder, ["--dev"], { GOVERN_PORT: "seven" });
    expect(await program.ended()).toBe(2);
    expect(program.output()).toContain("GOVERN_PORT is no port");
  });
});
