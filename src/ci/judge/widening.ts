/** What an app may do that it could not at a git ref, as findings. */
import type { Workspace } from "../../contract/workspace.ts";
import type { Change } from "../privileges/change.ts";
import { governingApp, placeOf, workspacePlace, type Fault, type Judged } from "./judged.ts";

/** `+ column accounts.status, - parameter id`. */
export function deltasText({ deltas }: Pick<Change, "deltas">): string {
  return deltas.map(({ sign, what }) => `${sign} ${what}`).join(", ");
}

const fix = "Let somebody who may decide it review this change, or take it out.";

/** A fault where a workspace governed the app at the ref and none does now: there are no rules left to be wider. */
export function lostGovernance(judged: Judged, old: Workspace | undefined, ref: string): Fault[] {
  const { app } = judged.report;
  if (!Object.hasOwn(old?.apps ?? {}, app) || governingApp(judged) !== undefined) return [];
  const now = judged.workspace === undefined ? "there is no workspace" : "it has no such app";
  const message = `Since ${ref}: govern.yaml governed the app ${app} there, and now ${now}.`;
  return [{ rule: "widened-access", ...workspacePlace(judged, []), message, fix }];
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
        fix,
        ...(operation === undefined ? {} : { operation }),
      };
    });
}
