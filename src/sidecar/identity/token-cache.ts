/** Identities of tokens that were verified, by the token's digest: verifying costs a hundred times as much as looking up. */
import { hash } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Person } from "./people.ts";
import type { Verified } from "./verify-token.ts";

/** Milliseconds for which a verified token is believed: a key that its issuer took back counts no longer than that. */
const believed = 60_000;
const maxCached = 10_000;

export type VerifyOne = (token: string) => Promise<Verified>;

/** Puts a cache before a verifier. Refusals are not kept: they have to be found anew each time. */
export function cachingVerifier(verify: VerifyOne, now: Clock): VerifyOne {
  const known = new Map<
    string,
    { readonly person: Person; readonly expiresAt: number; readonly until: number }
  >();
  return async function verifyCached(token) {
    const name = hash("sha256", token, "base64url");
    const found = known.get(name);
    if (found !== undefined) {
      if (now() < found.until)
        return { ok: true, person: found.person, expiresAt: found.expiresAt };
      known.delete(name);
    }
    const verified = await verify(token);
    if (!verified.ok) return verified;
    const { person, expiresAt } = verified;
    const oldest = known.size >= maxCached ? known.keys().next() : undefined;
    if (oldest?.done === false) known.delete(oldest.value);
    known.set(name, { person, expiresAt, until: Math.min(expiresAt, now() + believed) });
    return verified;
  };
}
