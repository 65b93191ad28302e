/** Whether a call is permitted: nothing is unless a rule allows it, and a rule that denies wins over all that allow. */
import type { AuthorizeResult } from "./call.ts";
import type { Condition, ConditionContext, Verdict } from "./condition.ts";
import type { Target } from "./target.ts";

export interface PermissionRule {
  /** e.g. `permissions[1]`. */
  readonly name: string;
  /** Its place in the file. */
  readonly index: number;
  readonly effect: "allow" | "deny";
  readonly groups: readonly string[];
  readonly targets: readonly Target[];
  readonly condition: Condition | null;
}

/** The rules that name an operation and a group of the caller, by effect, each in the order of the file. */
export interface PermissionChoice {
  readonly allow: readonly PermissionRule[];
  readonly deny: readonly PermissionRule[];
}

interface Match {
  readonly rule: PermissionRule;
  readonly verdict: Verdict;
}

function deny(match: Match, code: "denied" | "policy-failed", reason: string): AuthorizeResult {
  const { name } = match.rule;
  return { decision: "deny", code, reason: `${name} ${reason}`, rule: name };
}

/** The first rule whose condition holds; else the first whose condition failed; else the first. */
function decisive(
  rules: readonly PermissionRule[],
  context: () => ConditionContext,
): Match | undefined {
  let best: Match | undefined;
  for (const rule of rules) {
    const verdict = rule.condition?.evaluate(context()) ?? "true";
    if (verdict === "true") return { rule, verdict };
    if (best === undefined || (verdict === "failed" && best.verdict === "false")) {
      best = { rule, verdict };
    }
  }
  return best;
}

/** Decides by all rules together; their order has no meaning but to name the first of several that decide alike. */
export function authorizeCall(
  choice: PermissionChoice,
  context: () => ConditionContext,
): AuthorizeResult {
  const denial = decisive(choice.deny, context);
  if (denial?.verdict === "true") return deny(denial, "denied", "denies it");
  if (denial?.verdict === "failed") {
    return deny(denial, "policy-failed", "may deny it: its condition could not be evaluated");
  }
  const grant = decisive(choice.allow, context);
  if (grant === undefined) {
    return { decision: "deny", code: "denied", reason: "no permission allows it", rule: null };
  }
  const { name } = grant.rule;
  switch (grant.verdict) {
    case "true":
      return { decision: "allow", reason: `${name} allows it`, rule: name };
    case "failed":
      return deny(
        grant,
        "policy-failed",
        "allows it under a condition that could not be evaluated",
      );
    case "false":
      return deny(grant, "denied", "allows it under a condition that is not met");
  }
}
