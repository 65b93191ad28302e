/**
 * Sign-ins that were begun, sealed in a cookie of the browser that began them: what comes back from the provider counts in
 * that browser alone, once, and within ten minutes. A few at a time, for people with several tabs.
 */
import type { Clock } from "./clock.ts";
import type { Attempt } from "./provider.ts";
import { sealedCookie } from "./sealed-cookie.ts";

const lifetime = 600_000;
const mostPending = 4;
const mostUsed = 10_000;

export interface PendingLogin extends Attempt {
  /** Where the person wants to go; checked again when they do. */
  readonly back: string;
}

export interface LoginAttempts {
  /** The `set-cookie` value that adds an attempt to those of a `cookie` header. */
  add(cookieHeader: string | undefined, attempt: PendingLogin): Promise<string>;
  /** The attempt of a state, which is used up then, and the `set-cookie` value that takes it out. */
  take(
    cookieHeader: string | undefined,
    state: string | undefined,
  ): Promise<{ readonly attempt: PendingLogin | undefined; readonly cookie: string }>;
}

type Stored = PendingLogin & { readonly until: number };

function isStored(value: unknown): value is Stored {
  const { state, nonce, verifier, back, until } = (value ?? {}) as Record<string, unknown>;
  return (
    [state, nonce, verifier, back].every((text) => typeof text === "string") &&
    typeof until === "number"
  );
}

export interface LoginAttemptsOptions {
  readonly key: Uint8Array;
  readonly cookie: string;
  readonly audience: string;
  readonly now: Clock;
}

export function createLoginAttempts(options: LoginAttemptsOptions): LoginAttempts {
  const { now } = options;
  const cookie = sealedCookie({ ...options, name: options.cookie });
  /** States that came back, until they would have expired: a copied cookie does not bring them back. */
  const used = new Map<string, number>();

  const pendingIn = async (header: string | undefined): Promise<Stored[]> => {
    const value = cookie.valueIn(header);
    const pending = value === undefined ? undefined : (await cookie.open(value))?.["pending"];
    const stored = Array.isArray(pending) ? pending.filter(isStored) : [];
    return stored.filter(({ state, until }) => until > now() && !used.has(state));
  };
  const write = async (pending: readonly Stored[]): Promise<string> =>
    pending.length === 0
      ? cookie.cleared
      : cookie.seal({ pending }, Math.max(...pending.map(({ until }) => until)));

  return {
    async add(header, attempt) {
      const pending = await pendingIn(header);
      return write([...pending, { ...attempt, until: now() + lifetime }].slice(-mostPending));
    },
    async take(header, state) {
      const pending = await pendingIn(header);
      const found = pending.find((one) => one.state === state);
      if (found !== undefined) {
        for (const [old, until] of used)
          if (until <= now() || used.size > mostUsed) used.delete(old);
        used.set(found.state, found.until);
      }
      return { attempt: found, cookie: await write(pending.filter((one) => one !== found)) };
    },
  };
}
