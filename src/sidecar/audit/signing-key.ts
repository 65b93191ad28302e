/**
 * The key that signs the log's checkpoints: what `audit.signingKey` refers to, else one that is made for this account, away
 * from the store. Whoever gets at the store must not find the key beside it.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readSigner, type NoteSigner } from "./signed-note.ts";

export type SigningKey =
  | { readonly ok: true; readonly signer: NoteSigner }
  /** Nothing is signed; `why` is for people. */
  | { readonly ok: false; readonly why: string };

/** Where the key of a log is kept that govern.yaml names none for: `~/.config/govern/`. */
function defaultFile(origin: string): string {
  const { XDG_CONFIG_HOME: configured } = process.env;
  const folder =
    configured === undefined || configured === "" ? join(homedir(), ".config") : configured;
  return join(folder, "govern", `${origin.replaceAll("/", "-")}.pem`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function makeKey(file: string): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(file, pem, { mode: 0o600, flag: "wx" });
  return pem;
}

/**
 * Gives the signer of a log. `configured` is the resolved `audit.signingKey`; one that is no Ed25519 key is a GovernError
 * `audit-key-invalid`. Without it the default key is read, or made; where that cannot be, checkpoints stay unsigned.
 */
export function openSigningKey(origin: string, configured: string | undefined): SigningKey {
  if (configured !== undefined) {
    return { ok: true, signer: readSigner(configured, origin, "audit.signingKey") };
  }
  const file = defaultFile(origin);
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    if (!isMissing(error)) return { ok: false, why: `${file} cannot be read` };
    try {
      pem = makeKey(file);
    } catch {
      return { ok: false, why: `audit.signingKey is not set, and ${file} cannot be written` };
    }
  }
  return { ok: true, signer: readSigner(pem, origin, file) };
}
