/**
 * The public keys of an issuer. Published ones are read when a token first needs them and kept for ten minutes; a token of
 * an unknown key makes them be read again, at most every thirty seconds, so that a flood of made-up key ids costs one
 * request and rotation needs no restart. While they cannot be read, those at hand serve out their ten minutes, then
 * tokens are refused; the issuer is asked again every five seconds at most.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import type { Clock } from "./clock.ts";

const cacheMaxAge = 600_000;
const cooldownDuration = 30_000;
const timeoutDuration = 5_000;
const failureCooldown = 5_000;

/** The keys cannot be had now: nothing can be said of a token. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** Errors of a token's own making: its key is not among those of the issuer. */
const ofToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys];

/** The keys that an address publishes; `locate` gives the address, and may fail. */
export function publishedKeys(locate: () => Promise<URL>, now: Clock): JWTVerifyGetKey {
  let known: { readonly href: string; readonly getKey: JWTVerifyGetKey } | undefined;
  let failed: { readonly at: number; readonly error: unknown } | undefined;
  const fetchKeys = async (url: string, init: RequestInit): Promise<Response> => {
    if (failed !== undefined && now() < failed.at + failureCooldown) throw failed.error;
    try {
      const response = await fetch(url, init);
      if (response.status !== 200)
        throw new KeysUnavailable(`The keys' address answered ${response.status}.`);
      failed = undefined;
      return response;
    } catch (error) {
      failed = { at: now(), error };
      throw error;
    }
  };
  const keysAt = (url: URL): JWTVerifyGetKey => {
    if (known?.href !== url.href) {
      const options = { cacheMaxAge, cooldownDuration, timeoutDuration, [customFetch]: fetchKeys };
      known = { href: url.href, getKey: createRemoteJWKSet(url, options) };
    }
    return known.getKey;
  };
  return async function getKey(header, token) {
    try {
      return await keysAt(await locate())(header, token);
    } catch (cause) {
      if (ofToken.some((kind) => cause instanceof kind)) throw cause;
      throw new KeysUnavailable("The issuer's keys cannot be read now.", { cause });
    }
  };
}

/** One public key: PEM, or a JWK as JSON. Undefined if the text is neither, or holds a private or a shared key. */
export function readPublicKey(text: string): KeyObject | undefined {
  try {
    if (/PRIVATE KEY/.test(text)) return undefined;
    if (!text.trimStart().startsWith("{")) return createPublicKey(text);
    const jwk = JSON.parse(text) as Record<string, unknown>;
    if ("d" in jwk || jwk["kty"] === "oct") return undefined;
    return createPublicKey({ key: jwk as never, format: "jwk" });
  } catch {
    return undefined;
  }
}
