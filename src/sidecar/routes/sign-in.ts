/**
 * The routes around signing in, on an app's origin and on the operator's, whatever the way is: `/_govern/login`,
 * `callback`, `logout`, `signed-out`, `me`, and `device` for the command line. Who made a request is `callers` to say.
 */
import { paths } from "../../contract/wire.ts";
import { redirectAnswer } from "../html-page.ts";
import type { Callers, Identified } from "../identity/callers.ts";
import { safeReturnPath } from "../identity/return-path.ts";
import { isSameOrigin } from "../identity/same-origin.ts";
import type { Sessions } from "../identity/sessions.ts";
import type { Answer, CallRequest, Refusal } from "../lifecycle.ts";
import { jsonAnswer, problemAnswer } from "../problem.ts";
import type { Store } from "../store/store.ts";
import { refuseRequest } from "./refuse-request.ts";
import { signedOutPage } from "./sign-in/pages.ts";
import { signInPaths, type SignInRequest, type Way } from "./sign-in/way.ts";

export interface SignInOptions {
  /** What the person signs in to. */
  readonly title: string;
  /** Null on the operator origin. */
  readonly app: string | null;
  readonly callers: Callers;
  readonly sessions: Sessions;
  readonly store: Store;
  readonly onFault: (error: unknown) => void;
  /** Takes how it refuses: recorded, and as a problem document. */
  makeWay(refuse: (asked: SignInRequest, refusal: Refusal) => Promise<Answer>): Way;
}

export interface SignIn {
  /** Who made a request, verified; else the refusal. */
  identify(request: Omit<CallRequest, "body">): Promise<Identified>;
  /** Where a person without a session is sent. */
  redirectToLogin(request: CallRequest): Answer;
  /** Answers the paths of signing in and out; undefined for any other path, or method. */
  handle(asked: SignInRequest): Promise<Answer | undefined>;
}

type Route = (asked: SignInRequest) => Promise<Answer | undefined>;

class SignInRoutes implements SignIn {
  readonly #options: SignInOptions;
  readonly #way: Way;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(options: SignInOptions) {
    this.#options = options;
    const way = options.makeWay((asked, refusal) => this.#refuse(asked, refusal));
    this.#way = way;
    this.#routes = new Map<string, Route>([
      [`GET ${paths.me}`, (asked) => this.#tellWho(asked)],
      [`GET ${paths.login}`, (asked) => way.showLogin(asked)],
      [`POST ${paths.login}`, this.#ownForm(async (asked) => way.takeLogin?.(asked))],
      [`POST ${paths.logout}`, this.#ownForm((asked) => this.#signOut(asked))],
      [`GET ${signInPaths.callback}`, async (asked) => way.takeCallback?.(asked)],
      [`GET ${signInPaths.signedOut}`, async () => signedOutPage(options.title)],
      [`GET ${signInPaths.device}`, async () => way.tellDevice?.()],
    ]);
  }

  identify(request: Omit<CallRequest, "body">): Promise<Identified> {
    return this.#options.callers.identify(request);
  }

  redirectToLogin(request: CallRequest): Answer {
    const asked = request.query === "" ? request.path : `${request.path}?${request.query}`;
    const back = encodeURIComponent(safeReturnPath(asked));
    return redirectAnswer(`${paths.login}?return=${back}`);
  }

  async handle(asked: SignInRequest): Promise<Answer | undefined> {
    const { path, method } = asked.request;
    return this.#routes.get(`${method === "HEAD" ? "GET" : method} ${path}`)?.(asked);
  }

  /** A route that changes something: taken from a page of this origin alone. */
  #ownForm(route: Route): Route {
    return async (asked) => {
      if (isSameOrigin(asked.request, asked.origin)) return route(asked);
      const detail = "Sign in and out from this origin's own pages.";
      return this.#refuse(asked, { code: "cross-origin", detail });
    };
  }

  async #tellWho({ request, correlation }: SignInRequest): Promise<Answer> {
    const caller = await this.identify(request);
    if (!caller.ok) return problemAnswer(caller.refusal, correlation);
    const { subject, issuer, groups } = caller.identity;
    return jsonAnswer(200, { subject, issuer, groups });
  }

  #refuse({ request, correlation }: SignInRequest, refusal: Refusal): Promise<Answer> {
    const { app, store } = this.#options;
    const at = app === null ? "operator" : "app";
    return refuseRequest(store, { at, app, request, refusal, correlation });
  }

  async #signOut(asked: SignInRequest): Promise<Answer> {
    try {
      const ended = await this.#options.sessions.end(asked.request.headers.get("cookie"));
      return await this.#way.afterSignOut(asked, ended);
    } catch (error) {
      this.#options.onFault(error);
      const detail = "The sign-out could not be recorded, so the session has not ended.";
      return problemAnswer({ code: "audit-unavailable", detail }, asked.correlation);
    }
  }
}

export function createSignIn(options: SignInOptions): SignIn {
  return new SignInRoutes(options);
}
