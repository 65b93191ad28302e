/**
 * Which rules may say something of an operation, by group: told once, when the rules are compiled. What an index answers is
 * what asking every rule would.
 */
import type { Access } from "../contract/operation.ts";
import type { Catalog } from "./catalog.ts";
import { gatesFor, type GateRule } from "./gate.ts";
import type { LimitRule } from "./limits.ts";
import type { MaskRule } from "./masks.ts";
import type { PermissionChoice, PermissionRule } from "./permissions.ts";
import { isGlob } from "./glob.ts";
import { namedOperation, type OperationFacts, type Target } from "./target.ts";

export interface RuleSet {
  readonly permissions: readonly PermissionRule[];
  /** The first of those that name an operation decides. */
  readonly gates: readonly GateRule[];
  readonly limits: readonly LimitRule[];
  readonly masks: readonly MaskRule[];
}

/** What the rules say of one operation under one access. */
export interface OperationRules {
  readonly facts: OperationFacts;
  readonly gates: readonly GateRule[];
  readonly limits: readonly LimitRule[];
  readonly masks: readonly MaskRule[];
  readonly choiceFor: (groups: readonly string[]) => PermissionChoice;
}

interface Targeted {
  readonly index: number;
  readonly targets: readonly Target[];
}

/** Rules by the operation or the app that a target of theirs names. */
class TargetIndex<R extends Targeted> {
  readonly #byOperation = new Map<string, R[]>();
  readonly #byApp = new Map<string, R[]>();
  readonly #everywhere: R[] = [];

  constructor(rules: readonly R[]) {
    for (const rule of rules) for (const target of rule.targets) this.#listOf(target).push(rule);
  }

  #listOf(target: Target): R[] {
    const named = namedOperation(target);
    const [map, key] =
      named === undefined
        ? ([this.#byApp, target.app] as const)
        : ([this.#byOperation, `${named.app}/${named.id}`] as const);
    if (named === undefined && isGlob(target.app)) return this.#everywhere;
    const list = map.get(key) ?? [];
    map.set(key, list);
    return list;
  }

  /** The rules with a target that matches, each once, in the order of the file. */
  rulesFor(facts: OperationFacts): readonly R[] {
    const { app, operation } = facts;
    const candidates = new Set([
      ...(this.#byOperation.get(`${app}/${operation.id}`) ?? []),
      ...(this.#byApp.get(app) ?? []),
      ...this.#everywhere,
    ]);
    return [...candidates]
      .filter(({ targets }) => targets.some((target) => target.matches(facts)))
      .toSorted((a, b) => a.index - b.index);
  }
}

const nothing: PermissionChoice = { allow: [], deny: [] };

function choiceOf(rules: readonly PermissionRule[]): PermissionChoice {
  return {
    allow: rules.filter(({ effect }) => effect === "allow"),
    deny: rules.filter(({ effect }) => effect === "deny"),
  };
}

/** Rules by group. Of a person with several groups that rules name, their rules are joined. */
function byGroup(
  rules: readonly PermissionRule[],
): (groups: readonly string[]) => PermissionChoice {
  const lists = new Map<string, PermissionRule[]>();
  for (const rule of rules) {
    for (const group of new Set(rule.groups)) {
      const list = lists.get(group) ?? [];
      list.push(rule);
      lists.set(group, list);
    }
  }
  const choices = new Map([...lists].map(([group, list]) => [group, choiceOf(list)]));
  return (groups) => {
    const held = groups.filter((group) => choices.has(group));
    const [only, more] = held;
    if (only === undefined) return nothing;
    if (more === undefined) return choices.get(only) ?? nothing;
    const joined = new Set(held.flatMap((group) => lists.get(group) ?? []));
    return choiceOf([...joined].toSorted((a, b) => a.index - b.index));
  };
}

/** Gives the rules of an operation; undefined for one that is not registered. */
export type FindRules = (
  app: string,
  operation: string,
  access: Access | undefined,
) => OperationRules | undefined;

/** Indexes the rules of a workspace. */
export function indexRules(
  { permissions, gates, limits, masks }: RuleSet,
  catalog: Catalog,
): FindRules {
  const permissionIndex = new TargetIndex(permissions);
  const limitIndex = new TargetIndex(limits);
  const maskIndex = new TargetIndex(masks);
  const build = (facts: OperationFacts): OperationRules => ({
    facts,
    gates: gatesFor(gates, facts),
    limits: limitIndex.rulesFor(facts),
    masks: maskIndex.rulesFor(facts),
    choiceFor: byGroup(permissionIndex.rulesFor(facts)),
  });
  const kept = new Map<OperationFacts, Partial<Record<Access, OperationRules>>>(
    catalog.operations.map((facts) => [facts, { [facts.access]: build(facts) }]),
  );
  return (app, operation, access) => {
    const facts = catalog.find(app, operation);
    const known = facts === undefined ? undefined : kept.get(facts);
    if (facts === undefined || known === undefined) return undefined;
    // The stricter of the two: a call is never judged as less than its operation is.
    const strict = access === "write" || facts.access === "write" ? "write" : "read";
    return (known[strict] ??= build({ ...facts, access: strict }));
  };
}
