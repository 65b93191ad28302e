/** `fetch` through the boundary: the app's own promise stays pending while a person decides or signs in again. */
import { headers as names } from "../../contract/wire.ts";
import { natives } from "./globals.ts";
import { announceRefusal, detach, resultOf, ticketOf, watch } from "./held.ts";
import { hintsOf, routeTo, type Route } from "./routing.ts";
import { isSignedOutAnswer, signIn } from "./session.ts";

export interface GovernedCall {
  readonly site: string;
  readonly route: Route;
  /** Without `signal`: that is given apart, since waiting for a person outlives its timeouts. */
  readonly init: RequestInit;
  readonly signal: AbortSignal | null | undefined;
}

/** True for the reasons that libraries give when their time is up. */
function isTimeout(reason: unknown): boolean {
  const { name, code } = (reason ?? {}) as { name?: unknown; code?: unknown };
  return name === "TimeoutError" || code === "ETIMEDOUT" || code === "ECONNABORTED";
}

/** A signal that follows another but for its timeouts: waiting for a person is not network time. */
function patient(signal: AbortSignal | null | undefined): AbortSignal {
  const link = new AbortController();
  const follow = (): void => {
    if (!isTimeout(signal?.reason)) link.abort(signal?.reason);
  };
  if (signal?.aborted) follow();
  else signal?.addEventListener("abort", follow);
  return link.signal;
}

/** Settles as `wait` does, but rejects at once when the signal aborts. */
function unlessAborted<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    const forget = (): void => signal.removeEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp);
    wait.then(resolve, reject).then(forget, forget);
  });
}

function heldTicket(answer: Response): string | null {
  return ticketOf(answer.status, answer.headers.get(names.ticket));
}

/**
 * Sends a request. One that may write is not cut off when the app gives it up, but heard out: only its answer names the
 * ticket that must then be detached.
 */
function send(url: string, init: RequestInit, signal: AbortSignal | null): Promise<Response> {
  if (signal === null || /^(?:GET|HEAD)$/i.test(init.method ?? "GET")) {
    return natives.fetch(url, { ...init, signal });
  }
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  const link = new AbortController();
  const cut = (): void => link.abort(signal.reason);
  const answered = natives.fetch(url, { ...init, signal: link.signal }).then((answer) => {
    if (!signal.aborted) signal.addEventListener("abort", cut);
    else giveUp(answer);
    return answer;
  });
  const giveUp = (answer: Response): void => {
    const ticket = heldTicket(answer);
    if (ticket !== null) detach(ticket);
    cut();
  };
  return unlessAborted(answered, signal);
}

/** Waits until the ticket can be fetched; a call that is given up meanwhile is detached. */
async function decision(ticket: string, signal: AbortSignal): Promise<void> {
  try {
    await unlessAborted(new Promise((resolve) => watch(ticket, resolve)), signal);
  } catch (reason) {
    detach(ticket);
    throw reason;
  }
}

/** Waits for the decision and gives the real answer, or the refusal's problem document. */
async function settle(ticket: string, signal: AbortSignal): Promise<Response> {
  for (;;) {
    await decision(ticket, signal);
    try {
      const result = await natives.fetch(resultOf(ticket), { cache: "no-store", signal });
      if (!isSignedOutAnswer(result)) return result;
      await unlessAborted(signIn(), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // The connection broke before the answer: the ticket still tells whether it can be fetched.
    }
  }
}

/** Makes an answer look as if it came from where the app asked. */
function dress(response: Response, route: Route): Response {
  return Object.defineProperties(response, {
    url: { value: route.shown },
    redirected: { value: false },
    type: { value: route.cross ? "cors" : "basic" },
    clone: { value: () => dress(Response.prototype.clone.call(response), route) },
  });
}

/** Sends a governed call; resolves with the real answer whatever it waited for. */
export async function perform({ site, route, init, signal }: GovernedCall): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of hintsOf(site)) headers.set(name, value);
  const request: RequestInit = { ...init, headers };
  let follow = signal ?? null;
  for (;;) {
    const answer = await send(route.url, request, follow);
    const ticket = heldTicket(answer);
    if (ticket !== null) {
      const result = await settle(ticket, patient(follow));
      announceRefusal(result.headers.get(names.error));
      return dress(result, route);
    }
    if (!isSignedOutAnswer(answer)) return route.cross ? dress(answer, route) : answer;
    follow = patient(follow);
    await unlessAborted(signIn(), follow);
  }
}

/**
 * What is kept of the app's options. Mode, integrity and referrer speak of an origin that is no longer asked; of
 * credentials the default, those of the app's own origin, is what the boundary needs.
 */
const keptOptions = [
  "method",
  "headers",
  "body",
  "cache",
  "redirect",
  "keepalive",
  "priority",
] as const;

function pickOptions(from: Request | RequestInit, into: RequestInit): void {
  for (const option of keptOptions) {
    const value = (from as RequestInit)[option];
    if (value !== undefined) Object.assign(into, { [option]: value });
  }
}

/** A body that must be read first: a streaming upload does not pass HTTP/1.1. Null if the body can go as it is. */
function bodyToRead(input: RequestInfo | URL, init: RequestInit): Promise<ArrayBuffer> | null {
  if (init.body instanceof ReadableStream) return new Response(init.body).arrayBuffer();
  const read = input instanceof Request && input.body && (init.body ?? null) === null;
  return read ? input.arrayBuffer() : null;
}

/** Stands for `fetch` at one site. */
export async function governedFetch(
  site: string,
  input: RequestInfo | URL,
  given?: RequestInit,
): Promise<Response> {
  const request = input instanceof Request ? input : null;
  const route = routeTo(request ? request.url : (input as string | URL));
  if (route === null) return natives.fetch(input, given);
  const init = given ?? {};
  const options: RequestInit = {};
  if (request) pickOptions(request, options);
  pickOptions(init, options);
  const unread = bodyToRead(input, init);
  // Only then: a page that is going away sends what it can without waiting.
  if (unread) options.body = await unread;
  const signal = init.signal === undefined ? request?.signal : init.signal;
  return perform({ site, route, init: options, signal });
}
