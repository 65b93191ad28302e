/**
 * `axios`: the library's own client and those of `create`, with the options that they were made with and the defaults that were
 * set later. Its sinks are reached through recognized calls only, and excluded.
 */
import { plainText, textValue, type ClientLibrary, type Values } from "../../evaluate/values.ts";
import {
  baseOption,
  clientOption,
  flatHeaders,
  formBody,
  jsonBody,
  knownOptions,
  mergedOption,
  paramsOf,
  queryOption,
  type OptionSets,
} from "../../operations/client-options.ts";
import { clientRecognizer, type ClientRequest, type ReadCall } from "../client-calls.ts";
import { findFactories, readsMember, type ClientFactory } from "../client-factories.ts";
import { excludeAround } from "../library-sinks.ts";
import type { RecognizerContext } from "../recognizer.ts";

const withBody = ["post", "put", "patch", "query"];
const forms = ["postForm", "putForm", "patchForm"];
const withoutBody = ["get", "delete", "head", "options"];

const library: ClientLibrary = {
  name: "axios",
  makes: new Map([["create", "with"]]),
  sends: new Set([...withBody, ...forms, ...withoutBody, "request"]),
};

const reason = "it is the adapter of axios, which only its own clients call";

function factories(context: RecognizerContext): ClientFactory[] {
  const isLibrary = context.program.units.some(({ script }) =>
    script.code.includes("transformRequest"),
  );
  if (!isLibrary) return [];
  return findFactories(context.program).filter((factory) =>
    readsMember(factory, "prototype", "request"),
  );
}

interface Given {
  readonly method: Values | undefined;
  readonly url: Values | undefined;
  readonly data: Values | undefined;
  readonly config: Values;
  readonly multipart: boolean;
}

const verbs = new Set([...withBody, ...forms, ...withoutBody]);

/** `client(config)`, `client(url, config)`, and the same of `request`. */
function plainCall(request: ClientRequest): Given {
  const first = request.argument(0);
  const urls = first.filter((value) => value.kind !== "object");
  const base = { method: undefined, data: undefined, multipart: false };
  if (urls.length === 0) return { ...base, url: undefined, config: first };
  return { ...base, url: urls, config: request.argument(1) };
}

function verbCall(request: ClientRequest, member: string): Given {
  const multipart = member.endsWith("Form");
  const verb = multipart ? member.slice(0, -4) : member;
  const hasBody = withBody.includes(verb);
  return {
    method: [textValue(verb.toUpperCase())],
    url: request.argument(0),
    data: hasBody ? request.argument(1) : undefined,
    config: request.argument(hasBody ? 2 : 1),
    multipart,
  };
}

function given(request: ClientRequest): Given {
  const { member, computed } = request;
  if (member !== undefined && verbs.has(member)) return verbCall(request, member);
  if (computed === undefined) return plainCall(request);
  const names = computed.map(plainText);
  const known = names.find((name) => name !== undefined && verbs.has(name));
  return known === undefined
    ? { ...verbCall(request, "get"), method: computed }
    : { ...verbCall(request, known), method: computed };
}

function contentType(request: ClientRequest, headers: Values): string {
  const { evaluator } = request.context;
  const keys = ["Content-Type", "content-type", "Content-type"];
  const values = keys.flatMap((key) =>
    headers.flatMap((value) => (value.kind === "object" ? evaluator.property(value, key) : [])),
  );
  return values.map(plainText).find((text) => text !== undefined) ?? "";
}

function bodyOf(
  request: ClientRequest,
  data: Values,
  sent: { type: string; multipart: boolean },
): Values {
  const { evaluator } = request.context;
  if (sent.multipart || /multipart\/form-data/i.test(sent.type)) {
    return formBody(evaluator, data, true);
  }
  return /urlencoded/i.test(sent.type) ? formBody(evaluator, data, false) : jsonBody(data);
}

function read(request: ClientRequest): ReadCall {
  const { evaluator } = request.context;
  const call = given(request);
  const own = knownOptions(call.config);
  const sets: OptionSets = [...request.options, own];
  const option = (key: string): Values => clientOption(evaluator, sets, key);
  const headers = flatHeaders(evaluator, mergedOption(evaluator, sets, "headers"));
  const data = call.data ?? option("data");
  const params = mergedOption(evaluator, [...request.options, call.config], "params");
  return {
    method: call.method ?? option("method"),
    bases: baseOption(evaluator, sets, "baseURL"),
    paths: call.url ?? option("url"),
    query: queryOption(evaluator, params, "brackets"),
    headers,
    body: bodyOf(request, data, { type: contentType(request, headers), multipart: call.multipart }),
    soft: [...paramsOf(call.config), ...paramsOf(params), ...paramsOf(data)],
  };
}

function excludeSinks(context: RecognizerContext): void {
  // The XHR adapter of all versions, and the fetch adapter.
  excludeAround(context, { global: "XMLHttpRequest", texts: ["Request aborted"], reason });
  excludeAround(context, { global: "fetch", texts: ["Network Error", "duplex"], reason });
}

export const axiosRecognizer = clientRecognizer({ library, factories, read, excludeSinks });
