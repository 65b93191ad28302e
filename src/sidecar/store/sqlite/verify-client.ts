/** The verifying thread as seen from outside: it shares nothing with the calls that go on meanwhile but the disk. */
import { Worker } from "node:worker_threads";
import { GovernError } from "../../../errors/govern-error.ts";
import type { LogVerdict } from "../store.ts";
import type { FromVerifier, VerifierData } from "./messages.ts";

/** Verifies the log of a file in a thread of its own. Rejects with `store-failed` when it cannot be read. */
export function verifyInThread(script: URL, data: VerifierData): Promise<LogVerdict> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new GovernError("store-failed", `the log cannot be verified: ${why}`));
    };
    const worker = new Worker(script, { workerData: data, execArgv: [] });
    worker.on("message", (message: FromVerifier) => {
      if (message.type === "verdict") resolve(message.verdict);
      else fail(message.message);
    });
    worker.once("error", (error) => fail(error.message));
    worker.once("exit", () => fail("the verifier ended before it was done"));
  });
}
