/** Sinks inside an HTTP library, found by the texts and property names of the code around them. */
import type { GlobalCut } from "../analysis.ts";
import { end, isClass, isFunction, start, type Node } from "../modules/syntax.ts";
import { globalReferences } from "./global-references.ts";
import type { RecognizerContext } from "./recognizer.ts";

/** Longest source of a function or class that is taken for a part of a library. */
const regionLength = 60_000;

/** Makes the innermost functions or classes count as dead that hold a reference to a global and all of the texts. */
export function excludeAround(
  context: RecognizerContext,
  sink: {
    readonly global: GlobalCut["global"];
    readonly texts: readonly string[];
    readonly reason: string;
  },
): void {
  for (const { node } of globalReferences(context.program, context.evaluator, sink.global)) {
    const region = regionAround(context, node, sink.texts);
    if (region !== undefined) context.exclude([region], sink.reason);
  }
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
