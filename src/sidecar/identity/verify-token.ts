/**
 * Verifies a JWT that names a person (RFC 7519, RFC 8725). When it is accepted, one of the fixed algorithms and a key of
 * the one issuer made its signature, and its issuer, audience, type, times and claims are those that were asked for.
 * Nothing in the token chooses a key or an algorithm. Must not know where a token came from.
 */
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from "jose";
import type { KeyObject } from "node:crypto";
import { readPerson } from "./claims.ts";
import type { Clock } from "./clock.ts";
import { KeysUnavailable } from "./issuer-keys.ts";
import type { Person } from "./people.ts";

/** Seconds by which the clocks of issuer and sidecar may differ. */
const clockTolerance = 30;

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** The `typ` header; null where the issuer sets none that could be asked for. */
  readonly type: string | null;
  /** Seconds since `iat`. */
  readonly maxAge: number;
  /** Whose tokens are taken; null for all of the issuer. */
  readonly clients: readonly string[] | null;
  readonly groupsClaim: string;
  readonly keys: JWTVerifyGetKey | KeyObject;
}

/** By what a token was refused. */
export type TokenFault =
  | "malformed"
  | "header"
  | "algorithm"
  | "key"
  | "signature"
  | "type"
  | "issuer"
  | "audience"
  | "client"
  | "expired"
  | "too-old"
  | "not-yet"
  | "claims"
  | "keys-unavailable";

export type Verified =
  | { readonly ok: true; readonly person: Person; readonly expiresAt: number }
  | { readonly ok: false; readonly fault: TokenFault; readonly detail: string };

const details: Readonly<Record<TokenFault, string>> = {
  malformed: "The token is no signed JWT.",
  header:
    "The token's header has something that is not taken: a key or an address of one, or a critical extension.",
  algorithm: "The token is signed by an algorithm that is not taken.",
  key: "The token is signed by a key that the issuer does not publish.",
  signature: "The token's signature does not verify.",
  type: "The token is of another type.",
  issuer: "The token is another issuer's.",
  audience: "The token is for another audience.",
  client: "The token was issued to a client that is not taken.",
  expired: "The token has expired.",
  "too-old": "The token was issued too long ago.",
  "not-yet": "The token is not valid yet.",
  claims: "The token lacks a claim, or has one of an unusable shape.",
  "keys-unavailable": "The issuer's keys cannot be read now.",
};

const refuse = (fault: TokenFault, detail = details[fault]): Verified => ({
  ok: false,
  fault,
  detail,
});

/** Ways to bring a key along (RFC 7515 4.1): none is looked at, and nobody honest sends one here. */
const broughtKeys = ["jwk", "jku", "x5u", "x5c"] as const;

function headerFault(token: string): TokenFault | undefined {
  try {
    const header = decodeProtectedHeader(token);
    return broughtKeys.some((name) => Object.hasOwn(header, name)) ? "header" : undefined;
  } catch {
    return "malformed";
  }
}

const byClaim: Readonly<Record<string, TokenFault>> = {
  typ: "type",
  iss: "issuer",
  aud: "audience",
  nbf: "not-yet",
};

function claimFault(error: InstanceType<typeof errors.JWTClaimValidationFailed>): TokenFault {
  if (error.reason !== "check_failed") return "claims";
  return error.claim === "iat" ? "not-yet" : (byClaim[error.claim] ?? "claims");
}

function faultOf(error: unknown): TokenFault | undefined {
  if (error instanceof KeysUnavailable) return "keys-unavailable";
  if (error instanceof errors.JWTExpired) return error.claim === "iat" ? "too-old" : "expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JOSENotSupported) return "header";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWKSNoMatchingKey) return "key";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return "key";
  if (error instanceof errors.JOSEError) return "malformed";
  // A key that the algorithm cannot use: of another kind, too short.
  return error instanceof TypeError ? "key" : undefined;
}

/** `client_id` (RFC 9068) and `azp` (OpenID Connect Core 2) have to agree where both are there. */
function isOfClient({ clients }: TokenRules, payload: JWTPayload): boolean {
  const named = ["client_id", "azp"].flatMap((name) =>
    Object.hasOwn(payload, name) ? [payload[name]] : [],
  );
  if (new Set(named).size > 1) return false;
  if (clients === null) return true;
  const [client] = named;
  return typeof client === "string" && clients.includes(client);
}

/** Verifies one token by the rules. Rejects only with a fault of the sidecar itself. */
export async function verifyToken(token: string, rules: TokenRules, now: Clock): Promise<Verified> {
  const fault = headerFault(token);
  if (fault !== undefined) return refuse(fault);
  try {
    const getKey: JWTVerifyGetKey =
      typeof rules.keys === "function" ? rules.keys : () => rules.keys as KeyObject;
    const { payload } = await jwtVerify(token, getKey, {
      algorithms: [...rules.algorithms],
      issuer: rules.issuer,
      audience: rules.audience,
      ...(rules.type === null ? {} : { typ: rules.type }),
      requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
      maxTokenAge: rules.maxAge,
      clockTolerance,
      currentDate: new Date(now()),
    });
    if (!isOfClient(rules, payload)) return refuse("client");
    const person = readPerson(payload, rules);
    if (!person.ok) return refuse("claims", person.detail);
    return { ok: true, person: person.value, expiresAt: (payload.exp ?? 0) * 1000 };
  } catch (error) {
    const known = faultOf(error);
    if (known === undefined) throw error;
    return refuse(known);
  }
}
