import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leafHash } from "../../../src/contract/audit-entry.ts";
import { archiveOld } from "../../../src/sidecar/audit/archive.ts";
import { checkInclusion, inclusionProof } from "../../../src/sidecar/audit/proofs.ts";
import { appendLeaf, emptyEdge, treeHead } from "../../../src/sidecar/audit/right-edge.ts";
import {
  keyText,
  parseCheckpoint,
  readNote,
  readSigner,
  signCheckpoint,
  signersOf,
} from "../../../src/sidecar/audit/signed-note.ts";
import type { Store } from "../../../src/sidecar/store/store.ts";
import { AuditReader } from "../../../src/sidecar/store/sqlite/audit-reader.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { sampleEntry } from "../store/samples.ts";
import { makeFolder, openStore } from "../store/sqlite-setup.ts";
import { makePem } from "./logs.ts";

const minute = 60_000;
const start = Date.parse("2026-03-01T10:00:00.000Z");

const end = (name: string): number => Number(/-(\d+)\.jsonl$/.exec(name)?.[1]);

describe("retention", () => {
  let folder: ReturnType<typeof makeFolder>;
  let store: Store;
  let clock: number;
  let pem: string;

  const archive = (): string => join(folder.path, "archive");
  const append = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await store.append(sampleEntry());
      clock += minute;
    }
  };
  const sign = async (): Promise<void> => {
    const head = await store.head();
    const note = signCheckpoint(head, readSigner(pem, head.origin, "a key"));
    await store.addCheckpoint({ size: head.size, note });
  };
  const archiveAll = (keep: number): Promise<number> =>
    archiveOld({
      store,
      folder: archive(),
      keep,
      now: () => clock,
      onFault: () => undefined,
      entry: async (archived) => {
        const { origin } = await store.head();
        const key = keyText(readSigner(pem, origin, "a key"));
        const decision = { archived: { ...archived }, signingKeys: [key] };
        return sampleEntry({ type: "config", decision });
      },
    });
  const verdict = (change?: (db: Database.Database) => void): ReturnType<typeof verifyLog> => {
    const db = new Database(join(folder.path, "store.db"));
    db.exec("BEGIN");
    change?.(db);
    const found = verifyLog(db);
    db.exec("ROLLBACK");
    db.close();
    return found;
  };

  beforeEach(async () => {
    folder = makeFolder();
    clock = start;
    pem = makePem();
    store = await openStore(join(folder.path, "store.db"), { now: () => clock });
    const { origin } = await store.head();
    const signingKey = keyText(readSigner(pem, origin, "a key"));
    await store.append(sampleEntry({ type: "config", decision: { signingKey, previous: null } }));
    await append(20);
    await sign();
    await append(16);
    await sign();
    await append(5);
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });

  it("moves what is older to files up to a checkpoint, and what remains verifies", async () => {
    expect(await archiveAll(10 * minute)).toBe(21);
    expect(await store.entries({ limit: 1 })).toMatchObject([{ seq: 21 }]);
    expect(verdict()).toMatchObject({ ok: true, first: 21, size: 43, signed: 37 });
    await append(3);
    await sign();
    expect(await store.verify()).toMatchObject({ ok: true, first: 21, size: 46, signed: 46 });
    expect(await archiveAll(0)).toBe(25);
    expect(verdict()).toMatchObject({ ok: true, first: 46, size: 47 });
    const lines = readdirSync(archive())
      .filter((name) => name.endsWith(".jsonl"))
      .toSorted((a, b) => Number(a.split("-").at(-2)) - Number(b.split("-").at(-2)))
      .flatMap((name) => readFileSync(join(archive(), name), "utf8").split("\n").slice(0, -1));
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(
      Array.from({ length: 46 }, (_, seq) => seq),
    );
  });

  it("leaves archives that verify against the checkpoints beside them, and no changed one does", async () => {
    await archiveAll(10 * minute);
    await archiveAll(0);
    const names = readdirSync(archive())
      .filter((name) => name.endsWith(".jsonl"))
      .toSorted((a, b) => end(a) - end(b));
    expect(names.length).toBeGreaterThan(1);
    const { origin } = await store.head();
    const key = readSigner(pem, origin, "a key");
    /** By the archives alone: whether each leads from the one before to what its checkpoint was signed for. */
    const verify = (change: (line: string) => string): readonly boolean[] => {
      let edge = emptyEdge;
      return names.map((name) => {
        const text = readFileSync(join(archive(), name), "utf8");
        for (const line of text.split("\n").slice(0, -1)) {
          edge = appendLeaf(edge, leafHash(change(line))).edge;
        }
        const note = readNote(readFileSync(join(archive(), `${name}.checkpoint`), "utf8"));
        if (note === undefined || signersOf(note, [key]).good.length === 0) return false;
        const checkpoint = parseCheckpoint(note.text);
        return checkpoint?.size === edge.size && checkpoint.root === treeHead(edge);
      });
    };
    expect(verify((line) => line)).toEqual(names.map(() => true));
    const last = names.map((_, index) => index < names.length - 1);
    expect(verify((line) => line.replace('"seq":30,', '"seq":29,'))).toEqual(last);
  });

  it("keeps what proves each entry that stays", async () => {
    await archiveAll(10 * minute);
    const db = new Database(join(folder.path, "store.db"), { readonly: true });
    const reader = new AuditReader(db);
    const { size, root } = reader.treeHead();
    for (const index of [21, 22, 31, 32, 42]) {
      const path = inclusionProof(reader.nodeReader(), index, size);
      const leaf = leafHash(reader.text(index) ?? "");
      expect(checkInclusion({ leaf, index, size, root }, path)).toBe(true);
    }
    expect(() => inclusionProof(reader.nodeReader(), 3, size)).toThrow(
      expect.objectContaining({ code: "not-found" }),
    );
    db.close();
  });

  it("finds what was changed in what stands for archived entries", async () => {
    await archiveAll(10 * minute);
    const edge = verdict((db) =>
      db.exec("UPDATE audit_segments SET nodes = zeroblob(length(nodes))"),
    );
    expect(edge).toMatchObject({ ok: false, kind: "checkpoint", firstBad: 0 });
    const fewer = verdict((db) => db.exec("DELETE FROM audit_segments"));
    expect(fewer).toMatchObject({ ok: false, kind: "deletion", firstBad: 0 });
    const entry = verdict((db) =>
      db.exec(
        "INSERT INTO audit_entries (seq, entry, nodes) SELECT 3, entry, nodes FROM audit_entries WHERE seq = 22",
      ),
    );
    expect(entry).toMatchObject({ ok: false, kind: "addition", firstBad: 3 });
  });

  it("drops nothing that is not what its checkpoint was signed for", async () => {
    const db = new Database(join(folder.path, "store.db"));
    db.exec("UPDATE audit_entries SET entry = replace(entry, 'sam', 'kim') WHERE seq = 4");
    db.close();
    await expect(archiveAll(0)).rejects.toMatchObject({ code: "audit-tampered" });
    expect(await store.entries({ limit: 1 })).toMatchObject([{ seq: 0 }]);
  });

  it("drops nothing where the archive cannot be written", async () => {
    writeFileSync(archive(), "a file where the folder should be");
    await expect(archiveAll(0)).rejects.toThrow();
    expect(await store.entries({ limit: 1 })).toMatchObject([{ seq: 0 }]);
  });
});
