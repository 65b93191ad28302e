/** An issuer's keys over time: rotated, out of reach, asked for by made-up ids (I10). A real server of keys answers. */
import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { steadyClock } from "../../../src/sidecar/identity/clock.ts";
import { publishedKeys, readPublicKey } from "../../../src/sidecar/identity/issuer-keys.ts";
import { cachingVerifier, type VerifyOne } from "../../../src/sidecar/identity/token-cache.ts";
import { verifyToken } from "../../../src/sidecar/identity/verify-token.ts";
import { makeKey, startKeyServer, type KeyServer, type SigningKey } from "./key-server.ts";

const issuer = "https://sso.acme.example";
const audience = "https://govern.acme.example";
const second = 1000;
const minute = 60 * second;
const now = (): number => Date.now();

const later = (milliseconds: number): void => {
  vi.setSystemTime(Date.now() + milliseconds);
};
const tokenOf = (key: SigningKey, kid = key.kid): Promise<string> =>
  new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: key.alg, kid, typ: "at+jwt" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject("ana")
    .setIssuedAt()
    .setExpirationTime("30m")
    .sign(key.privateKey);

describe("an issuer's keys (I10)", () => {
  let server: KeyServer;
  let verify: VerifyOne;
  let first: SigningKey;

  beforeEach(async () => {
    // Only the date: the sockets of the key server keep their timers.
    vi.useFakeTimers({ now: Date.UTC(2026, 5, 1), toFake: ["Date"] });
    first = await makeKey("ES256", "first");
    server = await startKeyServer(first);
    const keys = publishedKeys(async () => server.url, now);
    const rules = {
      issuer,
      audience,
      algorithms: ["ES256"],
      type: "at+jwt",
      maxAge: 3600,
      clients: null,
      groupsClaim: "groups",
      keys,
    };
    verify = cachingVerifier((token) => verifyToken(token, rules, now), now);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await server.stop();
  });

  const good = { ok: true };
  const unavailable = { ok: false, fault: "keys-unavailable" };

  it("are read once for many tokens", async () => {
    const tokens = await Promise.all(Array.from({ length: 30 }, () => tokenOf(first)));
    for (const verified of await Promise.all(tokens.map(verify)))
      expect(verified).toMatchObject(good);
    expect(server.asked).toBe(1);
  });

  it("follow a rotation with the first token of the new key, without a restart", async () => {
    expect(await verify(await tokenOf(first))).toMatchObject(good);
    const next = await makeKey("ES256", "next");
    server.keys = [first, next];
    later(31 * second);
    expect(await verify(await tokenOf(next))).toMatchObject(good);
    expect(await verify(await tokenOf(first))).toMatchObject(good);
    expect(server.asked).toBe(2);
  });

  it("forget a key that was taken back within ten minutes, and its cached tokens within one", async () => {
    const token = await tokenOf(first);
    expect(await verify(token)).toMatchObject(good);
    server.keys = [await makeKey("ES256", "next")];
    later(59 * second);
    expect(await verify(token)).toMatchObject(good);
    later(10 * minute);
    expect(await verify(token)).toMatchObject({ ok: false, fault: "key" });
  });

  it("cost one request in thirty seconds however many made-up ids ask for them", async () => {
    expect(await verify(await tokenOf(first))).toMatchObject(good);
    const flood = async (name: string): Promise<void> => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, n) => tokenOf(first, `${name}-${n}`)),
      );
      for (const token of tokens) expect(await verify(token)).toMatchObject({ fault: "key" });
    };
    await flood("early");
    expect(server.asked).toBe(1);
    later(31 * second);
    await flood("late");
    expect(server.asked).toBe(2);
    expect(await verify(await tokenOf(first))).toMatchObject(good);
  });

  it.each(["status", "text", "reset"] as const)(
    "refuse every token in a cold outage (%s), ask once in five seconds, and recover",
    async (fault) => {
      server.fault = fault;
      for (let count = 0; count < 5; count += 1) {
        expect(await verify(await tokenOf(first))).toMatchObject(unavailable);
      }
      expect(server.asked).toBeLessThanOrEqual(fault === "text" ? 5 : 1);
      server.fault = "none";
      later(5 * second);
      expect(await verify(await tokenOf(first))).toMatchObject(good);
    },
  );

  it("serve out their ten minutes in a warm outage, then tokens are refused", async () => {
    expect(await verify(await tokenOf(first))).toMatchObject(good);
    server.fault = "status";
    later(9 * minute);
    expect(await verify(await tokenOf(first))).toMatchObject(good);
    expect(await verify(await tokenOf(first, "unknown"))).toMatchObject(unavailable);
    later(minute);
    expect(await verify(await tokenOf(first))).toMatchObject(unavailable);
    server.fault = "none";
    later(5 * second);
    expect(await verify(await tokenOf(first))).toMatchObject(good);
  });

  it("are not waited for longer than a deadline", async () => {
    server.fault = "hang";
    const began = performance.now();
    expect(await verify(await tokenOf(first))).toMatchObject(unavailable);
    expect(performance.now() - began).toBeGreaterThan(4 * second);
  });

  it("are never asked for by a token that is refused by its head", async () => {
    expect(await verify("e30.e30.e30.e30")).toMatchObject({ fault: "malformed" });
    const [, claims, signature] = (await tokenOf(first)).split(".");
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
    expect(await verify(`${none}.${claims}.${signature}`)).toMatchObject({ fault: "algorithm" });
    expect(server.asked).toBe(0);
  });

  it("are asked for once by a token that comes again and again, and its expiry still counts", async () => {
    let verified = 0;
    const expiresAt = Date.now() + 20 * second;
    const person = { subject: "ana", issuer, groups: [] };
    const cached = cachingVerifier(async (token) => {
      verified += 1;
      return token === "good" && Date.now() < expiresAt
        ? { ok: true, person, expiresAt }
        : { ok: false, fault: "expired", detail: "" };
    }, Date.now);
    for (let count = 0; count < 5; count += 1)
      expect(await cached("good")).toMatchObject({ person });
    expect(verified).toBe(1);
    later(20 * second);
    expect(await cached("good")).toMatchObject({ ok: false, fault: "expired" });
    await cached("bad");
    await cached("bad");
    expect(verified).toBe(4);
  });
});

describe("a key that is given in govern.yaml", () => {
  it("is a public one, as PEM or as a JWK", async () => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-256" },
      true,
      ["sign", "verify"],
    );
    const pem = Buffer.from(await crypto.subtle.exportKey("spki", publicKey)).toString("base64");
    expect(
      readPublicKey(`-----BEGIN PUBLIC KEY-----\n${pem}\n-----END PUBLIC KEY-----\n`),
    ).toBeDefined();
    const jwk = await crypto.subtle.exportKey("jwk", publicKey);
    expect(readPublicKey(JSON.stringify(jwk))).toBeDefined();
    const secret = await crypto.subtle.exportKey("jwk", privateKey);
    expect(readPublicKey(JSON.stringify(secret))).toBeUndefined();
    expect(readPublicKey('{"kty":"oct","k":"AAAA"}')).toBeUndefined();
    expect(readPublicKey("hello")).toBeUndefined();
    expect(readPublicKey("-----BEGIN PRIVATE KEY-----")).toBeUndefined();
  });
});

describe("the clock of lifetimes (I11)", () => {
  it("follows the machine's forward and goes on by itself when that one is put back", () => {
    let wall = 1_000_000;
    let ticks = 0;
    const pass = (milliseconds: number): void => {
      wall += milliseconds;
      ticks += milliseconds;
    };
    const clock = steadyClock(
      () => wall,
      () => ticks,
    );
    pass(500);
    expect(clock()).toBe(1_000_500);
    wall -= 3_600_000;
    expect(clock()).toBe(1_000_500);
    pass(1_000);
    expect(clock()).toBe(1_001_500);
    wall += 7_200_000;
    expect(clock()).toBe(1_001_500 + 3_600_000);
  });
});
