/** A call of a function or method of the language, as the code that knows them sees it. */
import type { CallNode } from "../modules/syntax.ts";
import { argumentValues } from "./arguments.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Entered } from "./frame.ts";
import type { Value, Values } from "./values.ts";

export interface BuiltinCall {
  readonly entered: Entered;
  readonly node: CallNode;
  readonly argument: (index: number) => Values;
}

/** What a method gives; undefined if nothing is known of it for this value. */
export type BuiltinMethod = (
  evaluation: Evaluation,
  self: Value,
  call: BuiltinCall,
) => Values | undefined;

export function builtinCallOf(
  evaluation: Evaluation,
  entered: Entered,
  node: CallNode,
): BuiltinCall {
  return { entered, node, argument: (index) => argumentValues(evaluation, entered, index) };
}
