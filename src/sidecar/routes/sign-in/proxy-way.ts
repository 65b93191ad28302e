/** Where a proxy in front signs people in: there is nothing to do here but to say so. */
import { redirectAnswer } from "../../html-page.ts";
import type { Callers } from "../../identity/callers.ts";
import type { Answer } from "../../lifecycle.ts";
import { behindProxyPage } from "./pages.ts";
import { returnPathOf, signInPaths, type Way } from "./way.ts";

export function createProxyWay(callers: Callers): Way {
  return {
    async showLogin({ request }): Promise<Answer> {
      const caller = await callers.identify(request);
      return caller.ok
        ? redirectAnswer(returnPathOf(request.query))
        : behindProxyPage(caller.refusal.detail);
    },
    async afterSignOut(): Promise<Answer> {
      return redirectAnswer(signInPaths.signedOut);
    },
  };
}
