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
