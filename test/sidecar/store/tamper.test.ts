import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Database from "better-sqlite3";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leafHash } from "../../../src/contract/audit-entry.ts";
import type { LogVerdict } from "../../../src/sidecar/store/store.ts";
import { readSigner, signCheckpoint } from "../../../src/sidecar/audit/signed-note.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { makePem } from "../audit/logs.ts";
import { sampleEntry } from "./samples.ts";
import { makeFolder, openStore } from "./sqlite-setup.ts";

const size = 12;

function edit(db: Database.Database, seq: number, withHash: boolean): void {
  const select = db.prepare<[number], string>("SELECT entry FROM audit_entries WHERE seq = ?");
  const entry = (select.pluck().get(seq) ?? "").replace("sam", "ana");
  db.prepare("UPDATE audit_entries SET entry = ? WHERE seq = ?").run(entry, seq);
  if (!withHash) return;
  const leaf = Buffer.from(leafHash(entry), "latin1");
  // A blob and a blob make a text.
  db.prepare(
    "UPDATE audit_entries SET nodes = CAST(? || substr(nodes, 33) AS BLOB) WHERE seq = ?",
  ).run(leaf, seq);
}

describe("verifying a log that somebody changed", () => {
  let folder: ReturnType<typeof makeFolder>;
  let path: string;

  beforeEach(async () => {
    folder = makeFolder();
    path = join(folder.path, "store.db");
    const store = await openStore(path);
    for (let index = 0; index < size; index += 1) {
      await store.append(sampleEntry({ correlation: `call ${index}` }));
    }
    await store.close();
  });
  afterEach(() => folder.remove());

  async function verdictAfter(change: (db: Database.Database) => void): Promise<LogVerdict> {
    const db = new Database(path);
    change(db);
    db.close();
    const store = await openStore(path);
    try {
      return await store.verify();
    } finally {
      await store.close();
    }
  }

  it("finds an untouched log good", async () => {
    expect(await verdictAfter(() => undefined)).toMatchObject({ ok: true, size });
  });

  it.each([
    ["L1: an edited entry", 3, (db: Database.Database) => edit(db, 3, false)],
    ["an edited entry with its hash", 4, (db: Database.Database) => edit(db, 4, true)],
    [
      "an edited hash",
      5,
      (db: Database.Database) =>
        db.exec("UPDATE audit_entries SET nodes = zeroblob(length(nodes)) WHERE seq = 5"),
    ],
    [
      "an edited tree",
      4,
      (db: Database.Database) =>
        db.exec(
          "UPDATE audit_entries SET nodes = CAST(substr(nodes, 1, 64) || zeroblob(32) || substr(nodes, 97) AS BLOB) WHERE seq = 7",
        ),
    ],
    [
      "L1: a deleted entry",
      7,
      (db: Database.Database) => db.exec("DELETE FROM audit_entries WHERE seq = 7"),
    ],
    [
      "a deleted entry that was closed up",
      7,
      (db: Database.Database) =>
        db.exec(
          "DELETE FROM audit_entries WHERE seq = 7; UPDATE audit_entries SET seq = seq - 1 WHERE seq > 7",
        ),
    ],
    [
      "L1: two swapped entries",
      8,
      (db: Database.Database) =>
        db.exec(`UPDATE audit_entries SET seq = 100 WHERE seq = 8;
          UPDATE audit_entries SET seq = 8 WHERE seq = 9;
          UPDATE audit_entries SET seq = 9 WHERE seq = 100`),
    ],
    [
      "L2: a cut tail",
      10,
      (db: Database.Database) => db.exec("DELETE FROM audit_entries WHERE seq >= 10"),
    ],
    [
      "an entry put behind the end",
      12,
      (db: Database.Database) =>
        db.exec(
          "INSERT INTO audit_entries (seq, entry, nodes) SELECT 12, replace(entry, '\"seq\":11', '\"seq\":12'), nodes FROM audit_entries WHERE seq = 11",
        ),
    ],
    [
      "an edited head",
      12,
      (db: Database.Database) =>
        db.exec("UPDATE audit_head SET nodes = zeroblob(length(nodes)) WHERE one = 1"),
    ],
    [
      "L11: an added trigger",
      0,
      (db: Database.Database) =>
        db.exec(
          "CREATE TRIGGER silence AFTER INSERT ON votes BEGIN DELETE FROM votes WHERE decision = 'deny'; END",
        ),
    ],
    ["a dropped index", 0, (db: Database.Database) => db.exec("DROP INDEX approvals_state")],
  ])("names the first bad entry: %s", async (_, firstBad, change) => {
    expect(await verdictAfter(change)).toMatchObject({ ok: false, firstBad });
  });

  it("L11: loses what an edited log of changes held, which an anchor shows", async () => {
    const store = await openStore(path);
    for (let index = 0; index < 40; index += 1) await store.append(sampleEntry());
    const head = await store.head();
    const signer = readSigner(makePem(), head.origin, "a key");
    const note = signCheckpoint(head, signer);
    const copy = join(folder.path, "copy.db");
    for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${copy}${end}`);
    await store.close();
    const bytes = readFileSync(`${copy}-wal`);
    expect(bytes.length).toBeGreaterThan(10_000);
    // A frame whose checksum fails ends the log: SQLite drops it and all that follow.
    bytes.fill(0xa5, bytes.length >> 1, (bytes.length >> 1) + 200);
    writeFileSync(`${copy}-wal`, bytes);
    const db = new Database(copy);
    const verdict = verifyLog(db, { notes: [{ note, from: "the anchor" }], keys: [signer] });
    db.close();
    expect(verdict).toMatchObject({ ok: false, kind: "truncation" });
  });
});
