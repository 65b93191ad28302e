/**
 * What changes between two workspaces: who gains or loses what, by group and operation. A group stands for somebody who is
 * in that group alone; of people in several groups the rules of all of them hold, and a denial of any.
 */
import type { Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import { reachableGates } from "./check-approvals.ts";
import { isHolding, type GateRule } from "./gate.ts";
import { knownGroups } from "./groups.ts";
import { limitsFor } from "./limits.ts";
import { masksFor } from "./masks.ts";
import type { PermissionRule } from "./permissions.ts";
import type { OperationFacts } from "./target.ts";
import { compileWorkspaceRules, type CompiledRules } from "./workspace-rules.ts";

export interface PolicyVersion {
  readonly workspace: Workspace;
  readonly apps: ReadonlyMap<string, readonly Operation[]>;
}

/** What somebody in a group may do with an operation. */
export interface Standing {
  /** `none`, `some` (under conditions) or `all`. */
  readonly permission: "none" | "some" | "all";
  /** e.g. `allowed when arguments.body.amount <= 500`. */
  readonly permissionText: string;
  /** e.g. `held for leads (1)`, `at once`. */
  readonly gateText: string;
  /** e.g. `30/1m`, or empty. */
  readonly limitText: string;
  /** The fields that are masked; empty where none is. */
  readonly maskText: string;
}

export interface PolicyChange {
  /** `changes`: neither plainly more nor plainly less, e.g. another condition. */
  readonly kind: "gains" | "loses" | "changes";
  readonly group: string;
  /** `app/operation`. */
  readonly operation: string;
  readonly access: "read" | "write";
  readonly before: string;
  readonly after: string;
}

/** A group whose members are told apart in another way. */
export interface MembershipChange {
  readonly group: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before: string;
  readonly after: string;
}

export interface PolicyDiff {
  readonly changes: readonly PolicyChange[];
  readonly groups: readonly MembershipChange[];
}

interface Version {
  readonly rules: CompiledRules;
  readonly groups: ReadonlySet<string>;
  readonly workspace: Workspace;
  readonly time: Date;
}

function conditionsOf(rules: readonly PermissionRule[], version: Version): string {
  const texts = rules.map(({ index }) => version.workspace.permissions?.[index]?.when ?? "");
  return [...new Set(texts)].toSorted().join(" or ");
}

function permissionOf(
  facts: OperationFacts,
  group: string,
  version: Version,
): Pick<Standing, "permission" | "permissionText"> {
  const matching = version.rules.permissions.filter(
    ({ groups, targets }) =>
      groups.includes(group) && targets.some((target) => target.matches(facts)),
  );
  const of = (effect: "allow" | "deny", plain: boolean): PermissionRule[] =>
    matching.filter((rule) => rule.effect === effect && (rule.condition === null) === plain);
  const allowed = of("allow", true).length > 0;
  const sometimes = of("allow", false);
  if (of("deny", true).length > 0 || (!allowed && sometimes.length === 0)) {
    return { permission: "none", permissionText: "not allowed" };
  }
  const unless = of("deny", false);
  const when = allowed ? "allowed" : `allowed when ${conditionsOf(sometimes, version)}`;
  const but = unless.length === 0 ? "" : `, denied when ${conditionsOf(unless, version)}`;
  const permission = allowed && unless.length === 0 ? "all" : "some";
  return { permission, permissionText: `${when}${but}` };
}

function gateText({ rule }: GateRule): string {
  const when = rule.match.when === undefined ? "" : ` when ${rule.match.when}`;
  if (!isHolding(rule)) {
    return `at once${rule.until === undefined ? "" : ` until ${rule.until}`}${when}`;
  }
  const { all, any } = rule.approvers;
  const groups = all === undefined ? (any ?? []).join(" or ") : all.join(" and ");
  return `held for ${groups} (${rule.quorum})${when}`;
}

function gatesOf(facts: OperationFacts, { rules, time }: Version): string {
  const gates = reachableGates(rules.gates, facts, time);
  const last = gates.at(-1);
  const decided = last !== undefined && last.condition === null;
  const rest = facts.access === "read" ? "at once" : "held for nobody";
  return [...gates.map(gateText), ...(decided ? [] : [rest])].join(", else ");
}

const nothing: Standing = {
  permission: "none",
  permissionText: "not allowed",
  gateText: "",
  limitText: "",
  maskText: "",
};

function standingOf(facts: OperationFacts | undefined, group: string, version: Version): Standing {
  if (facts === undefined || !version.groups.has(group)) {
    return nothing;
  }
  const limits = version.rules.limits.filter(({ targets }) =>
    targets.some((target) => target.matches(facts)),
  );
  const rates = limitsFor(limits, [group]).map(({ rate }) => rate);
  const masks = version.rules.masks.filter(({ targets }) =>
    targets.some((target) => target.matches(facts)),
  );
  const masked = masksFor(masks, [group]).flatMap(({ fields }) =>
    fields.map((one) => one.join(".")),
  );
  const permission = permissionOf(facts, group, version);
  if (permission.permission === "none") return { ...nothing, ...permission };
  return {
    ...permission,
    gateText: gatesOf(facts, version),
    limitText: rates.toSorted().join(", "),
    maskText: [...new Set(masked)].toSorted().join(", "),
  };
}

function textOf({ permissionText, gateText: gate, limitText, maskText }: Standing): string {
  const limit = limitText === "" ? "" : `; at most ${limitText}`;
  const mask = maskText === "" ? "" : `; without ${maskText}`;
  return gate === "" ? permissionText : `${permissionText}; ${gate}${limit}${mask}`;
}

const ranks = { none: 0, some: 1, all: 2 } as const;

/** More permission is more; of the same permission, to wait no longer is more, and to begin to wait is less. */
function kindOf(before: Standing, after: Standing): PolicyChange["kind"] {
  const step = ranks[after.permission] - ranks[before.permission];
  if (step !== 0) return step > 0 ? "gains" : "loses";
  const sameText = before.permissionText === after.permissionText;
  if (!sameText || before.limitText !== after.limitText) return "changes";
  if (before.maskText !== after.maskText) return "changes";
  if (after.gateText === "at once") return "gains";
  return before.gateText === "at once" ? "loses" : "changes";
}

function versionOf({ workspace, apps }: PolicyVersion, time: Date): Version {
  const rules = compileWorkspaceRules(workspace, apps);
  return { rules, groups: knownGroups(workspace), workspace, time };
}

const named = (what: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${what} ${names.toSorted().join(", ")}`];

function memberText(workspace: Workspace, group: string): string {
  const rules = new Map(Object.entries(workspace.groups ?? {}));
  const { claims, members = [] } = rules.get(group) ?? {};
  const users = Object.entries(workspace.identity?.dev?.users ?? {});
  const dev = users.filter(([, groups]) => groups.includes(group)).map(([user]) => user);
  const parts = [
    ...(claims === undefined ? [] : [`claims ${canonicalJson(claims)}`]),
    ...named("members", members),
    ...named("dev users", dev),
  ];
  return parts.join("; ") || "nobody";
}

function membershipChanges(old: Version, now: Version): MembershipChange[] {
  const names = [...new Set([...old.groups, ...now.groups])].toSorted();
  return names.flatMap((group): MembershipChange[] => {
    const [was, is] = [old.groups.has(group), now.groups.has(group)];
    const before = was ? memberText(old.workspace, group) : "";
    const after = is ? memberText(now.workspace, group) : "";
    if (before === after) return [];
    return [{ group, kind: was ? (is ? "changed" : "removed") : "added", before, after }];
  });
}

function factsByName({ rules }: Version): ReadonlyMap<string, OperationFacts> {
  return new Map(
    rules.catalog.operations.map((facts) => [`${facts.app}/${facts.operation.id}`, facts]),
  );
}

/** Compares two versions of a workspace, each with the operations of its apps. `time` decides which exemptions hold. */
export function diffPolicies(before: PolicyVersion, after: PolicyVersion, time: Date): PolicyDiff {
  const [old, now] = [versionOf(before, time), versionOf(after, time)];
  const [oldFacts, nowFacts] = [factsByName(old), factsByName(now)];
  const groups = [...new Set([...old.groups, ...now.groups])].toSorted();
  const names = [...new Set([...oldFacts.keys(), ...nowFacts.keys()])].toSorted();
  const changes = groups.flatMap((group) =>
    names.flatMap((name): PolicyChange[] => {
      const was = standingOf(oldFacts.get(name), group, old);
      const is = standingOf(nowFacts.get(name), group, now);
      const [from, to] = [textOf(was), textOf(is)];
      if (from === to) return [];
      const access = nowFacts.get(name)?.access ?? oldFacts.get(name)?.access ?? "write";
      return [{ kind: kindOf(was, is), group, operation: name, access, before: from, after: to }];
    }),
  );
  return { changes, groups: membershipChanges(old, now) };
}
