/** Compares the approval rules of two versions of a workspace: a rule is the same by what it matches. */
import { canonicalJson } from "../../contract/canonical-json.ts";
import { parseDuration } from "../../contract/duration.ts";
import type { ApprovalRule, Workspace } from "../../contract/workspace.ts";
import type { RuleChange } from "./compare-rules.ts";

type Holding = Exclude<ApprovalRule, { require: "none" }>;

function isHolding(rule: ApprovalRule): rule is Holding {
  return !("require" in rule);
}

function concerns({ match }: ApprovalRule, app: string): boolean {
  const named = match.app ?? match.operation?.split("/", 1)[0] ?? app;
  return named === app;
}

function matchText({ match }: ApprovalRule): string {
  return Object.entries(match)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(", ");
}

/** Whether somebody may decide who could not, or one group less has to agree. */
function isWider(old: Holding["approvers"], now: Holding["approvers"]): boolean {
  const before = new Set(old.all ?? old.any);
  if (now.any !== undefined) {
    return old.any === undefined
      ? now.any.length > 1 || now.any.some((group) => !before.has(group))
      : now.any.some((group) => !before.has(group));
  }
  const after = new Set(now.all);
  if (old.all !== undefined) return old.all.some((group) => !after.has(group));
  return [...after].some((group) => !before.has(group));
}

function loosenings(old: Holding, now: Holding): string[] {
  return [
    ...(now.quorum < old.quorum ? [`${now.quorum} decide instead of ${old.quorum}`] : []),
    ...(isWider(old.approvers, now.approvers) ? ["others may decide"] : []),
    ...(parseDuration(now.expiresIn) > parseDuration(old.expiresIn)
      ? [`waits for ${now.expiresIn} instead of ${old.expiresIn}`]
      : []),
    ...(now.justification === undefined && old.justification !== undefined
      ? ["asks for no reason any more"]
      : []),
    ...(old.ticket !== undefined && now.ticket !== old.ticket
      ? [now.ticket === undefined ? "asks for no ticket any more" : "takes other tickets"]
      : []),
  ];
}

/** What a rule is now, against the one of the same match before. */
function compareRule(old: ApprovalRule | undefined, now: ApprovalRule): string[] {
  if (!isHolding(now)) {
    if (old === undefined || isHolding(old)) return ["is exempt from approval"];
    const isLonger = old.until !== undefined && (now.until === undefined || now.until > old.until);
    return isLonger ? [`is exempt until ${now.until ?? "further notice"}`] : [];
  }
  if (old === undefined) return ["has other approvers by a new rule"];
  return isHolding(old) ? loosenings(old, now) : [];
}

function keyOf({ match }: ApprovalRule): string {
  return canonicalJson(match);
}

/** Changes of the rules that concern an app. */
export function compareApprovals(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const before = new Map(
    (old.approvals ?? [])
      .filter((rule) => concerns(rule, app))
      .map((rule) => [keyOf(rule), rule] as const),
  );
  const after = new Set((now.approvals ?? []).map(keyOf));
  const changed = (now.approvals ?? []).flatMap((rule, index): RuleChange[] => {
    if (!concerns(rule, app)) return [];
    const was = before.get(keyOf(rule));
    if (was !== undefined && canonicalJson(was) === canonicalJson(rule)) return [];
    const path = ["approvals", index];
    const looser = compareRule(was, rule);
    if (looser.length === 0) {
      return [{ widens: false, message: `${matchText(rule)}: another approval rule`, path }];
    }
    return looser.map((what) => ({ widens: true, message: `${matchText(rule)}: ${what}`, path }));
  });
  const gone = [...before.values()]
    .filter((rule) => !after.has(keyOf(rule)))
    .map((rule) => ({
      widens: isHolding(rule),
      message: `${matchText(rule)}: the rule that ${isHolding(rule) ? "held it" : "exempted it"} is gone`,
      path: ["approvals"],
    }));
  return [...changed, ...gone];
}

/** Who may release calls alone, and how long after. */
export function compareBreakGlass(old: Workspace, now: Workspace): RuleChange[] {
  const before = new Set((old.breakGlass ?? []).map((rule) => canonicalJson(rule)));
  const after = (now.breakGlass ?? []).map((rule) => canonicalJson(rule));
  const came = (now.breakGlass ?? []).flatMap((rule, index): RuleChange[] => {
    if (before.has(after[index] ?? "")) return [];
    const message = `${rule.people.join(", ")} may release ${rule.release.join(", ")} alone`;
    return [{ widens: true, message, path: ["breakGlass", index] }];
  });
  const isLess = came.length === 0 && before.size > after.length;
  const gone = { widens: false, message: "fewer may release alone", path: ["breakGlass"] };
  return isLess ? [gone] : came;
}
