/** Tokens that somebody forged, bent or stole: each is refused, and for its own reason. Ids are those of the threat model. */
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { exportSPKI, SignJWT, UnsecuredJWT, type CryptoKey } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publishedKeys } from "../../../src/sidecar/identity/issuer-keys.ts";
import {
  verifyToken,
  type TokenFault,
  type TokenRules,
  type Verified,
} from "../../../src/sidecar/identity/verify-token.ts";
import { makeKey, startKeyServer, type KeyServer, type SigningKey } from "./key-server.ts";

const now = Date.UTC(2026, 5, 1, 12);
const seconds = now / 1000;
const issuer = "https://sso.acme.example";
const audience = "https://govern.acme.example";

type Bag = Record<string, unknown>;

const honest: Bag = {
  iss: issuer,
  aud: audience,
  sub: "ana",
  client_id: "govern-cli",
  iat: seconds - 60,
  exp: seconds + 600,
  groups: ["support", "support-leads"],
};

const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Keys of the issuer, and of somebody else. */
interface Keys {
  readonly es: SigningKey;
  readonly rs: SigningKey;
  readonly ed: SigningKey;
  readonly ps: SigningKey;
  readonly foreign: SigningKey;
  readonly foreignRs: SigningKey;
  readonly small: KeyObject;
}

let keys: Keys;
let server: KeyServer;
let rules: TokenRules;

const sign = (
  claims: Bag,
  header: Bag = {},
  key: { readonly alg: string; readonly kid: string; readonly privateKey: CryptoKey } = keys.es,
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ typ: "at+jwt", alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey, { crit: { "urn:acme:tenant": true } });

/** A token whose header and claims stand as given, signed with the issuer's own ES256 key. */
async function signText(header: unknown, claims: string): Promise<string> {
  const input = `${part(header)}.${part(claims)}`;
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    keys.es.privateKey,
    Buffer.from(input),
  );
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

/** Signed with a public key's text as shared secret, as a verifier that lets the token choose would check it. */
async function signByPublicText(alg: "HS256" | "HS512"): Promise<string> {
  const text = await exportSPKI(keys.rs.publicKey);
  const input = `${part({ alg, typ: "at+jwt", kid: keys.rs.kid })}.${part(honest)}`;
  const mac = createHmac(alg === "HS256" ? "sha256" : "sha512", text)
    .update(input)
    .digest("base64url");
  return `${input}.${mac}`;
}

function signSmall(): string {
  const input = `${part({ alg: "RS256", typ: "at+jwt", kid: "small" })}.${part(honest)}`;
  return `${input}.${createSign("sha256").update(input).sign(keys.small, "base64url")}`;
}

const verify = (token: string, more: Partial<TokenRules> = {}, at = now): Promise<Verified> =>
  verifyToken(token, { ...rules, ...more }, () => at);

const without = (name: string): Bag =>
  Object.fromEntries(Object.entries(honest).filter(([key]) => key !== name));
const claims = (more: Bag): Bag => ({ ...honest, ...more });

function bend(token: string, index: 0 | 1 | 2, change: (text: string) => string): string {
  const parts = token.split(".");
  parts[index] = change(parts[index] ?? "");
  return parts.join(".");
}

const flip = (text: string): string => `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;

/** What it tries, by what it has to be refused, and how it is made. */
const recipes: readonly (readonly [
  name: string,
  fault: TokenFault,
  make: () => Promise<string> | string,
])[] = [
  // I1: the algorithm
  [
    "alg none, unsigned",
    "algorithm",
    () => `${part({ alg: "none", typ: "at+jwt" })}.${part(honest)}.`,
  ],
  ["alg none, by the library", "malformed", () => new UnsecuredJWT(honest).encode().slice(0, -1)],
  [
    "alg None in another case",
    "algorithm",
    () => `${part({ alg: "None", typ: "at+jwt" })}.${part(honest)}.`,
  ],
  [
    "alg nOnE with an old signature",
    "algorithm",
    async () => bend(await sign(honest), 0, () => part({ alg: "nOnE", typ: "at+jwt" })),
  ],
  [
    "alg left out",
    "malformed",
    async () => bend(await sign(honest), 0, () => part({ typ: "at+jwt" })),
  ],
  [
    "alg empty",
    "malformed",
    async () => bend(await sign(honest), 0, () => part({ alg: "", typ: "at+jwt" })),
  ],
  [
    "alg a list",
    "malformed",
    async () => bend(await sign(honest), 0, () => part({ alg: ["ES256"], typ: "at+jwt" })),
  ],
  [
    "alg in lower case",
    "algorithm",
    async () => bend(await sign(honest), 0, () => part({ alg: "es256", typ: "at+jwt" })),
  ],
  ["HS256 over the public key's text", "algorithm", () => signByPublicText("HS256")],
  ["HS512 over the public key's text", "algorithm", () => signByPublicText("HS512")],
  [
    "HS256 with an empty secret",
    "algorithm",
    () =>
      `${part({ alg: "HS256", typ: "at+jwt" })}.${part(honest)}.${createHmac("sha256", "")
        .update(`${part({ alg: "HS256", typ: "at+jwt" })}.${part(honest)}`)
        .digest("base64url")}`,
  ],
  ["PS256 by a key of the issuer", "algorithm", () => sign(honest, {}, keys.ps)],
  [
    "RS512 named, RS256 made",
    "algorithm",
    async () =>
      bend(await sign(honest, {}, keys.rs), 0, () =>
        part({ alg: "RS512", typ: "at+jwt", kid: keys.rs.kid }),
      ),
  ],
  [
    "ES384 named, ES256 made",
    "algorithm",
    async () =>
      bend(await sign(honest), 0, () => part({ alg: "ES384", typ: "at+jwt", kid: keys.es.kid })),
  ],
  [
    "RS256 named for the ES256 key",
    "key",
    async () =>
      bend(await sign(honest), 0, () => part({ alg: "RS256", typ: "at+jwt", kid: keys.es.kid })),
  ],
  [
    "ES256 named for the RS256 key",
    "key",
    async () =>
      bend(await sign(honest, {}, keys.rs), 0, () =>
        part({ alg: "ES256", typ: "at+jwt", kid: keys.rs.kid }),
      ),
  ],
  [
    "EdDSA named for the ES256 key",
    "key",
    async () =>
      bend(await sign(honest), 0, () => part({ alg: "EdDSA", typ: "at+jwt", kid: keys.es.kid })),
  ],
  [
    "ES256 with the psychic signature of zeros",
    "signature",
    async () => bend(await sign(honest), 2, () => Buffer.alloc(64).toString("base64url")),
  ],
  [
    "ES256 with a DER signature",
    "signature",
    () => {
      const input = `${part({ alg: "ES256", typ: "at+jwt", kid: keys.es.kid })}.${part(honest)}`;
      return `${input}.${Buffer.from("3006020101020101", "hex").toString("base64url")}`;
    },
  ],
  // I1: the key
  [
    "another's key under the issuer's kid",
    "signature",
    () => sign(honest, { kid: keys.es.kid }, keys.foreign),
  ],
  [
    "another's RSA key under the issuer's kid",
    "signature",
    () => sign(honest, { kid: keys.rs.kid }, keys.foreignRs),
  ],
  ["another's key under its own kid", "key", () => sign(honest, {}, keys.foreign)],
  ["an embedded jwk", "header", () => sign(honest, { jwk: keys.foreign.jwk }, keys.foreign)],
  ["an embedded jwk beside a good signature", "header", () => sign(honest, { jwk: keys.es.jwk })],
  [
    "jku to the forger's keys",
    "header",
    () => sign(honest, { jku: "https://evil.example/keys" }, keys.foreign),
  ],
  [
    "jku to this machine",
    "header",
    () => sign(honest, { jku: "http://127.0.0.1:1/keys" }, keys.foreign),
  ],
  ["x5u", "header", () => sign(honest, { x5u: "https://evil.example/cert" }, keys.foreign)],
  ["x5c", "header", () => sign(honest, { x5c: ["MIIB"] }, keys.foreign)],
  ["kid a path", "key", () => sign(honest, { kid: "../../../../dev/null" }, keys.foreign)],
  ["kid a statement", "key", () => sign(honest, { kid: "x' UNION SELECT 'key" }, keys.foreign)],
  ["kid a list", "key", () => sign(honest, { kid: [keys.es.kid] }, keys.foreign)],
  ["kid __proto__", "key", () => sign(honest, { kid: "__proto__" }, keys.foreign)],
  ["kid of 8,000 letters", "key", () => sign(honest, { kid: "k".repeat(8000) }, keys.foreign)],
  ["no kid, another's key", "signature", () => sign(honest, { kid: undefined }, keys.foreign)],
  ["an RSA key of 1,024 bits", "key", () => signSmall()],
  // headers
  [
    "a critical extension that nobody knows",
    "header",
    () => sign(honest, { crit: ["urn:acme:tenant"], "urn:acme:tenant": "x" }),
  ],
  [
    "crit empty",
    "malformed",
    () => signText({ alg: "ES256", typ: "at+jwt", kid: "es", crit: [] }, JSON.stringify(honest)),
  ],
  [
    "an unencoded payload (b64 false)",
    "malformed",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es", b64: false, crit: ["b64"] },
        JSON.stringify(honest),
      ),
  ],
  // I3: the type
  ["an ID token (typ JWT)", "type", () => sign(claims({ nonce: "n-1" }), { typ: "JWT" })],
  ["no typ", "type", () => sign(honest, { typ: undefined })],
  ["a logout token", "type", () => sign(honest, { typ: "logout+jwt" })],
  ["a proof of possession", "type", () => sign(honest, { typ: "dpop+jwt" })],
  ["a session assertion of another kind", "type", () => sign(honest, { typ: "secevent+jwt" })],
  ["typ a list", "type", () => sign(honest, { typ: ["at+jwt"] })],
  // I3: whose, for whom
  ["another issuer", "issuer", () => sign(claims({ iss: "https://sso.evil.example" }))],
  ["the issuer with a slash more", "issuer", () => sign(claims({ iss: `${issuer}/` }))],
  ["the issuer in capitals", "issuer", () => sign(claims({ iss: issuer.toUpperCase() }))],
  [
    "the issuer in a list",
    "issuer",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es" },
        JSON.stringify(claims({ iss: [issuer] })),
      ),
  ],
  ["no issuer", "claims", () => sign(without("iss"))],
  ["another audience", "audience", () => sign(claims({ aud: "https://support.acme.example" }))],
  [
    "the audience as a beginning",
    "audience",
    () => sign(claims({ aud: `${audience}.evil.example` })),
  ],
  ["an empty list of audiences", "audience", () => sign(claims({ aud: [] }))],
  [
    "the audience inside an object",
    "audience",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es" },
        JSON.stringify(claims({ aud: { 0: audience } })),
      ),
  ],
  ["no audience", "claims", () => sign(without("aud"))],
  ["a client that is not taken", "client", () => sign(claims({ client_id: "some-other-app" }))],
  ["no client", "client", () => sign(without("client_id"))],
  [
    "azp of another client beside client_id",
    "client",
    () => sign(claims({ azp: "some-other-app" })),
  ],
  ["client_id a list", "client", () => sign(claims({ client_id: ["govern-cli"] }))],
  // I2, I11: times
  ["no exp", "claims", () => sign(without("exp"))],
  [
    "exp a text",
    "claims",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es" },
        JSON.stringify(claims({ exp: "9999999999" })),
      ),
  ],
  [
    "exp null",
    "claims",
    () =>
      signText({ alg: "ES256", typ: "at+jwt", kid: "es" }, JSON.stringify(claims({ exp: null }))),
  ],
  [
    "iat too large for a number",
    "not-yet",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es" },
        JSON.stringify(claims({ iat: "IAT" })).replace('"IAT"', "1e999"),
      ),
  ],
  ["expired a minute ago", "expired", () => sign(claims({ exp: seconds - 60 }))],
  [
    "expired beyond the tolerance by a second",
    "expired",
    () => sign(claims({ exp: seconds - 31 })),
  ],
  ["exp 0", "expired", () => sign(claims({ exp: 0 }))],
  ["exp negative", "expired", () => sign(claims({ exp: -1 }))],
  ["no iat", "claims", () => sign(without("iat"))],
  [
    "iat a text",
    "claims",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es" },
        JSON.stringify(claims({ iat: `${seconds}` })),
      ),
  ],
  [
    "issued tomorrow",
    "not-yet",
    () => sign(claims({ iat: seconds + 86_400, exp: seconds + 90_000 })),
  ],
  [
    "issued two hours ago, good for a year",
    "too-old",
    () => sign(claims({ iat: seconds - 7_200, exp: seconds + 31_536_000 })),
  ],
  ["valid from tomorrow", "not-yet", () => sign(claims({ nbf: seconds + 86_400 }))],
  [
    "nbf a text",
    "claims",
    () =>
      signText({ alg: "ES256", typ: "at+jwt", kid: "es" }, JSON.stringify(claims({ nbf: "0" }))),
  ],
  ["times in milliseconds", "not-yet", () => sign(claims({ iat: now, exp: now + 600_000 }))],
  // claims
  ["no subject", "claims", () => sign(without("sub"))],
  ["an empty subject", "claims", () => sign(claims({ sub: "" }))],
  [
    "a subject that is a number",
    "claims",
    () => signText({ alg: "ES256", typ: "at+jwt", kid: "es" }, JSON.stringify(claims({ sub: 17 }))),
  ],
  [
    "a subject that is a list",
    "claims",
    () =>
      signText(
        { alg: "ES256", typ: "at+jwt", kid: "es" },
        JSON.stringify(claims({ sub: ["ana"] })),
      ),
  ],
  ["a subject of 600 letters", "claims", () => sign(claims({ sub: "a".repeat(600) }))],
  ["groups in an object", "claims", () => sign(claims({ groups: { 0: "leads" } }))],
  ["groups in lists of lists", "claims", () => sign(claims({ groups: [["leads"]] }))],
  ["groups with a number", "claims", () => sign(claims({ groups: ["support", 1] }))],
  ["groups null", "claims", () => sign(claims({ groups: null }))],
  [
    "groups kept elsewhere",
    "claims",
    () => sign({ ...without("groups"), _claim_names: { groups: "src1" } }),
  ],
  [
    "more than a thousand groups",
    "claims",
    () => sign(claims({ groups: Array.from({ length: 1001 }, (_, n) => `g${n}`) })),
  ],
  // I4: bent on the way
  [
    "another subject under the old signature",
    "signature",
    async () => bend(await sign(honest), 1, () => part(claims({ sub: "root" }))),
  ],
  [
    "a signature with one letter changed",
    "signature",
    async () => bend(await sign(honest), 2, flip),
  ],
  [
    "a cut signature",
    "signature",
    async () => bend(await sign(honest), 2, (text) => text.slice(0, -4)),
  ],
  ["no signature", "signature", async () => bend(await sign(honest), 2, () => "")],
  [
    "the signature of another token",
    "signature",
    async () => bend(await sign(honest), 2, () => "A".repeat(86)),
  ],
  ["two parts", "malformed", async () => (await sign(honest)).split(".").slice(0, 2).join(".")],
  ["four parts", "malformed", async () => `${await sign(honest)}.e30`],
  ["five parts, like an encrypted one", "malformed", () => "e30.e30.e30.e30.e30"],
  ["an opaque token", "malformed", () => "Yk7vT0c2hQeB5nJx"],
  ["nothing", "malformed", () => ""],
  [
    "two tokens, as a repeated header is joined",
    "malformed",
    async () => `${await sign(honest)}, ${await sign(honest)}`,
  ],
  [
    "a header that is no JSON",
    "malformed",
    async () => bend(await sign(honest), 0, () => part("{alg:ES256}")),
  ],
  ["a header that is a list", "malformed", async () => bend(await sign(honest), 0, () => part([]))],
  [
    "claims that are no object",
    "malformed",
    () => signText({ alg: "ES256", typ: "at+jwt", kid: "es" }, '"ana"'),
  ],
  [
    "claims that are no JSON",
    "malformed",
    () => signText({ alg: "ES256", typ: "at+jwt", kid: "es" }, "{"),
  ],
  [
    "claims that are no UTF-8",
    "malformed",
    async () => {
      const input = `${part({ alg: "ES256", typ: "at+jwt", kid: "es" })}.${Buffer.of(0x7b, 0xff, 0x7d).toString("base64url")}`;
      const made = await crypto.subtle.sign(
        { name: "ECDSA", hash: "SHA-256" },
        keys.es.privateKey,
        Buffer.from(input),
      );
      return `${input}.${Buffer.from(made).toString("base64url")}`;
    },
  ],
];

describe("a hostile token (I1, I2, I3, I4, I11)", () => {
  beforeAll(async () => {
    const { privateKey: small, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    keys = {
      es: await makeKey("ES256", "es"),
      rs: await makeKey("RS256", "rs"),
      ed: await makeKey("EdDSA", "ed"),
      ps: await makeKey("PS256", "ps"),
      foreign: await makeKey("ES256", "foreign"),
      foreignRs: await makeKey("RS256", "foreign-rs"),
      small,
    };
    const weak = { ...publicKey.export({ format: "jwk" }), kid: "small", alg: "RS256" };
    server = await startKeyServer(keys.es, keys.rs, keys.ed, keys.ps, { ...keys.rs, jwk: weak });
    rules = {
      issuer,
      audience,
      algorithms: ["RS256", "ES256", "EdDSA"],
      type: "at+jwt",
      maxAge: 3600,
      clients: ["govern-cli"],
      groupsClaim: "groups",
      keys: publishedKeys(
        async () => server.url,
        () => now,
      ),
    };
  });
  afterAll(() => server?.stop());

  it.each(recipes)("%s is refused by its %s", async (_name, fault, make) => {
    const verified = await verify(await make());
    expect(verified).toMatchObject({ ok: false, fault });
    // A refusal tells its kind, and nothing of the token.
    expect(JSON.stringify(verified)).not.toMatch(/evil|root|ana\b|acme/);
  });

  it("has at least sixty recipes, none twice", () => {
    expect(recipes.length).toBeGreaterThanOrEqual(60);
    expect(new Set(recipes.map(([name]) => name)).size).toBe(recipes.length);
  });

  it.each(["es", "rs", "ed"] as const)("is told from an honest one by %s", async (name) => {
    const verified = await verify(await sign(honest, {}, keys[name]));
    expect(verified).toEqual({
      ok: true,
      person: { subject: "ana", issuer, groups: ["support", "support-leads"] },
      expiresAt: (seconds + 600) * 1000,
    });
  });

  it("is told from an honest one with small differences", async () => {
    const accepted = { ok: true };
    expect(await verify(await sign(claims({ aud: ["x", audience] })))).toMatchObject(accepted);
    expect(await verify(await sign(claims({ groups: "support" })))).toMatchObject({
      person: { groups: ["support"] },
    });
    expect(await verify(await sign(without("groups")))).toMatchObject({ person: { groups: [] } });
    expect(await verify(await sign(honest, { typ: "application/at+JWT" }))).toMatchObject(accepted);
    const byParty = { ...without("client_id"), azp: "govern-cli" };
    expect(await verify(await sign(byParty))).toMatchObject(accepted);
    expect(await verify(await sign(without("client_id")), { clients: null })).toMatchObject(
      accepted,
    );
    expect(await verify(await sign(honest, { typ: undefined }), { type: null })).toMatchObject(
      accepted,
    );
  });

  it("has half a minute of tolerance either way, and no more (I11)", async () => {
    expect(await verify(await sign(claims({ exp: seconds - 29 })))).toMatchObject({ ok: true });
    expect(await verify(await sign(claims({ iat: seconds + 30 })))).toMatchObject({ ok: true });
    expect(await verify(await sign(claims({ iat: seconds + 31 })))).toMatchObject({
      fault: "not-yet",
    });
    expect(await verify(await sign(claims({ nbf: seconds + 30 })))).toMatchObject({ ok: true });
    const old = await sign(claims({ iat: seconds - 3630 }));
    expect(await verify(old)).toMatchObject({ ok: true });
    expect(await verify(old, {}, now + 1000)).toMatchObject({ fault: "too-old" });
  });

  it("finds no keys but the configured issuer's (I3)", async () => {
    const other = await startKeyServer(keys.foreign);
    try {
      const foreign = publishedKeys(
        async () => other.url,
        () => now,
      );
      const theirs = await sign(honest, {}, keys.foreign);
      expect(await verify(theirs, { keys: foreign })).toMatchObject({ ok: true });
      expect(await verify(theirs)).toMatchObject({ fault: "key" });
      expect(await verify(await sign(honest), { keys: foreign })).toMatchObject({ fault: "key" });
    } finally {
      await other.stop();
    }
  });
});
