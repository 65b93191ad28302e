/**
 * Runs jobs against the database: all that have piled up in one transaction, each behind its own savepoint, so that one
 * that fails takes no other with it. Answers are given only after the commit is on the disk.
 */
import Database from "better-sqlite3";
import { isGovernError } from "../../../errors/govern-error.ts";
import { ApprovalWriter } from "./approval-writer.ts";
import { AuditWriter } from "./audit-writer.ts";
import { SessionWriter } from "./session-writer.ts";
import type { EntryText } from "../../audit/entry-text.ts";
import type { Job, JobAnswer, JobFailure, JobValue, QueuedJob, SessionJob } from "./messages.ts";

/** Thrown when the database can no longer be trusted to be what memory says: the writer must end. */
class WriterBroken extends Error {
  override readonly name = "WriterBroken";
}

function failureOf(error: unknown): JobFailure {
  if (isGovernError(error)) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "audit-unavailable", message: `the store cannot be written: ${message}` };
}

/** After a failed write or sync the operating system may have dropped pages: what was written is unknown. */
function isDoubtful(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(error.code);
}

function isFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === "SQLITE_FULL";
}

export class Writer {
  readonly #db: Database.Database;
  readonly #audit: AuditWriter;
  readonly #approvals: ApprovalWriter;
  readonly #sessions: SessionWriter;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #savepoint: Database.Statement;
  readonly #release: Database.Statement;
  readonly #undo: Database.Statement;
  #writesTerms = true;
  readonly #keepNote: Database.Statement<[string, string]>;
  readonly #forgetNote: Database.Statement<[string]>;

  /** Takes a database that is open for writing and has the current schema. */
  constructor(db: Database.Database, key: Uint8Array) {
    this.#db = db;
    this.#audit = new AuditWriter(db);
    this.#approvals = new ApprovalWriter(db, key);
    this.#sessions = new SessionWriter(db, key);
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#savepoint = db.prepare("SAVEPOINT job");
    this.#release = db.prepare("RELEASE job");
    this.#undo = db.prepare("ROLLBACK TO job");
    this.#keepNote = db.prepare("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)");
    this.#forgetNote = db.prepare("DELETE FROM notes WHERE name = ?");
  }

  #keep(name: string, value: string | null): undefined {
    if (value === null) this.#forgetNote.run(name);
    else this.#keepNote.run(name, value);
  }

  /** Runs the jobs in their order. Throws `WriterBroken`, with nothing answered, when the database is in doubt. */
  run(jobs: readonly QueuedJob[]): readonly JobAnswer[] {
    const position = this.#audit.position;
    try {
      this.#begin.run();
      const answers = jobs.map((queued) => this.#answer(queued));
      if (this.#audit.position !== position) this.#audit.saveHead();
      this.#commit.run();
      return answers;
    } catch (error) {
      this.#rollBack();
      this.#audit.goBackTo(position);
      const failure = failureOf(error);
      if (error instanceof WriterBroken || isDoubtful(error)) {
        throw new WriterBroken(failure.message, { cause: error });
      }
      return jobs.map(({ number }) => ({ number, ok: false, ...failure }));
    }
  }

  /**
   * Writes what full blocks of entries are searched by, after the answers. Where it fails, entries are found by reading
   * them. Throws `WriterBroken` when the database is in doubt.
   */
  writeTerms(): void {
    if (!this.#writesTerms) return;
    try {
      this.#audit.writeTerms();
    } catch (error) {
      this.#rollBack();
      if (isDoubtful(error)) throw new WriterBroken(failureOf(error).message, { cause: error });
      // An entry that is no JSON: somebody changed it. A full disk is told by the appends.
      this.#writesTerms = isFull(error);
    }
  }

  #rollBack(): void {
    if (!this.#db.inTransaction) return;
    try {
      this.#db.exec("ROLLBACK");
    } catch (cause) {
      throw new WriterBroken("the store's transaction cannot be undone", { cause });
    }
  }

  /** An append is one statement, which leaves nothing behind where it fails. */
  #append(number: number, entry: EntryText, now: number): JobAnswer {
    try {
      return { number, ok: true, value: this.#audit.append(entry, now) };
    } catch (error) {
      if (!this.#db.inTransaction || isDoubtful(error)) throw error;
      return { number, ok: false, ...failureOf(error) };
    }
  }

  #answer({ number, job, at }: QueuedJob): JobAnswer {
    const now = at ?? Date.now();
    if (typeof job === "string") return this.#append(number, job, now);
    const position = this.#audit.position;
    this.#savepoint.run();
    try {
      const value = this.#perform(job, now);
      this.#release.run();
      return { number, ok: true, value };
    } catch (error) {
      if (!this.#db.inTransaction || isDoubtful(error)) throw error;
      this.#undo.run();
      this.#release.run();
      this.#audit.goBackTo(position);
      return { number, ok: false, ...failureOf(error) };
    }
  }

  #perform(job: Exclude<Job, EntryText>, now: number): JobValue {
    switch (job.type) {
      case "hold": {
        const approval = this.#approvals.hold(job.id, job.approval, now);
        this.#audit.append(job.entry, now);
        return approval;
      }
      case "transition": {
        const result = this.#approvals.transition(job.id, job.event, now);
        if (result.ok) this.#audit.append(job.entry, now);
        return result;
      }
      case "take-result":
        return this.#approvals.takeResult(job.id);
      case "drop-results":
        return this.#approvals.dropResults(job.finishedBy);
      case "keep":
        return this.#keep(job.name, job.value);
      case "add-checkpoint":
        this.#audit.addCheckpoint(job.checkpoint);
        return undefined;
      case "drop-archived":
        this.#audit.dropArchived(job.segment);
        this.#audit.append(job.entry, now);
        return undefined;
      default:
        return this.#performOnSession(job, now);
    }
  }

  #performOnSession(job: SessionJob, now: number): JobValue {
    switch (job.type) {
      case "begin-session":
        this.#sessions.begin(job.session);
        this.#audit.append(job.entry, now);
        return undefined;
      case "update-session":
        return this.#sessions.update(job.id, job.change);
      case "end-session": {
        const ended = this.#sessions.end(job.id, job.why);
        if (ended) this.#audit.append(job.entry, now);
        return ended;
      }
      case "drop-sessions":
        return this.#sessions.drop(job.expiredBy);
    }
  }
}
