/**
 * Held calls of this tab: one poller asks for all tickets while any waits; what still waits when the page goes is
 * watched again by the next page of the tab.
 */
import { headers, paths, type TicketState, type TicketStatus } from "../../contract/wire.ts";
import { isPage, natives } from "./globals.ts";
import { showOutcome, showWaiting } from "./notice.ts";
import { isSignedOutAnswer, signIn } from "./session.ts";

const shortest = 300;
const longest = 3000;
const left = "govern-tickets";

const own: RequestInit = { cache: "no-store" };
const watched = new Map<string, (state: TicketState) => void>();
let delay = shortest;
let timer = 0;
let asking = false;

/** The ticket of a held answer, else null. */
export function ticketOf(status: number, ticket: string | null): string | null {
  return status === 202 ? ticket : null;
}

export const resultOf = (ticket: string): string => `${paths.tickets}/${ticket}/result`;

function schedule(): void {
  clearTimeout(timer);
  if (watched.size > 0 && !asking) timer = natives.setTimeout(() => void poll(), delay);
}

async function poll(): Promise<void> {
  asking = true;
  try {
    const query = [...watched.keys()].map((id) => `id=${id}`).join("&");
    const answer = await natives.fetch(`${paths.tickets}?${query}`, own);
    if (isSignedOutAnswer(answer)) await signIn();
    else if (answer.ok) settleAll((await answer.json()) as TicketStatus[]);
  } catch {
    // The sidecar cannot be reached just now: the tickets live there, so asking again is enough.
  }
  asking = false;
  delay = Math.min(delay * 1.3, longest);
  schedule();
}

function settleAll(statuses: readonly TicketStatus[]): void {
  for (const { ticket, state } of statuses) {
    const done = watched.get(ticket);
    if (done === undefined || state === "waiting") continue;
    unwatch(ticket);
    done(state);
  }
}

/** Calls back once the ticket no longer waits; the caller's notice shows until then. */
export function watch(ticket: string, done: (state: TicketState) => void): void {
  watched.set(ticket, done);
  delay = shortest;
  schedule();
  showWaiting(watched.size);
}

function unwatch(ticket: string): void {
  watched.delete(ticket);
  showWaiting(watched.size);
}

/** Gives a held call up: the page was told that it failed, so it must not run. */
export function detach(ticket: string): void {
  unwatch(ticket);
  const forget = { ...own, method: "DELETE", keepalive: true };
  natives.fetch(`${paths.tickets}/${ticket}`, forget).catch(() => undefined);
}

/** Says briefly what became of a call when its answer is a refusal. */
export function announceRefusal(code: string | null): void {
  if (code !== null) showOutcome(code);
}

async function reportLeftover(ticket: string, state: TicketState): Promise<void> {
  if (state === "gone") return;
  const result = await natives.fetch(resultOf(ticket), own);
  showOutcome(result.headers.get(headers.error));
}

function takeLeftovers(): void {
  const tickets = JSON.parse(sessionStorage.getItem(left) ?? "[]") as string[];
  sessionStorage.removeItem(left);
  for (const ticket of tickets) {
    watch(ticket, (state) => {
      reportLeftover(ticket, state).catch(() => undefined);
    });
  }
}

/**
 * Watches what the tab's previous page left waiting. Tickets are written down when the page goes and not before: a
 * duplicated tab would otherwise take the results of the tab it was copied from.
 */
export function keepAcrossReloads(): void {
  if (!isPage) return;
  addEventListener("pagehide", () => {
    if (watched.size > 0) sessionStorage.setItem(left, JSON.stringify([...watched.keys()]));
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) sessionStorage.removeItem(left);
  });
  takeLeftovers();
}
