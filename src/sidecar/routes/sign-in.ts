/**
 * The local sign-in of `--dev`, on an app's origin and on the operator's: a page with the users of `identity.dev`, and the
 * session that begins and ends there. Must not be reachable without `--dev`.
 */
import type { NewAuditEntry } from "../../contract/audit-entry.ts";
import { paths } from "../../contract/wire.ts";
import { escapeHtml, pageAnswer, redirectAnswer } from "../html-page.ts";
import { actorOf, type Identity } from "../identity/identity.ts";
import { devIssuer, type People } from "../identity/people.ts";
import { safeReturnPath } from "../identity/return-path.ts";
import { isSameOrigin } from "../identity/same-origin.ts";
import type { Sessions } from "../identity/sessions.ts";
import type { Answer, CallRequest, Refusal } from "../lifecycle.ts";
import { parseQuery } from "../matching/query.ts";
import { jsonAnswer, problemAnswer } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { refuseRequest } from "./refuse-request.ts";

export interface SignInOptions {
  /** What the person signs in to. */
  readonly title: string;
  /** Null on the operator origin. */
  readonly app: string | null;
  readonly people: People;
  readonly sessions: Sessions;
  readonly store: Store;
}

interface SignInRequest {
  readonly request: CallRequest;
  readonly origin: string;
  readonly correlation: string;
}

export interface SignIn {
  readSession(request: CallRequest): Promise<Identity | undefined>;
  /** Where a person without a session is sent. */
  redirectToLogin(request: CallRequest): Answer;
  /** Answers login, logout and me; undefined for any other path. */
  handle(asked: SignInRequest): Promise<Answer | undefined>;
}

const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

function single(raw: string, name: string): string | undefined {
  const values = parseQuery(raw)?.get(name);
  return values?.length === 1 ? values[0] : undefined;
}

class DevSignIn implements SignIn {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  readSession(request: CallRequest): Promise<Identity | undefined> {
    return this.#options.sessions.read(request.headers.get("cookie"));
  }

  redirectToLogin(request: CallRequest): Answer {
    const asked = request.query === "" ? request.path : `${request.path}?${request.query}`;
    const back = encodeURIComponent(safeReturnPath(asked));
    return redirectAnswer(`${paths.login}?return=${back}`);
  }

  async handle(asked: SignInRequest): Promise<Answer | undefined> {
    const { path, method } = asked.request;
    if (path === paths.me && isRead(method)) return this.#tellWho(asked);
    if (path === paths.login && isRead(method)) return this.#showUsers(asked.request);
    if (path !== paths.login && path !== paths.logout) return undefined;
    if (method !== "POST") return undefined;
    if (!isSameOrigin(asked.request, asked.origin)) {
      const detail = "Sign in from this origin's own page.";
      return this.#refuse(asked, { code: "cross-origin", detail });
    }
    return path === paths.login ? this.#signIn(asked) : this.#signOut(asked.request);
  }

  async #tellWho({ request, correlation }: SignInRequest): Promise<Answer> {
    const identity = await this.readSession(request);
    if (identity === undefined) {
      return problemAnswer(
        { code: "unauthenticated", detail: "Nobody is signed in." },
        correlation,
      );
    }
    const { subject, issuer, groups } = identity;
    return jsonAnswer(200, { subject, issuer, groups });
  }

  #showUsers(request: CallRequest): Answer {
    const back = escapeHtml(safeReturnPath(single(request.query, "return")));
    const users = this.#options.people.devUsers.map((user) => this.#userButton(user)).join("");
    return pageAnswer(
      `Sign in to ${this.#options.title}`,
      `<h1>Sign in to ${escapeHtml(this.#options.title)}</h1>
<p class="quiet">Local development: choose who you are. Not for production.</p>
<form method="post" action="${paths.login}"><input type="hidden" name="return" value="${back}">
<ul>${users}</ul></form>`,
    );
  }

  #userButton(user: string): string {
    const groups =
      this.#options.people.groupsNow({ subject: user, issuer: devIssuer, groups: [] }) ?? [];
    const name = escapeHtml(user);
    return `<li><button class="wide" name="user" value="${name}"><strong>${name}</strong> <small>${escapeHtml(groups.join(", "))}</small></button></li>`;
  }

  #refuse({ request, correlation }: SignInRequest, refusal: Refusal): Promise<Answer> {
    const { app, store } = this.#options;
    const at = app === null ? "operator" : "app";
    return refuseRequest(store, { at, app, request, refusal, correlation });
  }

  async #signIn(asked: SignInRequest): Promise<Answer> {
    const { request, correlation } = asked;
    const form = Buffer.from(request.body).toString("latin1");
    const user = single(form, "user");
    const groups =
      user === undefined
        ? undefined
        : this.#options.people.groupsNow({ subject: user, issuer: devIssuer, groups: [] });
    if (user === undefined || groups === undefined) {
      const detail = "identity.dev names no such user.";
      return this.#refuse(asked, { code: "unauthenticated", detail });
    }
    const person = { subject: user, issuer: devIssuer, groups };
    const { cookie, identity } = await this.#options.sessions.begin(person);
    try {
      await this.#options.store.append(this.#loginEntry(identity, correlation));
    } catch {
      const detail = "The sign-in could not be recorded.";
      return problemAnswer({ code: "audit-unavailable", detail }, correlation);
    }
    return redirectAnswer(safeReturnPath(single(form, "return")), cookie);
  }

  #loginEntry(identity: Identity, correlation: string): NewAuditEntry {
    return {
      type: "login",
      actor: actorOf(identity),
      app: this.#options.app,
      build: null,
      operation: null,
      arguments: null,
      decision: { result: "signed-in", by: "dev" },
      approval: null,
      policy: null,
      resource: null,
      outcome: null,
      correlation,
    };
  }

  async #signOut(request: CallRequest): Promise<Answer> {
    const cookie = this.#options.sessions.end(await this.readSession(request));
    return redirectAnswer(paths.login, cookie);
  }
}

export function createDevSignIn(options: SignInOptions): SignIn {
  return new DevSignIn(options);
}
