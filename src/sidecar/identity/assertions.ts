/**
 * What the sidecar asserts to resources with `auth: asserted`: a JWT (RFC 7519, ES256) of who is calling, for one upstream,
 * for a minute. The public key is served at `/.well-known/jwks.json` of the operator origin, which is the issuer.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from "jose";
import { GovernError } from "../../errors/govern-error.ts";
import type { Identity } from "./identity.ts";

const lifetime = 60;

export interface AssertedCaller extends Identity {
  readonly app: string;
}

export interface Assertions {
  /** The issuer: the operator origin. Known once it listens; nothing is asserted before. */
  issuer: string;
  assert(facts: {
    readonly caller: AssertedCaller;
    readonly operation: string;
    readonly audience: string;
  }): Promise<string>;
  /** The public keys (RFC 7517). */
  readonly keys: { readonly keys: readonly JWK[] };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Reads the private key, or makes it (mode 0600). */
function loadPrivateKey(file: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(file, "utf8"));
    if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  } catch (cause) {
    if (isMissing(cause)) {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const pem = privateKey.export({ format: "pem", type: "pkcs8" });
      writeFileSync(file, pem, { mode: 0o600, flag: "wx" });
      return privateKey;
    }
    throw new GovernError("file-invalid", `The key ${file} cannot be read.`, { cause });
  }
  throw new GovernError("file-invalid", `${file} holds no P-256 key.`, {
    next: "Move it away: a new one is made. Resources then have to read the new key.",
  });
}

/** Opens the key that assertions are signed with; a file that holds none is a GovernError `file-invalid`. */
export async function openAssertions(file: string): Promise<Assertions> {
  const key = loadPrivateKey(file);
  const jwk = await exportJWK(createPublicKey(key));
  const kid = await calculateJwkThumbprint(jwk);
  const assertions: Assertions = {
    issuer: "",
    keys: { keys: [{ ...jwk, kid, alg: "ES256", use: "sig" }] },
    async assert({ caller, operation, audience }) {
      if (assertions.issuer === "")
        throw new GovernError("internal", "Nothing can be asserted yet.");
      const { subject, issuer: idp, groups, app } = caller;
      return new SignJWT({ groups, idp, app, operation })
        .setProtectedHeader({ alg: "ES256", kid, typ: "JWT" })
        .setIssuer(assertions.issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifetime}s`)
        .setJti(randomUUID())
        .sign(key);
    },
  };
  return assertions;
}
