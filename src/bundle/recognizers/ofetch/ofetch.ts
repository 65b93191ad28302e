/**
 * `ofetch`: `$fetch` and the clients of `$fetch.create`. The fetch functions that it is given are reached through recognized
 * calls only, and excluded.
 */
import { union, type ClientLibrary, type Values } from "../../evaluate/values.ts";
import type { Node } from "../../modules/syntax.ts";
import {
  baseOption,
  clientOption,
  jsonBody,
  knownOptions,
  mergedOption,
  paramsOf,
  queryOption,
  type OptionSets,
} from "../../operations/client-options.ts";
import { clientRecognizer, type ClientRequest, type ReadCall } from "../client-calls.ts";
import { findFactories, setsMember, type ClientFactory } from "../client-factories.ts";
import type { RecognizerContext } from "../recognizer.ts";

const library: ClientLibrary = {
  name: "ofetch",
  makes: new Map([["create", "with"]]),
  sends: new Set(["raw", "native"]),
};

const reason = "it is the fetch function of ofetch, which only its own clients call";

function factories(context: RecognizerContext): ClientFactory[] {
  return findFactories(context.program).filter((factory) =>
    ["create", "raw", "native"].every((name) => setsMember(factory, name)),
  );
}

function read(request: ClientRequest): ReadCall {
  const { evaluator } = request.context;
  const given = request.argument(1);
  // `native` is fetch itself: no base, no query, no JSON.
  const isNative = request.member === "native";
  const own = knownOptions(given);
  const sets: OptionSets = isNative ? [own] : [...request.options, own];
  const option = (key: string): Values => clientOption(evaluator, sets, key);
  const query = isNative
    ? []
    : union(mergedOption(evaluator, sets, "query"), mergedOption(evaluator, sets, "params"));
  const inputs = request.argument(0);
  const body = option("body");
  return {
    method: option("method"),
    bases: isNative
      ? [{ kind: "literal", value: undefined }]
      : baseOption(evaluator, sets, "baseURL"),
    paths: union(...inputs.map((input) => (input.kind === "request" ? input.url : [input]))),
    query: queryOption(evaluator, query, "repeated"),
    headers: mergedOption(evaluator, sets, "headers"),
    body: isNative ? body : jsonBody(body),
    soft: [...paramsOf(given), ...paramsOf(query), ...paramsOf(body)],
  };
}

/** The functions that the library is given as its fetch: the choice around its own error message. */
function fallbacks(context: RecognizerContext): Node[] {
  const found: Node[] = [];
  for (const unit of context.program.units) {
    const { code } = unit.script;
    const text = "[ofetch] global.fetch is not supported!";
    for (let at = code.indexOf(text); at >= 0; at = code.indexOf(text, at + 1)) {
      const choice = unit
        .ancestors(unit.nodeAt(at))
        .find((node) => node.type === "ConditionalExpression" || node.type === "IfStatement");
      if (choice !== undefined) found.push(choice);
    }
  }
  return found;
}

function excludeSinks(context: RecognizerContext, found: readonly ClientFactory[]): void {
  context.exclude([...found.map(({ fn }) => fn), ...fallbacks(context)], reason);
}

export const ofetchRecognizer = clientRecognizer({ library, factories, read, excludeSinks });
