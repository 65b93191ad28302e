/** The commands that prove the trail, on files that a test makes, changes and damages. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyText, readSigner } from "../../src/sidecar/audit/signed-note.ts";
import { entriesOf, makeLog, makePem, truncate } from "../sidecar/audit/logs.ts";
import { runGovern, type Run } from "./run-govern.ts";

let folder: string;
let key: string;
let older: string;
let newer: string;

const at = (name: string): string => join(folder, name);
const govern = (...args: string[]): Promise<Run> => runGovern(["audit", ...args], { cwd: folder });

/** A copy of the store with a change. */
function copy(name: string, change: (db: Database.Database) => void): string {
  copyFileSync(at(".govern/store.db"), at(name));
  const db = new Database(at(name));
  change(db);
  db.close();
  return name;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "govern-trail-"));
  writeFileSync(at("govern.yaml"), "version: 1\n");
  mkdirSync(at(".govern"));
  const log = makeLog(at(".govern/store.db"));
  log.append(entriesOf(40));
  older = log.sign();
  log.append(entriesOf(60, 40));
  newer = log.sign();
  key = keyText(log.signer);
  writeFileSync(at("older.txt"), older);
  writeFileSync(at("anchors.txt"), `${older}\n${newer}\n`);
  writeFileSync(at("log.vkey"), `${key}\n`);
  const stranger = makeLog();
  writeFileSync(at("stranger.txt"), stranger.sign());
  const other = readSigner(makePem(), log.origin, "a key");
  writeFileSync(at("other.vkey"), keyText(other));
  log.db.close();
  stranger.db.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("govern audit verify", () => {
  it("needs no sidecar, and compares with anchors by a key that is trusted", async () => {
    const { code, stdout } = await govern(
      "verify",
      "--against",
      "anchors.txt",
      "--key",
      "log.vkey",
    );
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /log verifies: 101 entries, root [\da-f]{64}\n.*4 checkpoints agree.*101/s,
      ),
    });
  });

  it("reads checkpoints from the tags of a repository", async () => {
    mkdirSync(at("tags"));
    const git = (...args: string[]): void => {
      execFileSync("git", [
        "-C",
        at("tags"),
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@localhost",
        ...args,
      ]);
    };
    git("init", "--quiet");
    git("commit", "--quiet", "--allow-empty", "-m", "start");
    git("tag", "-a", "--cleanup=verbatim", "-F", at("older.txt"), "one");
    const { code, stdout } = await govern("verify", "--against", "tags", "--json");
    expect({ code, verdict: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      verdict: { checkpoints: 3 },
    });
  });

  it("names what was changed and the first bad entry, and ends with 1", async () => {
    const store = copy("edited.db", (db) =>
      db.exec("UPDATE audit_entries SET entry = replace(entry, 'call 6', 'call 7') WHERE seq = 7"),
    );
    const { code, stderr } = await govern("verify", "--store", store);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[audit-tampered\]: Entry 7 is the first bad one \(edit\): /);
    const json = await govern("verify", "--store", store, "--json");
    expect({ code: json.code, verdict: JSON.parse(json.stdout) }).toMatchObject({
      code: 1,
      verdict: { ok: false, kind: "edit", firstBad: 7 },
    });
  });

  it("finds a cut end by the anchor alone", async () => {
    const store = copy("cut.db", (db) => {
      truncate(db, 60);
      db.exec("DELETE FROM audit_checkpoints WHERE size > 60");
    });
    expect((await govern("verify", "--store", store)).code).toBe(0);
    const { code, stderr } = await govern("verify", "--store", store, "--against", "anchors.txt");
    expect(code).toBe(1);
    expect(stderr).toContain("Entry 60 is the first bad one (truncation)");
  });

  it.each([
    ["another key", ["--key", "other.vkey"], "audit-key-invalid"],
    ["no key at all", ["--key", "none.vkey"], "audit-key-invalid"],
    ["a checkpoint of another log", ["--against", "stranger.txt"], "checkpoint-invalid"],
    ["a file without a checkpoint", ["--against", "govern.yaml"], "checkpoint-invalid"],
    ["a file that is not there", ["--against", "none.txt"], "checkpoint-invalid"],
    ["a store that is not there", ["--store", "none.db"], "store-failed"],
  ])("refuses %s with its code, and ends with 2", async (_, args, error) => {
    const { code, stderr } = await govern("verify", ...args);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`error[${error}]`),
    });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("refuses foreign, newer and damaged files without a stack trace", async () => {
    writeFileSync(
      at("text.db"),
      "no database, but long enough to be taken for some file\n".repeat(40),
    );
    new Database(at("foreign.db")).exec("CREATE TABLE ledger (id)").close();
    copy("newer.db", (db) => db.pragma("user_version = 99"));
    copy("damaged.db", (db) => db.pragma("journal_mode = DELETE"));
    const bytes = readFileSync(at("damaged.db"));
    bytes.fill(0xa5, 4096, bytes.length);
    writeFileSync(at("damaged.db"), bytes);
    for (const store of ["text.db", "foreign.db", "newer.db", "damaged.db"]) {
      const { code, stderr } = await govern("verify", "--store", store);
      expect({ store, code }).toEqual({ store, code: 2 });
      expect(stderr).toMatch(/^error\[store-failed\]/);
      expect(stderr).not.toMatch(/^ +at /m);
    }
  });
});

describe("govern audit prove", () => {
  it("proves an entry to somebody who has the key and no store", async () => {
    expect(await govern("prove", "12", "--out", "12.tlog-proof")).toMatchObject({ code: 0 });
    const away = mkdtempSync(join(tmpdir(), "govern-auditor-"));
    copyFileSync(at("12.tlog-proof"), join(away, "proof"));
    const check = (...args: string[]): Promise<Run> =>
      runGovern(["audit", "prove", "--check", "proof", ...args], { cwd: away });
    const good = await check("--key", key);
    expect(good).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("entry 12 is in the log"),
    });
    expect(good.stdout).toContain('"correlation":"call 11"');
    expect(await check("--key", at("other.vkey"))).toMatchObject({ code: 2 });
    const forged = readFileSync(join(away, "proof"), "utf8").replace("index 12", "index 13");
    writeFileSync(join(away, "proof"), forged);
    expect(await check("--key", key)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error[audit-tampered]"),
    });
    rmSync(away, { recursive: true });
  });

  it("proves that the log begins with that of an older checkpoint", async () => {
    expect(await govern("prove", "--from", "older.txt", "--out", "grown")).toMatchObject({
      code: 0,
    });
    const checked = await govern(
      "prove",
      "--check",
      "grown",
      "--from",
      "older.txt",
      "--key",
      key,
      "--json",
    );
    expect(JSON.parse(checked.stdout)).toMatchObject({
      ok: true,
      kind: "consistency",
      before: 41,
      size: 101,
    });
  });

  it.each([
    ["an entry that is not there", ["101"], 2, "not-found"],
    ["what is no number", ["one"], 2, "usage"],
    ["nothing", [], 2, "usage"],
    ["a check without a key", ["--check", "older.txt"], 2, "usage"],
    ["what is no proof", ["--check", "govern.yaml", "--key", "log.vkey"], 2, "checkpoint-invalid"],
    ["another log's checkpoint", ["--from", "stranger.txt"], 2, "checkpoint-invalid"],
  ])("refuses %s", async (_, args, code, error) => {
    const run = await govern("prove", ...args);
    expect(run).toMatchObject({ code, stderr: expect.stringContaining(`error[${error}]`) });
  });

  it("is for outsiders by the key that the log names", async () => {
    expect(await govern("key")).toMatchObject({ code: 0, stdout: `${key}\n` });
  });
});
