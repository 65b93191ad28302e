/**
 * The store of one machine: one SQLite file, one writer thread that commits in groups, one read-only handle. A promise
 * that resolves means that the data is on the disk.
 */
import { randomBytes } from "node:crypto";
import type { AuditEntry, NewAuditEntry } from "../../../contract/audit-entry.ts";
import { GovernError, isGovernError } from "../../../errors/govern-error.ts";
import { entryText, stampEntry } from "../../audit/entry-text.ts";
import { capEntry } from "../../audit/prepare-entry.ts";
import { deriveKey } from "../sealing.ts";
import type {
  ApprovalEvent,
  ApprovalQuery,
  ApprovalRecord,
  EntryQuery,
  LogVerdict,
  NewApproval,
  NewSegment,
  Segment,
  NewSession,
  SessionChange,
  SessionEnd,
  SessionRecord,
  Store,
  StoredCheckpoint,
  StoredResult,
  TransitionResult,
  TreeHead,
} from "../store.ts";
import { Reader } from "./reader.ts";
import { verifyInThread } from "./verify-client.ts";
import { WriterClient } from "./writer-client.ts";

export interface SqliteStoreOptions {
  /** The file; it is made, with mode 0600, where there is none. Its folder must exist. */
  readonly path: string;
  /** 32 secret bytes. Held calls and results are encrypted with a key derived from them. */
  readonly key: Uint8Array;
  /** The writer thread's script. Default: the one beside this file. */
  readonly writer?: URL;
  /** The store's clock in milliseconds. Default: the machine's, read inside the transaction. */
  readonly now?: () => number;
  /** Applied to each entry before it is appended, e.g. redaction; what is too large is cut after it. */
  readonly prepare?: (entry: NewAuditEntry) => NewAuditEntry;
  /** Told of each approval that was made or has changed, once that is durable. */
  readonly onApproval?: (approval: ApprovalRecord) => void;
}

/** 128 random bits; one in 64 draws starts with a dash, which a command line takes for an option: drawn again. */
function makeApprovalId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? makeApprovalId() : id;
}

class SqliteStore implements Store {
  readonly #writer: WriterClient;
  readonly #reader: Reader;
  readonly #prepare: (entry: NewAuditEntry) => NewAuditEntry;
  readonly #onApproval: (approval: ApprovalRecord) => void;
  readonly #verify: () => Promise<LogVerdict>;
  #verifying: Promise<LogVerdict> | undefined;

  constructor(parts: {
    readonly writer: WriterClient;
    readonly reader: Reader;
    readonly prepare: (entry: NewAuditEntry) => NewAuditEntry;
    readonly onApproval: (approval: ApprovalRecord) => void;
    readonly verify: () => Promise<LogVerdict>;
  }) {
    this.#writer = parts.writer;
    this.#reader = parts.reader;
    this.#prepare = parts.prepare;
    this.#onApproval = parts.onApproval;
    this.#verify = parts.verify;
  }

  #ready(entry: NewAuditEntry): NewAuditEntry {
    return capEntry(this.#prepare(entry));
  }

  async append(entry: NewAuditEntry): Promise<AuditEntry> {
    const ready = this.#ready(entry);
    const stamp = await this.#writer.run(entryText(ready));
    return stampEntry(ready, stamp);
  }

  async hold(approval: NewApproval, entry: NewAuditEntry): Promise<ApprovalRecord> {
    const id = makeApprovalId();
    const text = entryText({ ...this.#ready(entry), approval: id });
    const held = await this.#writer.run({ type: "hold", id, approval, entry: text });
    this.#onApproval(held);
    return held;
  }

  async transition(
    id: string,
    event: ApprovalEvent,
    entry: NewAuditEntry,
  ): Promise<TransitionResult> {
    const text = entryText({ ...this.#ready(entry), approval: id });
    const result = await this.#writer.run({ type: "transition", id, event, entry: text });
    if (result.ok) this.#onApproval(result.approval);
    return result;
  }

  async takeResult(id: string): Promise<StoredResult | undefined> {
    return this.#writer.run({ type: "take-result", id });
  }

  async dropResults(finishedBy: string): Promise<number> {
    return this.#writer.run({ type: "drop-results", finishedBy });
  }

  async beginSession(session: NewSession, entry: NewAuditEntry): Promise<void> {
    const text = entryText(this.#ready(entry));
    await this.#writer.run({ type: "begin-session", session, entry: text });
  }

  async updateSession(id: string, change: SessionChange): Promise<boolean> {
    return this.#writer.run({ type: "update-session", id, change });
  }

  async endSession(id: string, why: SessionEnd, entry: NewAuditEntry): Promise<boolean> {
    const text = entryText(this.#ready(entry));
    return this.#writer.run({ type: "end-session", id, why, entry: text });
  }

  async dropSessions(expiredBy: number): Promise<number> {
    return this.#writer.run({ type: "drop-sessions", expiredBy });
  }

  async session(id: string): Promise<SessionRecord | undefined> {
    return this.#read(() => this.#reader.session(id));
  }

  async sessions(person?: {
    readonly subject: string;
    readonly issuer: string;
  }): Promise<readonly SessionRecord[]> {
    return this.#read(() => this.#reader.sessions(person));
  }

  async keep(name: string, value: string | null): Promise<void> {
    await this.#writer.run({ type: "keep", name, value });
  }

  async kept(name: string): Promise<string | undefined> {
    return this.#read(() => this.#reader.note(name));
  }

  async entries(query: EntryQuery): Promise<readonly AuditEntry[]> {
    return this.#read(() => this.#reader.audit.entries(query));
  }

  async approvals(query: ApprovalQuery): Promise<readonly ApprovalRecord[]> {
    return this.#read(() => this.#reader.approvals(query));
  }

  async countApprovals(query: ApprovalQuery): Promise<number> {
    return this.#read(() => this.#reader.countApprovals(query));
  }

  async verify(): Promise<LogVerdict> {
    // One at a time: who asks meanwhile gets the same answer.
    this.#verifying ??= this.#read(this.#verify).finally(() => {
      this.#verifying = undefined;
    });
    return this.#verifying;
  }

  async head(): Promise<TreeHead> {
    return this.#read(() => this.#reader.audit.treeHead());
  }

  async addCheckpoint(checkpoint: StoredCheckpoint): Promise<void> {
    await this.#writer.run({ type: "add-checkpoint", checkpoint });
  }

  async checkpoints(): Promise<readonly StoredCheckpoint[]> {
    return this.#read(() => this.#reader.audit.checkpoints());
  }

  async dropArchived(segment: NewSegment, entry: NewAuditEntry): Promise<void> {
    const text = entryText(this.#ready(entry));
    await this.#writer.run({ type: "drop-archived", segment, entry: text });
  }

  async segments(): Promise<readonly Segment[]> {
    return this.#read(() => this.#reader.audit.segments());
  }

  async #read<T>(read: () => T | Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (isGovernError(cause)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new GovernError("store-failed", `the store cannot be read: ${why}`, { cause });
    }
  }

  async close(): Promise<void> {
    this.#reader.close();
    await this.#writer.close();
  }
}

/**
 * Opens the store of this machine, making it where there is none. Rejects with `sidecar-running` while another process
 * has it open (however that one ends, the file is free afterwards), and with `store-failed` when the file cannot be used:
 * no such folder, not writable, another program's, a newer schema, another key.
 *
 * Later, a write that could not be made durable rejects with `audit-unavailable`, and so does every call after the writer
 * ended; a read that fails rejects with `store-failed`.
 *
 * @example
 * const store = await openSqliteStore({ path: ".govern/store.db", key });
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, prepare = (entry: NewAuditEntry) => entry, onApproval, now } = options;
  if (options.key.length !== 32) {
    throw new GovernError("store-failed", "the store's key is not 32 bytes long");
  }
  const key = deriveKey(options.key, "store");
  const script = options.writer ?? new URL("./writer-thread.js", import.meta.url);
  const writer = new WriterClient(script, { task: "write", path, key }, now);
  await writer.ready();
  try {
    const reader = new Reader(path, key);
    const verify = (): Promise<LogVerdict> => verifyInThread(script, { task: "verify", path });
    return new SqliteStore({
      writer,
      reader,
      prepare,
      onApproval: onApproval ?? (() => undefined),
      verify,
    });
  } catch (cause) {
    await writer.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GovernError("store-failed", `${path} cannot be read: ${why}`, { cause });
  }
}
