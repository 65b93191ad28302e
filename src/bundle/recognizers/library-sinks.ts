/** Sinks inside an HTTP library, found by the texts and property names of the code around them. */
import type { GlobalCut } from "../analysis.ts";
import { end, isCall, isClass, isFunction, start, type Node } from "../modules/syntax.ts";
import { isWithin } from "./client-factories.ts";
import { globalReferences } from "./global-references.ts";
import type { RecognizerContext } from "./recognizer.ts";

/** Longest source of a function or class that is taken for a part of a library. */
const regionLength = 60_000;

/**
 * Makes the innermost functions or classes count as dead that hold a reference to a global and all of the texts. One that
 * encloses another holds the library and the app: a bundler's function around all modules.
 */
export function excludeAround(
  context: RecognizerContext,
  sink: {
    readonly global: GlobalCut["global"];
    readonly texts: readonly string[];
    readonly reason: string;
  },
): void {
  const { program, evaluator } = context;
  const regions = globalReferences(program, evaluator, sink.global).flatMap(({ node }) => {
    const region = regionAround(context, node, sink.texts);
    return region === undefined ? [] : [region];
  });
  const encloses = (region: Node): boolean =>
    regions.some((other) => other !== region && isWithin(program, other, region));
  context.exclude(
    regions.filter((region) => !encloses(region)),
    sink.reason,
  );
}

function regionAround(
  context: RecognizerContext,
  node: Node,
  texts: readonly string[],
): Node | undefined {
  const unit = context.program.unitOf(node);
  for (const around of unit.ancestors(node)) {
    if (!isFunction(around) && !isClass(around)) continue;
    if (end(around) - start(around) > regionLength) return undefined;
    const code = unit.textOf(around);
    if (texts.every((text) => code.includes(text))) return around;
  }
  return undefined;
}

/**
 * `given ? (...all) => given(...all) : (...all) => fetch(...all)`: how a library takes a fetch of the app's. Minifiers inline the
 * function around it, and set what is given where it is tested.
 */
function isForwarder(context: RecognizerContext, node: Node): boolean {
  const unit = context.program.unitOf(node);
  const [call, arrow, choice] = unit.ancestors(node);
  if (!isCall(call) || call.callee !== node || arrow?.type !== "ArrowFunctionExpression")
    return false;
  if (choice?.type !== "ConditionalExpression" || choice.alternate !== arrow) return false;
  const given = unit.textOf(choice.consequent).replaceAll(/[\s()]/g, "");
  const own = unit.textOf(arrow).replaceAll(/[\s()]/g, "");
  return (
    /^\.\.\.[\w$]+=>[\w$]+\.\.\.[\w$]+$/.test(given) &&
    /^\.\.\.[\w$]+=>(?:globalThis\.)?fetch\.\.\.[\w$]+$/.test(own)
  );
}

/** Makes the functions count as dead that give the global itself where a library is given none. */
export function excludeForwarders(context: RecognizerContext, reason: string): void {
  const { program, evaluator } = context;
  const found = globalReferences(program, evaluator, "fetch").filter(({ node }) =>
    isForwarder(context, node),
  );
  context.exclude(
    found.map(({ node }) => node),
    reason,
  );
}

/** Makes the references count as dead that a library's `maybe(() => fetch)` gives where there is such a global. */
export function excludeGetters(context: RecognizerContext, reason: string): void {
  const { program, evaluator } = context;
  const getters = globalReferences(program, evaluator, "fetch").flatMap(({ node }) => {
    const parent = program.parentOf(node);
    return parent?.type === "ArrowFunctionExpression" && parent.body === node ? [parent] : [];
  });
  context.exclude(getters, reason);
}
