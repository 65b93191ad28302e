/** Who can be in a group, as far as the workspace says: nobody, these people, or whoever the identity provider says. */
import type { Workspace } from "../contract/workspace.ts";

/** `open`: claims decide, so there may be anybody. Else the people by name. */
export interface Membership {
  readonly open: boolean;
  readonly people: ReadonlySet<string>;
}

/** Whether anything but the local sign-in says who people are: only then are there claims. */
function hasClaims({ identity }: Workspace): boolean {
  return Object.keys(identity ?? {}).some((key) => key !== "dev" && key !== "local");
}

/** A claim that no value satisfies makes the group's claims unsatisfiable. */
function claimsCanHold(claims: Readonly<Record<string, string | string[]>> | undefined): boolean {
  const wanted = Object.values(claims ?? {});
  return wanted.length > 0 && wanted.every((values) => [values].flat().length > 0);
}

/** Gives who can be in a group. */
export function membershipOf(workspace: Workspace): (group: string) => Membership {
  const users = Object.entries(workspace.identity?.dev?.users ?? {});
  const claims = hasClaims(workspace);
  return (name) => {
    const group = Object.hasOwn(workspace.groups ?? {}, name)
      ? workspace.groups?.[name]
      : undefined;
    const given = users.filter(([, groups]) => groups.includes(name)).map(([user]) => user);
    return {
      open: claims && claimsCanHold(group?.claims),
      people: new Set([...(group?.members ?? []), ...given]),
    };
  };
}

export const isEmpty = ({ open, people }: Membership): boolean => !open && people.size === 0;
