/** Milliseconds since the epoch. */
export type Clock = () => number;

/**
 * A clock for lifetimes: it follows the machine's when that one goes forward, and goes on at its own pace when that one is
 * put back, so that no session and no cached identity lives longer for it.
 */
export function steadyClock(
  wall: Clock = Date.now,
  monotonic: () => number = () => performance.now(),
): Clock {
  const origin = wall() - monotonic();
  return () => Math.floor(Math.max(wall(), origin + monotonic()));
}
