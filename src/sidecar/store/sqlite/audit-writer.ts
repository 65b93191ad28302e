/** Appends entries to the log inside the writer's transaction, and keeps the tree's right edge in memory. */
import type Database from "better-sqlite3";
import { leafHash } from "../../../contract/audit-entry.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import { parseCheckpoint, readNote } from "../../audit/signed-note.ts";
import { stampText, type EntryText, type Stamp } from "../../audit/entry-text.ts";
import {
  appendLeaf,
  decodeEdge,
  edgeAt,
  encodeEdge,
  treeHead,
  type RightEdge,
} from "../../audit/right-edge.ts";

import type { NewSegment, StoredCheckpoint } from "../store.ts";
import { AuditReader } from "./audit-reader.ts";
import { blockSize, TermWriter } from "./search-terms.ts";

interface HeadRow {
  readonly size: number;
  readonly nodes: Buffer;
}

export class AuditWriter {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement<[number, string, Buffer]>;
  readonly #selectHead: Database.Statement<[], HeadRow>;
  readonly #updateHead: Database.Statement<[number, Buffer]>;
  readonly #insertCheckpoint: Database.Statement<[number, string]>;
  readonly #terms: TermWriter;
  #edge: RightEdge;

  /** Reads the edge of the log as it stands; throws `store-failed` when it is damaged. */
  constructor(db: Database.Database) {
    this.#db = db;
    this.#insert = db.prepare("INSERT INTO audit_entries (seq, entry, nodes) VALUES (?, ?, ?)");
    this.#selectHead = db.prepare("SELECT size, nodes FROM audit_head WHERE one = 1");
    this.#updateHead = db.prepare("UPDATE audit_head SET size = ?, nodes = ? WHERE one = 1");
    this.#insertCheckpoint = db.prepare(
      "INSERT INTO audit_checkpoints (size, note) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#edge = this.#load(db.name);
    this.#terms = new TermWriter(db);
  }

  #load(name: string): RightEdge {
    const head = this.#selectHead.get();
    const edge = head === undefined ? undefined : decodeEdge(head.size, head.nodes);
    if (edge === undefined) {
      throw new GovernError("store-failed", `the head of the log in ${name} is damaged`, {
        next: "Restore the store from a copy.",
      });
    }
    return edge;
  }

  /** Where the log stands, to go back to when a job or the transaction is undone. */
  get position(): RightEdge {
    return this.#edge;
  }

  goBackTo(position: RightEdge): void {
    this.#edge = position;
  }

  append(text: EntryText, now: number): Stamp {
    const stamp = { seq: this.#edge.size, time: new Date(now).toISOString() };
    const entry = stampText(text, stamp);
    const { edge, completed } = appendLeaf(this.#edge, leafHash(entry));
    this.#insert.run(stamp.seq, entry, Buffer.from(completed, "latin1"));
    this.#edge = edge;
    return stamp;
  }

  addCheckpoint({ size, note }: StoredCheckpoint): void {
    this.#insertCheckpoint.run(size, note);
  }

  /** Drops a segment's rows; its checkpoint and the tree's edge at its end stand for them. */
  dropArchived({ first, size, note, file, digest }: NewSegment): void {
    const reader = new AuditReader(this.#db);
    const text = readNote(note)?.text;
    const checkpoint = text === undefined ? undefined : parseCheckpoint(text);
    const edge = edgeAt(reader.nodeReader(), size);
    if (
      reader.start().size !== first ||
      checkpoint?.size !== size ||
      checkpoint.root !== treeHead(edge)
    ) {
      throw new GovernError(
        "audit-tampered",
        `entries ${first} to ${size - 1} are not those that their checkpoint was signed for`,
      );
    }
    this.#db
      .prepare(
        "INSERT INTO audit_segments (first, size, nodes, note, file, digest) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(first, size, encodeEdge(edge), note, file, digest);
    this.#db.prepare("DELETE FROM audit_entries WHERE seq < ?").run(size);
    this.#db.prepare("DELETE FROM audit_terms WHERE first <= ?").run(size - blockSize);
  }

  /** Writes the terms of the next full block, if there is one, in a transaction of its own. */
  writeTerms(): void {
    if (!this.#terms.isDue(this.#edge.size)) return;
    const { written } = this.#db.transaction(() => this.#terms.write())();
    written();
  }

  /** Stores the edge; once before each commit. */
  saveHead(): void {
    this.#updateHead.run(this.#edge.size, encodeEdge(this.#edge));
  }
}
