/**
 * Which calls wait for a person. The most specific matching rule decides; of two equally specific ones the one that asks
 * for more; a write that no rule matches is held and nobody can release it.
 */
import { canonicalJson } from "../contract/canonical-json.ts";
import { parseDuration } from "../contract/duration.ts";
import type { ApprovalRule } from "../contract/workspace.ts";
import type { GateResult, JudgedCall } from "./call.ts";
import type { Condition, Verdict } from "./condition.ts";
import type { Approvers } from "./quorum.ts";

export interface GateRule {
  /** e.g. `approvals[0]`. */
  readonly name: string;
  readonly rule: ApprovalRule;
  readonly condition: Condition | null;
}

interface Match {
  readonly gate: GateRule;
  readonly verdict: Verdict;
}

const defaultExpiry = parseDuration("24h");

type HeldRule = Exclude<ApprovalRule, { require: "none" }>;

function isHolding(rule: ApprovalRule): rule is HeldRule {
  return !("require" in rule);
}

/**
 * A rule that holds matches a statement by any of its tables; one that exempts needs the statement to touch no other:
 * a write to a second table must not slip through under the first one's exemption.
 */
function matchesTable({ rule }: GateRule, tables: readonly string[]): boolean {
  const { table } = rule.match;
  if (table === undefined) return true;
  return isHolding(rule)
    ? tables.includes(table)
    : tables.length > 0 && tables.every((one) => one === table);
}

function namesCall(gate: GateRule, { call, access, tables }: JudgedCall): boolean {
  const { match } = gate.rule;
  const named = `${call.app}/${call.operation.id}`;
  return (
    (match.operation ?? named) === named &&
    (match.app ?? call.app) === call.app &&
    (match.access ?? access) === access &&
    matchesTable(gate, tables)
  );
}

/** A condition that failed counts where the rule holds, not where it exempts. */
function matchRule(gate: GateRule, judged: JudgedCall): Match | null {
  const { rule } = gate;
  if (!isHolding(rule) && rule.until !== undefined && judged.call.today > rule.until) return null;
  if (!namesCall(gate, judged)) return null;
  const verdict = gate.condition?.evaluate(judged) ?? "true";
  const counts = verdict === "true" || (verdict === "failed" && isHolding(rule));
  return counts ? { gate, verdict } : null;
}

/** Operation, then table, then app, then access; each outweighs all that follow. */
function specificity({ gate }: Match): number {
  const { operation, table, app, access } = gate.rule.match;
  return [operation, table, app, access].reduce(
    (sum, part) => sum * 2 + (part === undefined ? 0 : 1),
    0,
  );
}

/** How much a rule asks for: to hold, then how many people, then how many groups must be covered. */
function demand({ gate }: Match): number[] {
  const { rule } = gate;
  if (!isHolding(rule)) return [0, 0, 0];
  return [1, rule.quorum, rule.approvers.all?.length ?? 0];
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (value !== other) return value - other;
  }
  return 0;
}

/** The first of the matches: most specific, most demanding, then by content, so that file order has no meaning. */
function compareMatches(a: Match, b: Match): number {
  const order = compareLists([specificity(b), ...demand(b)], [specificity(a), ...demand(a)]);
  if (order !== 0) return order;
  return canonicalJson(a.gate.rule) < canonicalJson(b.gate.rule) ? -1 : 1;
}

function toApprovers({ all, any }: HeldRule["approvers"]): Approvers {
  return all === undefined ? { any: any ?? [] } : { all };
}

function resultOf({ gate, verdict }: Match): GateResult {
  const { rule, name } = gate;
  if (!isHolding(rule)) {
    return { required: false, reason: `${name} exempts it: ${rule.reason}`, rule: name };
  }
  const doubt = verdict === "failed" ? ": its condition could not be evaluated" : "";
  return {
    required: true,
    approvers: toApprovers(rule.approvers),
    quorum: rule.quorum,
    expiresIn: parseDuration(rule.expiresIn),
    reason: `${name} holds it${doubt}`,
    rule: name,
  };
}

/** Decides whether a call waits, and for whom. */
export function gateCall(rules: readonly GateRule[], judged: JudgedCall): GateResult {
  const matches = rules.map((rule) => matchRule(rule, judged)).filter((match) => match !== null);
  const [decisive] = matches.toSorted(compareMatches);
  if (decisive !== undefined) return resultOf(decisive);
  if (judged.access === "read") {
    return { required: false, reason: "no rule holds this read", rule: null };
  }
  return {
    required: true,
    approvers: null,
    quorum: 1,
    expiresIn: defaultExpiry,
    reason: "no rule matches this write: nobody can release it",
    rule: null,
  };
}
