/**
 * Host-only cookies whose value only this sidecar can make and read: a JWE, `dir` with A256GCM (RFC 7516), bound to the
 * cookie's name and to one audience. `__Host-` keeps siblings of the domain from setting it.
 */
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from "jose";
import { deriveKey } from "../store/sealing.ts";
import type { Clock } from "./clock.ts";

export interface SealedCookieOptions {
  readonly key: Uint8Array;
  /** Begins with `__Host-`. */
  readonly name: string;
  readonly audience: string;
  readonly now: Clock;
}

export interface SealedCookie {
  /** A `set-cookie` value; the browser and the seal keep it until `expiresAt`. */
  seal(payload: JWTPayload, expiresAt: number): Promise<string>;
  /** The value of a `cookie` header; undefined if it is absent, empty, or sent twice (a cookie tossed from elsewhere). */
  valueIn(header: string | undefined): string | undefined;
  /** What a value holds; undefined for one that is expired, was made for another audience, or is not ours. */
  open(value: string): Promise<JWTPayload | undefined>;
  /** The `set-cookie` value that removes it. */
  readonly cleared: string;
}

const attributes = "Secure; HttpOnly; SameSite=Lax";

export function sealedCookie({ key, name, audience, now }: SealedCookieOptions): SealedCookie {
  const derived = deriveKey(key, `cookie ${name}`);
  return {
    async seal(payload, expiresAt) {
      const value = await new EncryptJWT(payload)
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setAudience(audience)
        .setExpirationTime(Math.ceil(expiresAt / 1000))
        .encrypt(derived);
      const maxAge = Math.max(0, Math.ceil((expiresAt - now()) / 1000));
      return `${name}=${value}; Path=/; Max-Age=${maxAge}; ${attributes}`;
    },
    valueIn(header) {
      const values = (header ?? "")
        .split(";")
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${name}=`));
      const value = values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
      return value === "" ? undefined : value;
    },
    async open(value) {
      try {
        const { payload } = await jwtDecrypt(value, derived, {
          audience,
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
          requiredClaims: ["exp"],
          currentDate: new Date(now()),
        });
        return payload;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
    cleared: `${name}=; Path=/; Max-Age=0; ${attributes}`,
  };
}
