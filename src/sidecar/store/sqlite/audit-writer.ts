/** Appends entries to the log inside the writer's transaction, and keeps the tree's right edge in memory. */
import type Database from "better-sqlite3";
import { leafHash } from "../../../contract/audit-entry.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import { stampText, type EntryText, type Stamp } from "../../audit/entry-text.ts";
import {
  appendLeaf,
  decodeEdge,
  edgeDigest,
  encodeEdge,
  type RightEdge,
} from "../../audit/right-edge.ts";

interface HeadRow {
  readonly size: number;
  readonly nodes: Buffer;
}

export class AuditWriter {
  readonly #insert: Database.Statement<[number, string, Buffer, Buffer]>;
  readonly #selectHead: Database.Statement<[], HeadRow>;
  readonly #updateHead: Database.Statement<[number, Buffer]>;
  #edge: RightEdge;

  /** Reads the edge of the log as it stands; throws `store-failed` when it is damaged. */
  constructor(db: Database.Database) {
    this.#insert = db.prepare(
      "INSERT INTO audit_entries (seq, entry, leaf, edge) VALUES (?, ?, ?, ?)",
    );
    this.#selectHead = db.prepare("SELECT size, nodes FROM audit_head WHERE one = 1");
    this.#updateHead = db.prepare("UPDATE audit_head SET size = ?, nodes = ? WHERE one = 1");
    this.#edge = this.#load(db.name);
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
    const leaf = leafHash(entry);
    const edge = appendLeaf(this.#edge, leaf);
    this.#insert.run(stamp.seq, entry, leaf, edgeDigest(edge));
    this.#edge = edge;
    return stamp;
  }

  /** Stores the edge; once before each commit. */
  saveHead(): void {
    this.#updateHead.run(this.#edge.size, encodeEdge(this.#edge));
  }
}
