/** Recomputes a log row by row, in constant memory, and names the first entry that is not as it was written. */
import { leafHash } from "../../contract/audit-entry.ts";
import type { LogVerdict } from "../store/store.ts";
import { readStamp } from "./entry-text.ts";
import {
  appendLeaf,
  edgeDigest,
  emptyEdge,
  encodeEdge,
  treeHead,
  type RightEdge,
} from "./right-edge.ts";

/** A row of the log as it is stored. */
export interface LogRow {
  readonly seq: number;
  /** The canonical text of the entry. */
  readonly entry: string;
  readonly leaf: Uint8Array;
  /** Digest of the tree's right edge after this entry. */
  readonly edge: Uint8Array;
}

/** The stored right edge of the whole log. */
export interface LogHead {
  readonly size: number;
  readonly nodes: Uint8Array;
}

type Bad = Extract<LogVerdict, { ok: false }>;

/** Checks rows in the order of `seq`; after the first bad one it only says so again. */
export class LogVerifier {
  #edge: RightEdge = emptyEdge;
  #bad: Bad | undefined;
  #lastTime = "";
  #clockBack: number | null = null;

  /** Takes the next row. Gives false from the first bad one on. */
  add(row: LogRow): boolean {
    if (this.#bad !== undefined) return false;
    const expected = this.#edge.size;
    const reason = this.#faultOf(row, expected);
    if (reason !== undefined) {
      this.#bad = { ok: false, size: expected, firstBad: expected, reason };
      return false;
    }
    return true;
  }

  #faultOf(row: LogRow, expected: number): string | undefined {
    if (row.seq !== expected) return `entry ${expected} is missing; entry ${row.seq} follows`;
    const stamp = readStamp(row.entry);
    if (stamp === undefined) return `entry ${expected} is not the text of an entry`;
    if (stamp.seq !== expected) return `entry ${expected} holds the text of entry ${stamp.seq}`;
    const leaf = leafHash(row.entry);
    if (!leaf.equals(row.leaf)) return `entry ${expected} does not match its hash`;
    this.#edge = appendLeaf(this.#edge, leaf);
    if (!edgeDigest(this.#edge).equals(row.edge)) return `entry ${expected} does not fit the tree`;
    if (stamp.time < this.#lastTime) this.#clockBack ??= expected;
    this.#lastTime = stamp.time;
    return undefined;
  }

  /** The verdict after the last row; `head` is what the log says its tree is. */
  finish(head: LogHead): LogVerdict {
    if (this.#bad !== undefined) return this.#bad;
    const { size } = this.#edge;
    if (head.size !== size) {
      const reason = `the log says that it has ${head.size} entries, but has ${size}`;
      return { ok: false, size, firstBad: Math.min(size, head.size), reason };
    }
    if (!encodeEdge(this.#edge).equals(head.nodes)) {
      return { ok: false, size, firstBad: size, reason: "the stored tree is not that of the log" };
    }
    return { ok: true, size, root: treeHead(this.#edge), clockBack: this.#clockBack };
  }
}
