/** The log of a store's file, opened by whoever may read the file: the sidecar may run meanwhile, or not. Changes nothing. */
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { GovernError, isGovernError } from "../../../errors/govern-error.ts";
import { AuditReader } from "./audit-reader.ts";
import { applicationId, schemaVersion } from "./migrations.ts";

export interface TrailFile {
  readonly db: Database.Database;
  readonly reader: AuditReader;
  close(): void;
}

function refuse(path: string, why: string, next: string, cause?: unknown): never {
  throw new GovernError("store-failed", `${path} ${why}`, { next, cause });
}

function checkFormat(db: Database.Database, path: string): void {
  if (db.pragma("application_id", { simple: true }) !== applicationId) {
    refuse(path, "is no store of govern.", "Name the store's file, usually .govern/store.db.");
  }
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > schemaVersion) {
    const why = `has schema ${version}; this version of govern knows ${schemaVersion}.`;
    refuse(path, why, "Use the version of govern that wrote it, or a later one.");
  }
  if (version < schemaVersion) {
    const why = `has schema ${version}, which is older than this version's ${schemaVersion}.`;
    refuse(path, why, "Start the sidecar once: it brings the file up to date.");
  }
}

/** Opens the log. What is missing, damaged, foreign, or of a newer version is a GovernError `store-failed`. */
export function openTrailFile(path: string): TrailFile {
  if (!existsSync(path)) {
    refuse(path, "does not exist.", "Start the sidecar once, or name a store with --store.");
  }
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    checkFormat(db, path);
    const open = db;
    const reader = new AuditReader(db);
    // What is damaged at its beginning is told now.
    reader.head();
    return { db, reader, close: () => open.close() };
  } catch (cause) {
    db?.close();
    if (isGovernError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const next =
      "If its folder cannot be written, copy the file with its -wal elsewhere; if it is damaged, restore a copy.";
    return refuse(path, `cannot be read: ${why}.`, next, cause);
  }
}
