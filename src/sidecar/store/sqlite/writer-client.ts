/** The writer thread as seen from outside: jobs in, promises out. A writer that ends fails every job, never silently. */
import { Worker } from "node:worker_threads";
import { GovernError } from "../../../errors/govern-error.ts";
import type {
  FromWriter,
  Job,
  JobAnswer,
  JobValues,
  QueuedJob,
  ToWriter,
  WriterData,
} from "./messages.ts";

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: GovernError) => void;
}

const lost = {
  next: "Restart the sidecar; if it happens again, check the disk.",
};

export class WriterClient {
  readonly #worker: Worker;
  readonly #now: (() => number) | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  #outbox: QueuedJob[] = [];
  #lastNumber = 0;
  /** Why no job can be taken any more. */
  #end: GovernError | undefined;

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
        if (message.type === "answers") this.#take(message.answers);
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

  /** Resolves once the database is open; rejects with `sidecar-running` or `store-failed`. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Resolves once the job is durable; rejects with `audit-unavailable` where it is not, or may not be. */
  run<J extends Job>(job: J): Promise<JobValues[J["type"]]> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const answer = new Promise<JobValues[J["type"]]>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
    });
    if (this.#outbox.length === 0) queueMicrotask(() => this.#post());
    this.#outbox.push({ number, at: this.#now?.() ?? null, job });
    return answer;
  }

  #post(): void {
    const jobs = this.#outbox;
    this.#outbox = [];
    if (this.#end === undefined) this.#send({ type: "jobs", jobs });
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
