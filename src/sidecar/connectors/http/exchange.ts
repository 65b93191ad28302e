/** One exchange with an upstream, its answer collected whole. */
import type { Dispatcher } from "undici";

/** What an upstream answered. */
export interface Received {
  readonly status: number;
  /** Lower-case names, as received. */
  readonly headers: [string, string][];
  readonly body: Uint8Array;
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

function headerList(headers: Headers): [string, string][] {
  const list: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") list.push([name, value]);
    else if (value !== undefined) for (const one of value) list.push([name, one]);
  }
  return list;
}

const noBytes = new Uint8Array();

function joined(chunks: readonly Buffer[]): Uint8Array {
  const [only] = chunks;
  if (only === undefined) return noBytes;
  return chunks.length === 1 ? only : Buffer.concat(chunks);
}

/** Sends a request; rejects with undici's error, or with the signal's reason once it is aborted. */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let headers: [string, string][] = [];
    const chunks: Buffer[] = [];
    let abort: ((reason: Error) => void) | undefined;
    const onAbort = (): void => {
      const reason = signal.reason instanceof Error ? signal.reason : new Error("aborted");
      abort?.(reason);
      reject(reason);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    dispatcher.dispatch(options, {
      onRequestStart(controller) {
        abort = (reason) => controller.abort(reason);
        if (signal.aborted) onAbort();
      },
      onResponseStart(_controller, statusCode, received) {
        // What comes before the answer itself (103 Early Hints) is none.
        if (statusCode < 200) return;
        status = statusCode;
        headers = headerList(received);
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        signal.removeEventListener("abort", onAbort);
        resolve({ status, headers, body: joined(chunks) });
      },
      onResponseError(_controller, error) {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    });
  });
}
