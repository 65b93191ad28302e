/**
 * Hooks of SWR, known by the shape of the library: they call the function they are given with the key they are given. What the
 * library does in between (caches, refs, middleware) is not followed.
 */
import {
  end,
  isCall,
  plainKey,
  start,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import type { Evaluation } from "./evaluation.ts";
import type { FlowTracker } from "./flow.ts";

type HookCall = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

/** Longest source of the function that takes the fetcher of its arguments or of the configuration. */
const hookLength = 900;

const known = new WeakMap<Evaluation, ReadonlySet<HookCall>>();

/** The calls of the library's hooks, found once per evaluation. */
export function hookCalls(tracker: FlowTracker): ReadonlySet<HookCall> {
  const { evaluation } = tracker;
  const cached = known.get(evaluation);
  if (cached !== undefined) return cached;
  const found = new Set<HookCall>();
  // Set before anything is followed, which may ask for it again.
  known.set(evaluation, found);
  const hooks = hooksOf(evaluation);
  // The set grows while it is walked.
  for (const hook of hooks) {
    for (const use of tracker.again().run(hook, []).uses) {
      if (use.kind !== "call" || !isCall(use.node)) continue;
      const outer = evaluation.program.unitOf(use.node).functionOf(use.node);
      if (!isMiddleware(use.node)) found.add(use.node);
      else if (outer !== undefined) hooks.add(outer);
    }
  }
  return found;
}

/** The functions that the library gives as its hooks, and those that its middleware makes of them. */
function hooksOf({ program }: Evaluation): Set<FunctionNode> {
  const found = new Set<FunctionNode>();
  for (const unit of program.units) {
    const fetchers = unit.index.members.get("fetcher") ?? [];
    const uses = fetchers.length === 0 ? [] : (unit.index.members.get("use") ?? []);
    for (const member of [...fetchers, ...uses]) {
      const fn = unit.functionOf(member);
      if (fn !== undefined && isHook(unit, fn)) found.add(fn);
    }
  }
  return found;
}

function isHook(unit: Unit, fn: FunctionNode): boolean {
  if (end(fn) - start(fn) > hookLength) return false;
  const text = unit.textOf(fn);
  if (/\.use\s*\|\|\s*\[\]\)\.concat\(/.test(text)) return true;
  return /\.fetcher\b/.test(text) && /\buse\b/.test(text);
}

/** `hook(key, fetcher, {…, use})`: the call of a middleware, which stands in a hook of its own. */
function isMiddleware({ arguments: [, , config] }: HookCall): boolean {
  return (
    config?.type === "ObjectExpression" &&
    config.properties.some((one) => one.type !== "SpreadElement" && isUse(one.key, one.computed))
  );
}

function isUse(key: Node, computed: boolean): boolean {
  return plainKey(key, computed) === "use";
}

/** Whether a call of a hook leaves the function to the configuration around it. */
export function usesDefault(call: HookCall): boolean {
  const [, fetcher] = call.arguments;
  if (fetcher === undefined || fetcher.type === "NullLiteral") return true;
  if (fetcher.type !== "ObjectExpression") return false;
  return !fetcher.properties.some(
    (one) => one.type === "SpreadElement" || plainKey(one.key, one.computed) === "fetcher",
  );
}
