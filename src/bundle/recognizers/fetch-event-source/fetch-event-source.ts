/**
 * `@microsoft/fetch-event-source`: one function that takes an address and options, and asks for an event stream by fetch. It is
 * an HTTP call like any other, with a method and a body.
 */
import { argumentValues } from "../../evaluate/arguments.ts";
import { callersOf } from "../../evaluate/callers.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import type { Frame } from "../../evaluate/frame.ts";
import { isCall, isFunction, type FunctionNode } from "../../modules/syntax.ts";
import { optionValues, readRequest, type FoundCall } from "../../operations/http-request.ts";
import { clientSite, type ReachedCall } from "../http-site.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "fetch-event-source";
const reason = "it is the fetch call of fetch-event-source, which is seen where it is called";

/** Longest source that is taken for the function. */
const functionLength = 8000;

/** Property names that only its options have, all of them. */
const marks = ["openWhenHidden", "onmessage", "visibilitychange"];

/** The outermost functions around a mark that hold all of them and take an address and options. */
function findFunctions(context: RecognizerContext): FunctionNode[] {
  const found = new Set<FunctionNode>();
  for (const unit of context.program.units) {
    const { code } = unit.script;
    for (
      let at = code.indexOf("openWhenHidden");
      at >= 0;
      at = code.indexOf("openWhenHidden", at + 1)
    ) {
      const around = unit.ancestors(unit.nodeAt(at)).filter((node) => isFunction(node));
      const owner = around.findLast((fn) => {
        const text = unit.textOf(fn);
        return (
          fn.params.length === 2 &&
          text.length < functionLength &&
          marks.every((mark) => text.includes(mark))
        );
      });
      if (owner !== undefined) found.add(owner);
    }
  }
  return [...found];
}

function ask(context: RecognizerContext, frame: Frame, { args }: ReachedCall): Answer<FoundCall> {
  const { evaluator } = context;
  const entered = { args, caller: frame };
  const init = argumentValues(evaluator, entered, 1);
  return readRequest(evaluator, {
    url: argumentValues(evaluator, entered, 0),
    method: optionValues(evaluator, init, "method"),
    headers: optionValues(evaluator, init, "headers"),
    body: optionValues(evaluator, init, "body"),
  });
}

function find(context: RecognizerContext): void {
  for (const fn of findFunctions(context)) {
    context.evaluator.budget = 200_000;
    const { callers, escapes } = callersOf(context.evaluator, fn);
    context.exclude([fn], reason);
    for (const { call, args } of callers) {
      if (!isCall(call)) continue;
      const site = clientSite(context, {
        recognizer: name,
        call: { call, args },
        ask: (frame, one) => ask(context, frame, one),
      });
      context.report(site);
    }
    if (escapes !== undefined) {
      context.report({
        recognizer: name,
        at: fn,
        status: "open",
        reason: `it may be called from elsewhere: ${escapes}`,
        operations: [],
        cuts: [],
      });
    }
  }
}

export const fetchEventSourceRecognizer: Recognizer = { name, find };
