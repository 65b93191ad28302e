/** The places in the app that ask for operations: what people are shown, instead of the wrapper that sends them. */
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import { askedAt } from "../evaluate/callers.ts";
import type { Node } from "../modules/syntax.ts";
import type { CallDraft, RecognizerContext } from "./recognizer.ts";

/** The calls by which the app asks for operations that a call decides. */
export function callDrafts(
  context: RecognizerContext,
  call: Node,
  operations: readonly UnnamedOperation[],
): CallDraft[] {
  const places = operations.length === 0 ? [] : askedAt(context.evaluator, call);
  return operations.flatMap((operation) => places.map((at) => ({ operation, at })));
}
