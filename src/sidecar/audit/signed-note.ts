/**
 * Signed notes (c2sp.org/signed-note) with Ed25519 keys, and the checkpoints that are written as such
 * (c2sp.org/tlog-checkpoint). Pure: where keys and notes come from and go is not known here.
 */
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from "node:crypto";
import type { Digest } from "../../contract/audit-entry.ts";
import { GovernError } from "../../errors/govern-error.ts";

const ed25519 = Buffer.of(1);
/** The SPKI head of an Ed25519 public key (RFC 8410); its 32 bytes follow. */
const spkiHead = Buffer.from("302a300506032b6570032100", "hex");
const mostSignatures = 64;

/** A public key with the name that it signs under. */
export interface NoteKey {
  readonly name: string;
  /** The first 4 bytes of its hash, in hex. */
  readonly id: string;
  readonly publicKey: KeyObject;
}

export interface NoteSigner extends NoteKey {
  readonly privateKey: KeyObject;
}

interface NoteSignature {
  readonly name: string;
  readonly id: string;
  readonly bytes: Buffer;
}

/** A note in its parts; nothing of it was verified. */
export interface Note {
  /** What is signed, with the newline at its end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The head of a log of some size, as its checkpoint says it. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Digest;
}

function rawKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-32);
}

function keyId(name: string, raw: Buffer): string {
  const input = Buffer.concat([Buffer.from(`${name}\n`), ed25519, raw]);
  return hash("sha256", input, "hex").slice(0, 8);
}

function isKeyName(name: string): boolean {
  return /^[^\s+\p{Cc}]+$/u.test(name);
}

/** Reads an Ed25519 private key in PEM (PKCS #8). Anything else is a GovernError `audit-key-invalid`; `place` names it there. */
export function readSigner(pem: string, name: string, place: string): NoteSigner {
  const next =
    "Make one with `openssl genpkey -algorithm ed25519`, and keep it off this host's backups.";
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    // The cause is left out: it may quote the key.
    throw new GovernError("audit-key-invalid", `${place} is no private key in PEM.`, { next });
  }
  if (privateKey.asymmetricKeyType !== "ed25519") {
    throw new GovernError("audit-key-invalid", `${place} is a key of another kind, not Ed25519.`, {
      next,
    });
  }
  const publicKey = createPublicKey(privateKey);
  return { name, id: keyId(name, rawKey(publicKey)), publicKey, privateKey };
}

/** A verifier key as text: `<name>+<id>+<base64 of 0x01 and the key>`, as other tools for notes read it. */
export function keyText({ name, id, publicKey }: NoteKey): string {
  return `${name}+${id}+${Buffer.concat([ed25519, rawKey(publicKey)]).toString("base64")}`;
}

/** Reads a verifier key; undefined for what is none, or does not have the id that it says. */
export function parseKey(text: string): NoteKey | undefined {
  const [name = "", id = "", encoded = "", ...rest] = text.trim().split("+");
  // Base64 has plus signs of its own.
  const bytes = Buffer.from([encoded, ...rest].join("+"), "base64");
  if (!isKeyName(name) || bytes.length !== 33 || bytes[0] !== 1) return undefined;
  const raw = bytes.subarray(1);
  if (keyId(name, raw) !== id) return undefined;
  const publicKey = createPublicKey({
    key: Buffer.concat([spkiHead, raw]),
    format: "der",
    type: "spki",
  });
  return { name, id, publicKey };
}

/** Signs a text, which ends in a newline and holds no empty last line. */
function signNote(text: string, { name, id, privateKey }: NoteSigner): string {
  const signature = sign(null, Buffer.from(text), privateKey);
  const encoded = Buffer.concat([Buffer.from(id, "hex"), signature]).toString("base64");
  return `${text}\n— ${name} ${encoded}\n`;
}

function readSignature(line: string): NoteSignature | undefined {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  const bytes = Buffer.from(encoded ?? "", "base64");
  if (name === undefined || bytes.length <= 4) return undefined;
  return { name, id: bytes.toString("hex", 0, 4), bytes: bytes.subarray(4) };
}

/** Takes a note apart; undefined for what is none. */
export function readNote(note: string): Note | undefined {
  const end = note.lastIndexOf("\n\n");
  // oxlint-disable-next-line no-control-regex -- a note holds none (c2sp.org/signed-note)
  if (end < 0 || !note.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(note))
    return undefined;
  const lines = note.slice(end + 2, -1).split("\n");
  const signatures = lines.map(readSignature);
  if (lines.length > mostSignatures || !signatures.every((one) => one !== undefined)) {
    return undefined;
  }
  return { text: note.slice(0, end + 1), signatures };
}

/**
 * Which of the keys signed a note. Signatures of other keys are passed over; `bad` is a key that is named as its signer
 * and is not.
 */
export function signersOf(
  { text, signatures }: Note,
  keys: readonly NoteKey[],
): { readonly good: readonly NoteKey[]; readonly bad: readonly NoteKey[] } {
  const good: NoteKey[] = [];
  const bad: NoteKey[] = [];
  for (const key of keys) {
    const own = signatures.find(({ name, id }) => name === key.name && id === key.id);
    if (own === undefined) continue;
    (verify(null, Buffer.from(text), key.publicKey, own.bytes) ? good : bad).push(key);
  }
  return { good, bad };
}

/** Signs the head of a log. */
export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  return signNote(
    `${origin}\n${size}\n${Buffer.from(root, "latin1").toString("base64")}\n`,
    signer,
  );
}

/** Reads the text of a checkpoint; undefined for another text. Extension lines are passed over. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = "", size = "", encoded = "", ...rest] = text.split("\n");
  const root = Buffer.from(encoded, "base64");
  const isWhole = rest.at(-1) === "" && rest.slice(0, -1).every((line) => line !== "");
  if (origin === "" || !/^(?:0|[1-9]\d{0,14})$/.test(size) || root.length !== 32 || !isWhole) {
    return undefined;
  }
  if (root.toString("base64") !== encoded) return undefined;
  return { origin, size: Number(size), root: root.toString("latin1") };
}
