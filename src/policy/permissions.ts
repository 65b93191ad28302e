/** Whether a call is permitted: nothing is unless a rule allows it, and a rule that denies wins over all that allow. */
import type { Permission } from "../contract/workspace.ts";
import type { AuthorizeResult, JudgedCall } from "./call.ts";
import type { Condition, Verdict } from "./condition.ts";

export interface PermissionRule {
  /** e.g. `permissions[1]`. */
  readonly name: string;
  readonly permission: Permission;
  readonly condition: Condition | null;
}

interface Match {
  readonly rule: PermissionRule;
  readonly verdict: Verdict;
}

function namesTarget(targets: readonly string[], { call, access }: JudgedCall): boolean {
  return ["*", access, call.operation.id].some((what) => targets.includes(`${call.app}/${what}`));
}

function matchesOf(
  rules: readonly PermissionRule[],
  effect: "allow" | "deny",
  judged: JudgedCall,
): Match[] {
  return rules
    .filter(({ permission }) => {
      const held = permission.groups.some((group) => judged.call.identity.groups.includes(group));
      return held && namesTarget(permission[effect] ?? [], judged);
    })
    .map((rule) => ({ rule, verdict: rule.condition?.evaluate(judged) ?? "true" }));
}

function deny(match: Match, code: "denied" | "policy-failed", reason: string): AuthorizeResult {
  const { name } = match.rule;
  return { decision: "deny", code, reason: `${name} ${reason}`, rule: name };
}

/** Decides by all rules together; their order has no meaning but to name the first of several that decide alike. */
export function authorizeCall(
  rules: readonly PermissionRule[],
  judged: JudgedCall,
): AuthorizeResult {
  const denials = matchesOf(rules, "deny", judged);
  const denied = denials.find((match) => match.verdict === "true");
  if (denied !== undefined) return deny(denied, "denied", "denies it");
  const unsure = denials.find((match) => match.verdict === "failed");
  if (unsure !== undefined) {
    return deny(unsure, "policy-failed", "may deny it: its condition could not be evaluated");
  }
  const grants = matchesOf(rules, "allow", judged);
  const granted = grants.find((match) => match.verdict === "true")?.rule.name;
  if (granted !== undefined) {
    return { decision: "allow", reason: `${granted} allows it`, rule: granted };
  }
  const failed = grants.find((match) => match.verdict === "failed");
  if (failed !== undefined) {
    return deny(failed, "policy-failed", "allows it under a condition that could not be evaluated");
  }
  const unmet = grants[0];
  if (unmet !== undefined)
    return deny(unmet, "denied", "allows it under a condition that is not met");
  return { decision: "deny", code: "denied", reason: "no permission allows it", rule: null };
}
