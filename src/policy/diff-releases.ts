/** Who may release held calls alone, in two versions of a workspace: by person and operation. */
import { glassFor } from "./break-glass.ts";
import type { ChangeKind } from "./compare-standings.ts";
import type { Version } from "./standing.ts";
import type { OperationFacts } from "./target.ts";

export interface ReleaseChange {
  readonly kind: ChangeKind;
  readonly person: string;
  /** `app/operation`. */
  readonly operation: string;
  readonly before: string;
  readonly after: string;
}

interface Release {
  readonly window: number;
  readonly text: string;
  readonly reviewers: string;
}

function releaseOf(
  facts: OperationFacts | undefined,
  person: string,
  { rules, workspace }: Version,
): Release | null {
  const rule = facts === undefined ? null : glassFor(rules.glass, facts, person);
  if (rule === null) return null;
  const reviewers = rule.reviewers.toSorted().join(" or ");
  const written = workspace.breakGlass?.[rule.index]?.window ?? "";
  return {
    window: rule.window,
    reviewers,
    text: `releases alone within ${written}, reviewed by ${reviewers}`,
  };
}

function kindOf(before: Release | null, after: Release | null): ChangeKind | null {
  if (before === null || after === null) {
    if (before === after) return null;
    return before === null ? "gains" : "loses";
  }
  if (before.reviewers !== after.reviewers) return "changes";
  if (before.window === after.window) return null;
  return after.window > before.window ? "gains" : "loses";
}

type FactsByName = ReadonlyMap<string, OperationFacts>;

/** Tells what changes of who may release which operation's calls alone. */
export function diffReleases(
  [old, oldFacts]: readonly [Version, FactsByName],
  [now, nowFacts]: readonly [Version, FactsByName],
): ReleaseChange[] {
  const rules = [...old.rules.glass, ...now.rules.glass];
  const people = [...new Set(rules.flatMap((rule) => rule.people))].toSorted();
  const names = [...new Set([...oldFacts.keys(), ...nowFacts.keys()])].toSorted();
  return people.flatMap((person) =>
    names.flatMap((operation): ReleaseChange[] => {
      const was = releaseOf(oldFacts.get(operation), person, old);
      const is = releaseOf(nowFacts.get(operation), person, now);
      const kind = kindOf(was, is);
      if (kind === null) return [];
      const [before, after] = [was, is].map((one) => one?.text ?? "does not release alone");
      return [{ kind, person, operation, before: before ?? "", after: after ?? "" }];
    }),
  );
}
