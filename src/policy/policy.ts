/**
 * Policy: (operation, arguments, identity, time, rules) → allowed or denied, held or not, how often, with the reason. Pure:
 * the same call and the same workspace give the same answer; no clock, no file, no network. It never executes and never
 * records.
 */
import { canonicalJson, sha256Hex } from "../contract/canonical-json.ts";
import type { Access, Operation } from "../contract/operation.ts";
import { workspaceInvalid, type LocateWorkspace } from "../contract/workspace-fault.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { AuthorizeResult, GateResult, PolicyCall } from "./call.ts";
import { glassFor, type GlassRule } from "./break-glass.ts";
import type { NameFault } from "./check-names.ts";
import { compileWorkspaceRules } from "./workspace-rules.ts";
import { contextOf, type ConditionContext } from "./condition.ts";
import { gateCall } from "./gate.ts";
import { groupsOf, knownGroups, type ClaimedIdentity } from "./groups.ts";
import { limitsFor, type LimitRule } from "./limits.ts";
import { authorizeCall } from "./permissions.ts";
import { masksFor, type MaskRule } from "./masks.ts";
import { indexRules, type OperationRules } from "./rule-index.ts";

export type { PolicyCall } from "./call.ts";

/** A workspace's rules, ready to judge calls. */
export interface CompiledPolicy {
  /** SHA-256 hex over the canonical JSON of permissions, approvals, break-glass, groups, limits, masks and reclassify. */
  readonly digest: string;
  /** The groups that exist. */
  readonly groups: ReadonlySet<string>;
  /** The permission groups of a verified identity; `devGroups`: what `identity.dev.users` gives, under `--dev` only. */
  readonly groupsOf: (identity: ClaimedIdentity, devGroups?: readonly string[]) => string[];
  /** The operation's access after `reclassify`. */
  readonly access: (app: string, operation: Operation) => Access;
  /** Whether the call is permitted; nothing is unless a rule allows it. */
  readonly authorize: (call: PolicyCall) => AuthorizeResult;
  /** Whether the call waits for a person. Says nothing of permission. */
  readonly gate: (call: PolicyCall) => GateResult;
  /** The rule by which this person may release this call alone; null for most people. */
  readonly breakGlass: (call: PolicyCall, person: string) => GlassRule | null;
  /** How often this person may run this operation: every limit that binds the call. */
  readonly limits: (call: PolicyCall) => readonly LimitRule[];
  /** What the answer must not tell this person: every mask that binds the call. */
  readonly masks: (call: PolicyCall) => readonly MaskRule[];
}

/** Digest of what decides: two workspaces with the same one judge alike. */
export function policyDigest(workspace: Workspace): string {
  const { permissions, approvals, breakGlass, groups, limits, masks, reclassify } = workspace;
  return sha256Hex(
    canonicalJson({
      permissions: permissions ?? [],
      approvals: approvals ?? [],
      ...(breakGlass === undefined ? {} : { breakGlass }),
      groups: groups ?? {},
      limits: limits ?? [],
      ...(masks === undefined ? {} : { masks }),
      reclassify: reclassify ?? [],
    }),
  );
}

function throwFaults(faults: readonly NameFault[], locate: LocateWorkspace): void {
  const [first, ...others] = faults.map(({ path, message }) => ({ place: locate(path), message }));
  if (first !== undefined) throw workspaceInvalid(first, others);
}

const unlocated: LocateWorkspace = () => ({ file: "govern.yaml", line: 1, column: 1 });

const unregistered = {
  authorize: {
    decision: "deny",
    code: "denied",
    reason: "the operation is not registered",
    rule: null,
  },
  gate: {
    required: true,
    approvers: null,
    quorum: 1,
    expiresIn: 3_600_000,
    justification: false,
    ticket: null,
    reason: "the operation is not registered: nobody can release it",
    rule: null,
  },
} as const satisfies { authorize: AuthorizeResult; gate: GateResult };

/** The context of one call's conditions, made when the first of them asks. */
function lazyContext(call: PolicyCall, { facts }: OperationRules): () => ConditionContext {
  let context: ConditionContext | undefined;
  return () => (context ??= contextOf({ call, facts }));
}

/**
 * Compiles the rules of a workspace. `apps`: the imported operations of each app; those written in the workspace are added.
 * When this returns, every group, app, operation and resource that a rule names exists and every condition has been
 * parsed and type-checked, against the fields of the operations that its rule names. Throws `workspace-invalid` with all
 * faults, each placed by `locate`.
 */
export function compilePolicy(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
  locate: LocateWorkspace = unlocated,
): CompiledPolicy {
  const rules = compileWorkspaceRules(workspace, apps);
  throwFaults(rules.faults, locate);
  const { catalog } = rules;
  const find = indexRules(rules, catalog);
  const rulesOf = ({ app, operation, access }: PolicyCall): OperationRules | undefined =>
    find(app, operation.id, access);
  return {
    digest: policyDigest(workspace),
    groups: knownGroups(workspace),
    groupsOf: (identity, devGroups) => groupsOf(workspace.groups ?? {}, identity, devGroups),
    access: catalog.accessOf,
    authorize(call) {
      const found = rulesOf(call);
      if (found === undefined) return unregistered.authorize;
      return authorizeCall(found.choiceFor(call.identity.groups), lazyContext(call, found));
    },
    gate(call) {
      const found = rulesOf(call);
      if (found === undefined) return unregistered.gate;
      return gateCall(found.gates, { call, facts: found.facts }, lazyContext(call, found));
    },
    breakGlass(call, person) {
      const found = rulesOf(call);
      return found === undefined ? null : glassFor(rules.glass, found.facts, person);
    },
    limits(call) {
      const found = rulesOf(call);
      return found === undefined ? [] : limitsFor(found.limits, call.identity.groups);
    },
    masks(call) {
      const found = rulesOf(call);
      return found === undefined ? [] : masksFor(found.masks, call.identity.groups);
    },
  };
}
