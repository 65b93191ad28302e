/**
 * Compares who is in a group. To join one is wider unless it only takes (denies, limits); to leave one is wider where it
 * takes anything.
 */
import type { Workspace } from "../../contract/workspace.ts";
import { isHolding } from "../../policy/gate.ts";
import { concerns, type RuleChange } from "./rule-change.ts";

type Group = NonNullable<Workspace["groups"]>[string];

/** What the rules make of a group's members. */
interface Roles {
  readonly gives: boolean;
  readonly takes: boolean;
}

/** Conditions see all groups of a person: what one of them makes of a group is not known. */
function readsGroups({ permissions = [], approvals = [] }: Workspace): boolean {
  const conditions = [
    ...permissions.map(({ when }) => when),
    ...approvals.map(({ match }) => match.when),
  ];
  return conditions.some((when) => when?.includes("groups") === true);
}

/** Upstreams and databases that are told the groups of a person may give by them. */
function tellsGroups({ resources = {} }: Workspace): boolean {
  return Object.values(resources).some(
    (resource) =>
      (resource.kind === "http" && resource.auth === "asserted") ||
      (resource.kind === "postgres" &&
        Object.values(resource.set ?? {}).includes("identity.groups")),
  );
}

/** Whether a group decides, reviews, or sees what others do not. */
function isTrusted(workspace: Workspace, name: string): boolean {
  const { approvals = [], breakGlass = [], masks = [] } = workspace;
  const groups = [
    ...approvals.filter(isHolding).flatMap(({ approvers: { all, any } }) => all ?? any ?? []),
    ...breakGlass.flatMap(({ reviewers }) => reviewers),
    ...masks.flatMap(({ except }) => except ?? []),
  ];
  return groups.includes(name);
}

function rolesIn(workspace: Workspace, name: string, app: string): Roles {
  const { permissions = [], limits = [] } = workspace;
  const named = permissions.filter(({ groups }) => groups.includes(name));
  const names = (targets: readonly string[] = []): boolean =>
    targets.some((target) => concerns(target, app));
  const isRead = readsGroups(workspace);
  return {
    gives:
      isRead ||
      tellsGroups(workspace) ||
      isTrusted(workspace, name) ||
      named.some(({ allow }) => names(allow)),
    takes:
      isRead ||
      named.some(({ deny }) => names(deny)) ||
      limits.some(({ limit, groups }) => groups?.includes(name) === true && names(limit)),
  };
}

/** Whether all whom some claims make members are made members by others: every claim must hold, by any of its values. */
function isWithin(inner: Group["claims"] = {}, outer: Group["claims"] = {}): boolean {
  if (Object.keys(inner).length === 0) return true;
  const wanted = Object.entries(outer);
  return (
    wanted.length > 0 &&
    wanted.every(([name, values]) => {
      const held = Object.hasOwn(inner, name) ? inner[name] : undefined;
      const known = new Set([values].flat());
      return held !== undefined && [held].flat().every((value) => known.has(value));
    })
  );
}

function unlisted(some: Group, by: Group): string[] {
  const known = new Set(by.members);
  return (some.members ?? []).filter((member) => !known.has(member));
}

/** Who joined and who left, by name and by claims. */
function compareGroup(name: string, before: Group, after: Group, roles: Roles): RuleChange[] {
  const path = ["groups", name];
  const isJoiningWider = roles.gives || !roles.takes;
  const joined = [
    ...unlisted(after, before).map((member) => `${member} is a member of the group ${name}`),
    ...(isWithin(after.claims, before.claims) ? [] : [`other claims make a member of ${name}`]),
  ];
  const lifted = roles.takes ? ", and what binds it binds them no more" : "";
  const left = [
    ...unlisted(before, after).map((member) => `${member} left the group ${name}${lifted}`),
    ...(isWithin(before.claims, after.claims)
      ? []
      : [`fewer claims make a member of ${name}${lifted}`]),
  ];
  return [
    ...joined.map((message) => ({ widens: isJoiningWider, message, path })),
    ...left.map((message) => ({ widens: roles.takes, message, path })),
  ];
}

export function compareGroups(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const names = new Set([...Object.keys(old.groups ?? {}), ...Object.keys(now.groups ?? {})]);
  return [...names].toSorted().flatMap((name): RuleChange[] => {
    const [was, is] = [rolesIn(old, name, app), rolesIn(now, name, app)];
    const roles = { gives: was.gives || is.gives, takes: was.takes || is.takes };
    return compareGroup(name, old.groups?.[name] ?? {}, now.groups?.[name] ?? {}, roles);
  });
}
