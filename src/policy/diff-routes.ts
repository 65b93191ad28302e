/** Where the calls of operations lead, in two versions of a workspace. */
import { canonicalJson } from "../contract/canonical-json.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { ChangeKind } from "./compare-standings.ts";
import type { Version } from "./standing.ts";
import type { OperationFacts } from "./target.ts";

/** An operation that both versions have, and whose calls lead elsewhere. */
export interface RouteChange {
  /** `loses`: they lead nowhere any more, and are refused. */
  readonly kind: Exclude<ChangeKind, "gains">;
  /** `app/operation`. */
  readonly operation: string;
  readonly before: string;
  readonly after: string;
}

/** What a resource is, aside from how long it is waited for. Never shown: there may be secrets in it. */
function definitionOf({ resources }: Workspace, name: string): string {
  const resource = new Map(Object.entries(resources ?? {})).get(name);
  return canonicalJson({ ...resource, timeout: null });
}

/** Tells which operations of both versions lead to another resource, or to one that is defined otherwise. */
export function diffRoutes(
  [old, oldFacts]: readonly [Version, ReadonlyMap<string, OperationFacts>],
  [now, nowFacts]: readonly [Version, ReadonlyMap<string, OperationFacts>],
): RouteChange[] {
  return [...oldFacts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([operation, was]): RouteChange[] => {
      const is = nowFacts.get(operation);
      if (is === undefined || (was.resource === null && is.resource === null)) return [];
      const before = was.resource ?? "nowhere";
      if (is.resource === null) return [{ kind: "loses", operation, before, after: "nowhere" }];
      const after = is.resource;
      if (before !== after) return [{ kind: "changes", operation, before, after }];
      const same = definitionOf(old.workspace, before) === definitionOf(now.workspace, after);
      if (same) return [];
      return [{ kind: "changes", operation, before, after: `${after}, defined otherwise` }];
    });
}
