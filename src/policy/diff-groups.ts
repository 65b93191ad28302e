/** Who is told to be in which group, in two versions of a workspace. */
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { Version } from "./standing.ts";

/** A group whose members are told apart in another way. */
export interface MembershipChange {
  readonly group: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before: string;
  readonly after: string;
  /** The rules that bound its members and bind nobody who leaves it, e.g. `permissions[2]`. */
  readonly unbound: readonly string[];
}

interface Members {
  /** Of the claims that make members; null for none. */
  readonly claims: string | null;
  readonly members: readonly string[];
  readonly dev: readonly string[];
}

const named = (what: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${what} ${names.join(", ")}`];

function membersOf(workspace: Workspace, group: string): Members {
  const rules = new Map(Object.entries(workspace.groups ?? {}));
  const { claims, members = [] } = rules.get(group) ?? {};
  const users = Object.entries(workspace.identity?.dev?.users ?? {});
  const dev = users.filter(([, groups]) => groups.includes(group)).map(([user]) => user);
  return {
    claims: claims === undefined ? null : canonicalJson(claims),
    members: members.toSorted(),
    dev: dev.toSorted(),
  };
}

function memberText({ claims, members, dev }: Members): string {
  const parts = [
    ...(claims === null ? [] : [`claims ${claims}`]),
    ...named("members", members),
    ...named("dev users", dev),
  ];
  return parts.join("; ") || "nobody";
}

/** Whether somebody may have left: by name, or by claims that are others now. */
function someLeave(before: Members, after: Members): boolean {
  return (
    (before.claims !== null && before.claims !== after.claims) ||
    before.members.some((one) => !after.members.includes(one)) ||
    before.dev.some((one) => !after.dev.includes(one))
  );
}

/** The rules that take something from members of a group. */
function takingRules({ permissions, limits }: Version["rules"], group: string): string[] {
  const denials = permissions.filter(
    ({ effect, groups }) => effect === "deny" && groups.includes(group),
  );
  const rates = limits.filter(({ groups }) => groups?.includes(group) === true);
  return [...denials, ...rates].map(({ name }) => name);
}

/** Tells which groups have other members, and what those who left are free of. */
export function diffGroups(old: Version, now: Version): MembershipChange[] {
  const names = [...new Set([...old.groups, ...now.groups])].toSorted();
  return names.flatMap((group): MembershipChange[] => {
    const [was, is] = [old.groups.has(group), now.groups.has(group)];
    const [oldMembers, nowMembers] = [
      membersOf(old.workspace, group),
      membersOf(now.workspace, group),
    ];
    const before = was ? memberText(oldMembers) : "";
    const after = is ? memberText(nowMembers) : "";
    if (before === after) return [];
    const kind = was ? (is ? "changed" : "removed") : "added";
    const unbound = someLeave(oldMembers, nowMembers) ? takingRules(old.rules, group) : [];
    return [{ group, kind, before, after, unbound }];
  });
}
