/** The privilege diff: what an app may do that it could not, and the other way round. */
import type { PrivilegeDiff } from "./change.ts";
import { compareOperations, compareReach } from "./compare-operations.ts";
import type { GovernedSide } from "./read-side.ts";

/** Compares two versions of an app; their rules only where both have some. */
export async function comparePrivileges(
  old: GovernedSide,
  now: GovernedSide,
): Promise<PrivilegeDiff> {
  const changes = await compareOperations(old, now);
  return {
    version: 1,
    old: old.name,
    new: now.name,
    changes,
    reach: await compareReach(old, now),
    widened: changes.some(({ widens }) => widens),
  };
}
