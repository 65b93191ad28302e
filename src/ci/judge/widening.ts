/** What an app may do that it could not at a git ref, as findings. */
import type { Change } from "../privileges/change.ts";
import { placeOf, workspacePlace, type Fault, type Judged } from "./judged.ts";

/** `+ column accounts.status, - parameter id`. */
export function deltasText({ deltas }: Pick<Change, "deltas">): string {
  return deltas.map(({ sign, what }) => `${sign} ${what}`).join(", ");
}

/** A fault for each change that widens. */
export function wideningFaults(judged: Judged, changes: readonly Change[], ref: string): Fault[] {
  return changes
    .filter(({ widens }) => widens)
    .map((change) => {
      const { operation, path, message } = change;
      const deltas = deltasText(change);
      const place =
        path === undefined
          ? placeOf(judged.report.sites, operation ?? "")
          : workspacePlace(judged, path);
      return {
        rule: "widened-access",
        ...place,
        message: `Since ${ref}: ${message}${deltas === "" ? "" : ` (${deltas})`}.`,
        fix: "Let somebody who may decide it review this change, or take it out.",
        ...(operation === undefined ? {} : { operation }),
      };
    });
}
