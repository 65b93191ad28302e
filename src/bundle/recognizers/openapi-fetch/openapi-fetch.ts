/**
 * openapi-fetch: a client whose methods are called by the names of HTTP's, with a path template and what fills it. It is known by
 * the names of its serializers.
 */
import type * as t from "@babel/types";
import { argumentValues } from "../../evaluate/arguments.ts";
import { callersOf } from "../../evaluate/callers.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import { frameFor, type Frame } from "../../evaluate/frame.ts";
import {
  plainText,
  textValue,
  unknown,
  type Part,
  type Value,
  type Values,
} from "../../evaluate/values.ts";
import { isFunction, type FunctionNode, type Node } from "../../modules/syntax.ts";
import { baseOption, jsonBody, queryOption } from "../../operations/client-options.ts";
import { optionValues, readRequest, type FoundCall } from "../../operations/http-request.ts";
import { joinAddresses, withQuery } from "../../operations/joined-address.ts";
import { placeSite } from "../http-site.ts";
import { memberUses } from "../member-uses.ts";
import type { Recognizer, RecognizerContext } from "../recognizer.ts";

const name = "openapi-fetch";
const reason =
  "it is the fetch call of openapi-fetch, whose requests are seen where they are asked for";

const marks = ["querySerializer", "bodySerializer", "pathSerializer", "onRequest", "OPTIONS"];
const methods = /^(?:GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE|TRACE)$/;
/** Longest source of the function. */
const functionLength = 12_000;

/** The innermost functions that hold all of the marks. */
function findFactories({ program }: RecognizerContext): FunctionNode[] {
  return program.units.flatMap((unit) => {
    const { code } = unit.script;
    const found = new Set<FunctionNode>();
    for (
      let at = code.indexOf("bodySerializer");
      at >= 0;
      at = code.indexOf("bodySerializer", at + 1)
    ) {
      const fn = unit.ancestors(unit.nodeAt(at)).find((node) => {
        if (!isFunction(node)) return false;
        const text = unit.textOf(node);
        return text.length < functionLength && marks.every((mark) => text.includes(mark));
      });
      if (fn !== undefined && isFunction(fn)) found.add(fn);
    }
    return [...found];
  });
}

/** `/accounts/{id}`: what stands in braces is filled with one encoded segment. */
function template(value: Value): Value {
  const text = plainText(value);
  if (text === undefined) return value;
  const parts = text
    .split(/(\{[^{}]*\})/)
    .map((piece): Part =>
      piece.startsWith("{")
        ? { kind: "hole", encoded: true, number: false }
        : { kind: "text", text: piece },
    );
  return { kind: "text", parts: parts.filter((part) => part.kind !== "text" || part.text !== "") };
}

interface Asked {
  readonly method: string;
  readonly call: t.CallExpression | t.OptionalCallExpression | t.NewExpression;
  /** The call that made the client. */
  readonly made: Node;
  readonly options: Node | undefined;
}

function ask(context: RecognizerContext, frame: Frame, asked: Asked): Answer<FoundCall> {
  const { evaluator, program } = context;
  const { call, made, options } = asked;
  const outer = frameFor(program.unitOf(made).functionOf(made), frame);
  const client = options === undefined ? [] : [evaluator.evaluate(options, outer)];
  const entered = { args: call.arguments, caller: frame };
  const init = argumentValues(evaluator, entered, 1);
  const sets = [...client, init];
  const params = optionValues(evaluator, init, "params");
  const joined = joinAddresses(
    baseOption(evaluator, sets, "baseUrl"),
    argumentValues(evaluator, entered, 0).map(template),
  );
  const query = queryOption(evaluator, optionValues(evaluator, params, "query"), "repeated");
  const headers: Values = [
    ...sets.flatMap((set) => optionValues(evaluator, set, "headers")),
    ...optionValues(evaluator, params, "header"),
  ].filter((value) => value.kind !== "literal" && value !== unknown);
  const read = readRequest(evaluator, {
    url: withQuery(joined.urls, query),
    method: [textValue(asked.method)],
    headers,
    body: jsonBody(optionValues(evaluator, init, "body")),
  });
  return {
    results: read.results,
    open: [...read.open, ...joined.open],
    needs: { hard: [...read.needs.hard, ...joined.hard], soft: read.needs.soft },
  };
}

function readClient(context: RecognizerContext, made: Node, options: Node | undefined): void {
  const { calls, reads, lost } = memberUses(context, { node: made });
  const open = (at: Node, why: string): void =>
    context.report({ recognizer: name, at, status: "open", reason: why, operations: [], cuts: [] });
  for (const { name: member, call } of calls) {
    if (methods.test(member)) {
      const asked = { method: member, call, made, options };
      context.report(
        placeSite(context, {
          recognizer: name,
          at: call,
          ask: (frame) => ask(context, frame, asked),
        }),
      );
    } else if (member === "request") open(call, "its method is an argument of its client");
  }
  for (const { at, name: member } of reads) {
    if (methods.test(member)) open(at, `its method ${member} reaches code that is not followed`);
  }
  for (const { at, reason: why } of lost)
    open(at, `the client reaches code that is not followed: ${why}`);
}

function find(context: RecognizerContext): void {
  const factories = findFactories(context);
  if (factories.length === 0) return;
  context.exclude(factories, reason);
  for (const fn of factories) {
    for (const { call, args } of callersOf(context.evaluator, fn).callers)
      readClient(context, call, args[0]);
  }
}

export const openapiFetchRecognizer: Recognizer = { name, find };
