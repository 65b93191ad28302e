/** Compares what bounds the calls that are allowed: how often somebody may run them, and what answers do not tell. */
import type { WorkspacePath } from "../../contract/workspace-fault.ts";
import type { Workspace } from "../../contract/workspace.ts";
import { compileLimit } from "../../policy/limits.ts";
import { concerns, covers, type RuleChange } from "./rule-change.ts";

interface Bound {
  readonly path: WorkspacePath;
  readonly target: string;
  readonly text: string;
}

/** One thing that a limit says. */
interface Rate extends Bound {
  /** Null: everybody. */
  readonly group: string | null;
  readonly calls: number;
  readonly per: number;
}

function ratesOf(workspace: Workspace, app: string): Rate[] {
  return (workspace.limits ?? []).flatMap((limit, index) => {
    const { calls, per, groups, rate } = compileLimit(limit, index);
    return limit.limit
      .filter((target) => concerns(target, app))
      .flatMap((target) =>
        (groups ?? [null]).map((group) => ({
          target,
          group,
          calls,
          per,
          text: `${group ?? "everybody"} may run ${target} at most ${rate}`,
          path: ["limits", index],
        })),
      );
  });
}

/** Another window is no less strict where it takes no more calls in no less time. */
function isRateSaid(rate: Rate, by: readonly Rate[]): boolean {
  return by.some(
    ({ target, group, calls, per }) =>
      (group === null || group === rate.group) &&
      covers(target, rate.target) &&
      calls <= rate.calls &&
      per >= rate.per,
  );
}

/** One thing that a mask says. */
interface Veil extends Bound {
  readonly field: string;
  readonly except: readonly string[];
}

function veilsOf(workspace: Workspace, app: string): Veil[] {
  return (workspace.masks ?? []).flatMap(({ mask, fields, except = [] }, index) =>
    mask
      .filter((target) => concerns(target, app))
      .flatMap((target) =>
        fields.map((field) => {
          const others = except.length === 0 ? "" : ` but for ${except.join(", ")}`;
          const text = `${field} is masked in ${target}${others}`;
          return { target, field, except, text, path: ["masks", index] };
        }),
      ),
  );
}

function isVeilSaid(veil: Veil, by: readonly Veil[]): boolean {
  return by.some(
    ({ target, field, except }) =>
      field === veil.field &&
      covers(target, veil.target) &&
      except.every((group) => veil.except.includes(group)),
  );
}

/** What bounds no longer is wider, what came to bound is narrower. */
function compareBounds<B extends Bound>(
  ...[before, after, isSaid]: [readonly B[], readonly B[], (bound: B, by: readonly B[]) => boolean]
): RuleChange[] {
  const went = before
    .filter((bound) => !isSaid(bound, after))
    .map(({ text, path }) => ({
      widens: true,
      message: `no longer: ${text}`,
      path: path.slice(0, 1),
    }));
  const came = after
    .filter((bound) => !isSaid(bound, before))
    .map(({ text, path }) => ({ widens: false, message: text, path }));
  return [...went, ...came];
}

export function compareLimits(old: Workspace, now: Workspace, app: string): RuleChange[] {
  return compareBounds(ratesOf(old, app), ratesOf(now, app), isRateSaid);
}

export function compareMasks(old: Workspace, now: Workspace, app: string): RuleChange[] {
  return compareBounds(veilsOf(old, app), veilsOf(now, app), isVeilSaid);
}
