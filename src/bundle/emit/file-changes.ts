/**
 * Changes to files, made all or not at all: everything is written to a temporary folder beside its target first, then moved
 * into place; a failure moves everything back. What a killed import left behind is put right by the next one.
 */
import { randomUUID } from "node:crypto";
import * as nodeFiles from "node:fs/promises";
import { dirname, join } from "node:path";
import { GovernError, isGovernError } from "../../errors/govern-error.ts";

interface Placed {
  /** Absolute. */
  readonly path: string;
  /** An existing folder on the same file system, where the temporary folder is made. */
  readonly beside: string;
}

/** A file with its whole content. */
export interface FileChange extends Placed {
  readonly kind: "file";
  readonly bytes: Uint8Array;
  readonly mode?: number;
  /** Mode of its folder if that is made. */
  readonly folderMode?: number;
  /** What it held when the change was planned, null for no file: somebody else's change meanwhile is not overwritten. */
  readonly from?: Uint8Array | null;
}

/** A folder with its whole content: what is not listed goes. */
export interface FolderChange extends Placed {
  readonly kind: "folder";
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export type Change = FileChange | FolderChange;

/** The writing calls, so that a test can make one fail. */
export type FileCalls = Pick<
  typeof nodeFiles,
  "mkdir" | "writeFile" | "rename" | "copyFile" | "rm" | "rmdir"
>;

const prefix = ".govern-import-";

/** The bytes of a file, or null where there is none. Rejects for one that is there and cannot be read. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await nodeFiles.readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function checkUnchanged(change: Change): Promise<void> {
  if (change.kind !== "file" || change.from === undefined) return;
  const now = await readIfThere(change.path);
  const isSame =
    now === null ? change.from === null : change.from !== null && now.equals(change.from);
  if (isSame) return;
  throw new GovernError("output-conflict", `${change.path} was changed while the import ran.`, {
    next: "Nothing was written. Import again.",
  });
}

async function listTree(folder: string, under = ""): Promise<string[]> {
  const entries = await nodeFiles.readdir(join(folder, under), { withFileTypes: true });
  const lists = entries.map(async (entry) => {
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    return entry.isDirectory() ? listTree(folder, path) : [path];
  });
  return (await Promise.all(lists)).flat();
}

async function hasBytes(path: string, bytes: Uint8Array): Promise<boolean> {
  const found = await nodeFiles.readFile(path).catch(() => null);
  return found !== null && Buffer.compare(found, bytes) === 0;
}

async function isInPlace(change: Change): Promise<boolean> {
  if (change.kind === "file") return hasBytes(change.path, change.bytes);
  const listed = await listTree(change.path).catch(() => null);
  if (listed === null || listed.length !== change.files.size) return false;
  for (const [name, bytes] of change.files) {
    if (!(await hasBytes(join(change.path, name), bytes))) return false;
  }
  return true;
}

/** Those changes that would change something. */
export async function pendingChanges(changes: readonly Change[]): Promise<Change[]> {
  const pending: Change[] = [];
  for (const change of changes) if (!(await isInPlace(change))) pending.push(change);
  return pending;
}

async function exists(path: string): Promise<boolean> {
  return nodeFiles.lstat(path).then(
    () => true,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What a temporary folder holds of the folders it replaces: moved there, and back if their place is empty. */
type Journal = readonly { readonly target: string; readonly old: string }[];

/** A journal that is not whole was being written: nothing had been moved then. */
async function readJournal(staging: string): Promise<Journal> {
  try {
    return JSON.parse(await nodeFiles.readFile(join(staging, "journal.json"), "utf8")) as Journal;
  } catch {
    return [];
  }
}

async function recover(staging: string): Promise<void> {
  for (const { target, old } of await readJournal(staging)) {
    if (!(await exists(target)) && (await exists(old))) await nodeFiles.rename(old, target);
  }
  await nodeFiles.rm(staging, { recursive: true, force: true });
}

/** Puts right what an import that was killed left in a folder. */
export async function recoverChanges(folder: string): Promise<void> {
  const names = await nodeFiles.readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await recover(join(folder, name));
  }
}

interface Step {
  readonly change: Change;
  readonly staging: string;
  readonly fresh: string;
  readonly old: string;
}

class Transaction {
  readonly #calls: FileCalls;
  readonly #stagings = new Map<string, string>();
  readonly #undo: (() => Promise<unknown>)[] = [];

  constructor(calls: FileCalls) {
    this.#calls = calls;
  }

  async #staging(beside: string): Promise<string> {
    const known = this.#stagings.get(beside);
    if (known !== undefined) return known;
    const path = join(beside, `${prefix}${String(process.pid)}-${randomUUID().slice(0, 8)}`);
    this.#stagings.set(beside, path);
    await this.#calls.mkdir(join(path, "old"), { recursive: true, mode: 0o700 });
    return path;
  }

  async stage(change: Change, index: number): Promise<Step> {
    const staging = await this.#staging(change.beside);
    const fresh = join(staging, String(index));
    if (change.kind === "file") {
      await this.#calls.writeFile(fresh, change.bytes, { mode: change.mode ?? 0o644 });
    } else {
      await this.#calls.mkdir(fresh, { recursive: true });
      for (const [name, bytes] of change.files) {
        await this.#calls.mkdir(dirname(join(fresh, name)), { recursive: true });
        await this.#calls.writeFile(join(fresh, name), bytes);
      }
    }
    return { change, staging, fresh, old: join(staging, "old", String(index)) };
  }

  async writeJournals(steps: readonly Step[]): Promise<void> {
    for (const staging of this.#stagings.values()) {
      const journal: Journal = steps
        .filter((step) => step.staging === staging && step.change.kind === "folder")
        .map(({ change, old }) => ({ target: change.path, old }));
      await this.#calls.writeFile(join(staging, "journal.json"), JSON.stringify(journal));
    }
  }

  async #makeParent(change: Change): Promise<void> {
    const parent = dirname(change.path);
    const mode = change.kind === "file" ? (change.folderMode ?? 0o755) : 0o755;
    const first = await this.#calls.mkdir(parent, { recursive: true, mode });
    if (first === undefined) return;
    const made: string[] = [];
    for (let folder = parent; folder.length >= first.length; folder = dirname(folder))
      made.push(folder);
    for (const folder of made.toReversed()) this.#undo.push(() => this.#calls.rmdir(folder));
  }

  async commit({ change, fresh, old }: Step): Promise<void> {
    const { path } = change;
    await checkUnchanged(change);
    await this.#makeParent(change);
    // Asked now, not before: what another import put there meanwhile must come back too.
    if (!(await exists(path))) {
      this.#undo.push(() => this.#calls.rm(path, { recursive: true, force: true }));
    } else if (change.kind === "file") {
      await this.#calls.copyFile(path, old);
      this.#undo.push(() => this.#calls.rename(old, path));
    } else {
      await this.#calls.rename(path, old);
      this.#undo.push(async () => {
        await this.#calls.rm(path, { recursive: true, force: true });
        await this.#calls.rename(old, path);
      });
    }
    await this.#calls.rename(fresh, path);
  }

  /** Moves everything back; whether all of it could be. */
  async rollBack(): Promise<boolean> {
    let complete = true;
    for (const undo of this.#undo.toReversed()) {
      await undo().catch(() => {
        complete = false;
      });
    }
    return complete;
  }

  async clear(): Promise<void> {
    for (const staging of this.#stagings.values()) {
      await this.#calls.rm(staging, { recursive: true, force: true });
    }
  }
}

/**
 * Makes all changes or none. When it returns, every target has its content; when it throws, every target is as it was.
 * @throws GovernError `output-conflict` with the cause.
 */
export async function applyChanges(
  changes: readonly Change[],
  calls: FileCalls = nodeFiles,
): Promise<void> {
  const transaction = new Transaction(calls);
  try {
    const steps: Step[] = [];
    for (const [index, change] of changes.entries()) {
      steps.push(await transaction.stage(change, index));
    }
    await transaction.writeJournals(steps);
    for (const step of steps) await transaction.commit(step);
  } catch (cause) {
    // What could not be moved back is kept for recoverChanges.
    if (await transaction.rollBack()) await transaction.clear().catch(() => undefined);
    if (isGovernError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GovernError("output-conflict", `Nothing was written: ${reason}.`, {
      next: "Check the space and the permissions of the folder, then import again.",
      cause,
    });
  }
  // Everything is in place; a temporary folder that cannot be removed is no reason to say otherwise.
  await transaction.clear().catch(() => undefined);
}
