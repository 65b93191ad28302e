/**
 * Compares the rules of two versions of a workspace as far as they concern one app. It compares what is written and errs to
 * one side: a rule that another one makes idle is told as looser all the same, so that a person looks at it.
 */
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { WorkspacePath } from "../../contract/workspace-fault.ts";
import type { Workspace } from "../../contract/workspace.ts";
import type { Change } from "./change.ts";
import { compareApprovals, compareBreakGlass } from "./compare-approvals.ts";

/** A change of a rule, in a few words. */
export interface RuleChange {
  readonly widens: boolean;
  readonly message: string;
  readonly path: WorkspacePath;
}

/** One thing that a permission says: `support may run app/read`. */
interface Grant {
  readonly effect: "allow" | "deny";
  readonly group: string;
  readonly target: string;
  readonly when: string | undefined;
  readonly path: WorkspacePath;
}

function concerns(target: string, app: string): boolean {
  const named = target.slice(0, target.indexOf("/"));
  return named === app || named.includes("*");
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
  const whole = `${grant.target.slice(0, grant.target.indexOf("/"))}/*`;
  return by.some(
    ({ effect, group, target, when }) =>
      effect === grant.effect &&
      group === grant.group &&
      (target === grant.target || target === whole) &&
      (when === undefined || when === grant.when),
  );
}

function grantText({ group, target, when, effect }: Grant): string {
  const verb = effect === "allow" ? "may run" : "is denied";
  return `${group} ${verb} ${target}${when === undefined ? "" : ` when ${when}`}`;
}

function comparePermissions(old: Workspace, now: Workspace, app: string): RuleChange[] {
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

/** Who is in a group: a new member or another claim lets others in. */
function compareGroups(old: Workspace, now: Workspace): RuleChange[] {
  const names = new Set([...Object.keys(old.groups ?? {}), ...Object.keys(now.groups ?? {})]);
  return [...names].toSorted().flatMap((name): RuleChange[] => {
    const before = old.groups?.[name] ?? {};
    const after = now.groups?.[name] ?? {};
    const path = ["groups", name];
    const known = new Set(before.members);
    const came = (after.members ?? []).filter((member) => !known.has(member));
    const members = came.map((member) => ({
      widens: true,
      message: `${member} is a member of the group ${name}`,
      path,
    }));
    const hasClaims = Object.keys(after.claims ?? {}).length > 0;
    if (!hasClaims || canonicalJson(before.claims ?? {}) === canonicalJson(after.claims)) {
      return members;
    }
    return [...members, { widens: true, message: `other claims make a member of ${name}`, path }];
  });
}

type Resource = NonNullable<Workspace["resources"]>[string];

/** Where a resource leads and as whom, without credentials that only change. */
function resourceText(resource: Resource | undefined): string {
  if (resource === undefined) return "nothing";
  return resource.kind === "http"
    ? canonicalJson([resource.kind, resource.upstream, resource.auth])
    : canonicalJson([resource.kind, resource.url]);
}

function compareResources(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const before = old.apps?.[app]?.resources ?? {};
  const after = now.apps?.[app]?.resources ?? {};
  return Object.keys(after)
    .toSorted()
    .flatMap((key): RuleChange[] => {
      const was = before[key] === undefined ? undefined : old.resources?.[before[key]];
      const is = after[key] === undefined ? undefined : now.resources?.[after[key]];
      if (resourceText(was) === resourceText(is)) return [];
      const message = `calls to ${key} reach ${was === undefined ? "a resource" : "another resource, or as somebody else"}`;
      return [{ widens: true, message, path: ["apps", app, "resources", key] }];
    });
}

function comparePage(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const before = old.apps?.[app]?.page ?? {};
  const after = now.apps?.[app]?.page ?? {};
  return (Object.keys(after) as (keyof typeof after)[]).toSorted().flatMap((kind) => {
    const known = new Set(before[kind]?.map(({ origin }) => origin));
    return (after[kind] ?? [])
      .filter(({ origin }) => !known.has(origin))
      .map(({ origin }) => ({
        widens: true,
        message: `the page may load ${kind} from ${origin}`,
        path: ["apps", app, "page", kind],
      }));
  });
}

function compareSuppressions(old: Workspace, now: Workspace): RuleChange[] {
  const known = new Set((old.suppress ?? []).map((entry) => canonicalJson(entry)));
  return (now.suppress ?? []).flatMap((entry, index): RuleChange[] => {
    if (known.has(canonicalJson(entry))) return [];
    const about = entry.operation ?? entry.file ?? "";
    const message = `${entry.rule} is accepted for ${about} until ${entry.until}`;
    return [{ widens: true, message, path: ["suppress", index] }];
  });
}

/** Who tells who people are; dev users are read under --dev alone. */
function identityText({ identity }: Workspace): string {
  return canonicalJson({
    ...identity,
    dev: undefined,
    oidc: { ...identity?.oidc, clientSecret: "" },
  });
}

function compareIdentity(old: Workspace, now: Workspace): RuleChange[] {
  if (identityText(old) === identityText(now)) return [];
  return [{ widens: true, message: "who people are is told by others", path: ["identity"] }];
}

function toChange({ widens, message, path }: RuleChange): Change {
  const kind = widens ? "loosened-rule" : "tightened-rule";
  return { kind, widens, message: `govern.yaml: ${message}`, deltas: [], path };
}

/** Every change of the rules, those that loosen first. */
export function compareRules(old: Workspace, now: Workspace, app: string): Change[] {
  return [
    ...comparePermissions(old, now, app),
    ...compareApprovals(old, now, app),
    ...compareBreakGlass(old, now),
    ...compareGroups(old, now),
    ...compareResources(old, now, app),
    ...comparePage(old, now, app),
    ...compareSuppressions(old, now),
    ...compareIdentity(old, now),
  ]
    .toSorted((a, b) => Number(b.widens) - Number(a.widens))
    .map(toChange);
}
