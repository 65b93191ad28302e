/**
 * RTK Query: endpoints whose `query` says what `fetchBaseQuery` sends. Between them lies the store; both are known by the names
 * of their options, and an endpoint belongs to the base query beside it.
 */
import type * as t from "@babel/types";
import { argumentValues } from "../../evaluate/arguments.ts";
import { callersOf } from "../../evaluate/callers.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import { frameFor, type Frame } from "../../evaluate/frame.ts";
import { onlyValue } from "../../evaluate/only-value.ts";
import { undefinedValue, unknownSet, type Value, type Values } from "../../evaluate/values.ts";
import {
  isCall,
  isFunction,
  plainKey,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../../modules/syntax.ts";
import { baseOption, queryOption } from "../../operations/client-options.ts";
import { optionValues, readRequest, type FoundCall } from "../../operations/http-request.ts";
import { joinAddresses, withQuery } from "../../operations/joined-address.ts";
import { isWithin } from "../client-factories.ts";
import { placeSite } from "../http-site.ts";
import { callsOf, memberUses } from "../member-uses.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "rtk-query";
const reason = "it is the fetch call of RTK Query, whose requests are seen at its endpoints";

const optionNames = ["baseUrl", "prepareHeaders", "fetchFn", "isJsonContentType"];

function patternOf(fn: FunctionNode): t.ObjectPattern | undefined {
  const [first] = fn.params;
  const target = first?.type === "AssignmentPattern" ? first.left : first;
  return target?.type === "ObjectPattern" ? target : undefined;
}

function memberOf(
  { properties }: t.ObjectPattern | t.ObjectExpression,
  key: string,
): Node | undefined {
  for (const one of properties) {
    if (one.type !== "ObjectProperty" && one.type !== "ObjectMethod") continue;
    if (plainKey(one.key, one.computed) === key)
      return one.type === "ObjectMethod" ? one : one.value;
  }
  return undefined;
}

/** Functions that take all of the options of `fetchBaseQuery` apart. */
function findBaseQueries({ program }: RecognizerContext): FunctionNode[] {
  return program.units.flatMap((unit) => {
    const { code } = unit.script;
    const found = new Set<FunctionNode>();
    for (
      let at = code.indexOf("prepareHeaders");
      at >= 0;
      at = code.indexOf("prepareHeaders", at + 1)
    ) {
      const fn = unit.ancestors(unit.nodeAt(at)).find((node) => isFunction(node));
      const pattern = fn !== undefined && isFunction(fn) ? patternOf(fn) : undefined;
      const isAll =
        pattern !== undefined && optionNames.every((key) => memberOf(pattern, key) !== undefined);
      if (isAll) found.add(fn as FunctionNode);
    }
    return [...found];
  });
}

/** `(...all) => fetch(...all)`, which stands in where no `fetchFn` is given. */
function defaultFetch(context: RecognizerContext, fn: FunctionNode): Node[] {
  const pattern = patternOf(fn);
  const target = pattern && memberOf(pattern, "fetchFn");
  if (target?.type !== "AssignmentPattern") return [];
  const value = onlyValue(context.evaluator, target.right) ?? target.right;
  return isFunction(value) ? [value] : [];
}

interface BaseQuery {
  readonly call: Node;
  readonly options: Node | undefined;
}

function framed({ program }: RecognizerContext, node: Node, frame: Frame): Frame {
  return frameFor(program.unitOf(node).functionOf(node), frame);
}

/** Headers that a function sets on what it is given. */
function preparedHeaders(context: RecognizerContext, values: Values): string[] {
  return values.flatMap((value) => {
    if (value.kind !== "function") return [];
    const text = context.program.unitOf(value.node).textOf(value.node);
    return [...text.matchAll(/\.(?:set|append)\(\s*["'`]([\w-]+)["'`]/g)].map(([, key = ""]) =>
      key.toLowerCase(),
    );
  });
}

/** Plain data is sent as JSON; texts and forms as they are. */
function sentBody(values: Values): Values {
  return values.map((value): Value => {
    const isData = /^(?:object|array|param|unknown)$/.test(value.kind);
    return isData ? { kind: "json", of: value } : value;
  });
}

class EndpointReader {
  private readonly context: RecognizerContext;
  private readonly bases: readonly BaseQuery[];

  constructor(context: RecognizerContext, bases: readonly BaseQuery[]) {
    this.context = context;
    this.bases = bases;
  }

  /** The request that arguments of a base query stand for: an address, or options. */
  request(given: Values, base: BaseQuery, frame: Frame): Answer<FoundCall> {
    const { evaluator } = this.context;
    const answers = given.map((value): Answer<FoundCall> => {
      const isOptions = value.kind === "object";
      const option = (key: string): Values =>
        isOptions ? optionValues(evaluator, [value], key) : [undefinedValue];
      const outer = framed(this.context, base.call, frame);
      const client = base.options === undefined ? [] : [evaluator.evaluate(base.options, outer)];
      const joined = joinAddresses(
        baseOption(evaluator, client, "baseUrl"),
        isOptions ? option("url") : [value],
      );
      const own = option("headers").filter((one) => one.kind !== "literal");
      const read = readRequest(evaluator, {
        url: withQuery(joined.urls, queryOption(evaluator, option("params"), "repeated")),
        method: option("method"),
        headers: [...own, ...client.flatMap((set) => optionValues(evaluator, set, "headers"))],
        body: sentBody(option("body")),
      });
      const prepare = client.flatMap((set) => optionValues(evaluator, set, "prepareHeaders"));
      const names = preparedHeaders(this.context, prepare);
      const results = read.results.map((found) => withHeaders(found, names));
      const hard = [...read.needs.hard, ...joined.hard];
      return {
        results,
        open: [...read.open, ...joined.open],
        needs: { hard, soft: read.needs.soft },
      };
    });
    return {
      results: answers.flatMap(({ results }) => results),
      open: answers.flatMap(({ open }) => open),
      needs: {
        hard: answers.flatMap(({ needs }) => needs.hard),
        soft: answers.flatMap(({ needs }) => needs.soft),
      },
    };
  }

  /** The endpoints that one function builds. */
  readEndpoints(fn: FunctionNode, api: t.ObjectExpression): void {
    const base = this.baseOf(api);
    const [builder] = fn.params;
    if (builder === undefined) return;
    for (const { name: kind, call } of memberUses(this.context, { target: builder as Node })
      .calls) {
      const [definition] = call.arguments;
      if (!/^(?:query|mutation|infiniteQuery)$/.test(kind)) continue;
      if (definition?.type !== "ObjectExpression")
        this.open(call, "its endpoint is only known at run time");
      else this.readEndpoint(definition, base);
    }
  }

  private readEndpoint(definition: t.ObjectExpression, base: BaseQuery | undefined): void {
    const query = memberOf(definition, "query");
    const own = memberOf(definition, "queryFn");
    if (query !== undefined) this.readQuery(query, base);
    else if (isFunction(own)) this.readOwn(own, base);
    else if (own === undefined) this.open(definition, "its endpoint has no query that is seen");
  }

  private readQuery(query: Node, base: BaseQuery | undefined): void {
    if (base === undefined)
      return this.open(query, "it is one of several base queries that sends it");
    const { evaluator } = this.context;
    this.report(query, (frame) => {
      const given = evaluator.evaluate(query, frame).flatMap((value): Values => {
        if (value.kind !== "function") return unknownSet;
        const entered = {
          args: [],
          caller: frame,
          values: value.node.params.map(() => unknownSet),
        };
        return evaluator.returned(value, entered, query as CallNode);
      });
      return this.request(given, base, frame);
    });
  }

  /** `queryFn(argument, api, options, baseQuery)`: what it asks the base query for. */
  private readOwn(fn: FunctionNode, base: BaseQuery | undefined): void {
    const given = fn.params[3];
    if (given === undefined) return;
    for (const call of callsOf(this.context, { target: given as Node })) this.readCall(call, base);
  }

  /** A call of a base query; what it only hands on, endpoints give. */
  readCall(call: CallNode, base: BaseQuery | undefined): void {
    if (!isCall(call)) return;
    if (base === undefined)
      return this.open(call, "it is one of several base queries that sends it");
    const { evaluator } = this.context;
    this.report(call, (frame) => {
      const given = argumentValues(evaluator, { args: call.arguments, caller: frame }, 0);
      return this.request(
        given.filter((value) => value.kind !== "param"),
        base,
        frame,
      );
    });
  }

  /** The base query beside endpoints, or the only one there is. */
  private baseOf(api: t.ObjectExpression): BaseQuery | undefined {
    const [only, ...others] = this.bases;
    if (others.length === 0) return only;
    const beside = memberOf(api, "baseQuery");
    const value = beside && (onlyValue(this.context.evaluator, beside) ?? beside);
    return value && this.bases.find(({ call }) => isWithin(this.context.program, call, value));
  }

  private report(at: Node, ask: (frame: Frame) => Answer<FoundCall>): void {
    if (this.context.isReported(at)) return;
    const site = placeSite(this.context, { recognizer: name, at, ask });
    if (site.status !== "unreachable") this.context.report(site);
  }

  private open(at: Node, why: string): void {
    this.context.report({
      recognizer: name,
      at,
      status: "open",
      reason: why,
      operations: [],
      cuts: [],
    });
  }
}

function withHeaders(found: FoundCall, names: readonly string[]): FoundCall {
  const { operation } = found;
  if (operation?.kind !== "http") return found;
  const headers = [...new Set([...operation.headers, ...names])].toSorted();
  return {
    ...found,
    operation: { ...operation, headers: headers.filter((one) => one !== "content-type") },
  };
}

/** Objects with `endpoints: (builder) => …`. */
function findApis({ program }: RecognizerContext): { fn: FunctionNode; api: t.ObjectExpression }[] {
  return program.units.flatMap((unit) => {
    const { code } = unit.script;
    const found = new Map<Node, { fn: FunctionNode; api: t.ObjectExpression }>();
    for (let at = code.indexOf("endpoints"); at >= 0; at = code.indexOf("endpoints", at + 1)) {
      const api = unit.ancestors(unit.nodeAt(at)).find((node) => node.type === "ObjectExpression");
      const fn = api?.type === "ObjectExpression" ? memberOf(api, "endpoints") : undefined;
      if (api?.type === "ObjectExpression" && isFunction(fn)) found.set(fn, { fn, api });
    }
    return [...found.values()];
  });
}

function find(context: RecognizerContext): void {
  const functions = findBaseQueries(context);
  const bases = functions.flatMap((fn) =>
    callersOf(context.evaluator, fn).callers.map(({ call, args }): BaseQuery => ({
      call,
      options: args[0],
    })),
  );
  if (bases.length === 0) return;
  context.exclude([...functions, ...functions.flatMap((fn) => defaultFetch(context, fn))], reason);
  const reader = new EndpointReader(context, bases);
  for (const { fn, api } of findApis(context)) reader.readEndpoints(fn, api);
  for (const base of bases) {
    for (const call of callsOf(context, { node: base.call })) reader.readCall(call, base);
  }
}

export const rtkQueryRecognizer: Recognizer = { name, find };
