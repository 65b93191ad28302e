/**
 * The seal of what import wrote: the digest of every file, by its path, and an optional Ed25519 signature (RFC 8032) over it.
 * Both halves judge by this file; neither reads files here.
 */
import { createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import type { BuildFile } from "./build.ts";
import { canonicalJson, sha256Hex } from "./canonical-json.ts";

/** SHA-256 hex of files, by their paths with `/`. */
export type Digests = Readonly<Record<string, string>>;

export function digestsOf(files: Iterable<readonly [string, Uint8Array]>): Record<string, string> {
  return Object.fromEntries([...files].map(([path, bytes]) => [path, sha256Hex(bytes)]));
}

/** `seal.json` beside the apps: what import wrote that belongs to none of them. */
export const sealFileSchema = z.strictObject({
  version: z.literal(1),
  files: z.record(z.string(), z.string()),
});

export interface BrokenSeal {
  readonly path: string;
  readonly fault: "missing" | "changed" | "added";
}

/** What differs between the files that were sealed and those that are there, in order of their paths. */
export function brokenSeals(sealed: Digests, there: Digests): BrokenSeal[] {
  const paths = [...new Set([...Object.keys(sealed), ...Object.keys(there)])].toSorted();
  return paths.flatMap((path): BrokenSeal[] => {
    const expected = Object.hasOwn(sealed, path) ? sealed[path] : undefined;
    const found = Object.hasOwn(there, path) ? there[path] : undefined;
    if (expected === found) return [];
    if (expected === undefined) return [{ path, fault: "added" }];
    return [{ path, fault: found === undefined ? "missing" : "changed" }];
  });
}

/** What a signature is over: all of build.json but itself, as canonical JSON. */
export function signedText({ signature: _signature, ...sealed }: BuildFile): string {
  return canonicalJson(sealed);
}

/** A public key as it is written: the base64 of its SPKI, the middle line of the PEM that openssl prints. */
export function isPublicKey(key: string): boolean {
  try {
    const read = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    return read.asymmetricKeyType === "ed25519";
  } catch {
    return false;
  }
}

/** Whether a build file is signed by one of some keys. Never throws. */
export function isSignedBy(build: BuildFile, trusted: readonly string[]): boolean {
  const { signature } = build;
  if (signature === undefined || !trusted.includes(signature.key)) return false;
  try {
    const key = createPublicKey({
      key: Buffer.from(signature.key, "base64"),
      format: "der",
      type: "spki",
    });
    if (key.asymmetricKeyType !== "ed25519") return false;
    const bytes = Buffer.from(signature.value, "base64");
    return verify(null, Buffer.from(signedText(build)), key, bytes);
  } catch {
    return false;
  }
}
