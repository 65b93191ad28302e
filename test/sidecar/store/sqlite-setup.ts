import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  openSqliteStore,
  type SqliteStoreOptions,
} from "../../../src/sidecar/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../src/sidecar/store/store.ts";

/** The built writer thread: threads of the test runner do not run TypeScript. */
export const builtWriter = pathToFileURL(
  join(import.meta.dirname, "../../../dist/sidecar/store/sqlite/writer-thread.js"),
);

export const sampleKey = new Uint8Array(32).fill(7);

/** A folder for one test's files. */
export function makeFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "govern-store-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function openStore(path: string, options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  return openSqliteStore({ path, key: sampleKey, writer: builtWriter, ...options });
}
