import { describe, expect, it } from "vitest";
import {
  keyText,
  parseCheckpoint,
  parseKey,
  readNote,
  readSigner,
  signCheckpoint,
  signersOf,
} from "../../../src/sidecar/audit/signed-note.ts";
import { makePem } from "./logs.ts";

// The example of Go's package golang.org/x/mod/sumdb/note.
const neumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const quote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
const head = { origin: "govern-audit/0102", size: 12, root: "r".repeat(32) };

function only<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("nothing there");
  return value;
}

const readNoKey = (): unknown =>
  readSigner("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n", "o", "audit.signingKey");

describe("signed notes", () => {
  it("of another implementation verify", () => {
    const key = only(parseKey(neumann));
    expect(keyText(key)).toBe(neumann);
    expect(signersOf(only(readNote(quote)), [key])).toEqual({ good: [key], bad: [] });
    const changed = only(readNote(quote.replace("your problem is", "your problem was")));
    expect(signersOf(changed, [key])).toEqual({ good: [], bad: [key] });
  });

  it("carry a checkpoint that its key signed, and nobody else's", () => {
    const signer = readSigner(makePem(), head.origin, "a key");
    const other = readSigner(makePem(), head.origin, "a key");
    const note = only(readNote(signCheckpoint(head, signer)));
    expect(parseCheckpoint(note.text)).toEqual(head);
    expect(signersOf(note, [other, signer]).good).toEqual([signer]);
    expect(only(parseKey(keyText(signer))).id).toBe(signer.id);
  });

  it.each([
    ["no note", "text without a signature\n"],
    ["a control character", quote.replace("answer", "ans\u001bwer")],
    ["no signature behind the empty line", "text\n\nmore text\n"],
  ])("are refused with %s", (_, text) => {
    expect(readNote(text)).toBeUndefined();
  });

  it.each([
    ["a size with a leading zero", "o\n012\ncmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmU=\n"],
    ["a short root", "o\n12\ncmVk\n"],
    ["an empty extension", "o\n12\ncmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmU=\n\n"],
    ["no origin", "\n12\ncmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmVkcmU=\n"],
  ])("with %s are no checkpoint", (_, text) => {
    expect(parseCheckpoint(text)).toBeUndefined();
  });

  it.each([
    ["another id", neumann.replace("c74f20a3", "c74f20a4")],
    ["another algorithm", neumann.replace("+AR", "+BR")],
    ["nothing of a key", "PeterNeumann"],
  ])("are verified with no key that has %s", (_, text) => {
    expect(parseKey(text)).toBeUndefined();
  });

  it("are signed with Ed25519 keys only, and an error never holds the key", () => {
    expect(readNoKey).toThrow(expect.objectContaining({ code: "audit-key-invalid" }));
    expect(readNoKey).not.toThrow(/c2VjcmV0/);
  });
});
