/**
 * Which calls wait for a person. The most specific matching rule decides; of two equally specific ones the one that asks
 * for more; a write that no rule matches is held and nobody can release it.
 */
import { canonicalJson } from "../contract/canonical-json.ts";
import { parseDuration } from "../contract/duration.ts";
import type { Access } from "../contract/operation.ts";
import type { ApprovalRule } from "../contract/workspace.ts";
import type { GateResult, JudgedCall } from "./call.ts";
import type { Condition, ConditionContext, Verdict } from "./condition.ts";
import type { Approvers } from "./quorum.ts";
import { compileMayTouch, compileTouchesOnly, type TableTest } from "./table-names.ts";
import type { OperationFacts } from "./target.ts";

export interface GateRule {
  /** e.g. `approvals[0]`. */
  readonly name: string;
  /** Its place in the file. */
  readonly index: number;
  readonly rule: ApprovalRule;
  readonly condition: Condition | null;
  /** Null: any table. */
  readonly touches: TableTest | null;
}

const defaultExpiry = parseDuration("24h");

export type HeldRule = Exclude<ApprovalRule, { require: "none" }>;

export function isHolding(rule: ApprovalRule): rule is HeldRule {
  return !("require" in rule);
}

/**
 * A rule that holds matches a statement by any of its tables; one that exempts needs the statement to touch no other:
 * a write to a second table must not slip through under the first one's exemption.
 */
function tableTest(rule: ApprovalRule): TableTest | null {
  const { table } = rule.match;
  if (table === undefined) return null;
  return isHolding(rule) ? compileMayTouch([table]) : compileTouchesOnly([table]);
}

export function compileGate(
  rule: ApprovalRule,
  index: number,
  condition: Condition | null,
): GateRule {
  return { name: `approvals[${index}]`, index, rule, condition, touches: tableTest(rule) };
}

function namesOperation({ rule: { match }, touches }: GateRule, facts: OperationFacts): boolean {
  return (
    (match.app ?? facts.app) === facts.app &&
    (match.access ?? facts.access) === facts.access &&
    (match.operation === undefined || match.operation === `${facts.app}/${facts.operation.id}`) &&
    (touches === null || touches(facts))
  );
}

/** Operation, then table, then app, then access; each outweighs all that follow. */
function specificity({ rule }: GateRule): number {
  const { operation, table, app, access } = rule.match;
  return [operation, table, app, access].reduce(
    (sum, part) => sum * 2 + (part === undefined ? 0 : 1),
    0,
  );
}

/** How much a rule asks for: to hold, how many people, how many groups must be covered, a ticket, a reason. */
function demand({ rule }: GateRule): number[] {
  if (!isHolding(rule)) return [0, 0, 0, 0, 0];
  const { quorum, approvers, ticket, justification } = rule;
  const said = [ticket, justification].map((one) => (one === undefined ? 0 : 1));
  return [1, quorum, approvers.all?.length ?? 0, ...said];
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (value !== other) return value - other;
  }
  return 0;
}

/** Most specific first, then most demanding, then by content, so that file order has no meaning. */
function compareGates(a: GateRule, b: GateRule): number {
  const order = compareLists([specificity(b), ...demand(b)], [specificity(a), ...demand(a)]);
  if (order !== 0) return order;
  return canonicalJson(a.rule) < canonicalJson(b.rule) ? -1 : 1;
}

/** Orders rules: of those that name an operation, the first decides. */
export function orderGates(rules: readonly GateRule[]): readonly GateRule[] {
  return rules.toSorted(compareGates);
}

/** Those of ordered rules that name an operation. Their conditions and ends are asked per call. */
export function gatesFor(rules: readonly GateRule[], facts: OperationFacts): readonly GateRule[] {
  return rules.filter((gate) => namesOperation(gate, facts));
}

/** The last day of an exemption counts, in UTC. */
export function hasEnded(rule: ApprovalRule, time: Date): boolean {
  return (
    !isHolding(rule) && rule.until !== undefined && time.toISOString().slice(0, 10) > rule.until
  );
}

/** What a rule says of a call: nothing (null), or with which verdict it counts. A failed condition counts where it holds. */
export function gateVerdict(
  { rule, condition }: GateRule,
  time: Date,
  context: () => ConditionContext,
): Exclude<Verdict, "false"> | null {
  if (hasEnded(rule, time)) return null;
  const verdict = condition?.evaluate(context()) ?? "true";
  if (verdict === "true") return verdict;
  return verdict === "failed" && isHolding(rule) ? verdict : null;
}

export function toApprovers({ all, any }: HeldRule["approvers"]): Approvers {
  return all === undefined ? { any: any ?? [] } : { all };
}

function resultOf({ rule, name }: GateRule, verdict: Verdict): GateResult {
  if (!isHolding(rule)) {
    return { required: false, reason: `${name} exempts it: ${rule.reason}`, rule: name };
  }
  const doubt = verdict === "failed" ? ": its condition could not be evaluated" : "";
  return {
    required: true,
    approvers: toApprovers(rule.approvers),
    quorum: rule.quorum,
    expiresIn: parseDuration(rule.expiresIn),
    justification: rule.justification === "required",
    ticket: rule.ticket ?? null,
    reason: `${name} holds it${doubt}`,
    rule: name,
  };
}

function unruled(access: Access): GateResult {
  if (access === "read") {
    return { required: false, reason: "no rule holds this read", rule: null };
  }
  return {
    required: true,
    approvers: null,
    quorum: 1,
    expiresIn: defaultExpiry,
    justification: false,
    ticket: null,
    reason: "no rule matches this write: nobody can release it",
    rule: null,
  };
}

/** Decides whether a call waits, and for whom. `gates`: from `gatesFor` its operation. */
export function gateCall(
  gates: readonly GateRule[],
  { call, facts }: JudgedCall,
  context: () => ConditionContext,
): GateResult {
  for (const gate of gates) {
    const verdict = gateVerdict(gate, call.time, context);
    if (verdict !== null) return resultOf(gate, verdict);
  }
  return unruled(facts.access);
}
