/** Who made a request: by cookie or by token, never by both, and never by what else the request says. */
import { describe, expect, it } from "vitest";
import { sessionCallers } from "../../../src/sidecar/identity/callers.ts";
import type { Identity } from "../../../src/sidecar/identity/identity.ts";
import type { SessionReading, Sessions } from "../../../src/sidecar/identity/sessions.ts";
import type { Verified } from "../../../src/sidecar/identity/verify-token.ts";

const sam: Identity = { subject: "sam", issuer: "https://sso", groups: ["dev"], session: "5e55" };
const person = { subject: "ana", issuer: "https://sso", groups: ["leads"] };
const bearer = { authorization: "Bearer token-1" };
const cookie = { cookie: "__Host-govern-app=sealed" };

const requestOf = (headers: Record<string, string>) => ({
  method: "GET",
  path: "/",
  query: "",
  headers: new Map(Object.entries(headers)),
});

describe("who made a request", () => {
  const asked: string[] = [];
  const identify = (
    headers: Record<string, string>,
    verified: Verified = { ok: true, person, expiresAt: 1 },
    reading: SessionReading = { kind: "signed-in", identity: sam },
  ) => {
    asked.length = 0;
    const sessions = {
      read: async (sent: string | undefined) => (sent === undefined ? { kind: "none" } : reading),
    } as unknown as Sessions;
    const verify = async (token: string): Promise<Verified> => {
      asked.push(token);
      return verified;
    };
    return sessionCallers(sessions, verify).identify(requestOf(headers));
  };

  it("is whom the token names, where a program sends one alone", async () => {
    const caller = await identify(bearer);
    expect(caller).toMatchObject({ ok: true, identity: person });
    expect(asked).toEqual(["token-1"]);
    const again = await identify({ authorization: "bearer token-2" });
    expect(again).toEqual(caller);
  });

  it("is whom the session names, whatever Authorization an app sends along", async () => {
    expect(await identify({ ...cookie, ...bearer })).toEqual({ ok: true, identity: sam });
    expect(asked).toEqual([]);
  });

  it.each([
    ["a cookie of any kind", { ...bearer, cookie: "theme=dark" }],
    ["an origin", { ...bearer, origin: "https://desk.example" }],
    ["fetch metadata", { ...bearer, "sec-fetch-site": "same-origin" }],
  ])("is not looked for in a token beside %s (I7)", async (_name, headers) => {
    const caller = await identify(headers, undefined, { kind: "none" });
    expect(caller).toMatchObject({ ok: false, refusal: { code: "unauthenticated" } });
    expect(asked).toEqual([]);
  });

  it.each([{}, { authorization: "Basic c2FtOng=" }, { authorization: "Bearer" }])(
    "is nobody with %j",
    async (headers) => {
      const caller = await identify(headers);
      expect(caller).toMatchObject({ ok: false, refusal: { code: "unauthenticated" } });
    },
  );

  it("tells a refused token from keys that cannot be had, and from groups that are too old", async () => {
    const refused = { ok: false, fault: "signature", detail: "d" } as const;
    expect(await identify(bearer, refused)).toMatchObject({ refusal: { code: "token-invalid" } });
    const outage = { ok: false, fault: "keys-unavailable", detail: "d" } as const;
    const unavailable = { refusal: { code: "provider-unavailable" } };
    expect(await identify(bearer, outage)).toMatchObject(unavailable);
    const reading = { kind: "unavailable", detail: "d" } as const;
    expect(await identify(cookie, undefined, reading)).toMatchObject(unavailable);
  });
});
