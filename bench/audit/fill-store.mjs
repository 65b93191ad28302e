// Fills a store's log fast: the same rows as the writer's, in large transactions that are not synced.
import Database from "better-sqlite3";
import { entryText } from "../../dist/sidecar/audit/entry-text.js";
import { AuditWriter } from "../../dist/sidecar/store/sqlite/audit-writer.js";
import { entryAt } from "./entries.mjs";

const perTransaction = 50_000;

/** Appends entries until the log has so many. The store must not be open. */
export function fillStore(path, size) {
  const db = new Database(path);
  db.pragma("synchronous = OFF");
  db.pragma("cache_size = -262144");
  const writer = new AuditWriter(db);
  const start = Date.now() - size;
  while (writer.position.size < size) {
    const end = Math.min(size, writer.position.size + perTransaction);
    db.transaction(() => {
      for (let n = writer.position.size; n < end; n += 1) {
        writer.append(entryText(entryAt(n)), start + n);
      }
      writer.saveHead();
    })();
    for (let n = 0; n * 1024 < perTransaction; n += 1) writer.writeTerms();
  }
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}
