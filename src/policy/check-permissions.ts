/** Permissions that change nothing: that match no operation, or that other rules make idle. */
import type { PermissionRule } from "./permissions.ts";
import type { OperationFacts } from "./target.ts";

/** What is said of a rule, without its place. */
export interface RuleRemark {
  readonly rule: PermissionRule;
  readonly kind: "unmatched" | "covered" | "denied" | "idle";
  /** Rules that make it so. */
  readonly by: readonly string[];
}

/** A rule with the operations that it names, by their place in the catalog. */
export interface MatchedRule {
  readonly rule: PermissionRule;
  readonly operations: readonly number[];
}

export function matchRules(
  rules: readonly PermissionRule[],
  operations: readonly OperationFacts[],
): MatchedRule[] {
  return rules.map((rule) => ({
    rule,
    operations: [...operations.keys()].filter((at) =>
      rule.targets.some((target) => target.matches(operations[at] as OperationFacts)),
    ),
  }));
}

/** How many unconditional rules of one effect stand for each group and operation. */
class Coverage {
  readonly #counts = new Map<string, Uint16Array>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  add({ rule, operations }: MatchedRule, by: 1 | -1): void {
    for (const group of new Set(rule.groups)) {
      const counts = this.#counts.get(group) ?? new Uint16Array(this.#size);
      this.#counts.set(group, counts);
      for (const at of operations) counts[at] = (counts[at] ?? 0) + by;
    }
  }

  /** Whether at least so many rules stand for everything that a rule names. */
  covers({ rule, operations }: MatchedRule, times: number): boolean {
    return rule.groups.every((group) => {
      const counts = this.#counts.get(group);
      return counts !== undefined && operations.every((at) => (counts[at] ?? 0) >= times);
    });
  }
}

const isPlain = ({ rule }: MatchedRule): boolean => rule.condition === null;

function overlaps(a: MatchedRule, b: MatchedRule): boolean {
  const named = new Set(b.operations);
  return (
    a.rule.groups.some((group) => b.rule.groups.includes(group)) &&
    a.operations.some((at) => named.has(at))
  );
}

function names(rules: readonly MatchedRule[], of: MatchedRule): string[] {
  return rules
    .filter((one) => one !== of && isPlain(one) && overlaps(of, one))
    .map(({ rule }) => rule.name);
}

/** From the last to the first, so that of two that say the same the first stands. */
function coveredRemarks(rules: readonly MatchedRule[], size: number): RuleRemark[] {
  const coverage = new Coverage(size);
  for (const one of rules) if (isPlain(one)) coverage.add(one, 1);
  const standing = new Set(rules);
  const remarks: RuleRemark[] = [];
  for (const one of rules.toReversed()) {
    if (!coverage.covers(one, isPlain(one) ? 2 : 1)) continue;
    standing.delete(one);
    if (isPlain(one)) coverage.add(one, -1);
    remarks.push({ rule: one.rule, kind: "covered", by: names([...standing], one) });
  }
  return remarks;
}

/** Says which permissions change nothing; each at most once. */
export function remarkPermissions(matched: readonly MatchedRule[], size: number): RuleRemark[] {
  const remarks: RuleRemark[] = matched
    .filter(({ operations }) => operations.length === 0)
    .map(({ rule }) => ({ rule, kind: "unmatched", by: [] }));
  const live = matched.filter(({ operations }) => operations.length > 0);
  const [allows, denies] = (["allow", "deny"] as const).map((effect) =>
    live.filter(({ rule }) => rule.effect === effect),
  ) as [MatchedRule[], MatchedRule[]];
  const denied = new Coverage(size);
  for (const one of denies) if (isPlain(one)) denied.add(one, 1);
  const dead = allows.filter((one) => denied.covers(one, 1));
  for (const one of dead) {
    remarks.push({ rule: one.rule, kind: "denied", by: names(denies, one) });
  }
  const allowed = new Set(allows.flatMap(({ operations }) => operations));
  const idle = denies.filter(({ operations }) => !operations.some((at) => allowed.has(at)));
  for (const { rule } of idle) remarks.push({ rule, kind: "idle", by: [] });
  const told = new Set(remarks.map(({ rule }) => rule));
  const standing = (rules: MatchedRule[]): MatchedRule[] =>
    rules.filter(({ rule }) => !told.has(rule));
  return [
    ...remarks,
    ...coveredRemarks(standing(allows), size),
    ...coveredRemarks(standing(denies), size),
  ];
}
