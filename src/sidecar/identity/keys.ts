/** The workspace's own keys: made once, kept in `.govern/` for its owner alone, never printed. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { GovernError } from "../../errors/govern-error.ts";

const keyBytes = 32;

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function readKey(file: string): Uint8Array | undefined {
  try {
    return Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new GovernError("file-invalid", `The key ${file} cannot be read.`, { cause: error });
  }
}

/** Reads a 256-bit key, or makes it (mode 0600). A file that holds no such key is a GovernError `file-invalid`. */
export function loadKey(file: string): Uint8Array {
  const known = readKey(file);
  if (known === undefined) {
    const made = randomBytes(keyBytes);
    writeFileSync(file, `${made.toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    return made;
  }
  if (known.byteLength !== keyBytes) {
    throw new GovernError("file-invalid", `${file} does not hold a key.`, {
      next: "Restore it from a backup. Without it, sessions end and held calls cannot be read.",
    });
  }
  return known;
}
