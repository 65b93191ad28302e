/**
 * Hooks of SWR, known by the shape of the library: they call the function they are given with the key they are given. What the
 * library does in between (caches, refs, middleware) is not followed.
 */
import {
  isCall,
  isFunction,
  plainKey,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { heldBy } from "../modules/wrapped/wrapped-module.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Flow, FlowTracker } from "./flow.ts";

type HookCall = Exclude<CallNode, { type: "TaggedTemplateExpression" }>;

/** A member of the library's configuration that nothing else has. */
const distinctive = "focusThrottleInterval";

const known = new WeakMap<Evaluation, ReadonlySet<HookCall>>();

/** The calls of the library's hooks, found once per evaluation. */
export function hookCalls(tracker: FlowTracker): ReadonlySet<HookCall> {
  const { evaluation } = tracker;
  const cached = known.get(evaluation);
  if (cached !== undefined) return cached;
  const found = new Set<HookCall>();
  // Set before anything is followed, which may ask for it again.
  known.set(evaluation, found);
  for (const handler of handlersOf(evaluation)) {
    for (const hook of madeFrom(evaluation, handler)) {
      for (const one of [hook, ...madeFrom(evaluation, hook)])
        take(tracker.again().run(one, []), found);
    }
  }
  return found;
}

/** The functions `(key, fetcher, config) => …` that do the work of a hook. */
function handlersOf(evaluation: Evaluation): Set<FunctionNode> {
  const found = new Set<FunctionNode>();
  for (const unit of evaluation.program.units) {
    for (const member of unit.index.members.get(distinctive) ?? []) {
      const handler = unit
        .ancestors(member)
        .find((node): node is FunctionNode => isFunction(node) && node.params.length === 3);
      if (handler !== undefined) found.add(handler);
    }
  }
  return found;
}

/** The calls that make a hook of a handler, or of another hook, which they take as their first argument. */
function madeFrom(evaluation: Evaluation, made: Node): HookCall[] {
  const unit = evaluation.program.unitOf(made);
  const places = [made, ...(heldBy(unit, made)?.reads ?? [])];
  return places.flatMap((place) => {
    const call = unit.parentOf(place);
    return isCall(call) && call.arguments[0] === place && call.callee !== place ? [call] : [];
  });
}

function take(flow: Flow, found: Set<HookCall>): void {
  for (const use of flow.uses) if (use.kind === "call" && isCall(use.node)) found.add(use.node);
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
