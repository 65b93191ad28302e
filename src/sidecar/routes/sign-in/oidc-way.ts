/**
 * Signing in at the identity provider: the browser is sent there, and comes back to `/_govern/callback` with a code. What
 * comes back counts in the browser that began, once. Must not take anybody anywhere but to the provider or to a path here.
 */
import { redirectAnswer } from "../../html-page.ts";
import type { LoginAttempts } from "../../identity/login-attempts.ts";
import { SignInRefused, type Provider } from "../../identity/provider.ts";
import { safeReturnPath } from "../../identity/return-path.ts";
import type { Sessions } from "../../identity/sessions.ts";
import type { Answer, Refusal } from "../../lifecycle.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { SessionRecord } from "../../store/store.ts";
import { failedPage, leavingPage } from "./pages.ts";
import {
  loginEntry,
  returnPathOf,
  signInPaths,
  single,
  type SignInRequest,
  type Way,
} from "./way.ts";

export interface OidcWayOptions {
  readonly title: string;
  readonly app: string | null;
  readonly provider: Provider;
  readonly attempts: LoginAttempts;
  readonly sessions: Sessions;
  /** What `govern login` has to ask the provider for; undefined where it cannot sign in. */
  readonly device: { readonly clientId: string; readonly audience: string } | undefined;
  refuse(asked: SignInRequest, refusal: Refusal): Promise<Answer>;
  readonly onFault: (error: unknown) => void;
}

const notBegun: Refusal = {
  code: "sign-in-failed",
  detail:
    "This sign-in was not begun in this browser, is older than ten minutes, or was used already.",
};

function withCookies(answer: Answer, ...cookies: readonly string[]): Answer {
  const set = cookies.map((cookie): [string, string] => ["set-cookie", cookie]);
  return { ...answer, headers: [...answer.headers, ...set] };
}

class OidcWay implements Way {
  readonly #options: OidcWayOptions;

  constructor(options: OidcWayOptions) {
    this.#options = options;
  }

  async #fail(asked: SignInRequest, refusal: Refusal): Promise<Answer> {
    const recorded = await this.#options.refuse(asked, refusal);
    return recorded.status === 503 && refusal.code !== "provider-unavailable"
      ? recorded
      : failedPage(refusal, asked.correlation);
  }

  async showLogin(asked: SignInRequest): Promise<Answer> {
    const { provider, attempts } = this.#options;
    const { request, origin } = asked;
    try {
      const begun = await provider.begin(`${origin}${signInPaths.callback}`);
      const pending = { ...begun.attempt, back: returnPathOf(request.query) };
      return redirectAnswer(begun.url, await attempts.add(request.headers.get("cookie"), pending));
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      return this.#fail(asked, { code: error.code, detail: error.message });
    }
  }

  async takeCallback(asked: SignInRequest): Promise<Answer> {
    const { request, origin } = asked;
    const cookies = request.headers.get("cookie");
    const state = single(request.query, "state");
    const taken = await this.#options.attempts.take(cookies, state);
    const { attempt } = taken;
    if (attempt === undefined) return withCookies(await this.#fail(asked, notBegun), taken.cookie);
    try {
      const callback = new URL(`${origin}${signInPaths.callback}?${request.query}`);
      const { person, tokens } = await this.#options.provider.finish(callback, attempt);
      const cookie = await this.#begin(asked, person, tokens);
      const unrecorded = {
        code: "audit-unavailable",
        detail: "The sign-in could not be recorded.",
      } as const;
      return cookie === undefined
        ? problemAnswer(unrecorded, asked.correlation)
        : withCookies(redirectAnswer(safeReturnPath(attempt.back)), cookie, taken.cookie);
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      const refusal = { code: error.code, detail: error.message };
      return withCookies(await this.#fail(asked, refusal), taken.cookie);
    }
  }

  /** A session under a new id, its cookie; the one that the browser had ends. Undefined if it could not be recorded. */
  async #begin(
    { request, correlation }: SignInRequest,
    person: Parameters<Sessions["begin"]>[0],
    tokens: Parameters<Sessions["begin"]>[1],
  ): Promise<string | undefined> {
    const { app, sessions, onFault } = this.#options;
    const decision = { result: "signed-in", by: "oidc" };
    try {
      const { cookie } = await sessions.begin(person, tokens, (identity) =>
        loginEntry({ identity, app, decision, correlation }),
      );
      await sessions.end(request.headers.get("cookie"));
      return cookie;
    } catch (error) {
      onFault(error);
      return undefined;
    }
  }

  tellDevice(): Answer | undefined {
    const { device, provider } = this.#options;
    if (device === undefined) return undefined;
    const { issuer, scopes = [] } = provider.settings;
    return jsonAnswer(200, { issuer, scopes, ...device });
  }

  async afterSignOut({ origin }: SignInRequest, ended: SessionRecord | undefined): Promise<Answer> {
    const { title, provider, sessions } = this.#options;
    const idToken = ended?.tokens?.id ?? null;
    const returnTo = `${origin}${signInPaths.signedOut}`;
    // Without a session here there is none of ours to end there.
    const url = ended === undefined ? undefined : await provider.endSessionUrl(idToken, returnTo);
    const answer =
      url === undefined ? redirectAnswer(signInPaths.signedOut) : leavingPage(title, url);
    return withCookies(answer, sessions.clearedCookie);
  }
}

export function createOidcWay(options: OidcWayOptions): Way {
  return new OidcWay(options);
}
