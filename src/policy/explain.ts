/** What every rule says of one call, and which of them decided. The same rules as compilePolicy's, asked one by one. */
import type { Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { AuthorizeResult, GateResult, PolicyCall } from "./call.ts";
import { contextOf } from "./condition.ts";
import { gatesFor, gateVerdict, hasEnded, isHolding, type GateRule } from "./gate.ts";
import type { LimitRule } from "./limits.ts";
import type { PermissionRule } from "./permissions.ts";
import type { CompiledPolicy } from "./policy.ts";
import type { OperationFacts } from "./target.ts";
import { compileWorkspaceRules, type CompiledRules } from "./workspace-rules.ts";

/**
 * - `decides`: this rule's word is the decision
 * - `agrees`: it says the same as the rule that decides
 * - `outweighed`: it applies, and another rule counts more
 * - `other-groups`, `other-operations`: it does not speak of this caller, or of this operation
 * - `condition-false`, `condition-failed`: its condition is not met, or could not be evaluated
 * - `ended`: its last day is over
 */
export type RulePart =
  | "decides"
  | "agrees"
  | "outweighed"
  | "other-groups"
  | "other-operations"
  | "condition-false"
  | "condition-failed"
  | "ended";

export interface ExplainedRule {
  /** e.g. `permissions[1]`. */
  readonly name: string;
  /** What it would do: `allow`, `deny`, `hold`, `exempt`, or the rate of a limit. */
  readonly effect: string;
  readonly part: RulePart;
}

export interface Explanation {
  readonly authorize: AuthorizeResult;
  readonly gate: GateResult;
  readonly permissions: readonly ExplainedRule[];
  readonly approvals: readonly ExplainedRule[];
  readonly limits: readonly ExplainedRule[];
}

interface Asked {
  readonly call: PolicyCall;
  readonly facts: OperationFacts;
}

function permissionPart(rule: PermissionRule, asked: Asked, decision: AuthorizeResult): RulePart {
  if (!rule.targets.some((target) => target.matches(asked.facts))) return "other-operations";
  if (!rule.groups.some((group) => asked.call.identity.groups.includes(group))) {
    return "other-groups";
  }
  if (rule.name === decision.rule) return "decides";
  const verdict = rule.condition?.evaluate(contextOf(asked)) ?? "true";
  if (verdict !== "true") return `condition-${verdict}`;
  return rule.effect === decision.decision ? "agrees" : "outweighed";
}

function gatePart(gate: GateRule, asked: Asked, decision: GateResult): RulePart {
  if (gatesFor([gate], asked.facts).length === 0) return "other-operations";
  if (gate.name === decision.rule) return "decides";
  if (hasEnded(gate.rule, asked.call.time)) return "ended";
  const context = (): ReturnType<typeof contextOf> => contextOf(asked);
  if (gateVerdict(gate, asked.call.time, context) !== null) {
    return isHolding(gate.rule) === decision.required ? "agrees" : "outweighed";
  }
  return gate.condition?.evaluate(context()) === "failed" ? "condition-failed" : "condition-false";
}

function limitPart(limit: LimitRule, { call, facts }: Asked): RulePart {
  if (!limit.targets.some((target) => target.matches(facts))) return "other-operations";
  const binds =
    limit.groups === null || limit.groups.some((group) => call.identity.groups.includes(group));
  return binds ? "decides" : "other-groups";
}

function explain(rules: CompiledRules, policy: CompiledPolicy, asked: Asked): Explanation {
  const authorize = policy.authorize(asked.call);
  const gate = policy.gate(asked.call);
  return {
    authorize,
    gate,
    permissions: rules.permissions.map((rule) => ({
      name: rule.name,
      effect: rule.effect,
      part: permissionPart(rule, asked, authorize),
    })),
    approvals: rules.gates
      .toSorted((a, b) => a.index - b.index)
      .map((one) => ({
        name: one.name,
        effect: isHolding(one.rule) ? "hold" : "exempt",
        part: gatePart(one, asked, gate),
      })),
    limits: rules.limits.map((limit) => ({
      name: limit.name,
      effect: limit.rate,
      part: limitPart(limit, asked),
    })),
  };
}

/** What explains calls under a workspace's rules. `policy`: the same workspace, compiled. */
export function explainer(
  workspace: Workspace,
  apps: ReadonlyMap<string, readonly Operation[]>,
  policy: CompiledPolicy,
): (call: PolicyCall) => Explanation | undefined {
  const rules = compileWorkspaceRules(workspace, apps);
  return (call) => {
    const facts = rules.catalog.find(call.app, call.operation.id);
    return facts === undefined ? undefined : explain(rules, policy, { call, facts });
  };
}
