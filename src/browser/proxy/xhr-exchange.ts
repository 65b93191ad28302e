/**
 * The exchanges behind one XMLHttpRequest of the app. While a call is held the request looks sent and unanswered; on
 * the decision it opens itself again on the result, so that the app sees the events of one plain request.
 */
import { headers as names } from "../../contract/wire.ts";
import { globalSite, natives } from "./globals.ts";
import { announceRefusal, detach, resultOf, ticketOf, watch } from "./held.ts";
import type { Route } from "./routing.ts";
import { isSignedOut, signIn } from "./session.ts";

/** What a request needs to know of itself beyond what the browser keeps. */
export interface Kept {
  site: string;
  route: Route | null;
  method: string;
  sync: boolean;
  headers: [string, string][];
  body: XMLHttpRequestBodyInit | Document | null;
  timeout: number;
  ticket: string | null;
  /** The browser's present exchange is not the app's: its events and state are kept from the app. */
  hidden: boolean;
  /** What has to happen before the request can go on. */
  waitsFor: "decision" | "session" | null;
  /** Counts the app's own opens and aborts: what waits for an older one is void. */
  run: number;
  /** The state shown while an abort is told. */
  shown: number | null;
}

const kept = new WeakMap<XMLHttpRequest, Kept>();

/** What is kept of a request; one that is not governed has nothing. */
export const keptOf = (xhr: XMLHttpRequest): Kept => kept.get(xhr) as Kept;

/** Begins to keep a new request. */
export function keep(xhr: XMLHttpRequest): void {
  kept.set(xhr, {
    site: globalSite,
    route: null,
    method: "",
    sync: false,
    headers: [],
    body: null,
    timeout: 0,
    ticket: null,
    hidden: false,
    waitsFor: null,
    run: 0,
    shown: null,
  });
}

/** The browser's own methods, which the app's patches of the class do not reach. */
export const native = natives.XMLHttpRequest?.prototype as XMLHttpRequest;

/** The browser's own value of a property, past what is shown to the app. */
export function readNative(xhr: XMLHttpRequest, property: string): unknown {
  return Object.getOwnPropertyDescriptor(native, property)?.get?.call(xhr);
}

/** Sets the browser's own time limit, past the one that the app sees. */
export function limitTime(xhr: XMLHttpRequest, milliseconds: number): void {
  Object.getOwnPropertyDescriptor(native, "timeout")?.set?.call(xhr, milliseconds);
}

/** True when the browser's exchange has its first news: headers, or a failure without any. */
function hasNews(xhr: XMLHttpRequest, own: Kept): boolean {
  const state = readNative(xhr, "readyState");
  return state === 2 || (state === 4 && own.hidden);
}

/** Looks at what arrived: a hold and the session's end stay hidden, anything else is for the app. */
function inspect(xhr: XMLHttpRequest, own: Kept): void {
  const status = readNative(xhr, "status") as number;
  const code = native.getResponseHeader.call(xhr, names.error);
  const ticket = ticketOf(status, native.getResponseHeader.call(xhr, names.ticket));
  // Status 0: a result that got lost on its way. The ticket still tells whether it can be fetched.
  if (ticket !== null || (own.ticket !== null && status === 0)) own.waitsFor = "decision";
  if (isSignedOut(status, code)) own.waitsFor = "session";
  own.ticket = ticket ?? own.ticket;
  own.hidden = own.waitsFor !== null;
  if (own.ticket !== null && !own.hidden) announceRefusal(code);
}

/** Stands before every listener of the app and keeps from them what is not theirs. */
export function filterEvent(xhr: XMLHttpRequest, event: Event): void {
  const own = keptOf(xhr);
  const isOurs = own.route !== null && !own.sync && own.waitsFor === null;
  if (isOurs && event.type === "readystatechange" && hasNews(xhr, own)) inspect(xhr, own);
  if (!own.hidden) return;
  event.stopImmediatePropagation();
  if (event.type === "loadend") void resume(xhr, own);
}

async function resume(xhr: XMLHttpRequest, own: Kept): Promise<void> {
  const { run, ticket } = own;
  if (own.waitsFor === "session") await signIn();
  else if (ticket !== null) await new Promise((resolve) => watch(ticket, resolve));
  if (own.run !== run) return;
  own.waitsFor = null;
  if (ticket !== null) exchange(xhr, "GET", resultOf(ticket));
  else exchange(xhr, own.method, own.route?.url ?? "", own);
}

/** Uses the request once more; waiting for a person is not network time, so there is no limit on it. */
function exchange(
  xhr: XMLHttpRequest,
  method: string,
  url: string,
  again?: Pick<Kept, "headers" | "body">,
): void {
  native.open.call(xhr, method, url, true);
  limitTime(xhr, 0);
  for (const header of again?.headers ?? []) native.setRequestHeader.apply(xhr, header);
  native.send.call(xhr, again?.body);
}

/** Ends what an older open left: nothing runs after the app gave it up. */
export function giveUp(own: Kept): void {
  own.run += 1;
  if (own.ticket !== null && own.waitsFor !== null) detach(own.ticket);
  own.ticket = null;
  own.waitsFor = null;
  own.hidden = false;
}
