/** Approval rules that never decide, that nobody can satisfy, and writes that nobody can release. */
import type { CompiledRules } from "./workspace-rules.ts";
import { gatesFor, hasEnded, isHolding, type GateRule, type HeldRule } from "./gate.ts";
import { isEmpty, type Membership } from "./membership.ts";
import type { OperationFacts } from "./target.ts";

export interface GateRemark {
  readonly gate: GateRule;
  readonly kind: "unmatched" | "shadowed" | "ended";
  /** Rules that decide before it. */
  readonly by: readonly string[];
}

/** The rules of an operation that may decide: up to the first that decides whatever the call. */
export function reachableGates(
  gates: readonly GateRule[],
  facts: OperationFacts,
  time: Date,
): readonly GateRule[] {
  const open = gatesFor(gates, facts).filter(({ rule }) => !hasEnded(rule, time));
  const final = open.findIndex(
    ({ rule, condition }) => condition === null && (isHolding(rule) || rule.until === undefined),
  );
  return final < 0 ? open : open.slice(0, final + 1);
}

/** Says which approval rules never decide. */
export function remarkGates({ gates, catalog }: CompiledRules, time: Date): GateRemark[] {
  const matched = new Map<GateRule, Set<string>>();
  const reached = new Set<GateRule>();
  for (const facts of catalog.operations) {
    const reachable = reachableGates(gates, facts, time);
    for (const gate of reachable) reached.add(gate);
    const decider = reachable.at(-1)?.name;
    for (const gate of gatesFor(gates, facts)) {
      const by = matched.get(gate) ?? new Set();
      matched.set(gate, by);
      if (decider !== undefined) by.add(decider);
    }
  }
  return gates
    .filter((gate) => !reached.has(gate))
    .map((gate) => {
      if (hasEnded(gate.rule, time)) return { gate, kind: "ended", by: [] };
      const by = matched.get(gate);
      return by === undefined
        ? { gate, kind: "unmatched", by: [] }
        : { gate, kind: "shadowed", by: [...by] };
    });
}

/** Why nobody can ever release what a rule holds; null where somebody can. */
export function unsatisfiable(
  { approvers, quorum }: HeldRule,
  membership: (group: string) => Membership,
): string | null {
  const groups = [...(approvers.all ?? []), ...(approvers.any ?? [])];
  const members = groups.map((group) => ({ group, ...membership(group) }));
  const empty = members.filter(isEmpty).map(({ group }) => group);
  if (approvers.all !== undefined && empty.length > 0) {
    return `every group of \`all\` has to approve, and nobody can be in ${empty.join(", ")}`;
  }
  if (empty.length === members.length) return `nobody can be in ${empty.join(", ")}`;
  if (members.some(({ open }) => open)) return null;
  const people = new Set(members.flatMap((member) => [...member.people])).size;
  if (people >= quorum) return null;
  const only = people === 1 ? "is only 1" : `are only ${people}`;
  return `it takes ${quorum} people and there ${only}`;
}

/** Permitted writes that no approval rule matches, by app. */
export function unreleasableWrites(
  rules: CompiledRules,
  time: Date,
): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  const allows = rules.permissions.filter(({ effect }) => effect === "allow");
  for (const facts of rules.catalog.operations) {
    if (facts.access === "read" || reachableGates(rules.gates, facts, time).length > 0) continue;
    const permitted = allows.some(({ targets }) => targets.some((one) => one.matches(facts)));
    if (!permitted) continue;
    found.set(facts.app, [...(found.get(facts.app) ?? []), facts.operation.id]);
  }
  return found;
}
