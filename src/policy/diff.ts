/**
 * What changes between two workspaces: who gains or loses what, by group and operation; who is in the groups; who may
 * release calls alone; where calls lead. Of people in several groups the rules of all of them hold, and a denial of any:
 * what a group takes is compared even where it allows nothing.
 */
import type { Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";
import { changeKind, isLifted, type ChangeKind } from "./compare-standings.ts";
import { diffGroups, type MembershipChange } from "./diff-groups.ts";
import { diffReleases, type ReleaseChange } from "./diff-releases.ts";
import { diffRoutes, type RouteChange } from "./diff-routes.ts";
import { knownGroups } from "./groups.ts";
import { standingOf, standingText, type Version } from "./standing.ts";
import type { OperationFacts } from "./target.ts";
import { compileWorkspaceRules } from "./workspace-rules.ts";

export interface PolicyVersion {
  readonly workspace: Workspace;
  readonly apps: ReadonlyMap<string, readonly Operation[]>;
}

export interface PolicyChange {
  readonly kind: ChangeKind;
  readonly group: string;
  /** `app/operation`. */
  readonly operation: string;
  readonly access: "read" | "write";
  readonly before: string;
  readonly after: string;
}

export interface PolicyDiff {
  readonly changes: readonly PolicyChange[];
  readonly groups: readonly MembershipChange[];
  readonly breakGlass: readonly ReleaseChange[];
  readonly routes: readonly RouteChange[];
}

type FactsByName = ReadonlyMap<string, OperationFacts>;

function versionOf({ workspace, apps }: PolicyVersion, time: Date): Version {
  const rules = compileWorkspaceRules(workspace, apps);
  return { rules, groups: knownGroups(workspace), workspace, time };
}

function factsByName({ rules }: Version): FactsByName {
  return new Map(
    rules.catalog.operations.map((facts) => [`${facts.app}/${facts.operation.id}`, facts]),
  );
}

function diffStandings(
  [old, oldFacts]: readonly [Version, FactsByName],
  [now, nowFacts]: readonly [Version, FactsByName],
): PolicyChange[] {
  const groups = [...new Set([...old.groups, ...now.groups])].toSorted();
  const names = [...new Set([...oldFacts.keys(), ...nowFacts.keys()])].toSorted();
  return groups.flatMap((group) =>
    names.flatMap((operation): PolicyChange[] => {
      const was = standingOf(oldFacts.get(operation), group, old);
      const is = standingOf(nowFacts.get(operation), group, now);
      const kind = changeKind(was, is);
      if (kind === null) return [];
      const access = nowFacts.get(operation)?.access ?? oldFacts.get(operation)?.access ?? "write";
      const lifted = isLifted(was, is) ? "; what another group allows is no longer denied" : "";
      const [before, after] = [standingText(was), `${standingText(is)}${lifted}`];
      return [{ kind, group, operation, access, before, after }];
    }),
  );
}

/** Compares two versions of a workspace, each with the operations of its apps. `time` decides which exemptions hold. */
export function diffPolicies(before: PolicyVersion, after: PolicyVersion, time: Date): PolicyDiff {
  const [old, now] = [versionOf(before, time), versionOf(after, time)];
  const versions = [
    [old, factsByName(old)],
    [now, factsByName(now)],
  ] as const;
  return {
    changes: diffStandings(...versions),
    groups: diffGroups(old, now),
    breakGlass: diffReleases(...versions),
    routes: diffRoutes(...versions),
  };
}

/** Whether somebody may gain by a difference: all but what plainly takes. */
export function mayGain({ changes, groups, breakGlass, routes }: PolicyDiff): boolean {
  return (
    groups.length > 0 || [...changes, ...breakGlass, ...routes].some(({ kind }) => kind !== "loses")
  );
}
