/**
 * Compares the approval rules of two versions of a workspace: a rule is the same by what it matches, and of several that
 * match the same the first that decides is compared with the first.
 */
import { canonicalJson } from "../../contract/canonical-json.ts";
import { parseDuration } from "../../contract/duration.ts";
import type { ApprovalRule, BreakGlass, Workspace } from "../../contract/workspace.ts";
import { compileGate, isHolding, orderGates, type HeldRule } from "../../policy/gate.ts";
import { concerns, covers, type RuleChange } from "./rule-change.ts";

function concernsApp({ match }: ApprovalRule, app: string): boolean {
  const named = match.app ?? match.operation?.split("/", 1)[0] ?? app;
  return named === app;
}

function matchText({ match }: ApprovalRule): string {
  return Object.entries(match)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(", ");
}

/** Whether somebody may decide who could not, or one group less has to agree. */
function isWider({ approvers: old, quorum }: HeldRule, { approvers: now }: HeldRule): boolean {
  const before = new Set(old.all ?? old.any);
  if (now.any !== undefined) {
    return old.any === undefined
      ? now.any.length > 1 || now.any.some((group) => !before.has(group))
      : now.any.some((group) => !before.has(group));
  }
  const after = new Set(now.all);
  const hasOthers = [...after].some((group) => !before.has(group));
  if (old.all === undefined) return hasOthers;
  // One of a group that came may take the place of a second one of the groups before.
  return old.all.some((group) => !after.has(group)) || (quorum > 1 && hasOthers);
}

function loosenings(old: HeldRule, now: HeldRule): string[] {
  return [
    ...(now.quorum < old.quorum ? [`${now.quorum} decide instead of ${old.quorum}`] : []),
    ...(isWider(old, now) ? ["others may decide"] : []),
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

interface Placed {
  readonly rule: ApprovalRule;
  readonly path: RuleChange["path"];
}

/** The rules that concern an app by what they match, those first that decide first. */
function rulesByMatch({ approvals = [] }: Workspace, app: string): Map<string, Placed[]> {
  const gates = approvals.map((rule, index) => compileGate(rule, index, null));
  const byMatch = new Map<string, Placed[]>();
  for (const { rule, index } of orderGates(gates)) {
    if (!concernsApp(rule, app)) continue;
    const key = canonicalJson(rule.match);
    byMatch.set(key, [...(byMatch.get(key) ?? []), { rule, path: ["approvals", index] }]);
  }
  return byMatch;
}

/** What is in one of two lists alone, each of its entries as often as the other lacks it. */
function without(some: readonly Placed[], others: readonly Placed[]): Placed[] {
  const left = others.map(({ rule }) => canonicalJson(rule));
  return some.filter(({ rule }) => {
    const at = left.indexOf(canonicalJson(rule));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function changesOf(was: Placed | undefined, { rule, path }: Placed): RuleChange[] {
  const looser = compareRule(was?.rule, rule);
  if (looser.length === 0) {
    return [{ widens: false, message: `${matchText(rule)}: another approval rule`, path }];
  }
  return looser.map((what) => ({ widens: true, message: `${matchText(rule)}: ${what}`, path }));
}

function goneChange({ rule }: Placed): RuleChange {
  const widens = isHolding(rule);
  const message = `${matchText(rule)}: the rule that ${widens ? "held it" : "exempted it"} is gone`;
  return { widens, message, path: ["approvals"] };
}

/** Changes of the rules that concern an app. */
export function compareApprovals(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const before = rulesByMatch(old, app);
  const after = rulesByMatch(now, app);
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key) ?? [], after.get(key) ?? []];
    const gone = without(was, is);
    return [
      ...without(is, was).flatMap((one) => changesOf(gone.shift(), one)),
      ...gone.map(goneChange),
    ];
  });
}

/** Whether a rule lets nobody release more, or later, or by other reviewers, than another one did. */
function isReleaseSaid(rule: BreakGlass, by: BreakGlass): boolean {
  return (
    rule.people.every((person) => by.people.includes(person)) &&
    rule.release.every((target) => by.release.some((whole) => covers(whole, target))) &&
    rule.reviewers.every((group) => by.reviewers.includes(group)) &&
    parseDuration(rule.window) <= parseDuration(by.window)
  );
}

/** Who may release calls of an app alone, and how long after. */
export function compareBreakGlass(old: Workspace, now: Workspace, app: string): RuleChange[] {
  const named = ({ release }: BreakGlass): boolean =>
    release.some((target) => concerns(target, app));
  const before = (old.breakGlass ?? []).filter(named);
  const after = (now.breakGlass ?? []).filter(named);
  const came = (now.breakGlass ?? []).flatMap((rule, index): RuleChange[] => {
    if (!named(rule) || before.some((one) => isReleaseSaid(rule, one))) return [];
    const message = `${rule.people.join(", ")} may release ${rule.release.join(", ")} alone`;
    return [{ widens: true, message, path: ["breakGlass", index] }];
  });
  const isLess = before.some((rule) => !after.some((one) => isReleaseSaid(rule, one)));
  const gone = { widens: false, message: "fewer may release alone", path: ["breakGlass"] };
  return came.length === 0 && isLess ? [gone] : came;
}
