/** Who may release a held call alone, in an emergency: people by name, what they may release, and who reviews it. */
import { parseDuration } from "../contract/duration.ts";
import type { BreakGlass } from "../contract/workspace.ts";
import { parseTarget, type OperationFacts, type Target } from "./target.ts";

export interface GlassRule {
  /** e.g. `breakGlass[0]`. */
  readonly name: string;
  readonly index: number;
  /** Subjects. */
  readonly people: readonly string[];
  readonly targets: readonly Target[];
  /** Milliseconds that a released call may still begin. */
  readonly window: number;
  /** Groups of which somebody else reviews a release. */
  readonly reviewers: readonly string[];
}

/** Compiles a rule whose shape the workspace's schema has checked. */
export function compileGlass(rule: BreakGlass, index: number): GlassRule {
  return {
    name: `breakGlass[${index}]`,
    index,
    people: rule.people,
    targets: rule.release.map((target) => parseTarget(target, "gives")),
    window: parseDuration(rule.window),
    reviewers: rule.reviewers,
  };
}

/** The rule by which a person may release calls of an operation; of several the one with the shortest window. */
export function glassFor(
  rules: readonly GlassRule[],
  facts: OperationFacts,
  person: string,
): GlassRule | null {
  const fitting = rules.filter(
    ({ people, targets }) =>
      people.includes(person) && targets.some((target) => target.matches(facts)),
  );
  return fitting.toSorted((a, b) => a.window - b.window || a.index - b.index)[0] ?? null;
}
