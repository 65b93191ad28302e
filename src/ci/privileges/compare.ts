/** The privilege diff: what an app may do that it could not, and the other way round. */
import type { PrivilegeDiff } from "./change.ts";
import { compareOperations, compareReach } from "./compare-operations.ts";
import { compareRules } from "./compare-rules.ts";
import type { GovernedSide } from "./read-side.ts";

/** Compares two versions of an app; their rules only where both have some. */
export async function comparePrivileges(
  old: GovernedSide,
  now: GovernedSide,
): Promise<PrivilegeDiff> {
  const rules =
    old.workspace === undefined || now.workspace === undefined
      ? []
      : compareRules(old.workspace, now.workspace, now.app);
  const changes = [...(await compareOperations(old, now)), ...rules].toSorted(
    (a, b) => Number(b.widens) - Number(a.widens),
  );
  return {
    version: 1,
    old: old.name,
    new: now.name,
    changes,
    reach: await compareReach(old, now),
    widened: changes.some(({ widens }) => widens),
  };
}
