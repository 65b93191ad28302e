/** `.govern/`: what belongs to this machine and its owner alone, never to git. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GovernError } from "../errors/govern-error.ts";

export interface StateFolder {
  readonly secretsFile: string;
  readonly storeFile: string;
  readonly storeKey: string;
  readonly sessionKey: string;
  /** The private key of what is asserted to resources. */
  readonly assertionKey: string;
  readonly controlSocket: string;
  /** What `--learn` writes. */
  readonly learnedFile: string;
}

/** Makes the folder (0700, ignored by git) where there is none, and names what is in it. */
export function openStateFolder(workspaceDir: string): StateFolder {
  const folder = join(workspaceDir, ".govern");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const ignore = join(folder, ".gitignore");
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  } catch (error) {
    throw new GovernError("store-failed", `${folder} cannot be used.`, {
      next: "The sidecar keeps its keys and its store there: make it writable for this account.",
      cause: error,
    });
  }
  return {
    secretsFile: join(folder, "secrets.env"),
    storeFile: join(folder, "store.db"),
    storeKey: join(folder, "store.key"),
    sessionKey: join(folder, "session.key"),
    assertionKey: join(folder, "assertion.key"),
    controlSocket: join(folder, "control.sock"),
    learnedFile: join(folder, "learned.yaml"),
  };
}
