/** Logs for tests: made by the writer's own code, in memory or in a file, with checkpoints by a key of the test's. */
import { generateKeyPairSync } from "node:crypto";
import Database from "better-sqlite3";
import type { NewAuditEntry } from "../../../src/contract/audit-entry.ts";
import { entryText } from "../../../src/sidecar/audit/entry-text.ts";
import { emptyEdge, appendLeaf, encodeEdge } from "../../../src/sidecar/audit/right-edge.ts";
import {
  keyText,
  readSigner,
  signCheckpoint,
  type NoteSigner,
} from "../../../src/sidecar/audit/signed-note.ts";
import { leafHash } from "../../../src/contract/audit-entry.ts";
import { AuditReader } from "../../../src/sidecar/store/sqlite/audit-reader.ts";
import { AuditWriter } from "../../../src/sidecar/store/sqlite/audit-writer.ts";
import { migrate } from "../../../src/sidecar/store/sqlite/migrations.ts";
import { sampleEntry } from "../store/samples.ts";

const start = Date.parse("2026-03-01T10:00:00.000Z");

/** A fresh Ed25519 key in PEM. */
export function makePem(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

export interface TestLog {
  readonly db: Database.Database;
  readonly origin: string;
  readonly signer: NoteSigner;
  append(entries: readonly NewAuditEntry[]): void;
  /** Signs the head as it is, keeps the checkpoint in the store unless told otherwise, and gives its note. */
  sign(options?: { readonly keep?: boolean; readonly signer?: NoteSigner }): string;
}

/** An empty log whose first entry says which key signs it. */
export function makeLog(path = ":memory:"): TestLog {
  const db = new Database(path);
  migrate(db);
  const origin = new AuditReader(db).origin();
  const signer = readSigner(makePem(), origin, "the test's key");
  const append = (entries: readonly NewAuditEntry[]): void => {
    const writer = new AuditWriter(db);
    db.transaction(() => {
      for (const entry of entries)
        writer.append(entryText(entry), start + writer.position.size * 1000);
      writer.saveHead();
    })();
    for (let blocks = 0; blocks * 1024 < entries.length; blocks += 1) writer.writeTerms();
  };
  const decision = { signingKey: keyText(signer), previous: null };
  append([sampleEntry({ type: "config", decision })]);
  return {
    db,
    origin,
    signer,
    append,
    sign({ keep = true, signer: by = signer } = {}) {
      const head = new AuditReader(db).treeHead();
      const note = signCheckpoint(head, by);
      if (keep) new AuditWriter(db).addCheckpoint({ size: head.size, note });
      return note;
    },
  };
}

/** Entries that differ. */
export function entriesOf(count: number, from = 0): NewAuditEntry[] {
  return Array.from({ length: count }, (_, n) => sampleEntry({ correlation: `call ${from + n}` }));
}

/** Rewrites the log from an entry on as its owner could: texts changed, every hash and the head recomputed. */
export function rewrite(
  db: Database.Database,
  from: number,
  change: (text: string) => string,
): void {
  const rows = db.prepare<[], { seq: number; entry: string }>(
    "SELECT seq, entry FROM audit_entries ORDER BY seq",
  );
  const update = db.prepare("UPDATE audit_entries SET entry = ?, nodes = ? WHERE seq = ?");
  let edge = emptyEdge;
  for (const { seq, entry } of rows.all()) {
    const text = seq < from ? entry : change(entry);
    const appended = appendLeaf(edge, leafHash(text));
    edge = appended.edge;
    if (seq >= from) update.run(text, Buffer.from(appended.completed, "latin1"), seq);
  }
  saveHead(db, edge.size, encodeEdge(edge));
}

/** Cuts the log to a size, with a head that fits. */
export function truncate(db: Database.Database, size: number): void {
  db.prepare("DELETE FROM audit_entries WHERE seq >= ?").run(size);
  rewrite(db, size, (text) => text);
}

function saveHead(db: Database.Database, size: number, nodes: Buffer): void {
  db.prepare("UPDATE audit_head SET size = ?, nodes = ? WHERE one = 1").run(size, nodes);
}
