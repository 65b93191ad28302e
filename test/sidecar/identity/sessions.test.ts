/** Session cookies: whose they are, for what, and for how long. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../../src/sidecar/identity/identity.ts";
import { createPeople, type People } from "../../../src/sidecar/identity/people.ts";
import { safeReturnPath } from "../../../src/sidecar/identity/return-path.ts";
import {
  createSessions,
  type Refreshed,
  type SessionOptions,
  type Sessions,
} from "../../../src/sidecar/identity/sessions.ts";
import { loginEntry } from "../../../src/sidecar/routes/sign-in/way.ts";
import { createMemoryStore, type MemoryStore } from "../memory-store.ts";

const key = Buffer.alloc(32, 7);
const sso = "https://sso.acme.example";
const sam = { subject: "sam", issuer: sso, groups: ["support"] };
const minute = 60_000;
const hour = 60 * minute;
const entry = (identity: Identity) =>
  loginEntry({ identity, app: "desk", decision: { result: "signed-in" }, correlation: "c" });

const signedIn = (identity: Identity) => ({ kind: "signed-in", identity });
const pairOf = (setCookie: string): string => setCookie.split(";")[0] ?? "";

const devPeople = (users: Record<string, string[]>): People =>
  createPeople({ version: 1, identity: { dev: { users } } }, true);

describe("a session", () => {
  let store: MemoryStore;
  let people: People;
  let clock: number;
  let answer: Refreshed;
  let asked: string[];

  beforeEach(() => {
    clock = Date.UTC(2026, 5, 1);
    store = createMemoryStore(() => clock);
    people = createPeople({ version: 1 }, false);
    answer = { kind: "unavailable", detail: "The provider is out of reach." };
    asked = [];
  });

  /** As another process over the same store sees them. */
  const sessions = (more: Partial<SessionOptions> = {}): Sessions =>
    createSessions({
      key,
      cookie: "__Host-govern-app",
      audience: "app:desk",
      lifetimes: { idle: 2 * hour, absolute: 12 * hour, groupsMaxAge: 24 * hour },
      people,
      store,
      now: () => clock,
      refresh: async (_session, token) => {
        asked.push(token);
        return answer;
      },
      endEntry: ({ subject, issuer, groups, id }) =>
        entry({ subject, issuer, groups, session: id }),
      onFault: (error) => expect.unreachable(String(error)),
      ...more,
    });
  const tokens = { refresh: "refresh-1", id: null };
  const begin = async (mine = sessions()) => {
    const begun = await mine.begin(sam, tokens, entry);
    return { ...begun, pair: pairOf(begun.cookie) };
  };
  const none = { kind: "none" };
  const quick = { idle: 2 * hour, absolute: 12 * hour, groupsMaxAge: 15 * minute };

  it("names the person, and hides everything", async () => {
    const { cookie, pair, identity } = await begin();
    expect(await sessions().read(pair)).toEqual(signedIn(identity));
    expect(identity).toMatchObject({
      ...sam,
      session: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(Buffer.from(cookie, "base64").toString("latin1")).not.toContain("sam");
    expect(cookie).toMatch(
      /^__Host-govern-app=.*; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax$/,
    );
  });

  it("has a new id at each sign-in (I5)", async () => {
    const [one, two] = [await begin(), await begin()];
    expect(one.identity.session).not.toBe(two.identity.session);
    expect([...store.signedIn.keys()]).toEqual([one.identity.session, two.identity.session]);
    expect(store.log.map(({ type }) => type)).toEqual(["login", "login"]);
  });

  it("does not begin without its entry", async () => {
    store.broken = true;
    await expect(begin()).rejects.toBeDefined();
    expect(store.signedIn.size).toBe(0);
  });

  it.each([
    ["another app", { audience: "app:other" }],
    ["another listener", { cookie: "__Host-govern-operator" }],
    ["another workspace", { key: Buffer.alloc(32, 8) }],
  ])("means nothing to %s", async (_name, more) => {
    const { pair } = await begin();
    const value = pair.slice("__Host-govern-app=".length);
    const name = "cookie" in more ? more.cookie : "__Host-govern-app";
    expect(await sessions(more).read(`${name}=${value}`)).toEqual(none);
    expect(await sessions(more).end(`${name}=${value}`)).toBeUndefined();
  });

  it("ends twelve hours after it began, however much it is used", async () => {
    const mine = sessions();
    const { pair } = await begin(mine);
    for (let hours = 1; hours < 12; hours += 1) {
      clock += hour;
      expect(await mine.read(pair)).toMatchObject({ kind: "signed-in" });
    }
    clock += hour;
    expect(await mine.read(pair)).toEqual(none);
    expect(await sessions().read(pair)).toEqual(none);
  });

  it("ends two hours after it was last used, also across a restart", async () => {
    const mine = sessions();
    const { pair } = await begin(mine);
    clock += 2 * hour - 1;
    expect(await mine.read(pair)).toMatchObject({ kind: "signed-in" });
    clock += 2 * hour - 1;
    expect(await sessions().read(pair)).toMatchObject({ kind: "signed-in" });
    clock += 2 * hour;
    expect(await mine.read(pair)).toEqual(none);
    expect(await sessions().read(pair)).toEqual(none);
  });

  it("that was ended stays so in every process, and in this one at once (I9)", async () => {
    const [mine, other] = [sessions(), sessions()];
    const { pair, identity } = await begin(mine);
    await other.read(pair);
    expect(await mine.end(pair)).toMatchObject({ id: identity.session, tokens });
    expect(await mine.read(pair)).toEqual(none);
    expect(await sessions().read(pair)).toEqual(none);
    clock += 5_000;
    expect(await other.read(pair)).toEqual(none);
    expect(await mine.end(pair)).toMatchObject({ ended: "signed-out" });
    expect(store.log).toHaveLength(2);
  });

  it("is refused sent twice, cut or changed (I6)", async () => {
    const mine = sessions();
    const { pair, identity } = await begin(mine);
    expect(await mine.read(`${pair}; ${pair}`)).toEqual(none);
    expect(await mine.read(`__Host-govern-app=tossed; ${pair}`)).toEqual(none);
    expect(await mine.read(pair.slice(0, -2))).toEqual(none);
    expect(await mine.read(`__Host-govern-app=e30.e30.e30`)).toEqual(none);
    expect(await mine.read("__Host-govern-app=")).toEqual(none);
    expect(await mine.read(`a=b; ${pair}; c=d`)).toEqual(signedIn(identity));
    expect(mine.clearedCookie).toMatch(/^__Host-govern-app=; .*Max-Age=0/);
  });

  it("reads groups again once they are too old, one request for many (I9)", async () => {
    const mine = sessions({ lifetimes: quick });
    const { pair, identity } = await begin(mine);
    clock += 15 * minute - 1;
    expect(await mine.read(pair)).toEqual(signedIn(identity));
    expect(asked).toEqual([]);
    clock += 1;
    answer = { kind: "stated", groups: ["leads"], tokens: { refresh: "refresh-2", id: null } };
    const readings = await Promise.all([mine.read(pair), mine.read(pair), mine.read(pair)]);
    const now = signedIn({ ...identity, groups: ["leads"] });
    expect(readings).toEqual([now, now, now]);
    expect(asked).toEqual(["refresh-1"]);
    clock += 15 * minute;
    await sessions({ lifetimes: quick }).read(pair);
    expect(asked).toEqual(["refresh-1", "refresh-2"]);
  });

  it("is over for all of a person's sessions when the provider refuses (I9)", async () => {
    const mine = sessions({ lifetimes: quick });
    const { pair } = await begin(mine);
    clock += 10 * minute;
    const later = await begin(mine);
    clock += 5 * minute;
    answer = { kind: "refused", detail: "it said invalid_grant" };
    expect(await mine.read(pair)).toEqual(none);
    expect(await mine.read(later.pair)).toEqual(none);
    answer = { kind: "stated", groups: ["support"], tokens };
    expect(await sessions({ lifetimes: quick }).read(pair)).toEqual(none);
    clock += 1;
    const again = await begin(mine);
    expect(await mine.read(again.pair)).toMatchObject({ kind: "signed-in" });
  });

  it("cannot be told while the provider is out of reach, and can again later", async () => {
    const mine = sessions({ lifetimes: quick });
    const { pair } = await begin(mine);
    clock += 15 * minute;
    expect(await mine.read(pair)).toEqual(answer);
    answer = { kind: "stated", groups: ["support"], tokens };
    expect(await mine.read(pair)).toMatchObject({ kind: "signed-in" });
  });

  it("is over when groups are too old and nothing can read them again", async () => {
    const mine = sessions({ lifetimes: quick, refresh: undefined });
    const { pair } = await begin(mine);
    clock += 15 * minute;
    expect(await mine.read(pair)).toEqual(none);
  });

  it("follows a dev user: groups as they are now, nobody once they are gone", async () => {
    const begun = await sessions({ people: devPeople({ sam: ["dev"] }) }).begin(
      { ...sam, issuer: "dev" },
      null,
      entry,
    );
    const pair = pairOf(begun.cookie);
    clock += hour;
    expect(await sessions({ people: devPeople({ sam: ["leads"] }) }).read(pair)).toMatchObject({
      identity: { groups: ["leads"] },
    });
    expect(await sessions({ people: devPeople({}) }).read(pair)).toEqual(none);
  });
});

describe("where a person goes after signing in", () => {
  it.each([
    ["/orders?a=1#b", "/orders?a=1#b"],
    [undefined, "/"],
    ["", "/"],
    ["orders", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["/\t/evil.example", "/"],
    ["/\n//evil.example", "/"],
    ["/./..//evil.example", "/"],
    ["/a/..//evil.example", "/"],
    ["https://evil.example", "/"],
    ["https:evil.example", "/"],
    ["javascript:alert(1)", "/"],
    ["/ok/../fine", "/fine"],
    ["/%2f/evil.example", "/%2f/evil.example"],
  ])("%j leads to %j", (asked, path) => {
    expect(safeReturnPath(asked)).toBe(path);
  });
});
