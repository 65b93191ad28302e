/** Compares permissions: what groups may run, and what they are denied. */
import type { WorkspacePath } from "../../contract/workspace-fault.ts";
import type { Workspace } from "../../contract/workspace.ts";
import { concerns, covers, type RuleChange } from "./rule-change.ts";

/** One thing that a permission says: `support may run app/read`. */
interface Grant {
  readonly effect: "allow" | "deny";
  readonly group: string;
  readonly target: string;
  readonly when: string | undefined;
  readonly path: WorkspacePath;
}

function grantsOf(workspace: Workspace, app: string): Grant[] {
  return (workspace.permissions ?? []).flatMap((rule, index) =>
    (["allow", "deny"] as const).flatMap((effect) =>
      (rule[effect] ?? [])
        .filter((target) => concerns(target, app))
        .flatMap((target) =>
          rule.groups.map((group) => ({
            effect,
            group,
            target,
            when: rule.when,
            path: ["permissions", index],
          })),
        ),
    ),
  );
}

/** Whether one of some grants says at least as much as another. */
function isSaid(grant: Grant, by: readonly Grant[]): boolean {
  return by.some(
    ({ effect, group, target, when }) =>
      effect === grant.effect &&
      group === grant.group &&
      covers(target, grant.target) &&
      (when === undefined || when === grant.when),
  );
}

function grantText({ group, target, when, effect }: Grant): string {
  const verb = effect === "allow" ? "may run" : "is denied";
  return `${group} ${verb} ${target}${when === undefined ? "" : ` when ${when}`}`;
}

/** What came is wider if it allows; what went, if it denied. */
export function comparePermissions(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const before = grantsOf(old, app);
  const after = grantsOf(now, app);
  const came = after
    .filter((grant) => !isSaid(grant, before))
    .map((grant) => ({
      widens: grant.effect === "allow",
      message: grantText(grant),
      path: grant.path,
    }));
  const went = before
    .filter((grant) => !isSaid(grant, after))
    .map((grant) => ({
      widens: grant.effect === "deny",
      message: `no longer: ${grantText(grant)}`,
      path: ["permissions"],
    }));
  return [...came, ...went];
}
