/** Deadlines of calls: calls that begin at about the same time share one timer. */

/** Milliseconds by which a deadline may come later than it was asked for. */
const grain = 100;

interface Shared {
  readonly signal: AbortSignal;
  readonly madeAt: number;
}

const shared = new Map<number, Shared>();

/** A signal that is aborted after `timeout` milliseconds, and up to a tenth of a second more. */
export function deadline(timeout: number): AbortSignal {
  const now = performance.now();
  const known = shared.get(timeout);
  if (known !== undefined && now - known.madeAt < grain) return known.signal;
  const signal = AbortSignal.timeout(timeout + grain);
  shared.set(timeout, { signal, madeAt: now });
  return signal;
}
