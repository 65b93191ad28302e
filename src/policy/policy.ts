/**
 * Policy: (operation, arguments, identity, rules) → allowed or denied, held or not, with the reason. Pure: the same call
 * and the same workspace give the same answer; no clock, no file, no network. It never executes and never records.
 */
import { canonicalJson, sha256Hex } from "../contract/canonical-json.ts";
import type { Access, Operation } from "../contract/operation.ts";
import { workspaceInvalid, type LocateWorkspace } from "../contract/workspace-fault.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { AuthorizeResult, GateResult, JudgedCall, PolicyCall } from "./call.ts";
import { buildCatalog } from "./catalog.ts";
import { nameFaults, type NameFault } from "./check-names.ts";
import { compileCondition, type Condition } from "./condition.ts";
import { gateCall, type GateRule } from "./gate.ts";
import { groupsOf, type ClaimedIdentity } from "./groups.ts";
import { authorizeCall, type PermissionRule } from "./permissions.ts";

export type { PolicyCall } from "./call.ts";

/** A workspace's rules, ready to judge calls. */
export interface CompiledPolicy {
  /** SHA-256 hex over the canonical JSON of permissions, approvals, groups and reclassify. */
  readonly digest: string;
  /** The permission groups of a verified identity; `devGroups`: what `identity.dev.users` gives, under `--dev` only. */
  readonly groupsOf: (identity: ClaimedIdentity, devGroups?: readonly string[]) => string[];
  /** The operation's access after `reclassify`. */
  readonly access: (app: string, operation: Operation) => Access;
  /** Whether the call is permitted; nothing is unless a rule allows it. */
  readonly authorize: (call: PolicyCall) => AuthorizeResult;
  /** Whether the call waits for a person. Says nothing of permission. */
  readonly gate: (call: PolicyCall) => GateResult;
}

/** Digest of what decides: two workspaces with the same one judge alike. */
function policyDigest({ permissions, approvals, groups, reclassify }: Workspace): string {
  return sha256Hex(
    canonicalJson({
      permissions: permissions ?? [],
      approvals: approvals ?? [],
      groups: groups ?? {},
      reclassify: reclassify ?? [],
    }),
  );
}

type ConditionCollector = (when: string | undefined, path: NameFault["path"]) => Condition | null;

function collectConditions(faults: NameFault[]): ConditionCollector {
  return (when, path) => {
    if (when === undefined) return null;
    const compiled = compileCondition(when);
    if (compiled.ok) return compiled.condition;
    faults.push({ path, message: `the condition is not valid: ${compiled.reason}` });
    return null;
  };
}

function throwFaults(faults: readonly NameFault[], locate: LocateWorkspace): void {
  const [first, ...others] = faults.map(({ path, message }) => ({ place: locate(path), message }));
  if (first !== undefined) throw workspaceInvalid(first, others);
}

const unlocated: LocateWorkspace = () => ({ file: "govern.yaml", line: 1, column: 1 });

/**
 * Compiles the rules of a workspace. `apps`: the imported operations of each app; those written in the workspace are added.
 * When this returns, every group, app, operation and resource that a rule names exists and every condition has been
 * parsed and type-checked. Throws `workspace-invalid` with all faults, each placed by `locate`.
 */
export function compilePolicy(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
  locate: LocateWorkspace = unlocated,
): CompiledPolicy {
  const catalog = buildCatalog(workspace, apps);
  const faults = nameFaults(workspace, catalog);
  const condition = collectConditions(faults);
  const permissions = (workspace.permissions ?? []).map((permission, index): PermissionRule => ({
    name: `permissions[${index}]`,
    permission,
    condition: condition(permission.when, ["permissions", index, "when"]),
  }));
  const gates = (workspace.approvals ?? []).map((rule, index): GateRule => ({
    name: `approvals[${index}]`,
    rule,
    condition: condition(rule.match.when, ["approvals", index, "match", "when"]),
  }));
  throwFaults(faults, locate);
  const judge = (call: PolicyCall): JudgedCall => ({
    call,
    access: catalog.accessOf(call.app, call.operation),
    tables: catalog.tablesOf(call.app, call.operation),
  });
  return {
    digest: policyDigest(workspace),
    groupsOf: (identity, devGroups) => groupsOf(workspace.groups ?? {}, identity, devGroups),
    access: catalog.accessOf,
    authorize: (call) => authorizeCall(permissions, judge(call)),
    gate: (call) => gateCall(gates, judge(call)),
  };
}
