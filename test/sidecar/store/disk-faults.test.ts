/** What the store does when its disk is full, read-only, or lies: refuse, and go on by itself where that is possible. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTrailFile } from "../../../src/sidecar/store/sqlite/trail-file.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { sampleEntry } from "./samples.ts";
import { builtWriter, makeFolder, openStore } from "./sqlite-setup.ts";

const isRoot = process.getuid?.() === 0;

/** A disk of a few hundred kilobytes; false where this account may not mount one. */
function mountSmall(folder: string): boolean {
  if (!isRoot) return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A process that appends as asked, one line each, and tells what became of it. */
const appender = (path: string): string => `
  process.on("SIGXFSZ", () => undefined);
  const { openSqliteStore } = await import(${JSON.stringify(new URL("./sqlite-store.js", builtWriter).href)});
  const store = await openSqliteStore({ path: ${JSON.stringify(path)}, key: new Uint8Array(32).fill(7) });
  const entry = ${JSON.stringify(sampleEntry({ arguments: "x".repeat(3000) }))};
  console.log("ready");
  for await (const _ of process.stdin) {
    await store.append(entry).then(({ seq }) => console.log("seq " + seq), ({ code }) => console.log(code));
  }
`;

function verdictOf(path: string): ReturnType<typeof verifyLog> {
  const trail = openTrailFile(path);
  const verdict = verifyLog(trail.db);
  trail.close();
  return verdict;
}

describe("a store on a bad disk", () => {
  let folder: ReturnType<typeof makeFolder>;
  let child: ChildProcess | undefined;
  let isMounted: boolean;

  beforeEach(() => {
    folder = makeFolder();
    isMounted = false;
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }
    child = undefined;
    if (isMounted) execFileSync("umount", [folder.path]);
    folder.remove();
  });

  it("refuses while a real disk is full, and goes on once there is space", async ({ skip }) => {
    isMounted = mountSmall(folder.path);
    if (!isMounted) skip("no disk can be mounted by this account");
    const path = join(folder.path, "store.db");
    const store = await openStore(path);
    const ballast = join(folder.path, "ballast");
    writeFileSync(ballast, Buffer.alloc(200_000));
    const entry = sampleEntry({ arguments: "x".repeat(3000) });
    let stored = 0;
    let code: unknown = "";
    for (let n = 0; n < 200 && code === ""; n += 1) {
      try {
        await store.append(entry);
        stored += 1;
      } catch (error) {
        code = (error as { readonly code: unknown }).code;
      }
    }
    expect(code).toBe("audit-unavailable");
    rmSync(ballast);
    await expect
      .poll(() => store.append(sampleEntry()).catch(() => undefined), {
        timeout: 20_000,
        interval: 300,
      })
      .toMatchObject({ type: "read" });
    await store.close();
    const verdict = verdictOf(path);
    expect(verdict).toMatchObject({ ok: true });
    expect(verdict.size).toBeGreaterThan(stored);
  });

  it("is followed by another writer after writes failed, without losing what it promised", async () => {
    const path = join(folder.path, "store.db");
    const running = spawn(process.execPath, ["--input-type=module", "-e", appender(path)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child = running;
    const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
    const say = async (): Promise<string> => {
      running.stdin.write("append\n");
      return String((await lines.next()).value);
    };
    expect((await lines.next()).value).toBe("ready");
    expect(await say()).toBe("seq 0");
    const limit = (size: string): void => {
      execFileSync("prlimit", ["--pid", String(running.pid), `--fsize=${size}`]);
    };
    limit("100000:unlimited");
    const told: string[] = [];
    for (let n = 0; n < 60 && told.at(-1) !== "audit-unavailable"; n += 1) told.push(await say());
    expect(told.at(-1)).toBe("audit-unavailable");
    limit("unlimited:unlimited");
    let last = "";
    for (let n = 0; n < 40 && !last.startsWith("seq"); n += 1) {
      await delay(250);
      last = await say();
    }
    expect(last).toMatch(/^seq \d+$/);
    const exit = once(running, "exit");
    running.kill("SIGKILL");
    await exit;
    const promised = told.filter((line) => line.startsWith("seq")).length + 2;
    const verdict = verdictOf(path);
    expect(verdict).toMatchObject({ ok: true });
    expect(verdict.size).toBeGreaterThanOrEqual(promised);
  });

  it("is refused with its reason when a page of it was overwritten", async () => {
    const path = join(folder.path, "store.db");
    const store = await openStore(path);
    for (let n = 0; n < 60; n += 1) await store.append(sampleEntry());
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 100, 4096);
    writeFileSync(path, bytes);
    await expect(openStore(path)).rejects.toMatchObject({ code: "store-failed" });
    expect(() => openTrailFile(path)).toThrow(expect.objectContaining({ code: "store-failed" }));
  });
});
