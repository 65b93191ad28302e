/**
 * Entry of the store's writer thread: the only code that writes to the database. It commits whatever piled up while the
 * last commit was synced, and waits for nothing else (window 0).
 */
import {
  parentPort,
  receiveMessageOnPort,
  workerData,
  type MessagePort,
} from "node:worker_threads";
import { GovernError, isGovernError } from "../../../errors/govern-error.ts";
import type { FromWriter, QueuedJob, ToWriter, WriterData } from "./messages.ts";
import { openDatabase } from "./open-database.ts";
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
function gather(port: MessagePort, first: ToWriter): Gathered {
  const jobs: QueuedJob[] = [];
  let next: ToWriter | undefined = first;
  while (next !== undefined) {
    if (next.type === "close") return { jobs, isClosing: true };
    jobs.push(...next.jobs);
    if (jobs.length >= mostJobs) break;
    next = receiveMessageOnPort(port)?.message as ToWriter | undefined;
  }
  return { jobs, isClosing: false };
}

function serve(port: MessagePort, { path, key }: WriterData): void {
  const database = openDatabase(path, key);
  const writer = new Writer(database.db, key);
  const tidy = (): void => {
    database.db.pragma("wal_checkpoint(TRUNCATE)");
  };
  let idle: NodeJS.Timeout | undefined;
  port.on("message", (message: ToWriter) => {
    clearTimeout(idle);
    try {
      const { jobs, isClosing } = gather(port, message);
      if (jobs.length > 0) {
        const answers = writer.run(jobs);
        port.postMessage({ type: "answers", answers } satisfies FromWriter);
      }
      if (isClosing) {
        database.close();
        port.postMessage({ type: "closed" } satisfies FromWriter);
        port.close();
        return;
      }
      idle = setTimeout(tidy, idleMilliseconds).unref();
    } catch (error) {
      fail(port, error);
    }
  });
  port.postMessage({ type: "ready" } satisfies FromWriter);
}

function start(): void {
  if (parentPort === null) throw new GovernError("internal", "the writer runs as a thread only");
  try {
    serve(parentPort, workerData as WriterData);
  } catch (error) {
    fail(parentPort, error);
  }
}

start();
