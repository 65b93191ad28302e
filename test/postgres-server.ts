/** A PostgreSQL server of a test's own: a new cluster in a temporary folder, on a free port of loopback. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresPrograms } from "./postgres-programs.ts";

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again where it was, with its data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const user = "postgres";

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
}

/** The server refuses to run as root. */
function asUser(program: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [program, [...args]];
  const drop = [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
  return ["setpriv", [...drop, "--", program, ...args]];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function untilReady(server: ChildProcess): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("ready to accept connections")) resolve();
    });
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
}

export async function startPostgres(): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error("PostgreSQL's server is missing.");
  const folder = mkdtempSync(join(tmpdir(), "govern-postgres-"));
  if (process.getuid?.() === 0) chownSync(folder, idOf("-u"), idOf("-g"));
  const data = join(folder, "data");
  const initialize = ["-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"];
  const options = { cwd: folder, stdio: "pipe" } as const;
  execFileSync(...asUser(join(programs, "initdb"), initialize), options);
  const port = await freePort();
  const settings = ["-h", "127.0.0.1", "-p", String(port), "-k", folder, "-F"];
  const [program, args] = asUser(join(programs, "postgres"), ["-D", data, ...settings]);
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(program, args, options);
    await untilReady(started);
    return started;
  };
  let server = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill(signal);
      await once(server, "exit");
    }
  };
  return {
    url: `postgres://owner@127.0.0.1:${port}/postgres`,
    port,
    kill: () => end("SIGQUIT"),
    async restart() {
      await end("SIGQUIT");
      server = await start();
    },
    stop: async () => {
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
