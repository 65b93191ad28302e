/**
 * Entry of the store's threads. The writer is the only code that writes to the database: it commits whatever piled up while
 * the last commit was synced, and waits for nothing else (window 0). The other one verifies the log beside it.
 */
import {
  parentPort,
  receiveMessageOnPort,
  workerData,
  type MessagePort,
} from "node:worker_threads";
import Database from "better-sqlite3";
import { GovernError, isGovernError } from "../../../errors/govern-error.ts";
import {
  packAnswers,
  type FromVerifier,
  type FromWriter,
  type QueuedJob,
  type ToWriter,
  type VerifierData,
  type WriterData,
} from "./messages.ts";
import { openDatabase } from "./open-database.ts";
import { verifyLog } from "./verify-log.ts";
import { Writer } from "./writer.ts";

/** Bounds how long the first of a crowd waits. */
const mostJobs = 1024;
/** After so long without a job, erased values are erased from the log of changes too. */
const idleMilliseconds = 1000;

function fail(port: MessagePort, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  port.postMessage({
    type: "failed",
    code: isGovernError(error) ? error.code : "store-failed",
    message,
    next: isGovernError(error) ? error.next : undefined,
  } satisfies FromWriter);
  port.close();
}

interface Gathered {
  readonly jobs: readonly QueuedJob[];
  readonly isClosing: boolean;
}

/** Takes the message that woke the thread and those behind it. */
function gather(port: MessagePort, woke: ToWriter): Gathered {
  const jobs: QueuedJob[] = [];
  let next: ToWriter | undefined = woke;
  while (next !== undefined) {
    if (next.type === "close") return { jobs, isClosing: true };
    const { first, at } = next;
    for (const [index, job] of next.jobs.entries()) jobs.push({ number: first + index, at, job });
    if (jobs.length >= mostJobs) break;
    next = receiveMessageOnPort(port)?.message as ToWriter | undefined;
  }
  return { jobs, isClosing: false };
}

function serve(port: MessagePort, { path, key }: WriterData): void {
  const database = openDatabase(path, key);
  const writer = new Writer(database.db, key);
  const tidy = (): void => {
    try {
      database.db.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // A full disk: tried again after the next job.
    }
  };
  let idle: NodeJS.Timeout | undefined;
  port.on("message", (message: ToWriter) => {
    clearTimeout(idle);
    try {
      const { jobs, isClosing } = gather(port, message);
      if (jobs.length > 0) {
        const answers = packAnswers(writer.run(jobs));
        port.postMessage({ type: "answers", ...answers } satisfies FromWriter);
        writer.writeTerms();
      }
      if (isClosing) {
        database.close();
        port.postMessage({ type: "closed" } satisfies FromWriter);
        port.close();
        return;
      }
      idle = setTimeout(tidy, idleMilliseconds).unref();
    } catch (error) {
      // Another writer may open it once this one has let go.
      database.abandon();
      fail(port, error);
    }
  });
  port.postMessage({ type: "ready" } satisfies FromWriter);
}

function verify(port: MessagePort, path: string): void {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    port.postMessage({ type: "verdict", verdict: verifyLog(db) } satisfies FromVerifier);
    db.close();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: "failed", message } satisfies FromVerifier);
  }
  port.close();
}

function start(): void {
  if (parentPort === null) throw new GovernError("internal", "the store's threads are no programs");
  const data = workerData as WriterData | VerifierData;
  if (data.task === "verify") return verify(parentPort, data.path);
  try {
    serve(parentPort, data);
  } catch (error) {
    fail(parentPort, error);
  }
}

start();
