/**
 * Recomputes a log, in constant memory, and names the first entry that is not as it was written. It is given the stored
 * bytes: what they mean is nobody's to ask here.
 */
import { hash } from "node:crypto";
import type { Digest } from "../../contract/audit-entry.ts";
import { readStamp } from "./entry-text.ts";
import { appendLeaf, emptyEdge, encodeEdge, treeHead, type RightEdge } from "./right-edge.ts";

/** Rows that follow each other, as they are stored. */
export interface LogBatch {
  readonly count: number;
  /** Each row's text with a NUL before it: what its leaf hash is taken of. */
  readonly texts: Uint8Array;
  /** The nodes that the rows completed, in a row. */
  readonly nodes: Uint8Array;
}

/** One row, for finding what is wrong with it. */
export interface LogRow {
  readonly seq: number;
  readonly text: Uint8Array;
  readonly nodes: Uint8Array;
}

/** What somebody did to a log. */
export type Tampering =
  | "edit"
  | "deletion"
  | "reordering"
  | "truncation"
  | "addition"
  | "fork"
  | "tree"
  | "schema"
  | "search"
  | "checkpoint";

/** The first thing that is wrong. */
export interface LogFault {
  readonly kind: Tampering;
  /** The first entry that cannot be trusted. */
  readonly firstBad: number;
  readonly reason: string;
}

/** The stored right edge of the whole log. */
export interface LogHead {
  readonly size: number;
  readonly nodes: Uint8Array;
}

/** Longer than all that stands behind `"seq"` in an entry. */
const tailBytes = 112;

function fault(kind: Tampering, firstBad: number, reason: string): LogFault {
  return { kind, firstBad, reason };
}

export class LogVerifier {
  #edge: RightEdge;
  #lastTime = "";
  #clockBack: number | null = null;

  /** Begins with the first entry, or behind those that the edge stands for. */
  constructor(start: RightEdge = emptyEdge) {
    this.#edge = start;
  }

  /** How many entries were found good. */
  get size(): number {
    return this.#edge.size;
  }

  /** The tree head over them. */
  get root(): Digest {
    return treeHead(this.#edge);
  }

  /** The first entry that is older than the one before it: the machine's clock went back. Order is by `seq`. */
  get clockBack(): number | null {
    return this.#clockBack;
  }

  /** Takes the rows if each is what it should be; gives whether it did. Where not, `explain` says of which row. */
  take(batch: LogBatch): boolean {
    const texts = Buffer.from(batch.texts.buffer, batch.texts.byteOffset, batch.texts.byteLength);
    let [edge, lastTime, clockBack] = [this.#edge, this.#lastTime, this.#clockBack];
    let completed = "";
    let at = 0;
    for (let taken = 0; taken < batch.count; taken += 1) {
      const next = texts.indexOf(0, at + 1);
      const end = next < 0 ? texts.length : next;
      const stamp = readStamp(texts.toString("latin1", Math.max(at, end - tailBytes), end));
      if (stamp?.seq !== edge.size) return false;
      if (stamp.time < lastTime) clockBack ??= stamp.seq;
      lastTime = stamp.time;
      const appended = appendLeaf(edge, hash("sha256", texts.subarray(at, end), "binary"));
      edge = appended.edge;
      completed += appended.completed;
      at = end;
    }
    if (at !== texts.length || !Buffer.from(completed, "latin1").equals(batch.nodes)) return false;
    [this.#edge, this.#lastTime, this.#clockBack] = [edge, lastTime, clockBack];
    return true;
  }

  /** Takes a single row, or says what is wrong with it. */
  explain({ seq, text, nodes }: LogRow): LogFault | undefined {
    const expected = this.#edge.size;
    if (seq !== expected) {
      const reason = `entry ${expected} is missing; entry ${seq} follows`;
      return fault("deletion", expected, reason);
    }
    const texts = Buffer.concat([Buffer.of(0), text]);
    const stamp = readStamp(texts.subarray(-tailBytes).toString("latin1"));
    if (stamp === undefined) {
      return fault("edit", expected, `entry ${expected} is not the text of an entry`);
    }
    if (stamp.seq !== expected) {
      const reason = `entry ${expected} holds the text of entry ${stamp.seq}`;
      return fault("reordering", expected, reason);
    }
    return this.take({ count: 1, texts, nodes }) ? undefined : this.#nodeFault(texts, nodes);
  }

  #nodeFault(text: Uint8Array, nodes: Uint8Array): LogFault {
    const seq = this.#edge.size;
    const { completed } = appendLeaf(this.#edge, hash("sha256", text, "binary"));
    const expected = Buffer.from(completed, "latin1");
    const level = Array.from({ length: expected.length / 32 }, (_, index) => index).find(
      (index) =>
        !expected
          .subarray(index * 32, index * 32 + 32)
          .equals(nodes.subarray(index * 32, index * 32 + 32)),
    );
    if (level === 0) return fault("edit", seq, `entry ${seq} does not match its hash`);
    const first = level === undefined ? seq : seq + 1 - 2 ** level;
    const which = first === seq ? `entry ${seq} does` : `entries ${first} to ${seq} do`;
    return fault("tree", first, `${which} not fit the tree`);
  }

  /** What is wrong at the end; `head` is what the log says its tree is. */
  finish(head: LogHead): LogFault | undefined {
    const { size } = this.#edge;
    if (head.size > size) {
      return fault(
        "truncation",
        size,
        `the log says that it has ${head.size} entries, but has ${size}`,
      );
    }
    if (head.size < size) {
      return fault(
        "addition",
        head.size,
        `the log says that it has ${head.size} entries, but has ${size}`,
      );
    }
    return encodeEdge(this.#edge).equals(head.nodes)
      ? undefined
      : fault("tree", size, "the stored tree is not that of the log");
  }
}
