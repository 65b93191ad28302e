import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Database from "better-sqlite3";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openDatabase } from "../../../src/sidecar/store/sqlite/open-database.ts";
import type { QueuedJob } from "../../../src/sidecar/store/sqlite/messages.ts";
import { Writer } from "../../../src/sidecar/store/sqlite/writer.ts";
import { entryText } from "../../../src/sidecar/audit/entry-text.ts";
import { sampleApproval, sampleEntry, sampleSession, sampleVote } from "./samples.ts";
import { appender, killRounds } from "./killed.ts";
import { makeFolder, openStore, sampleKey } from "./sqlite-setup.ts";

function append(number: number): QueuedJob {
  return { number, at: 1, job: entryText(sampleEntry()) };
}

/** The bytes of the store's files. Copies are read: closing a file itself would drop this process's locks on it. */
function bytesOf(path: string): Buffer {
  const files = [path, `${path}-wal`].map((file) => {
    copyFileSync(file, `${path}.copy`);
    return readFileSync(`${path}.copy`);
  });
  return Buffer.concat(files);
}

describe("faults of the SQLite store", () => {
  let folder: ReturnType<typeof makeFolder>;
  let path: string;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    folder = makeFolder();
    path = join(folder.path, "store.db");
  });
  afterEach(() => {
    child?.kill("SIGKILL");
    folder.remove();
  });

  it("has every promised entry, and verifies, after being killed 30 times under load", async () => {
    const survey = await killRounds(path, 30, Math.random);
    expect(survey).toMatchObject({ lost: [], bad: [] });
    expect(survey.promised).toBeGreaterThan(30);
  }, 240_000);

  it("L9: refuses a second process, and is free once the first was killed", async () => {
    child = spawn(process.execPath, ["--input-type=module", "-e", appender(path)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { stdout } = child;
    if (stdout === null) throw new Error("no output");
    await once(stdout, "data");
    await expect(openStore(path)).rejects.toMatchObject({ code: "sidecar-running" });
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    const store = await openStore(path);
    await store.close();
  });

  it("refuses a second opening in the same process, and stays locked", async () => {
    const store = await openStore(path);
    await expect(openStore(path)).rejects.toMatchObject({ code: "sidecar-running" });
    await expect(openStore(path)).rejects.toMatchObject({ code: "sidecar-running" });
    expect(await store.append(sampleEntry())).toMatchObject({ seq: 0 });
    await store.close();
  });

  it("refuses a folder that is not there, another program's file, and a newer schema", async () => {
    const failed = { code: "store-failed" };
    await expect(openStore(join(folder.path, "none/store.db"))).rejects.toMatchObject(failed);
    const text = join(folder.path, "notes.txt");
    writeFileSync(
      text,
      "not a database, but long enough to look like a file of some kind\n".repeat(20),
    );
    await expect(openStore(text)).rejects.toMatchObject(failed);
    const foreign = join(folder.path, "foreign.db");
    new Database(foreign).exec("CREATE TABLE ledger (id)").close();
    await expect(openStore(foreign)).rejects.toMatchObject(failed);
    await (await openStore(path)).close();
    const db = new Database(path);
    db.pragma("user_version = 99");
    db.close();
    await expect(openStore(path)).rejects.toThrow(/schema 99/);
  });

  it("refuses another key and stays readable with its own", async () => {
    await (await openStore(path)).close();
    const key = new Uint8Array(32).fill(8);
    await expect(openStore(path, { key })).rejects.toMatchObject({ code: "store-failed" });
    await expect(openStore(path, { key: new Uint8Array(16) })).rejects.toMatchObject({
      code: "store-failed",
    });
    await (await openStore(path)).close();
  });

  it("makes files that nobody else can read", async () => {
    const store = await openStore(path);
    await store.append(sampleEntry());
    for (const name of ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"]) {
      expect(statSync(join(folder.path, name)).mode & 0o777, name).toBe(0o600);
    }
    await store.close();
  });

  it("leaves nothing of a call or result in its files once they are gone", async () => {
    const canary = "canary-5f1d7a";
    const held = { path: {}, query: {}, headers: {}, body: { note: canary } };
    const store = await openStore(path);
    const call = {
      access: "write" as const,
      arguments: held,
      payload: Buffer.from(canary),
      contentType: null,
    };
    const { id } = await store.hold(sampleApproval({ call }), sampleEntry({ type: "held" }));
    const sealed = new Database(path, { readonly: true });
    const select = sealed.prepare<[string], Buffer>("SELECT call FROM approvals WHERE id = ?");
    const stored = Buffer.from(select.pluck().get(id) ?? []);
    sealed.close();
    expect(stored.length).toBeGreaterThan(canary.length);
    expect(bytesOf(path).includes(canary)).toBe(false);
    expect(bytesOf(path).includes(stored.subarray(0, 24))).toBe(true);
    await store.transition(id, sampleVote("ana", { decision: "deny" }), sampleEntry());
    await store.close();
    const file = readFileSync(path);
    expect(file.includes(stored.subarray(0, 24))).toBe(false);
    expect(file.includes(canary)).toBe(false);
  });

  it("leaves no token of a session in its files, before and after it ended", async () => {
    const canary = "refresh-5f1d7a";
    const store = await openStore(path);
    const tokens = { refresh: canary, id: canary };
    await store.beginSession(sampleSession({ tokens }), sampleEntry({ type: "login" }));
    expect(bytesOf(path).includes(canary)).toBe(false);
    const sealed = new Database(path, { readonly: true });
    const select = sealed.prepare<[], Buffer>("SELECT tokens FROM sessions").pluck();
    const stored = Buffer.from(select.get() ?? []);
    sealed.close();
    expect(bytesOf(path).includes(stored.subarray(0, 24))).toBe(true);
    await store.endSession(sampleSession().id, "signed-out", sampleEntry({ type: "login" }));
    await store.close();
    expect(readFileSync(path).includes(stored.subarray(0, 24))).toBe(false);
  });

  it("rejects what waits and what comes after when the writer dies", async () => {
    await (await openStore(path)).close();
    const script = join(folder.path, "dying-writer.mjs");
    writeFileSync(
      script,
      `import { parentPort } from "node:worker_threads";
       parentPort.on("message", () => process.exit(1));
       parentPort.postMessage({ type: "ready" });`,
    );
    const store = await openStore(path, { writer: pathToFileURL(script) });
    const lost = { code: "audit-unavailable" };
    await Promise.all([
      expect(store.append(sampleEntry())).rejects.toMatchObject(lost),
      expect(store.hold(sampleApproval(), sampleEntry())).rejects.toMatchObject(lost),
    ]);
    await expect(store.append(sampleEntry())).rejects.toMatchObject(lost);
    expect(await store.entries({})).toEqual([]);
    await store.close();
  });

  it("ends at once when the writer's script is missing", async () => {
    const writer = pathToFileURL(join(folder.path, "none.mjs"));
    await expect(openStore(path, { writer })).rejects.toMatchObject({ code: "store-failed" });
  });

  it("keeps the jobs beside one that fails, and their numbers without gaps", () => {
    const database = openDatabase(path, sampleKey);
    const writer = new Writer(database.db, sampleKey);
    const approval = sampleApproval({ quorum: 0.5 });
    const entry = entryText(sampleEntry());
    const bad = { number: 2, at: 1, job: { type: "hold", id: "x", approval, entry } } as const;
    expect(writer.run([append(1), bad, append(3)])).toMatchObject([
      { ok: true, value: { seq: 0 } },
      { ok: false, code: "audit-unavailable" },
      { ok: true, value: { seq: 1 } },
    ]);
    database.close();
  });

  it("refuses while the disk is full and goes on without repair", () => {
    const database = openDatabase(path, sampleKey);
    const writer = new Writer(database.db, sampleKey);
    const pages = Number(database.db.pragma("page_count", { simple: true }));
    database.db.pragma(`max_page_count = ${pages + 1}`);
    let stored = 0;
    const answers = Array.from({ length: 60 }, (_, n) => writer.run([append(n)])[0]);
    for (const answer of answers) if (answer?.ok === true) stored += 1;
    expect(stored).toBeLessThan(60);
    expect(answers.at(-1)).toMatchObject({ ok: false, code: "audit-unavailable" });
    database.db.pragma(`max_page_count = ${pages + 100}`);
    expect(writer.run([append(99)])).toMatchObject([{ ok: true, value: { seq: stored } }]);
    database.close();
  });

  it.skipIf(process.getuid?.() === 0)("refuses a file that it may not write", async () => {
    await (await openStore(path)).close();
    chmodSync(path, 0o400);
    await expect(openStore(path)).rejects.toMatchObject({ code: "store-failed" });
  });
});
