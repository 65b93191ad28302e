/**
 * Counts calls against the limits that bind them: in memory, per rule, person and operation. A restart begins anew, and a
 * limit that another version of the workspace keeps goes on. Must not decide which limits bind: ../policy does.
 */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { LimitRule } from "../policy/limits.ts";
import type { Identity } from "./identity/identity.ts";

export interface Exceeded {
  readonly limit: LimitRule;
  /** Whole seconds until a call counts anew. */
  readonly retryAfter: number;
}

export interface RateLimits {
  /** Counts one call; the limit that it exceeds and that ends last, or undefined where it exceeds none. */
  take(
    limits: readonly LimitRule[],
    who: Pick<Identity, "issuer" | "subject">,
    operation: string,
  ): Promise<Exceeded | undefined>;
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return Math.max(1, Math.ceil(error.msBeforeNext / 1000));
  }
}

class MemoryLimits implements RateLimits {
  readonly #limiters = new Map<string, RateLimiterMemory>();

  #limiterOf({ key, calls, per }: LimitRule): RateLimiterMemory {
    const known = this.#limiters.get(key);
    if (known !== undefined) return known;
    const limiter = new RateLimiterMemory({ points: calls, duration: per / 1000 });
    this.#limiters.set(key, limiter);
    return limiter;
  }

  async take(
    ...[limits, who, operation]: Parameters<RateLimits["take"]>
  ): Promise<Exceeded | undefined> {
    const key = JSON.stringify([who.issuer, who.subject, operation]);
    let exceeded: Exceeded | undefined;
    for (const limit of limits) {
      const retryAfter = await consume(this.#limiterOf(limit), key);
      if (retryAfter > (exceeded?.retryAfter ?? 0)) exceeded = { limit, retryAfter };
    }
    return exceeded;
  }
}

export function createRateLimits(): RateLimits {
  return new MemoryLimits();
}
