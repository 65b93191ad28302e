/** Signing in at a real OpenID provider, on an app's origin and on the operator's. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../src/contract/audit-entry.ts";
import { startGovernedDesk, type GovernedDesk } from "../../identity-provider/governed-desk.ts";
import { createUserAgent, type Page, type UserAgent } from "../../identity-provider/user-agent.ts";
import { send } from "../client.ts";
import { apiPath } from "../desk-workspace.ts";

const api = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };
const minute = 60_000;

const failed = (page: Page, code = "sign-in-failed"): void => {
  expect(page.headers["govern-error"], page.text).toBe(code);
  expect(page.status).toBe(code === "sign-in-failed" ? 401 : 503);
  expect(page.text).toContain("Try again");
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
};

describe("signing in at a provider", () => {
  let desk: GovernedDesk;
  beforeAll(async () => {
    desk = await startGovernedDesk();
  });
  afterAll(async () => {
    await desk?.stop();
  });
  afterEach(async () => {
    desk.ahead = 0;
    desk.provider.instead = undefined;
    desk.provider.people.set("sam", ["support"]);
    await desk.provider.stop();
    await desk.provider.resume();
    desk.provider.asked.length = 0;
  });

  const signIn = async (user: string, at = desk.appUrl, agent = createUserAgent()) => {
    desk.provider.person = user;
    const page = await agent.open(`${at}/`);
    expect(page.url.origin, page.text).toBe(at);
    expect(page.status).toBe(200);
    return agent;
  };
  const me = (agent: UserAgent, at = desk.appUrl): Promise<Page> =>
    agent.once(`${at}/_govern/me`, { headers: api });
  const groupsOf = async (agent: UserAgent): Promise<unknown> =>
    (JSON.parse((await me(agent)).text) as { groups: unknown }).groups;
  const cookies = (agent: UserAgent, at = desk.appUrl): Map<string, string> =>
    agent.jar.get(new URL(at).host) ?? new Map();
  const trail = async (query = ""): Promise<AuditEntry[]> => {
    const socket = join(desk.desk.folder, ".govern/control.sock");
    return (
      await send({ socket }, { path: `/api/audit?limit=1000&newest=true${query}` })
    ).json() as AuditEntry[];
  };
  /** Goes as far as the address that the provider sends the browser back to, and stops before it. */
  const returnAddress = async (user: string, agent: UserAgent): Promise<URL> => {
    desk.provider.person = user;
    let url = new URL(`${desk.appUrl}/_govern/login?return=/orders`);
    for (let hops = 0; hops < 10; hops += 1) {
      const page = await agent.once(url);
      url = new URL(page.headers.location ?? "", page.url);
      if (url.pathname === "/_govern/callback") return url;
    }
    throw new Error("the provider never sent the browser back");
  };

  it("takes a person there and back, with the groups that the provider states", async () => {
    const sam = await signIn("sam");
    expect(JSON.parse((await me(sam)).text)).toEqual({
      subject: "sam",
      issuer: desk.provider.issuer,
      groups: ["support"],
    });
    const answer = await sam.once(`${desk.appUrl}${apiPath}/v2/tickets/t-1`, { headers: api });
    expect(answer.status).toBe(201);
    const [entry] = await trail("&type=login&app=desk");
    expect(entry).toMatchObject({
      actor: { subject: "sam", issuer: desk.provider.issuer, groups: ["support"] },
      decision: { result: "signed-in", by: "oidc" },
    });
  });

  it("asks with PKCE, state and nonce, anew each time (I4)", async () => {
    const agent = createUserAgent();
    const [one, two] = [
      await agent.once(`${desk.appUrl}/_govern/login`),
      await agent.once(`${desk.appUrl}/_govern/login`),
    ].map((page) => new URL(page.headers.location ?? "").searchParams);
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(one?.get(name)).toMatch(/^[\w-]{43}$/);
      expect(one?.get(name)).not.toBe(two?.get(name));
    }
    expect(one?.get("code_challenge_method")).toBe("S256");
    expect(one?.get("response_type")).toBe("code");
  });

  it("keeps an app's session and the operator's apart (I6)", async () => {
    const agent = await signIn("ana");
    expect((await me(agent, desk.operatorUrl)).status).toBe(401);
    const value = cookies(agent).get("__Host-govern-app") ?? "";
    cookies(agent, desk.operatorUrl).set("__Host-govern-operator", value);
    expect((await me(agent, desk.operatorUrl)).status).toBe(401);
    cookies(agent, desk.operatorUrl).clear();
    const operator = await signIn("ana", desk.operatorUrl);
    expect((await me(operator, desk.operatorUrl)).status).toBe(200);
    expect((await me(operator)).status).toBe(401);
  });

  it("begins under a new session id and ends the one before (I5)", async () => {
    const agent = await signIn("sam");
    const before = cookies(agent).get("__Host-govern-app") ?? "";
    await agent.open(`${desk.appUrl}/_govern/login`);
    const after = cookies(agent).get("__Host-govern-app") ?? "";
    expect(after).not.toBe(before);
    expect((await me(agent)).status).toBe(200);
    cookies(agent).set("__Host-govern-app", before);
    expect((await me(agent)).status).toBe(401);
  });

  it("returns to the path that was asked for", async () => {
    desk.provider.person = "sam";
    const agent = createUserAgent();
    const page = await agent.once(`${desk.appUrl}/orders?state=open`);
    expect(page.headers.location).toBe("/_govern/login?return=%2Forders%3Fstate%3Dopen");
    const done = await agent.open(`${desk.appUrl}/orders?state=open`);
    expect(`${done.url.pathname}${done.url.search}`).toBe("/orders?state=open");
  });

  it("takes a callback in the browser that began it alone (I4, I7)", async () => {
    const mine = createUserAgent();
    const callback = await returnAddress("ana", mine);
    const victim = createUserAgent();
    failed(await victim.once(callback));
    expect(cookies(victim).has("__Host-govern-app")).toBe(false);
    expect((await mine.once(callback)).status).toBe(303);
  });

  it("takes a callback once, also where its cookie was copied (I4)", async () => {
    const agent = createUserAgent();
    const callback = await returnAddress("sam", agent);
    const copied = new Map(cookies(agent));
    expect((await agent.once(callback)).headers.location).toBe("/orders");
    failed(await agent.once(callback));
    const thief = createUserAgent();
    for (const [name, value] of copied) cookies(thief).set(name, value);
    failed(await thief.once(callback));
    expect(cookies(thief).has("__Host-govern-app")).toBe(false);
  });

  it.each([
    ["another state", (url: URL) => url.searchParams.set("state", "x".repeat(43))],
    ["no state", (url: URL) => url.searchParams.delete("state")],
    ["a repeated state", (url: URL) => url.searchParams.append("state", "x")],
    ["another code", (url: URL) => url.searchParams.set("code", "forged")],
    ["no code", (url: URL) => url.searchParams.delete("code")],
    ["a repeated code", (url: URL) => url.searchParams.append("code", "second")],
    [
      "another issuer (mix-up, I3)",
      (url: URL) => url.searchParams.set("iss", "https://evil.example"),
    ],
    ["no issuer (mix-up, I3)", (url: URL) => url.searchParams.delete("iss")],
    ["an error", (url: URL) => url.searchParams.set("error", "access_denied")],
  ])("refuses a callback with %s", async (_name, change) => {
    const agent = createUserAgent();
    const callback = await returnAddress("sam", agent);
    change(callback);
    failed(await agent.once(callback));
    expect(cookies(agent).has("__Host-govern-app")).toBe(false);
    const [entry] = await trail("&type=refused");
    expect(entry?.decision).toMatchObject({ refused: "sign-in-failed" });
    expect(JSON.stringify(entry)).not.toContain("forged");
  });

  it("refuses a callback that comes eleven minutes later", async () => {
    const agent = createUserAgent();
    const callback = await returnAddress("sam", agent);
    desk.ahead = 11 * minute;
    failed(await agent.once(callback));
  });

  it("remembers the sign-ins of a few tabs at a time", async () => {
    const agent = createUserAgent();
    const first = await agent.once(`${desk.appUrl}/_govern/login?return=/first`);
    expect((await agent.once(await returnAddress("sam", agent))).headers.location).toBe("/orders");
    const done = await agent.open(first.headers.location ?? "");
    expect(done.url.href).toBe(`${desk.appUrl}/first`);
  });

  it("reads groups again after fifteen minutes, without the person (I9)", async () => {
    const sam = await signIn("sam");
    desk.provider.people.set("sam", ["support", "support-leads"]);
    desk.ahead = 14 * minute;
    expect(await groupsOf(sam)).toEqual(["support"]);
    desk.ahead = 15 * minute;
    expect(await groupsOf(sam)).toEqual(["support", "support-leads"]);
    desk.provider.people.set("sam", []);
    desk.ahead = 31 * minute;
    expect(await groupsOf(sam)).toEqual([]);
    const answer = await sam.once(`${desk.appUrl}${apiPath}/v2/tickets/t-1`, { headers: api });
    expect(answer.headers["govern-error"]).toBe("denied");
  });

  it("ends the sessions of somebody whose account is gone (I9)", async () => {
    const sam = await signIn("sam");
    desk.provider.people.delete("sam");
    desk.ahead = 15 * minute;
    expect((await me(sam)).status).toBe(401);
    desk.provider.people.set("sam", ["support"]);
    expect((await me(sam)).status).toBe(401);
    const ended = await trail("&type=login&app=desk");
    expect(ended[0]?.decision).toEqual({ result: "ended-by-provider" });
  });

  it("refuses with 503 while groups are too old and the provider is out of reach, and recovers", async () => {
    const sam = await signIn("sam");
    await desk.provider.stop();
    expect((await me(sam)).status).toBe(200);
    desk.ahead = 15 * minute;
    const answer = await me(sam);
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "provider-unavailable" });
    const page = await sam.once(`${desk.appUrl}/`);
    expect(page.status).toBe(503);
    await desk.provider.resume();
    expect((await me(sam)).status).toBe(200);
  });

  it("says in a page that the provider is out of reach, warm, and goes on when it is back", async () => {
    await signIn("sam");
    const agent = createUserAgent();
    const callback = await returnAddress("sam", agent);
    await desk.provider.stop();
    failed(await agent.once(callback), "provider-unavailable");
    await desk.provider.resume();
    await signIn("sam");
  });

  it.each([
    ["an object", { team: "leads" }],
    ["a number", 7],
    ["a list with a number", ["support", 7]],
  ])("refuses somebody whose groups are %s, with the next step", async (_name, groups) => {
    desk.provider.people.set("odd", () => ({ groups }));
    desk.provider.person = "odd";
    const agent = createUserAgent();
    const page = await agent.open(`${desk.appUrl}/`);
    failed(page);
    expect(page.text).toContain("The claim groups is neither a text nor a list of texts.");
  });

  it("takes one group as a text, and none where the claim is absent", async () => {
    desk.provider.people.set("one", () => ({ groups: "support" }));
    expect(await groupsOf(await signIn("one"))).toEqual(["support"]);
    desk.provider.people.set("none", () => ({}));
    expect(await groupsOf(await signIn("none"))).toEqual([]);
  });

  it("signs out here and at the provider, for good, also across a restart (I9)", async () => {
    const sam = await signIn("sam");
    const before = cookies(sam).get("__Host-govern-app") ?? "";
    const leaving = await sam.once(`${desk.appUrl}/_govern/logout`, {
      method: "POST",
      headers: api,
    });
    expect(leaving.status).toBe(200);
    expect(leaving.text).toContain("Signing out");
    const next = /url=(.*)$/.exec(String(leaving.headers["refresh"]))?.[1] ?? "";
    const asked = new URL(next);
    expect(asked.origin).toBe(desk.provider.issuer);
    expect(asked.searchParams.get("id_token_hint")).toMatch(/^ey/);
    const confirm = await sam.open(next);
    const done = await sam.submit(confirm, { logout: "yes" });
    expect(done.url.href.split("?")[0]).toBe(`${desk.appUrl}/_govern/signed-out`);
    expect(done.text).toContain("You are signed out");
    expect(cookies(sam).has("__Host-govern-app")).toBe(false);
    cookies(sam).set("__Host-govern-app", before);
    expect((await me(sam)).status).toBe(401);
    await desk.restart();
    expect((await me(sam)).status).toBe(401);
  });

  it("keeps a session across a restart", async () => {
    const sam = await signIn("sam");
    await desk.restart();
    expect((await me(sam)).status).toBe(200);
  });

  it.each([
    ["a form of another site", { "sec-fetch-site": "cross-site" }],
    ["a form of a sibling", { "sec-fetch-site": "same-site" }],
    ["an older browser's form of another site", { origin: "https://evil.example" }],
    [
      "a text/plain form of another site",
      { origin: "https://evil.example", "content-type": "text/plain" },
    ],
    ["a page without an origin", { origin: "null" }],
    ["nobody known", {}],
  ])("is not signed out by %s (I7)", async (_name, headers) => {
    const sam = await signIn("sam");
    const page = await sam.once(`${desk.appUrl}/_govern/logout`, {
      method: "POST",
      headers: { "sec-fetch-dest": "document", ...headers },
    });
    expect(page.headers["govern-error"]).toBe("cross-origin");
    expect((await me(sam)).status).toBe(200);
  });

  it("offers no local sign-in, and starts a sign-in for nobody by POST (I12)", async () => {
    const agent = createUserAgent();
    const page = await agent.once(`${desk.appUrl}/_govern/login`, {
      method: "POST",
      headers: { ...api, "content-type": "application/x-www-form-urlencoded" },
      body: "user=sam&return=/",
    });
    expect(page.headers["set-cookie"]).toBeUndefined();
    expect(page.status).toBeGreaterThanOrEqual(400);
  });

  it("takes no bearer token where none was configured (I4)", async () => {
    const answer = await send(
      { port: desk.ports.operator, host: "govern.localhost" },
      { path: "/_govern/me", headers: { authorization: "Bearer e30.e30.e30" } },
    );
    expect(answer.json()).toMatchObject({ code: "unauthenticated" });
  });
});

describe("a provider that states groups in the ID token", () => {
  it("is not asked for them at its userinfo endpoint", async () => {
    const desk = await startGovernedDesk({ provider: { groupsInIdToken: true } });
    try {
      desk.provider.person = "ana";
      const agent = createUserAgent();
      await agent.open(`${desk.appUrl}/`);
      const page = await agent.once(`${desk.appUrl}/_govern/me`, { headers: api });
      expect(JSON.parse(page.text)).toMatchObject({ groups: ["support", "support-leads"] });
      expect(desk.provider.asked).not.toContain("/me");
    } finally {
      await desk.stop();
    }
  });
});

describe("a provider that is down when the sidecar starts", () => {
  it("keeps nobody from starting it; people sign in once it is back", async () => {
    const desk = await startGovernedDesk();
    try {
      await desk.provider.stop();
      await desk.restart();
      const agent = createUserAgent();
      const page = await agent.open(`${desk.appUrl}/`);
      expect(page.status).toBe(503);
      expect(page.text).toContain("Signing in is not possible now");
      const ready = await send(
        { port: desk.ports.operator, host: "govern.localhost" },
        { path: "/readyz" },
      );
      expect(ready.status).toBe(200);
      await desk.provider.resume();
      desk.ahead = 5_000;
      desk.provider.person = "sam";
      expect((await agent.open(`${desk.appUrl}/`)).status).toBe(200);
    } finally {
      await desk.stop();
    }
  });
});
