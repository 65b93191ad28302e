/**
 * Retention: entries that are older than the workspace keeps go to files, segment by segment, each up to a checkpoint. Only
 * what was read back and leads to that checkpoint's root is dropped; checkpoint and tree edge stay, so that the rest verifies.
 */
import { hash } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { encodeEntry, leafHash, type NewAuditEntry } from "../../contract/audit-entry.ts";
import type { JsonValue } from "../../contract/canonical-json.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { OnFault } from "../faults.ts";
import type { Segment, Store, StoredCheckpoint } from "../store/store.ts";
import { appendLeaf, emptyEdge, treeHead } from "./right-edge.ts";
import { parseCheckpoint, readNote } from "./signed-note.ts";

/** Entries that one segment holds, if a checkpoint is near enough: dropping them holds the writer up. */
const mostEntries = 16_384;
const page = 1000;
/** Milliseconds between two rounds. */
const roundEvery = 3_600_000;

export interface ArchiveOptions {
  readonly store: Store;
  /** Where the files go; it is made where there is none. */
  readonly folder: string;
  /** Milliseconds that an entry stays. */
  readonly keep: number;
  /** The entry that records a segment. */
  readonly entry: (archived: { readonly [name: string]: JsonValue }) => Promise<NewAuditEntry>;
  readonly onFault: OnFault;
  readonly now?: () => number;
}

/** The checkpoint that the next segment ends with. */
function nextEnd(
  checkpoints: readonly StoredCheckpoint[],
  first: number,
  cut: number,
): StoredCheckpoint | undefined {
  const due = checkpoints.filter(({ size }) => size > first && size <= cut);
  return due.findLast(({ size }) => size - first <= mostEntries) ?? due[0];
}

async function writeEntries(
  store: Store,
  file: string,
  first: number,
  size: number,
): Promise<void> {
  const descriptor = openSync(file, "w", 0o600);
  try {
    for (let from = first; from < size; from += page) {
      const to = Math.min(size, from + page);
      const entries = await store.entries({ from, to, limit: page });
      writeSync(descriptor, entries.map((entry) => `${encodeEntry(entry)}\n`).join(""));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads an archive back; throws `audit-tampered` unless its lines lead from the segment before to the checkpoint. */
function checkArchive(bytes: Buffer, before: Segment | undefined, end: StoredCheckpoint): void {
  const text = readNote(end.note)?.text;
  const checkpoint = text === undefined ? undefined : parseCheckpoint(text);
  let edge = before?.edge ?? emptyEdge;
  for (const line of bytes.toString("utf8").split("\n").slice(0, -1)) {
    edge = appendLeaf(edge, leafHash(line)).edge;
  }
  if (checkpoint?.size === edge.size && checkpoint.root === treeHead(edge)) return;
  throw new GovernError(
    "audit-tampered",
    `the entries up to ${end.size} are not those that their checkpoint was signed for: they are not archived`,
  );
}

async function archiveSegment(
  { store, folder, entry }: ArchiveOptions,
  before: Segment | undefined,
  end: StoredCheckpoint,
): Promise<void> {
  const first = before?.size ?? 0;
  const { origin } = await store.head();
  const file = `${origin.replaceAll("/", "-")}-${first}-${end.size - 1}.jsonl`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, `${file}.new`);
  await writeEntries(store, fresh, first, end.size);
  const bytes = readFileSync(fresh);
  checkArchive(bytes, before, end);
  writeFileSync(join(folder, `${file}.checkpoint`), end.note, { mode: 0o600 });
  renameSync(fresh, join(folder, file));
  const digest = hash("sha256", bytes, "hex");
  const segment = { first, size: end.size, note: end.note, file, digest };
  await store.dropArchived(segment, await entry({ first, size: end.size, file, digest }));
}

/** Archives all that is due; gives how many entries. Rejects where a segment cannot be archived; nothing of it is dropped. */
export async function archiveOld(options: ArchiveOptions): Promise<number> {
  const { store, keep, now = Date.now } = options;
  const [young] = await store.entries({ since: new Date(now() - keep).toISOString(), limit: 1 });
  const cut = young?.seq ?? (await store.head()).size;
  let archived = 0;
  for (;;) {
    const before = (await store.segments()).at(-1);
    const first = before?.size ?? 0;
    const end = nextEnd(await store.checkpoints(), first, cut);
    if (end === undefined) return archived;
    await archiveSegment(options, before, end);
    archived += end.size - first;
  }
}

/** Archives from time to time. The returned function ends it, after a round under way. */
export function startArchiving(options: ArchiveOptions): () => Promise<void> {
  const run = async (): Promise<void> => {
    try {
      await archiveOld(options);
    } catch (error) {
      options.onFault(error, null);
    }
  };
  let round = run();
  const timer = setInterval(() => {
    round = round.then(run);
  }, roundEvery).unref();
  return async () => {
    clearInterval(timer);
    await round;
  };
}
