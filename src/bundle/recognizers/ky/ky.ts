/**
 * `ky`: the library's own client and those of `create` and `extend`. Its one sink is reached through recognized calls only, and
 * excluded.
 */
import {
  plainText,
  textValue,
  undefinedValue,
  union,
  type ClientLibrary,
  type Values,
} from "../../evaluate/values.ts";
import {
  baseOption,
  clientOption,
  knownOptions,
  mergedOption,
  paramsOf,
  queryOption,
  type OptionSets,
} from "../../operations/client-options.ts";
import { clientRecognizer, type ClientRequest, type ReadCall } from "../client-calls.ts";
import { findFactories, setsMember, type ClientFactory } from "../client-factories.ts";
import { excludeAround } from "../library-sinks.ts";
import type { RecognizerContext } from "../recognizer.ts";

const verbs = new Set(["get", "post", "put", "patch", "head", "delete"]);

const library: ClientLibrary = {
  name: "ky",
  makes: new Map([
    ["create", "without"],
    ["extend", "with"],
  ]),
  sends: verbs,
};

function factories(context: RecognizerContext): ClientFactory[] {
  return findFactories(context.program).filter(
    (factory) =>
      setsMember(factory, "create") &&
      setsMember(factory, "extend") &&
      context.program.units.some(({ script }) => script.code.includes("throwHttpErrors")),
  );
}

function isNone(values: Values): boolean {
  return values.every((value) => value.kind === "literal");
}

function methodOf(request: ClientRequest, sets: OptionSets): Values {
  const { member, computed } = request;
  if (member !== undefined) return [textValue(member.toUpperCase())];
  const known = computed?.filter((value) => plainText(value) !== undefined) ?? [];
  return known.length > 0 ? known : clientOption(request.context.evaluator, sets, "method");
}

function read(request: ClientRequest): ReadCall {
  const { evaluator } = request.context;
  const given = request.argument(1);
  const sets: OptionSets = [...request.options, knownOptions(given)];
  const option = (key: string): Values => clientOption(evaluator, sets, key);
  const json = option("json");
  const search = option("searchParams");
  const prefixes = ["prefixUrl", "prefix", "baseUrl"].map((key) =>
    baseOption(evaluator, sets, key),
  );
  return {
    method: methodOf(request, sets),
    bases: prefixes.find((values) => !isNone(values)) ?? [undefinedValue],
    paths: addressesOf(request.argument(0)),
    query: queryOption(evaluator, search, "joined"),
    headers: mergedOption(evaluator, sets, "headers"),
    body: isNone(json) ? option("body") : json.map((of) => ({ kind: "json", of })),
    soft: [...paramsOf(given), ...paramsOf(search), ...paramsOf(json)],
  };
}

/** A Request stands for its address. */
function addressesOf(inputs: Values): Values {
  return union(...inputs.map((input) => (input.kind === "request" ? input.url : [input])));
}

function excludeSinks(context: RecognizerContext): void {
  const reason = "it is the fetch call of ky, which only its own clients reach";
  excludeAround(context, { global: "fetch", texts: ["throwHttpErrors", "searchParams"], reason });
}

export const kyRecognizer = clientRecognizer({ library, factories, read, excludeSinks });
