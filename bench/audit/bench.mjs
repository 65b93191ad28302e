// The trail against what its speed is bounded by: commits of one row each, the sync of the disk, raw SHA-256.
import { hash } from "node:crypto";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSqliteStore } from "../../dist/sidecar/store/sqlite/sqlite-store.js";
import { verifyLog } from "../../dist/sidecar/store/sqlite/verify-log.js";
import { compare } from "../report.mjs";
import { entryAt } from "./entries.mjs";
import { fillStore } from "./fill-store.mjs";

const key = new Uint8Array(32).fill(7);
const inFlight = 32;

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

/** Entries a second with so many appends waiting at any time. */
async function appendRate(store, count, lanes) {
  const entries = Array.from({ length: count }, (_, n) => entryAt(n));
  const lane = async () => {
    for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
      await store.append(entry);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  return count / ((performance.now() - started) / 1000);
}

/** Rows a second, each in a transaction of its own that is synced. */
function commitRate(path, count) {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
  const insert = db.prepare("INSERT INTO rows (entry) VALUES (?)");
  const texts = Array.from({ length: count }, (_, n) => JSON.stringify(entryAt(n)));
  const started = performance.now();
  for (const text of texts) insert.run(text);
  const rate = count / ((performance.now() - started) / 1000);
  db.close();
  return rate;
}

/** Milliseconds of one append with nothing else under way. */
async function appendTimes(store, count) {
  const times = [];
  for (let n = 0; n < count; n += 1) {
    const started = performance.now();
    await store.append(entryAt(n));
    times.push(performance.now() - started);
  }
  return median(times);
}

/** Milliseconds of writing the bytes of an entry at the end of a file and syncing them. */
function syncTimes(path, count) {
  const file = openSync(path, "a");
  const times = [];
  for (let n = 0; n < count; n += 1) {
    const text = JSON.stringify(entryAt(n));
    const started = performance.now();
    writeSync(file, text);
    fdatasyncSync(file);
    times.push(performance.now() - started);
  }
  closeSync(file);
  return median(times);
}

async function withStore(path, run) {
  const store = await openSqliteStore({ path, key });
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

async function appends({ folder, runs, progress }) {
  const [rates, times] = [
    { ours: [], peer: [] },
    { ours: [], peer: [] },
  ];
  await withStore(join(folder, "appends.db"), async (store) => {
    await appendRate(store, 10_000, inFlight);
    for (let run = 1; run <= runs; run += 1) {
      progress(`appends: run ${run} of ${runs}`);
      rates.ours.push(await appendRate(store, 60_000, inFlight));
      rates.peer.push(commitRate(join(folder, "rows.db"), 8000));
      times.ours.push(await appendTimes(store, 2000));
      times.peer.push(syncTimes(join(folder, "synced"), 2000));
    }
  });
  return [
    compare({ what: "durable appends, 32 in flight", unit: "/s", atLeast: 10, ...rates }),
    compare({ what: "p50 of one durable append", unit: "ms", atMost: 2, ...times }),
  ];
}

/** Time of an append at two sizes of the log, the sides taking turns. */
async function growth({ folder, runs, entries, progress }) {
  const [small, large] = [join(folder, "small.db"), join(folder, "large.db")];
  await withStore(small, (store) => appendRate(store, 10, inFlight));
  await withStore(large, (store) => appendRate(store, 10, inFlight));
  fillStore(small, 10_000);
  progress(`filling a log with ${entries} entries`);
  fillStore(large, entries);
  const samples = { ours: [], peer: [] };
  await withStore(small, (few) =>
    withStore(large, async (many) => {
      await appendRate(few, 5000, inFlight);
      await appendRate(many, 5000, inFlight);
      for (let run = 1; run <= runs; run += 1) {
        progress(`growth: run ${run} of ${runs}`);
        samples.peer.push(1e6 / (await appendRate(few, 10_000, inFlight)));
        samples.ours.push(1e6 / (await appendRate(many, 10_000, inFlight)));
      }
    }),
  );
  return [
    compare({
      what: `an append at ${entries} entries, to 10000`,
      unit: "µs",
      atMost: 1.1,
      ...samples,
    }),
  ];
}

/** Verified entries a second, to SHA-256 over the same bytes in memory. */
async function verifying({ folder, runs, progress }) {
  const path = join(folder, "verified.db");
  const count = 100_000;
  await withStore(path, (store) => appendRate(store, 10, inFlight));
  fillStore(path, count);
  const db = new Database(path, { readonly: true });
  const select = db.prepare("SELECT entry FROM audit_entries").pluck();
  const bytes = select.all().map((entry) => Buffer.from(`\0${String(entry)}`));
  const samples = { ours: [], peer: [] };
  for (let run = 1; run <= runs; run += 1) {
    progress(`verify: run ${run} of ${runs}`);
    let started = performance.now();
    const verdict = verifyLog(db);
    samples.ours.push(verdict.size / ((performance.now() - started) / 1000));
    if (!verdict.ok) throw new Error(verdict.reason);
    started = performance.now();
    for (const one of bytes) hash("sha256", one, "buffer");
    samples.peer.push(bytes.length / ((performance.now() - started) / 1000));
  }
  db.close();
  return [
    compare({ what: "verified entries, to raw SHA-256", unit: "/s", atLeast: 0.25, ...samples }),
  ];
}

const parts = { appends, growth, verifying };

export const bench = {
  about:
    "the trail: durable appends to commits of one row, to one fdatasync, at 10 M entries; verify to raw SHA-256",
  async run({ runs = 7, only, progress }) {
    const folder = mkdtempSync(join(process.env.GOVERN_BENCH_TMP ?? tmpdir(), "govern-bench-"));
    const entries = Number(process.env.GOVERN_BENCH_ENTRIES ?? 10_000_000);
    try {
      const rows = [];
      for (const [name, part] of Object.entries(parts)) {
        if (only !== undefined && !name.includes(only)) continue;
        rows.push(...(await part({ folder, runs, entries, progress })));
      }
      return rows;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
