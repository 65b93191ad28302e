/** Whether every name that a workspace's rules refer to exists. Faults are collected, each with its path in govern.yaml. */
import type { WorkspacePath } from "../contract/workspace-fault.ts";
import { operationSchema } from "../contract/operation.ts";
import { nearestKey } from "../contract/schema-keys.ts";
import type { App, Workspace } from "../contract/workspace.ts";
import type { Catalog } from "./catalog.ts";
import { isGlob } from "./glob.ts";
import { groupsClaimOf, knownGroups } from "./groups.ts";
import { namedOperation, parseTarget, type Target } from "./target.ts";

export interface NameFault {
  readonly path: WorkspacePath;
  readonly message: string;
}

function unknownName(kind: string, name: string, known: Iterable<string>): string {
  const near = nearestKey(name, [...known]);
  const advice = near === undefined ? "" : `, did you mean \`${near}\`?`;
  return `unknown ${kind} \`${name}\`${advice}`;
}

function groupFaults(
  groups: readonly string[],
  path: WorkspacePath,
  known: ReadonlySet<string>,
): NameFault[] {
  return groups.flatMap((group, index) =>
    known.has(group)
      ? []
      : [{ path: [...path, index], message: unknownName("group", group, known) }],
  );
}

/** A name that has to be known where no `*` stands in it; with one, it may come to mean something later. */
function unknownValues(
  kind: string,
  values: readonly string[],
  known: Iterable<string>,
): string | undefined {
  const names = new Set(known);
  const missing = values.find((value) => !isGlob(value) && !names.has(value));
  return missing === undefined ? undefined : unknownName(kind, missing, names);
}

const operationKinds = operationSchema.options.map((option) => option.shape.kind.value);

/** What a target names that does not exist. */
function targetMessage(target: Target, workspace: Workspace, catalog: Catalog): string | undefined {
  const app = unknownValues("app", [target.app], catalog.apps);
  if (app !== undefined) return app;
  const named = namedOperation(target);
  if (named !== undefined && catalog.find(named.app, named.id) === undefined) {
    return unknownOperation(named.app, named.id, catalog);
  }
  for (const { key, values } of target.parts) {
    const message =
      key === "kind"
        ? unknownValues("kind", values, operationKinds)
        : key === "resource"
          ? unknownValues("resource", values, Object.keys(workspace.resources ?? {}))
          : undefined;
    if (message !== undefined) return message;
  }
  return undefined;
}

function unknownOperation(app: string, id: string, catalog: Catalog): string {
  const ids = catalog.operations.filter((facts) => facts.app === app);
  const near = nearestKey(
    id,
    ids.map(({ operation }) => operation.id),
  );
  const advice = near === undefined ? "" : `, did you mean \`${near}\`?`;
  return `unknown operation \`${id}\` of the app ${app}${advice}`;
}

/** A place that takes one operation by its name. */
function operationFaults(name: string, path: WorkspacePath, catalog: Catalog): NameFault[] {
  const [app = "", id = ""] = name.split("/");
  if (!catalog.apps.has(app)) return [{ path, message: unknownName("app", app, catalog.apps) }];
  if (/^(?:read|write)$|[*:]/.test(id)) {
    return [{ path, message: `\`${name}\` names no single operation; match by app and access` }];
  }
  if (catalog.find(app, id) !== undefined) return [];
  return [{ path, message: unknownOperation(app, id, catalog) }];
}

function targetFaults(
  targets: readonly string[],
  path: WorkspacePath,
  workspace: Workspace,
  catalog: Catalog,
): NameFault[] {
  return targets.flatMap((target, at) => {
    const message = targetMessage(parseTarget(target, "takes"), workspace, catalog);
    return message === undefined ? [] : [{ path: [...path, at], message }];
  });
}

function permissionFaults(
  workspace: Workspace,
  catalog: Catalog,
  known: ReadonlySet<string>,
): NameFault[] {
  return (workspace.permissions ?? []).flatMap((rule, index) => {
    const path = ["permissions", index];
    const targets = (["allow", "deny"] as const).flatMap((effect) =>
      targetFaults(rule[effect] ?? [], [...path, effect], workspace, catalog),
    );
    return [...groupFaults(rule.groups, [...path, "groups"], known), ...targets];
  });
}

function approvalFaults(
  workspace: Workspace,
  catalog: Catalog,
  known: ReadonlySet<string>,
): NameFault[] {
  return (workspace.approvals ?? []).flatMap((rule, index) => {
    const path = ["approvals", index];
    const { operation, app } = rule.match;
    const faults: NameFault[] = [];
    if (operation !== undefined) {
      faults.push(...operationFaults(operation, [...path, "match", "operation"], catalog));
    }
    if (app !== undefined && !catalog.apps.has(app)) {
      const message = unknownName("app", app, catalog.apps);
      faults.push({ path: [...path, "match", "app"], message });
    }
    if ("require" in rule) return faults;
    const { all, any } = rule.approvers;
    return [
      ...faults,
      ...groupFaults(all ?? [], [...path, "approvers", "all"], known),
      ...groupFaults(any ?? [], [...path, "approvers", "any"], known),
    ];
  });
}

function breakGlassFaults(
  workspace: Workspace,
  catalog: Catalog,
  known: ReadonlySet<string>,
): NameFault[] {
  return (workspace.breakGlass ?? []).flatMap((rule, index) => [
    ...targetFaults(rule.release, ["breakGlass", index, "release"], workspace, catalog),
    ...groupFaults(rule.reviewers, ["breakGlass", index, "reviewers"], known),
  ]);
}

function limitFaults(
  workspace: Workspace,
  catalog: Catalog,
  known: ReadonlySet<string>,
): NameFault[] {
  return (workspace.limits ?? []).flatMap((rule, index) => [
    ...groupFaults(rule.groups ?? [], ["limits", index, "groups"], known),
    ...targetFaults(rule.limit, ["limits", index, "limit"], workspace, catalog),
  ]);
}

function maskFaults(
  workspace: Workspace,
  catalog: Catalog,
  known: ReadonlySet<string>,
): NameFault[] {
  return (workspace.masks ?? []).flatMap((rule, index) => [
    ...targetFaults(rule.mask, ["masks", index, "mask"], workspace, catalog),
    ...groupFaults(rule.except ?? [], ["masks", index, "except"], known),
  ]);
}

function reclassifyFaults(workspace: Workspace, catalog: Catalog): NameFault[] {
  const rules = workspace.reclassify ?? [];
  return rules.flatMap(({ operation }, index) => {
    const path = ["reclassify", index, "operation"];
    const twice = rules.findIndex((rule) => rule.operation === operation) !== index;
    const message = `\`${operation}\` is reclassified twice`;
    return [...operationFaults(operation, path, catalog), ...(twice ? [{ path, message }] : [])];
  });
}

function mappingFault(workspace: Workspace, key: string, name: string): string | null {
  const resources = workspace.resources ?? {};
  const resource = Object.hasOwn(resources, name) ? resources[name] : undefined;
  if (resource === undefined) return unknownName("resource", name, Object.keys(resources));
  const isSql = key === "sql" || key.startsWith("sql:");
  if (isSql && resource.kind === "http") return `\`${name}\` is no database`;
  if (!isSql && resource.kind !== "http") return `\`${name}\` is no http resource`;
  return null;
}

function appFaults([name, app]: [string, App], workspace: Workspace): NameFault[] {
  return Object.entries(app.resources).flatMap(([key, resource]) => {
    const message = mappingFault(workspace, key, resource);
    return message === null ? [] : [{ path: ["apps", name, "resources", key], message }];
  });
}

/** A claim that is not kept of people: nobody would be in the group, and what it is denied would be allowed. */
function claimFaults(workspace: Workspace): NameFault[] {
  const known = groupsClaimOf(workspace);
  return Object.entries(workspace.groups ?? {}).flatMap(([group, { claims }]) =>
    Object.keys(claims ?? {})
      .filter((claim) => claim !== known)
      .map((claim) => ({
        path: ["groups", group, "claims", claim],
        message: `groups are told by the claim \`${known}\` alone (groupsClaim of identity), not by \`${claim}\``,
      })),
  );
}

/** Every reference to a group, app, operation or resource that does not exist. */
export function nameFaults(workspace: Workspace, catalog: Catalog): NameFault[] {
  const known = knownGroups(workspace);
  return [
    ...Object.entries(workspace.apps ?? {}).flatMap((entry) => appFaults(entry, workspace)),
    ...permissionFaults(workspace, catalog, known),
    ...approvalFaults(workspace, catalog, known),
    ...breakGlassFaults(workspace, catalog, known),
    ...limitFaults(workspace, catalog, known),
    ...maskFaults(workspace, catalog, known),
    ...reclassifyFaults(workspace, catalog),
    ...claimFaults(workspace),
  ];
}
