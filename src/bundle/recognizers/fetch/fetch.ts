/** `fetch`: the global itself, a member of the global object, aliases, and Request objects. */
import { argumentValues } from "../../evaluate/arguments.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import type { Frame } from "../../evaluate/frame.ts";
import { undefinedValue, union, type Value, type Values } from "../../evaluate/values.ts";
import { optionValues, readRequest, type FoundCall } from "../../operations/http-request.ts";
import { globalReferences } from "../global-references.ts";
import {
  excludedSite,
  httpSite,
  reachedCalls,
  type KnownCalls,
  type ReachedCall,
} from "../http-site.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

function isGiven(value: Value): boolean {
  return value.kind !== "literal" || value.value !== undefined;
}

function option(context: RecognizerContext, sources: readonly Values[], key: string): Values {
  for (const source of sources) {
    const values = optionValues(context.evaluator, source, key);
    if (values.some(isGiven)) return values;
  }
  return [undefinedValue];
}

function ask(context: RecognizerContext, frame: Frame, reached: ReachedCall): Answer<FoundCall> {
  const entered = { args: reached.args, caller: frame };
  const given = argumentValues(context.evaluator, entered, 0);
  const init = argumentValues(context.evaluator, entered, 1);
  const request = given.find((value) => value.kind === "request");
  // Options of the call win over those of the Request it is given.
  const sources = request === undefined ? [init] : [init, request.init];
  const url =
    request === undefined
      ? given
      : union(
          request.url,
          given.filter((value) => value !== request),
        );
  return readRequest(context.evaluator, {
    url,
    method: option(context, sources, "method"),
    headers: option(context, sources, "headers"),
    body: option(context, sources, "body"),
  });
}

function find(context: RecognizerContext): void {
  const known: KnownCalls = new Map();
  for (const reference of globalReferences(context.program, context.evaluator, "fetch")) {
    const reason = context.excluded(reference.node);
    if (reason !== undefined) {
      context.report(excludedSite("fetch", reference, reason));
      continue;
    }
    const reached = reachedCalls(context, reference);
    context.report(
      httpSite(context, {
        recognizer: "fetch",
        reference,
        reached,
        ask: (frame, one) => ask(context, frame, one),
        known,
      }),
    );
  }
}

export const fetchRecognizer: Recognizer = { name: "fetch", find };
