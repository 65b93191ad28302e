/** How often a person may run an operation. Policy says which limits apply; who counts the calls is the sidecar. */
import { parseDuration } from "../contract/duration.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Limit } from "../contract/workspace.ts";
import { parseTarget, type Target } from "./target.ts";

export interface LimitRule {
  /** e.g. `limits[0]`. */
  readonly name: string;
  readonly index: number;
  /** Null: everybody. */
  readonly groups: readonly string[] | null;
  readonly targets: readonly Target[];
  /** So many calls… */
  readonly calls: number;
  /** …in so many milliseconds. */
  readonly per: number;
  /** As it is written, e.g. `30/1m`. */
  readonly rate: string;
  /** The same for the same rule in another version of the workspace: its counts go on. */
  readonly key: string;
}

/** Compiles a limit whose shape the workspace's schema has checked. */
export function compileLimit(limit: Limit, index: number): LimitRule {
  const slash = limit.rate.indexOf("/");
  return {
    name: `limits[${index}]`,
    index,
    groups: limit.groups ?? null,
    targets: limit.limit.map((target) => parseTarget(target, "takes")),
    calls: Number(limit.rate.slice(0, slash)),
    per: parseDuration(limit.rate.slice(slash + 1)),
    rate: limit.rate,
    key: canonicalJson(limit),
  };
}

/** Those of an operation's limits that bind somebody of these groups. */
export function limitsFor(
  limits: readonly LimitRule[],
  groups: readonly string[],
): readonly LimitRule[] {
  return limits.filter(
    (limit) => limit.groups === null || limit.groups.some((group) => groups.includes(group)),
  );
}
