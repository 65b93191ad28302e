/** Who belongs to which permission group. */
import type { Workspace } from "../contract/workspace.ts";

type GroupRules = NonNullable<Workspace["groups"]>;

/** Someone whose identity was verified. */
export interface ClaimedIdentity {
  readonly subject: string;
  readonly issuer: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

function claimValues(claims: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === "string");
}

/** A group by claims needs every claim that it names; of several values of one claim, any. */
function isMember(group: GroupRules[string], identity: ClaimedIdentity): boolean {
  if (group.members?.includes(identity.subject) === true) return true;
  const wanted = Object.entries(group.claims ?? {});
  return (
    wanted.length > 0 &&
    wanted.every(([name, values]) => {
      const held = claimValues(identity.claims, name);
      return [values].flat().some((value) => held.includes(value));
    })
  );
}

/** The groups of a person, sorted: by name, by claims, and those that a dev user was given. */
export function groupsOf(
  groups: GroupRules,
  identity: ClaimedIdentity,
  devGroups: readonly string[] = [],
): string[] {
  const held = Object.entries(groups)
    .filter(([, group]) => isMember(group, identity))
    .map(([name]) => name);
  return [...new Set([...held, ...devGroups])].toSorted();
}

/** The one claim that tells groups: no other is kept of a person. */
export function groupsClaimOf({ identity }: Workspace): string {
  return identity?.oidc?.groupsClaim ?? identity?.proxy?.groupsClaim ?? "groups";
}

/** The groups that exist: those of `groups`, and those that dev users are given. */
export function knownGroups(workspace: Workspace): ReadonlySet<string> {
  const users = Object.values(workspace.identity?.dev?.users ?? {});
  return new Set([...Object.keys(workspace.groups ?? {}), ...users.flat()]);
}
