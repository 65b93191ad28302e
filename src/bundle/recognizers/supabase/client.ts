/** The clients of supabase-js: the class behind `createClient`, where it is constructed, and with what. */
import type * as t from "@babel/types";
import { argumentValues } from "../../evaluate/arguments.ts";
import { callersOf } from "../../evaluate/callers.ts";
import { explore } from "../../evaluate/contexts.ts";
import { frameFor, type Frame } from "../../evaluate/frame.ts";
import { asText } from "../../evaluate/texts.ts";
import type { ParamValue, Value, Values } from "../../evaluate/values.ts";
import { isCall, type Node } from "../../modules/syntax.ts";
import { readRequest, type FoundCall } from "../../operations/http-request.ts";
import { joinAddresses } from "../../operations/joined-address.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import type { HttpOperation } from "../../../contract/operation.ts";
import { httpAccess } from "../../../statements/http-access.ts";
import type { RecognizerContext } from "../recognizer.ts";

export const name = "supabase";

export interface Client {
  readonly at: Node;
  readonly urls: Values;
  readonly keys: Values;
}

/** Constructors that set `this.supabaseUrl` and `this.supabaseKey`. */
function constructors({ program }: RecognizerContext): t.ClassMethod[] {
  return program.units.flatMap((unit) => {
    const urls = unit.index.members.get("supabaseUrl") ?? [];
    const owners = urls.flatMap((member): t.ClassMethod[] => {
      const assigned = unit.parentOf(member);
      const isSet = assigned?.type === "AssignmentExpression" && assigned.left === member;
      const fn = isSet ? unit.functionOf(member) : undefined;
      return fn?.type === "ClassMethod" && fn.kind === "constructor" ? [fn] : [];
    });
    return [...new Set(owners)].filter((fn) => unit.textOf(fn).includes(".supabaseKey"));
  });
}

/** One argument of a construction, as all callers give it. */
function given(context: RecognizerContext, call: Node, index: number): Values {
  const args = isCall(call) ? (call.arguments as Node[]) : [];
  const { results } = explore<Value>(context.evaluator, call, (frame) => {
    const values = argumentValues(context.evaluator, { args, caller: frame }, index);
    const hard = values.flatMap((value): ParamValue[] => {
      const params = asText(value).parts.flatMap((part) =>
        part.kind === "hole" && part.param ? [part.param] : [],
      );
      return value.kind === "object" ? [] : params;
    });
    return {
      results: values.map((value) => asText(value, args[index])),
      open: [],
      needs: { hard, soft: [] },
    };
  });
  return results;
}

/** Every client that is constructed. */
export function findClients(context: RecognizerContext): Client[] {
  return constructors(context).flatMap((fn) =>
    callersOf(context.evaluator, fn).callers.map(({ call }) => ({
      at: call,
      urls: given(context, call, 0),
      keys: given(context, call, 1),
    })),
  );
}

export interface Sent {
  readonly method: string;
  /** Below the base, e.g. `rest/v1/tickets`. */
  readonly path: Values;
  readonly query: HttpOperation["query"];
  readonly body: Values;
  /** Headers that change what a call does. */
  readonly headers: readonly string[];
  readonly open?: readonly string[];
  readonly hard?: readonly ParamValue[];
  /** JSON of any shape, a list above all. */
  readonly anyJson?: boolean;
}

function headerValues(context: RecognizerContext, keys: Values): Value {
  const frame = context.evaluator.bareRoot;
  const entry = { key: "apikey", spread: false, node: null, frame, values: keys, optional: false };
  return { kind: "object", entries: [entry] };
}

/** What a call of the client sends, with the credential of the client. */
export function answer(context: RecognizerContext, client: Client, sent: Sent): Answer<FoundCall> {
  const { method, path, query } = sent;
  const joined = joinAddresses(client.urls, path);
  const read = readRequest(context.evaluator, {
    url: joined.urls,
    method: [{ kind: "text", parts: [{ kind: "text", text: method }] }],
    headers: [headerValues(context, client.keys)],
    body: sent.body,
  });
  const results = read.results.map((found): FoundCall => {
    const { operation } = found;
    if (operation?.kind !== "http") return found;
    const judged = httpAccess(method, "", query);
    const body = sent.anyJson === true ? ({ type: "json" } as const) : operation.body;
    const headers = [...sent.headers].toSorted();
    return { ...found, operation: { ...operation, ...judged, query, headers, body } };
  });
  return {
    results,
    open: [...read.open, ...joined.open, ...(sent.open ?? [])],
    needs: {
      hard: [...read.needs.hard, ...joined.hard, ...(sent.hard ?? [])],
      soft: read.needs.soft,
    },
  };
}

/** The frame of another call of a chain, seen from that of the first. */
export function frameAt({ program }: RecognizerContext, call: Node, frame: Frame): Frame {
  return frameFor(program.unitOf(call).functionOf(call), frame);
}
