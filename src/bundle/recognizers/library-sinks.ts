/** Sinks inside an HTTP library, found by the texts and property names of the code around them. */
import type { GlobalCut } from "../analysis.ts";
import { end, isClass, isFunction, start, type Node } from "../modules/syntax.ts";
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

/** `(given) => given ? (...all) => given(...all) : (...all) => fetch(...all)`: how libraries take a fetch of the app's. */
const forwarder =
  /^\(?[\w$]+\)?=>\(?[\w$]+\?\(\.\.\.[\w$]+\)=>[\w$]+\(\.\.\.[\w$]+\):\(\.\.\.[\w$]+\)=>(?:globalThis\.)?fetch\(\.\.\.[\w$]+\)\)?$/;

/** Makes the references count as dead that a library's `maybe(() => fetch)` gives where there is such a global. */
export function excludeGetters(context: RecognizerContext, reason: string): void {
  const { program, evaluator } = context;
  const getters = globalReferences(program, evaluator, "fetch").flatMap(({ node }) => {
    const parent = program.parentOf(node);
    return parent?.type === "ArrowFunctionExpression" && parent.body === node ? [parent] : [];
  });
  context.exclude(getters, reason);
}

/** Makes the functions count as dead that give the global itself where a library is given none. */
export function excludeForwarders(context: RecognizerContext, reason: string): void {
  const { program, evaluator } = context;
  const regions = globalReferences(program, evaluator, "fetch").flatMap(({ node }) => {
    const unit = program.unitOf(node);
    const fn = unit.ancestors(node).filter((around) => isFunction(around))[1];
    const text = fn === undefined ? "" : unit.textOf(fn).replaceAll(/\s|;/g, "");
    return fn !== undefined && forwarder.test(text) ? [fn] : [];
  });
  context.exclude(regions, reason);
}
