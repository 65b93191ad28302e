/** The local sign-in of `--dev`: a page with the users of `identity.dev`. Must not be reachable without `--dev`. */
import { paths } from "../../../contract/wire.ts";
import { escapeHtml, pageAnswer, redirectAnswer } from "../../html-page.ts";
import { devIssuer, type People } from "../../identity/people.ts";
import type { Sessions } from "../../identity/sessions.ts";
import type { Answer, Refusal } from "../../lifecycle.ts";
import { problemAnswer } from "../../problem.ts";
import { loginEntry, returnPathOf, single, type SignInRequest, type Way } from "./way.ts";

export interface DevWayOptions {
  readonly title: string;
  readonly app: string | null;
  readonly people: People;
  readonly sessions: Sessions;
  refuse(asked: SignInRequest, refusal: Refusal): Promise<Answer>;
  readonly onFault: (error: unknown) => void;
}

class DevWay implements Way {
  readonly #options: DevWayOptions;

  constructor(options: DevWayOptions) {
    this.#options = options;
  }

  #groupsOf(user: string): readonly string[] | undefined {
    return this.#options.people.stated({ subject: user, issuer: devIssuer })?.groups;
  }

  async showLogin({ request }: SignInRequest): Promise<Answer> {
    const { title, people } = this.#options;
    const users = people.devUsers.map((user) => this.#userButton(user)).join("");
    return pageAnswer(
      `Sign in to ${title}`,
      `<h1>Sign in to ${escapeHtml(title)}</h1>
<p class="quiet">Local development: choose who you are. Not for production.</p>
<form method="post" action="${paths.login}"><input type="hidden" name="return" value="${escapeHtml(returnPathOf(request.query))}">
<ul>${users}</ul></form>`,
    );
  }

  #userButton(user: string): string {
    const name = escapeHtml(user);
    const groups = escapeHtml((this.#groupsOf(user) ?? []).join(", "));
    return `<li><button class="wide" name="user" value="${name}"><strong>${name}</strong> <small>${groups}</small></button></li>`;
  }

  async takeLogin(asked: SignInRequest): Promise<Answer> {
    const { request, correlation } = asked;
    const { app, sessions } = this.#options;
    const form = Buffer.from(request.body).toString("latin1");
    const user = single(form, "user");
    const groups = user === undefined ? undefined : this.#groupsOf(user);
    if (user === undefined || groups === undefined) {
      const detail = "identity.dev names no such user.";
      return this.#options.refuse(asked, { code: "unauthenticated", detail });
    }
    const person = { subject: user, issuer: devIssuer, groups };
    try {
      const { cookie } = await sessions.begin(person, null, (identity) =>
        loginEntry({ identity, app, decision: { result: "signed-in", by: "dev" }, correlation }),
      );
      await sessions.end(request.headers.get("cookie"));
      return redirectAnswer(returnPathOf(form), cookie);
    } catch (error) {
      this.#options.onFault(error);
      const detail = "The sign-in could not be recorded.";
      return problemAnswer({ code: "audit-unavailable", detail }, correlation);
    }
  }

  async afterSignOut(): Promise<Answer> {
    return redirectAnswer(paths.login, this.#options.sessions.clearedCookie);
  }
}

export function createDevWay(options: DevWayOptions): Way {
  return new DevWay(options);
}
