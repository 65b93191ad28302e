/**
 * What somebody in a group may do with an operation, told for two versions by the same words. A group stands for somebody
 * who is in that group alone; what it takes from people who are in others too stands in it even where it allows nothing.
 */
import type { Workspace } from "../contract/workspace.ts";
import { reachableGates } from "./check-approvals.ts";
import { isHolding, type GateRule } from "./gate.ts";
import { limitsFor, type LimitRule } from "./limits.ts";
import { masksFor, type MaskRule } from "./masks.ts";
import type { PermissionRule } from "./permissions.ts";
import type { OperationFacts } from "./target.ts";
import type { CompiledRules } from "./workspace-rules.ts";

/** One version of the rules. */
export interface Version {
  readonly rules: CompiledRules;
  readonly groups: ReadonlySet<string>;
  readonly workspace: Workspace;
  readonly time: Date;
}

/** Which calls rules of one effect name: every one, or those under some of these conditions. */
export interface Extent {
  readonly every: boolean;
  readonly of: ReadonlySet<string>;
}

/** What somebody in a group may do with an operation. */
export interface Standing {
  /** Whether the operation and the group exist. */
  readonly operation: boolean;
  readonly allow: Extent;
  readonly deny: Extent;
  /** e.g. `held for leads (1) up to 24h`, `at once`. */
  readonly gateText: string;
  /** The rates that bind its members, e.g. `30/1m`. */
  readonly limits: ReadonlySet<string>;
  /** Those of limits that name the group: they bind its members whatever else they are in. */
  readonly ownLimits: ReadonlySet<string>;
  /** The fields that are masked for the group. */
  readonly masked: ReadonlySet<string>;
  /** The fields that are masked for whoever is in no group. */
  readonly maskedElse: ReadonlySet<string>;
  /** The fields from whose masks the group is excepted. */
  readonly excepted: ReadonlySet<string>;
}

function extentOf(rules: readonly PermissionRule[], { workspace }: Version): Extent {
  const every = rules.some(({ condition }) => condition === null);
  return {
    every,
    of: new Set(rules.map(({ index }) => workspace.permissions?.[index]?.when ?? "")),
  };
}

const isNothing = ({ every, of }: Extent): boolean => !every && of.size === 0;

/** Whether there are calls that a standing permits. */
export const permits = ({ allow, deny }: Standing): boolean => !deny.every && !isNothing(allow);

function gateText({ rule }: GateRule): string {
  const when = rule.match.when === undefined ? "" : ` when ${rule.match.when}`;
  if (!isHolding(rule)) {
    return `at once${rule.until === undefined ? "" : ` until ${rule.until}`}${when}`;
  }
  const { all, any } = rule.approvers;
  const groups = all === undefined ? (any ?? []).join(" or ") : all.join(" and ");
  const reason = rule.justification === undefined ? "" : ", with a reason";
  const ticket = rule.ticket === undefined ? "" : `, with a ticket ${rule.ticket}`;
  return `held for ${groups} (${rule.quorum}) up to ${rule.expiresIn}${reason}${ticket}${when}`;
}

function gatesOf(facts: OperationFacts, { rules, time }: Version): string {
  const gates = reachableGates(rules.gates, facts, time);
  const last = gates.at(-1);
  const decided = last !== undefined && last.condition === null;
  const rest = facts.access === "read" ? "at once" : "held for nobody";
  return [...gates.map(gateText), ...(decided ? [] : [rest])].join(", else ");
}

const fieldsOf = (masks: readonly MaskRule[]): ReadonlySet<string> =>
  new Set(masks.flatMap(({ fields }) => fields.map((one) => one.join("."))));

const ratesOf = (limits: readonly LimitRule[]): ReadonlySet<string> =>
  new Set(limits.map(({ rate }) => rate));

const none: Extent = { every: false, of: new Set() };
const absent: Standing = {
  operation: false,
  allow: none,
  deny: none,
  gateText: "",
  limits: new Set(),
  ownLimits: new Set(),
  masked: new Set(),
  maskedElse: new Set(),
  excepted: new Set(),
};

/** Gives the standing of a group. `facts`: undefined for an operation that this version does not have. */
export function standingOf(
  facts: OperationFacts | undefined,
  group: string,
  version: Version,
): Standing {
  if (facts === undefined) return absent;
  const { permissions, limits, masks } = version.rules;
  const names = ({ targets }: Pick<PermissionRule, "targets">): boolean =>
    targets.some((target) => target.matches(facts));
  const binding = permissions.filter((rule) => rule.groups.includes(group) && names(rule));
  const matching = masks.filter(names);
  const rates = limitsFor(limits.filter(names), [group]);
  return {
    operation: true,
    allow: extentOf(
      binding.filter(({ effect }) => effect === "allow"),
      version,
    ),
    deny: extentOf(
      binding.filter(({ effect }) => effect === "deny"),
      version,
    ),
    gateText: gatesOf(facts, version),
    limits: ratesOf(rates),
    ownLimits: ratesOf(rates.filter((limit) => limit.groups !== null)),
    masked: fieldsOf(masksFor(matching, [group])),
    maskedElse: fieldsOf(masksFor(matching, [])),
    excepted: fieldsOf(matching.filter(({ except }) => except.includes(group))),
  };
}

const listed = (names: Iterable<string>, by = ", "): string => [...names].toSorted().join(by);

function permissionText({ allow, deny }: Standing): string {
  if (deny.every) return "denied";
  const but = isNothing(deny) ? "" : `, denied when ${listed(deny.of, " or ")}`;
  if (isNothing(allow)) return `not allowed${but}`;
  return `${allow.every ? "allowed" : `allowed when ${listed(allow.of, " or ")}`}${but}`;
}

/** Tells a standing, e.g. `allowed when arguments.body.amount <= 500; held for leads (1) up to 24h; at most 30/1m`. */
export function standingText(standing: Standing): string {
  const { masked, excepted, deny } = standing;
  const limits = permits(standing) ? standing.limits : standing.ownLimits;
  const parts = [permissionText(standing)];
  if (permits(standing)) parts.push(standing.gateText);
  if (limits.size > 0 && !deny.every) parts.push(`at most ${listed(limits)}`);
  if (masked.size > 0 && permits(standing)) parts.push(`without ${listed(masked)}`);
  if (excepted.size > 0 && !deny.every) parts.push(`excepted from masks of ${listed(excepted)}`);
  return parts.join("; ");
}
