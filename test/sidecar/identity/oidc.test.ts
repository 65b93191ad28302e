/** Signing in at a real OpenID provider, on an app's origin and on the operator's. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startGovernedDesk, type GovernedDesk } from "../../identity-provider/governed-desk.ts";
import { createUserAgent, type Page, type UserAgent } from "../../identity-provider/user-agent.ts";

const api = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };

describe("signing in at a provider", () => {
  let desk: GovernedDesk;
  beforeAll(async () => {
    desk = await startGovernedDesk();
  });
  afterAll(async () => {
    await desk?.stop();
  });
  afterEach(() => {
    desk.ahead = 0;
    desk.provider.instead = undefined;
  });

  const signIn = async (user: string, at = desk.appUrl): Promise<UserAgent> => {
    desk.provider.person = user;
    const agent = createUserAgent();
    const page = await agent.open(`${at}/`);
    expect(page.url.origin, page.text).toBe(at);
    expect(page.status).toBe(200);
    return agent;
  };
  const me = (agent: UserAgent, at = desk.appUrl): Promise<Page> =>
    agent.once(`${at}/_govern/me`, { headers: api });

  it("takes a person there and back, with the groups that the provider states", async () => {
    const sam = await signIn("sam");
    expect(JSON.parse((await me(sam)).text)).toEqual({
      subject: "sam",
      issuer: desk.provider.issuer,
      groups: ["support"],
    });
  });
});
