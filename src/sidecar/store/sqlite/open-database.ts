/** Opens the store's file for its one writer. */
import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { GovernError, isGovernError } from "../../../errors/govern-error.ts";
import { seal, unseal } from "../sealing.ts";
import { migrate } from "./migrations.ts";

const checkPlace = "store key";
const checkText = Buffer.from("govern store");

/** An existing file is left alone: closing a descriptor of it would drop the locks that this process holds on it. */
function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

/**
 * Holds an exclusive transaction on a lock file beside the store: the operating system frees it with the process, however
 * that ends. The transaction writes nothing.
 */
function lockStore(path: string): Database.Database {
  const lock = new Database(`${path}.lock`, { timeout: 250 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new GovernError("sidecar-running", `another process has ${path} open`, {
      next: "Use the sidecar that runs, or stop it first.",
      cause: error,
    });
  }
}

function checkKey(db: Database.Database, key: Uint8Array): void {
  const sealed = db.prepare<[], Buffer>("SELECT sealed FROM key_check WHERE one = 1").pluck().get();
  if (sealed === undefined) {
    const fresh = seal(key, checkPlace, checkText);
    db.prepare("INSERT INTO key_check (one, sealed) VALUES (1, ?)").run(fresh);
    return;
  }
  if (!unseal(key, checkPlace, sealed).equals(checkText)) {
    throw new GovernError("store-failed", `the key is not that of ${db.name}`);
  }
}

function prepareDatabase(path: string, key: Uint8Array): Database.Database {
  const db = new Database(path, { timeout: 5000 });
  try {
    migrate(db);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("secure_delete = ON");
    db.pragma("foreign_keys = ON");
    db.pragma("trusted_schema = OFF");
    checkKey(db, key);
    // What a failed sync left in doubt is on the disk, or is told here, before anything is built on it.
    db.pragma("wal_checkpoint(TRUNCATE)");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export interface OpenDatabase {
  readonly db: Database.Database;
  /** Writes the log of changes back into the file and gives the file free. */
  close(): void;
  /** Gives the file free as it is, after a failure. */
  abandon(): void;
}

/**
 * Opens or makes the file (mode 0600) with the current schema: this process is its only writer, and the key is the one it
 * was made with. Throws `sidecar-running` or `store-failed`.
 */
export function openDatabase(path: string, key: Uint8Array): OpenDatabase {
  try {
    for (const file of [path, `${path}.lock`]) createPrivateFile(file);
    const lock = lockStore(path);
    try {
      const db = prepareDatabase(path, key);
      const close = (): void => {
        db.pragma("wal_checkpoint(TRUNCATE)");
        db.close();
        lock.close();
      };
      const abandon = (): void => {
        for (const one of [db, lock]) {
          try {
            one.close();
          } catch {
            // The end of the thread closes it.
          }
        }
      };
      return { db, close, abandon };
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (cause) {
    if (isGovernError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GovernError("store-failed", `${path} cannot be opened: ${why}`, {
      next: "Check that the folder exists and that this user may write there.",
      cause,
    });
  }
}
