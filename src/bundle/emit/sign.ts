/** Signs what an import writes with an Ed25519 key of the person's. The key is read, used and forgotten. */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { BuildFile } from "../../contract/build.ts";
import { signedText } from "../../contract/seal.ts";
import { GovernError } from "../../errors/govern-error.ts";

const next = "Make one with: openssl genpkey -algorithm ed25519 -out release.pem";

function invalid(path: string, reason: string, cause?: unknown): GovernError {
  return new GovernError("key-invalid", `The key ${path} ${reason}.`, { next, cause });
}

async function readKey(path: string): Promise<KeyObject> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw invalid(path, "is missing or cannot be read", cause);
  });
  try {
    return createPrivateKey(text);
  } catch {
    // The cause of a parser may quote what it read.
    throw invalid(path, "is no private key in PEM");
  }
}

/** A function that signs build files with the key of a PEM file. @throws GovernError `key-invalid`. */
export async function readSigner(path: string): Promise<(build: BuildFile) => BuildFile> {
  const key = await readKey(path);
  if (key.asymmetricKeyType !== "ed25519") throw invalid(path, "is not an Ed25519 key");
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return function signBuild(build) {
    const value = sign(null, Buffer.from(signedText(build)), key).toString("base64");
    return { ...build, signature: { key: spki.toString("base64"), value } };
  };
}
