/** Compares the tree of a log, as it is recomputed, with what was signed about it before. */
import type { Digest } from "../../contract/audit-entry.ts";
import type { LogFault } from "./log-verifier.ts";
import {
  parseCheckpoint,
  readNote,
  signersOf,
  type Checkpoint,
  type NoteKey,
} from "./signed-note.ts";

/** A signed checkpoint, and where it came from. */
export interface NamedNote {
  readonly note: string;
  /** E.g. `checkpoints.txt`, `the store`. */
  readonly from: string;
}

/** Why a note says nothing about this log. */
export interface UselessNote {
  readonly from: string;
  readonly why: "unreadable" | "other-log" | "unknown-key";
  readonly detail: string;
}

export type JudgedNote =
  | {
      readonly ok: true;
      readonly checkpoint: Checkpoint;
      readonly from: string;
      readonly key: string;
    }
  /** Made to look like a checkpoint of this log. */
  | { readonly ok: false; readonly forged: LogFault }
  | { readonly ok: false; readonly useless: UselessNote };

export interface Trusted {
  readonly origin: string;
  readonly keys: readonly NoteKey[];
}

/** Reads a checkpoint and verifies its signature; says nothing of its root. */
export function judgeNote({ note, from }: NamedNote, { origin, keys }: Trusted): JudgedNote {
  const useless = (why: UselessNote["why"], detail: string): JudgedNote => {
    return { ok: false, useless: { from, why, detail } };
  };
  const parts = readNote(note);
  const checkpoint = parts === undefined ? undefined : parseCheckpoint(parts.text);
  if (parts === undefined || checkpoint === undefined) {
    return useless("unreadable", `${from} holds no checkpoint that can be read`);
  }
  if (checkpoint.origin !== origin) {
    const detail = `${from} is a checkpoint of another log, ${checkpoint.origin}; this one is ${origin}`;
    return useless("other-log", detail);
  }
  const { good, bad } = signersOf(parts, keys);
  if (bad.length > 0) {
    const reason = `the checkpoint of ${checkpoint.size} entries in ${from} does not bear the signature that it names`;
    return { ok: false, forged: { kind: "checkpoint", firstBad: 0, reason } };
  }
  const [signer] = good;
  if (signer === undefined) {
    const names = parts.signatures.map(({ name, id }) => `${name}+${id}`).join(", ");
    return useless("unknown-key", `${from} is signed by ${names}, which is no trusted key`);
  }
  return { ok: true, checkpoint, from, key: `${signer.name}+${signer.id}` };
}

/** Meets the checkpoints of a log in the order of their sizes. */
export class CheckpointJudge {
  readonly #waiting: { readonly checkpoint: Checkpoint; readonly from: string }[];
  /** The size of the largest checkpoint that agrees. */
  #agreed = 0;

  constructor(checkpoints: readonly { readonly checkpoint: Checkpoint; readonly from: string }[]) {
    this.#waiting = checkpoints.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size);
  }

  /** The size at which the next one is to be met. */
  get next(): number {
    return this.#waiting[0]?.checkpoint.size ?? Infinity;
  }

  get agreed(): number {
    return this.#agreed;
  }

  /** Compares all checkpoints of a size with the root of that size. */
  meet(size: number, root: Digest): LogFault | undefined {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || first.checkpoint.size > size) return undefined;
      this.#waiting.shift();
      // One of a size before what is here was met when it was made.
      if (first.checkpoint.size < size) continue;
      if (first.checkpoint.root !== root) {
        const reason = `the first ${size} entries are not those that the checkpoint in ${first.from} was signed for; entries ${this.#agreed} to ${size - 1} were rewritten or replaced`;
        return { kind: "fork", firstBad: this.#agreed, reason };
      }
      this.#agreed = size;
    }
  }

  /** What the end of the log says of checkpoints that are larger. */
  finish(size: number): LogFault | undefined {
    const last = this.#waiting.at(-1);
    if (last === undefined) return undefined;
    const reason = `the log has ${size} entries, but the checkpoint in ${last.from} was signed for ${last.checkpoint.size}: the end is cut off`;
    return { kind: "truncation", firstBad: size, reason };
  }
}
