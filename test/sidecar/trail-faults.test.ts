/** The trail's disk and clock fail under a serving program: calls fail closed, and it goes on by itself where it can. */
import { execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTrailFile } from "../../src/sidecar/store/sqlite/trail-file.ts";
import { verifyLog } from "../../src/sidecar/store/sqlite/verify-log.ts";
import { runGovern } from "../cli/run-govern.ts";
import { signIn, type Reply, type Tab } from "./client.ts";
import { installProgram, startProgram } from "./crash/program.ts";
import {
  apiPath,
  startUpstream,
  writeDesk,
  type DeskWorkspace,
  type Upstream,
} from "./desk-workspace.ts";

/** A limit on the size of files is told by a signal, which ends a process that does not take it. */
const takesSignal = `--import=data:text/javascript,${encodeURIComponent('process.on("SIGXFSZ",()=>{})')}`;
/** Its clock is behind by the milliseconds in a file. */
const ownClock = (file: string): string =>
  `--import=data:text/javascript,${encodeURIComponent(
    `import{readFileSync}from"node:fs";const now=Date.now;Date.now=()=>now()-Number(readFileSync(${JSON.stringify(file)},"utf8"))`,
  )}`;

function mount(folder: string, options: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const ended = ({ status, headers }: Reply): unknown => [status, headers["govern-error"]];

describe("the trail of a serving program", () => {
  let upstream: Upstream;
  let desk: DeskWorkspace;
  let child: ChildProcess | undefined;
  let sam: Tab;
  let program: string;
  let mounted: string | undefined;

  const at = (name: string): string => join(desk.folder, name);
  const read = (ticket: string): Promise<Reply> =>
    sam.send({ path: `${apiPath}/v2/tickets/${ticket}` });
  const write = (label: string): Promise<Reply> =>
    sam.send({
      method: "PUT",
      path: `${apiPath}/v2/tickets/7/label`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ label }),
    });
  const sent = (label: string): boolean => upstream.seen.some(({ body }) => body.includes(label));
  const run = async (nodeOptions = ""): Promise<void> => {
    const started = await startProgram(program, nodeOptions);
    child = started.child;
    sam = await signIn({ port: started.port, host: "desk.localhost" }, "sam");
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  const verdict = (): ReturnType<typeof verifyLog> => {
    const trail = openTrailFile(at(".govern/store.db"));
    const found = verifyLog(trail.db);
    trail.close();
    return found;
  };
  /** Forbids the program to write to files, and allows it again. */
  const limitFiles = (bytes: string): void => {
    execFileSync("prlimit", ["--pid", String(child?.pid), `--fsize=${bytes}:unlimited`]);
  };
  /** Does something as soon as the next write has reached the upstream, before it answers. */
  const whenReached = (act: () => void): void => {
    const seen = upstream.seen;
    const push = seen.push.bind(seen);
    seen.push = (...some) => {
      seen.push = push;
      act();
      return push(...some);
    };
  };
  const goesOn = async (name: string): Promise<void> => {
    await expect.poll(async () => (await read(name)).status, { interval: 300 }).toBe(201);
    expect(ended(await write(`${name}-label`))).toEqual([201, undefined]);
  };

  beforeEach(async () => {
    upstream = await startUpstream();
    desk = writeDesk(upstream.port);
    program = installProgram(desk);
  });
  afterEach(async () => {
    await stop();
    child = undefined;
    if (mounted !== undefined) execFileSync("umount", [mounted]);
    mounted = undefined;
    await upstream.stop();
    desk.remove();
  });

  it("L6: where the disk fails, nothing is sent and the answer is 503; it goes on without a restart", async () => {
    await run(takesSignal);
    expect((await read("first")).status).toBe(201);
    limitFiles("1");
    expect(ended(await write("never-sent"))).toEqual([503, "audit-unavailable"]);
    expect(ended(await read("never-told"))).toEqual([503, "audit-unavailable"]);
    expect(sent("never-sent")).toBe(false);
    limitFiles("unlimited");
    await goesOn("after");
    await stop();
    expect(verdict()).toMatchObject({ ok: true });
  });

  it("L6: where the disk fails once a write was sent, the answer is 409, and says that its end is unknown", async () => {
    await run(takesSignal);
    whenReached(() => limitFiles("1"));
    expect(ended(await write("was-sent"))).toEqual([409, "outcome-unknown"]);
    expect(sent("was-sent")).toBe(true);
    limitFiles("unlimited");
    await goesOn("after");
    await stop();
    expect(verdict()).toMatchObject({ ok: true });
  });

  it("L6: on a full disk calls are refused with 503, and run again once there is space", async ({
    skip,
  }) => {
    const secrets = readFileSync(at(".govern/secrets.env"));
    if (!mount(at(".govern"), "size=1m")) skip("no disk can be mounted by this account");
    mounted = at(".govern");
    writeFileSync(at(".govern/secrets.env"), secrets);
    await run();
    expect((await read("first")).status).toBe(201);
    const ballast = at(".govern/ballast");
    try {
      writeFileSync(ballast, Buffer.alloc(2_000_000));
    } catch {
      // What fits is there.
    }
    await expect.poll(async () => ended(await read("full"))).toEqual([503, "audit-unavailable"]);
    expect(ended(await write("never-sent"))).toEqual([503, "audit-unavailable"]);
    expect(sent("never-sent")).toBe(false);
    rmSync(ballast);
    await goesOn("after");
    await stop();
    expect(verdict()).toMatchObject({ ok: true });
  });

  it("L6: on a read-only disk it does not start and says why, and starts once it can write", async ({
    skip,
  }) => {
    const secrets = readFileSync(at(".govern/secrets.env"));
    if (!mount(at(".govern"), "size=16m")) skip("no disk can be mounted by this account");
    mounted = at(".govern");
    writeFileSync(at(".govern/secrets.env"), secrets);
    await run();
    expect((await read("first")).status).toBe(201);
    await stop();
    execFileSync("mount", ["-o", "remount,ro", mounted]);
    await expect(run()).rejects.toThrow(/store-failed/);
    execFileSync("mount", ["-o", "remount,rw", mounted]);
    await run();
    await goesOn("after");
  });

  it("L4: a clock that goes back by an hour stops nothing, and verifying names the entry", async () => {
    writeFileSync(at("behind"), "0");
    await run(ownClock(at("behind")));
    expect((await read("before")).status).toBe(201);
    writeFileSync(at("behind"), "3600000");
    await goesOn("after");
    await stop();
    const found = verdict();
    expect(found).toMatchObject({ ok: true, clockBack: expect.any(Number) });
  });

  it("does not start on a damaged page, and `govern doctor` says why and what to do", async () => {
    await run();
    for (let n = 0; n < 30; n += 1) await read(`n${n}`);
    const exit = once(child ?? process, "exit");
    child?.kill("SIGTERM");
    await exit;
    const bytes = readFileSync(at(".govern/store.db"));
    bytes.fill(0xa5, 4096);
    writeFileSync(at(".govern/store.db"), bytes);
    await expect(run()).rejects.toThrow(/store-failed/);
    const { code, stdout, stderr } = await runGovern(["doctor"], { cwd: desk.folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ .*store\.db/);
    expect(stdout).toMatch(/→ .*copy/s);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
