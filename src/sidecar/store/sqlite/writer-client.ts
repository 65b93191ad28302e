/**
 * The writer thread as seen from outside: jobs in, promises out. A writer that ends fails every job, never silently; the
 * next one opens the file afresh, which settles what was written and what was not.
 */
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { GovernError } from "../../../errors/govern-error.ts";
import {
  unpackAnswers,
  type FromWriter,
  type Job,
  type JobAnswer,
  type ToWriter,
  type ValueOf,
  type WriterData,
} from "./messages.ts";

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: GovernError) => void;
}

const lost = {
  next: "`govern doctor` says what is wrong with the store or its disk.",
};
/** Milliseconds before another writer is tried. */
const patience = 1000;

/** One life of the writer. */
class WriterThread {
  readonly #worker: Worker;
  readonly #now: (() => number) | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  #outbox: Job[] = [];
  /** The number of the last job in the outbox. */
  #lastNumber = 0;
  /** Why no job can be taken any more. */
  #end: GovernError | undefined;
  #endedAt: number | undefined;

  constructor(script: URL, data: WriterData, now: (() => number) | undefined) {
    this.#now = now;
    this.#worker = new Worker(script, { workerData: data, execArgv: [] });
    this.#ended = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#stop(new GovernError("audit-unavailable", "the store's writer has ended", lost));
        resolve();
      });
    });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: FromWriter) => {
        if (message.type === "ready") resolve();
        if (message.type === "failed") reject(this.#failed(message));
        if (message.type === "answers") this.#take(unpackAnswers(message));
      });
      this.#worker.once("error", (cause) => {
        const message = `the store's writer: ${cause.message}`;
        this.#stop(new GovernError("audit-unavailable", message, { ...lost, cause }));
        reject(new GovernError("store-failed", message, { cause }));
      });
      this.#worker.once("exit", () => {
        reject(new GovernError("store-failed", "the store's writer ended before it was ready"));
      });
    });
  }

  /** When it ended, by the monotonic clock. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Resolves once the database is open; rejects with `sidecar-running` or `store-failed`. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Resolves once the job is durable; rejects with `audit-unavailable` where it is not, or may not be. */
  run<J extends Job>(job: J): Promise<ValueOf<J>> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const answer = new Promise<ValueOf<J>>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
    });
    if (this.#outbox.length === 0) queueMicrotask(() => this.#post());
    this.#outbox.push(job);
    return answer;
  }

  #post(): void {
    const jobs = this.#outbox;
    this.#outbox = [];
    const first = this.#lastNumber - jobs.length + 1;
    const at = this.#now?.() ?? null;
    if (this.#end === undefined) this.#send({ type: "jobs", first, at, jobs });
  }

  #send(message: ToWriter): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    this.#worker.postMessage(message);
  }

  #take(answers: readonly JobAnswer[]): void {
    for (const answer of answers) {
      const waiting = this.#waiting.get(answer.number);
      this.#waiting.delete(answer.number);
      if (answer.ok) waiting?.resolve(answer.value as never);
      else waiting?.reject(new GovernError(answer.code, answer.message));
    }
  }

  #failed(message: Extract<FromWriter, { type: "failed" }>): GovernError {
    const next = message.next === undefined ? {} : { next: message.next };
    this.#stop(new GovernError("audit-unavailable", message.message, lost));
    return new GovernError(message.code, message.message, next);
  }

  #stop(error: GovernError): void {
    this.#end ??= error;
    this.#endedAt ??= performance.now();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#end);
  }

  /** Lets the writer finish what it was given, close the database and end. */
  async close(): Promise<void> {
    if (this.#end === undefined) {
      this.#post();
      this.#send({ type: "close" });
    }
    await this.#ended;
  }
}

export class WriterClient {
  readonly #open: () => WriterThread;
  #thread: WriterThread;
  #isClosed = false;

  constructor(script: URL, data: WriterData, now: (() => number) | undefined) {
    this.#open = () => new WriterThread(script, data, now);
    this.#thread = this.#open();
  }

  /** Resolves once the database is open; rejects with `sidecar-running` or `store-failed`. */
  ready(): Promise<void> {
    return this.#thread.ready();
  }

  /** Resolves once the job is durable; rejects with `audit-unavailable` where it is not, or may not be. */
  run<J extends Job>(job: J): Promise<ValueOf<J>> {
    const { endedAt } = this.#thread;
    if (endedAt !== undefined && !this.#isClosed && performance.now() - endedAt >= patience) {
      this.#thread = this.#open();
      // What waits is told by its own promise.
      this.#thread.ready().catch(() => undefined);
    }
    return this.#thread.run(job);
  }

  /** Lets the writer finish what it was given, close the database and end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread.close();
  }
}
