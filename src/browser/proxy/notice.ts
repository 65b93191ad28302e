/**
 * What the page's user sees of the boundary: a notice in the corner while calls wait, and a dialog when the session is
 * over. Both live in closed shadow roots, so that neither the app's styles nor ours reach the other. Pages only.
 */
import { paths } from "../../contract/wire.ts";
import { isPage, natives } from "./globals.ts";
import { dialogStyles, noticeStyles } from "./styles.ts";

const outcomeTime = 10_000;

interface Message {
  readonly state: string;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Parts {
  readonly host: HTMLElement;
  readonly text: HTMLElement;
  readonly action: HTMLButtonElement;
}

let parts: Parts | undefined;
let waiting = 0;
/** How many waiting calls the user saw when they closed the notice. */
let dismissed = 0;
let outcome: Message | null = null;
let signedOut: Message | null = null;

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
  onClick?: () => void,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (onClick) made.addEventListener("click", onClick);
  return made;
}

/** A host element in the page with a closed shadow root. */
function shadowHost(tag: string, styles: string): { host: HTMLElement; root: ShadowRoot } {
  const host = document.createElement(tag);
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  root.adoptedStyleSheets = [sheet];
  return { host, root };
}

function buildNotice(): Parts {
  const { host, root } = shadowHost("govern-notice", noticeStyles);
  host.setAttribute("role", "status");
  host.setAttribute("aria-atomic", "false");
  const text = element("span", "");
  const action = element("button", "", () => current()?.action?.run());
  const close = element("button", "×", dismiss);
  close.setAttribute("aria-label", "Dismiss");
  close.className = "close";
  root.append(element("i", ""), text, action, close);
  return { host, text, action };
}

function current(): Message | null {
  const told = outcome ?? signedOut;
  if (told) return told;
  if (waiting <= dismissed) return null;
  const count = waiting > 1 ? ` (${waiting})` : "";
  return {
    state: "waiting",
    text: `Waiting for approval${count}`,
    action: { label: "Show", run: () => window.open(paths.requests) },
  };
}

function dismiss(): void {
  if (outcome) outcome = null;
  else if (signedOut) signedOut = null;
  else dismissed = waiting;
  render();
}

function render(): void {
  if (!isPage) return;
  const message = current();
  if (message === null) {
    parts?.host.remove();
    parts = undefined;
    return;
  }
  if (parts?.host.isConnected) return fill(parts, message);
  parts = buildNotice();
  document.documentElement.append(parts.host);
  // A live region announces what changes in it, so it has to be there before its text.
  natives.setTimeout(render, 100);
}

function fill(
  { host, text, action }: Parts,
  { state, text: words, action: offered }: Message,
): void {
  host.dataset["state"] = state;
  host.setAttribute("aria-label", words);
  if (text.textContent !== words) text.textContent = words;
  action.textContent = offered?.label ?? "";
  action.hidden = offered === undefined;
}

/** Shows how many calls of this tab wait for a person; none takes the notice away. */
export function showWaiting(count: number): void {
  waiting = count;
  dismissed = Math.min(dismissed, count);
  render();
}

const refusals: Record<string, string> = {
  "approval-denied": "Denied",
  "approval-expired": "Expired undecided",
  "approval-cancelled": "Cancelled",
  "outcome-unknown": "It may have been done",
};

/** Says briefly what became of a call: a refusal by its code, or null for one that was done in a page's absence. */
export function showOutcome(code: string | null): void {
  const message: Message =
    code === null
      ? {
          state: "done",
          text: "Approved and done – reload to see the result",
          action: { label: "Reload", run: () => location.reload() },
        }
      : { state: "denied", text: refusals[code] ?? "Refused" };
  outcome = message;
  render();
  natives.setTimeout(() => {
    if (outcome === message) outcome = null;
    render();
  }, outcomeTime);
}

/** Asks the user to sign in again; the returned function takes the question away. */
export function showSignedOut(): () => void {
  const { host, root } = shadowHost("govern-sign-in", dialogStyles);
  const title = "Your session is over";
  host.setAttribute("aria-label", title);
  host.dataset["state"] = "signed-out";
  const dialog = element("dialog", "");
  dialog.setAttribute("aria-label", title);
  let opened: Window | null = null;
  const open = (): void => {
    const back = encodeURIComponent(location.pathname + location.search);
    opened = window.open(`${paths.login}?return=${back}`, "_blank");
  };
  dialog.append(
    element("h2", title),
    element("p", "Sign in again to go on: nothing is lost."),
    element("button", "Sign in", open),
    element("button", "Later", () => dialog.close()),
  );
  dialog.addEventListener("close", () => {
    signedOut = {
      state: "signed-out",
      text: title,
      action: { label: "Sign in", run: () => dialog.showModal() },
    };
    render();
  });
  root.append(dialog);
  document.documentElement.append(host);
  dialog.showModal();
  return () => {
    host.remove();
    opened?.close();
    signedOut = null;
    render();
  };
}
