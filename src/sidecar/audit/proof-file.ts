/**
 * Proofs as files. Inclusion is c2sp.org/tlog-proof, with the entry itself as its extra data; consistency is what a
 * c2sp.org/tlog-witness is asked with. Both are checked from nothing but themselves and keys that are trusted.
 */
import { leafHash, type Digest } from "../../contract/audit-entry.ts";
import { checkConsistency, checkInclusion } from "./proofs.ts";
import {
  parseCheckpoint,
  readNote,
  signersOf,
  type Checkpoint,
  type NoteKey,
} from "./signed-note.ts";

const inclusionHead = "c2sp.org/tlog-proof@v1";

const toBase64 = (digest: Digest): string => Buffer.from(digest, "latin1").toString("base64");

function readDigests(lines: readonly string[]): Digest[] | undefined {
  const digests = lines.map((line) => Buffer.from(line, "base64"));
  const isWhole = digests.every(
    (one, at) => one.length === 32 && one.toString("base64") === lines[at],
  );
  return isWhole ? digests.map((one) => one.toString("latin1")) : undefined;
}

export interface InclusionParts {
  /** The canonical text of the entry. */
  readonly entry: string;
  readonly index: number;
  readonly path: readonly Digest[];
  readonly note: string;
}

/** Writes an inclusion proof. */
export function inclusionFile({ entry, index, path, note }: InclusionParts): string {
  const extra = Buffer.from(entry).toString("base64");
  const lines = [inclusionHead, `extra ${extra}`, `index ${index}`, ...path.map(toBase64)];
  return `${lines.join("\n")}\n\n${note}`;
}

export interface ConsistencyParts {
  /** How many entries the older tree has. */
  readonly before: number;
  readonly path: readonly Digest[];
  /** The checkpoint of the newer tree. */
  readonly note: string;
}

/** Writes a consistency proof. */
export function consistencyFile({ before, path, note }: ConsistencyParts): string {
  return `${[`old ${before}`, ...path.map(toBase64)].join("\n")}\n\n${note}`;
}

export type ProofVerdict =
  | {
      readonly ok: true;
      readonly kind: "inclusion";
      readonly index: number;
      readonly entry: string;
      readonly checkpoint: Checkpoint;
    }
  | {
      readonly ok: true;
      readonly kind: "consistency";
      readonly before: number;
      readonly checkpoint: Checkpoint;
    }
  /** `unreadable` is no proof at all; the others are proofs of nothing. */
  | {
      readonly ok: false;
      readonly why: "unreadable" | "unsigned" | "wrong";
      readonly reason: string;
    };

export interface ProofContext {
  readonly keys: readonly NoteKey[];
  /** Of a consistency proof: the older checkpoint, as somebody kept it. */
  readonly older?: Checkpoint;
}

const wrong = (reason: string): ProofVerdict => ({ ok: false, why: "wrong", reason });
const unreadable = (reason: string): ProofVerdict => ({ ok: false, why: "unreadable", reason });

function signedCheckpoint(note: string, keys: readonly NoteKey[]): Checkpoint | ProofVerdict {
  const parts = readNote(note);
  const checkpoint = parts === undefined ? undefined : parseCheckpoint(parts.text);
  if (parts === undefined || checkpoint === undefined) {
    return unreadable("it ends in no checkpoint");
  }
  const { good, bad } = signersOf(parts, keys);
  if (bad.length > 0 || good.length === 0) {
    return {
      ok: false,
      why: "unsigned",
      reason: "its checkpoint is signed by none of the given keys",
    };
  }
  return checkpoint;
}

function checkInclusionFile(lines: readonly string[], checkpoint: Checkpoint): ProofVerdict {
  const [, extra = "", place = "", ...rest] = lines;
  const index = /^index (0|[1-9]\d{0,14})$/.exec(place)?.[1];
  const path = readDigests(rest);
  if (!extra.startsWith("extra ") || index === undefined || path === undefined) {
    return unreadable("its lines are not those of a proof with its entry");
  }
  const entry = Buffer.from(extra.slice("extra ".length), "base64").toString("utf8");
  const claim = { leaf: leafHash(entry), index: Number(index), ...checkpoint };
  return checkInclusion(claim, path)
    ? { ok: true, kind: "inclusion", index: Number(index), entry, checkpoint }
    : wrong(`the entry is not entry ${index} of the log that the checkpoint signs`);
}

function checkConsistencyFile(
  lines: readonly string[],
  checkpoint: Checkpoint,
  older: Checkpoint | undefined,
): ProofVerdict {
  const [first = "", ...rest] = lines;
  const before = /^old (0|[1-9]\d{0,14})$/.exec(first)?.[1];
  const path = readDigests(rest);
  if (before === undefined || path === undefined)
    return unreadable("its lines are not those of a proof");
  if (older === undefined) return unreadable("it needs the older checkpoint that it begins with");
  if (older.size !== Number(before) || older.origin !== checkpoint.origin) {
    return wrong("the older checkpoint is not the one that it begins with");
  }
  return checkConsistency({ before: older, after: checkpoint }, path)
    ? { ok: true, kind: "consistency", before: older.size, checkpoint }
    : wrong(`the log of ${checkpoint.size} entries does not begin with that of ${older.size}`);
}

/** Checks a proof: that the math holds, and that one of the keys signed what it leads to. */
export function checkProofFile(text: string, { keys, older }: ProofContext): ProofVerdict {
  const end = text.indexOf("\n\n");
  if (end < 0) return unreadable("it is no proof");
  const lines = text.slice(0, end).split("\n");
  const isInclusion = lines[0] === inclusionHead;
  if (!isInclusion && lines[0]?.startsWith("old ") !== true) return unreadable("it is no proof");
  const checkpoint = signedCheckpoint(text.slice(end + 2), keys);
  if ("ok" in checkpoint) return checkpoint;
  return isInclusion
    ? checkInclusionFile(lines, checkpoint)
    : checkConsistencyFile(lines, checkpoint, older);
}

/** Every checkpoint in a text, whatever stands around it: files that grew, tags, mails, printed lines. */
export function findNotes(text: string): readonly string[] {
  const printed = [...text.matchAll(/checkpoint: ("(?:[^"\\]|\\.)*")/g)].flatMap(
    ([, quoted = ""]) => {
      try {
        return [String(JSON.parse(quoted))];
      } catch {
        return [];
      }
    },
  );
  const pattern =
    /^(\S[^\n]*\n(?:0|[1-9]\d*)\n[A-Za-z0-9+/]{43}=\n(?:[^\n]+\n)*)\n((?:— \S+ [A-Za-z0-9+/=]+(?:\n|$))+)/gm;
  const whole = [text, ...printed].flatMap((one) =>
    [...one.replaceAll("\r\n", "\n").matchAll(pattern)].map(
      ([, body, signatures = ""]) =>
        `${body}\n${signatures.endsWith("\n") ? signatures : `${signatures}\n`}`,
    ),
  );
  return [...new Set(whole)];
}
