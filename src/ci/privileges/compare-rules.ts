/**
 * Compares the rules of two versions of a workspace as far as they concern one app. It compares what is written and errs to
 * one side: a rule that another one makes idle is told as looser all the same, so that a person looks at it.
 */
import type { Workspace } from "../../contract/workspace.ts";
import type { Change } from "./change.ts";
import { compareApprovals, compareBreakGlass } from "./compare-approvals.ts";
import { compareLimits, compareMasks } from "./compare-bounds.ts";
import { compareGroups } from "./compare-groups.ts";
import { changed, toRuleChanges } from "./compare-parts.ts";
import { comparePermissions } from "./compare-permissions.ts";
import { compareApp, compareLeads } from "./compare-resources.ts";
import {
  compareAudit,
  compareIdentities,
  compareNotifications,
  compareServers,
  compareSuppressions,
} from "./compare-settings.ts";
import type { RuleChange } from "./rule-change.ts";

type CompareSection = (old: Workspace, now: Workspace, app: string) => RuleChange[];

/** A section that is missing here does not compile; one that the types do not know is wider by any change. */
const sections: { readonly [K in keyof Workspace]-?: CompareSection } = {
  version: () => [],
  server: compareServers,
  identity: compareIdentities,
  groups: compareGroups,
  resources: compareLeads,
  apps: compareApp,
  permissions: comparePermissions,
  approvals: compareApprovals,
  breakGlass: compareBreakGlass,
  limits: compareLimits,
  masks: compareMasks,
  // Operations are compared with the access that it gives them.
  reclassify: () => [],
  suppress: compareSuppressions,
  notifications: compareNotifications,
  audit: compareAudit,
};

function compareUnknown(old: Workspace, now: Workspace): RuleChange[] {
  const [before, after] = [old, now].map((side) => new Map<string, unknown>(Object.entries(side)));
  return Object.keys({ ...old, ...now })
    .filter((key) => !Object.hasOwn(sections, key))
    .flatMap((key) => toRuleChanges([key], changed(before?.get(key), after?.get(key))));
}

function toChange({ widens, message, path }: RuleChange): Change {
  const kind = widens ? "loosened-rule" : "tightened-rule";
  return { kind, widens, message: `govern.yaml: ${message}`, deltas: [], path };
}

/** Every change of the rules, those that loosen first. */
export function compareRules(old: Workspace, now: Workspace, app: string): Change[] {
  return [
    ...Object.values(sections).flatMap((compare) => compare(old, now, app)),
    ...compareUnknown(old, now),
  ]
    .toSorted((a, b) => Number(b.widens) - Number(a.widens))
    .map(toChange);
}
