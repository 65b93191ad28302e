/** Session cookies: whose they are, for what, and for how long. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { safeReturnPath } from "../../../src/sidecar/identity/return-path.ts";
import { createSessions, type Sessions } from "../../../src/sidecar/identity/sessions.ts";

const key = Buffer.alloc(32, 7);
const sam = { subject: "sam", issuer: "dev", groups: ["dev"] };
let groupsOfSam: readonly string[] | undefined = ["dev"];

const people = { devUsers: ["sam"], groupsNow: () => groupsOfSam };

function sessions(more: Partial<Parameters<typeof createSessions>[0]> = {}): Sessions {
  return createSessions({
    key,
    cookie: "__Host-govern-app",
    audience: "app:desk",
    people,
    ...more,
  });
}

const pairOf = (setCookie: string): string => setCookie.split(";")[0] ?? "";

describe("a session cookie", () => {
  afterEach(() => {
    vi.useRealTimers();
    groupsOfSam = ["dev"];
  });

  it("names the person, and hides everything", async () => {
    const { cookie, identity } = await sessions().begin(sam);
    expect(await sessions().read(pairOf(cookie))).toEqual(identity);
    expect(identity).toMatchObject({
      ...sam,
      session: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(Buffer.from(cookie, "base64").toString("latin1")).not.toContain("sam");
  });

  it("has a new id at each sign-in", async () => {
    const [one, two] = [await sessions().begin(sam), await sessions().begin(sam)];
    expect(one.identity.session).not.toBe(two.identity.session);
  });

  it.each([
    ["another app", { audience: "app:other" }],
    ["another listener", { cookie: "__Host-govern-operator" }],
    ["another workspace", { key: Buffer.alloc(32, 8) }],
  ])("means nothing to %s", async (_name, more) => {
    const { cookie } = await sessions().begin(sam);
    const value = pairOf(cookie).slice("__Host-govern-app=".length);
    const other = sessions(more);
    const name = "cookie" in more ? more.cookie : "__Host-govern-app";
    expect(await other.read(`${name}=${value}`)).toBeUndefined();
  });

  it("ends after twelve hours, also where it was read before", async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 5, 1) });
    const mine = sessions();
    const { cookie } = await mine.begin(sam);
    vi.setSystemTime(Date.UTC(2026, 5, 1, 11, 59));
    expect(await mine.read(pairOf(cookie))).toBeDefined();
    vi.setSystemTime(Date.UTC(2026, 5, 1, 12, 1));
    expect(await mine.read(pairOf(cookie))).toBeUndefined();
    expect(await sessions().read(pairOf(cookie))).toBeUndefined();
  });

  it("follows the person: groups as they are now, nobody once they are gone", async () => {
    const { cookie } = await sessions().begin(sam);
    groupsOfSam = ["dev", "leads"];
    expect(await sessions().read(pairOf(cookie))).toMatchObject({ groups: ["dev", "leads"] });
    groupsOfSam = undefined;
    expect(await sessions().read(pairOf(cookie))).toBeUndefined();
  });

  it("is refused once ended, sent twice, cut or changed", async () => {
    const mine = sessions();
    const { cookie, identity } = await mine.begin(sam);
    const pair = pairOf(cookie);
    expect(await mine.read(`${pair}; ${pair}`)).toBeUndefined();
    expect(await mine.read(pair.slice(0, -2))).toBeUndefined();
    expect(await mine.read(`__Host-govern-app=e30.e30.e30`)).toBeUndefined();
    expect(await mine.read(`a=b; ${pair}; c=d`)).toEqual(identity);
    expect(mine.end(identity)).toMatch(/^__Host-govern-app=; .*Max-Age=0/);
    expect(await mine.read(pair)).toBeUndefined();
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
