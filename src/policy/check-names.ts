/** Whether every name that a workspace's rules refer to exists. Faults are collected, each with its path in govern.yaml. */
import type { WorkspacePath } from "../contract/workspace-fault.ts";
import { nearestKey } from "../contract/schema-keys.ts";
import type { App, Workspace } from "../contract/workspace.ts";
import type { Catalog } from "./catalog.ts";
import { knownGroups } from "./groups.ts";

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

const accessTargets: ReadonlySet<string> = new Set(["read", "write", "*"]);

/** `accesses`: whether `app/read`, `app/write` and `app/*` may stand there too. */
function targetFaults(
  target: string,
  path: WorkspacePath,
  catalog: Catalog,
  accesses: boolean,
): NameFault[] {
  const [app = "", what = ""] = target.split("/");
  if (!catalog.apps.has(app)) return [{ path, message: unknownName("app", app, catalog.apps) }];
  if (accessTargets.has(what)) {
    const message = `\`${target}\` names no single operation; match by app and access`;
    return accesses ? [] : [{ path, message }];
  }
  if (catalog.has(app, what)) return [];
  return [{ path, message: `unknown operation \`${what}\` of the app ${app}` }];
}

function permissionFaults(
  workspace: Workspace,
  catalog: Catalog,
  known: ReadonlySet<string>,
): NameFault[] {
  return (workspace.permissions ?? []).flatMap((rule, index) => {
    const path = ["permissions", index];
    const targets = (["allow", "deny"] as const).flatMap((effect) =>
      (rule[effect] ?? []).flatMap((target, at) =>
        targetFaults(target, [...path, effect, at], catalog, true),
      ),
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
      faults.push(...targetFaults(operation, [...path, "match", "operation"], catalog, false));
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

function reclassifyFaults(workspace: Workspace, catalog: Catalog): NameFault[] {
  const rules = workspace.reclassify ?? [];
  return rules.flatMap(({ operation }, index) => {
    const path = ["reclassify", index, "operation"];
    const twice = rules.findIndex((rule) => rule.operation === operation) !== index;
    const message = `\`${operation}\` is reclassified twice`;
    return [
      ...targetFaults(operation, path, catalog, false),
      ...(twice ? [{ path, message }] : []),
    ];
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

/** Every reference to a group, app, operation or resource that does not exist. */
export function nameFaults(workspace: Workspace, catalog: Catalog): NameFault[] {
  const known = knownGroups(workspace);
  return [
    ...Object.entries(workspace.apps ?? {}).flatMap((entry) => appFaults(entry, workspace)),
    ...permissionFaults(workspace, catalog, known),
    ...approvalFaults(workspace, catalog, known),
    ...reclassifyFaults(workspace, catalog),
  ];
}
