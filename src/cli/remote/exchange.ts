/** One request to a server's operator origin. Follows no redirect: a token goes nowhere else. */
import { request } from "undici";
import { GovernError } from "../../errors/govern-error.ts";

const deadline = 30_000;

export interface RemoteCall {
  readonly method?: "GET" | "POST";
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

export interface RemoteAnswer {
  readonly status: number;
  readonly text: string;
  /** Undefined where the text is no JSON. */
  json(): unknown;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function exchange(server: string, call: RemoteCall): Promise<RemoteAnswer> {
  try {
    const response = await request(new URL(call.path, server), {
      method: call.method ?? "GET",
      headers: {
        accept: "application/json",
        ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: AbortSignal.timeout(deadline),
    });
    const text = await response.body.text();
    return { status: response.statusCode, text, json: () => parse(text) };
  } catch (cause) {
    throw new GovernError("sidecar-not-running", `${server} cannot be reached.`, {
      next: "Is it the operator origin, and does the sidecar run there?",
      cause,
    });
  }
}
