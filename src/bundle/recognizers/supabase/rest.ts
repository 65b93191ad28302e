/**
 * Tables and functions: the chain that follows `.from(table)` or `.rpc(name)` as the one request to PostgREST that it sends.
 * A filter is a key of the query; one that is always there is part of what the operation is.
 */
import type { Field } from "../../../contract/operation.ts";
import { argumentValues } from "../../evaluate/arguments.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import type { Frame } from "../../evaluate/frame.ts";
import { knownFields } from "../../evaluate/known-fields.ts";
import {
  plainText,
  textValue,
  type ParamValue,
  type Value,
  type Values,
} from "../../evaluate/values.ts";
import { isMember, type Node } from "../../modules/syntax.ts";
import type { FoundCall } from "../../operations/http-request.ts";
import { memberUses, type CalledMember } from "../member-uses.ts";
import type { RecognizerContext } from "../recognizer.ts";
import { answer, frameAt, type Client, type Sent } from "./client.ts";

/** One call of a chain; `sure` if the request is never sent without it: it directly follows the one before. */
interface Step extends CalledMember {
  readonly sure: boolean;
}

/** Calls that send the request and add nothing to it. */
const ends = new Set(["then", "catch", "finally"]);

/** The calls that follow one, in whatever way the builder reaches them. */
export function stepsAfter(context: RecognizerContext, call: Node): Step[] {
  const found = new Map<Node, Step>();
  const waiting = [{ call, sure: true }];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const { name, call: step } of memberUses(context, { node: at.call }).calls) {
      if (ends.has(name) || found.has(step)) continue;
      // What stands in a variable may be sent before, or without, what is called on it.
      const sure = at.sure && isMember(step.callee) && step.callee.object === at.call;
      found.set(step, { name, call: step, sure });
      waiting.push({ call: step, sure });
    }
  }
  return [...found.values()];
}

/** Filters `column=<operator>.<value>` by their methods. */
const filters: ReadonlyMap<string, string> = new Map([
  ["eq", "eq."],
  ["neq", "neq."],
  ["gt", "gt."],
  ["gte", "gte."],
  ["lt", "lt."],
  ["lte", "lte."],
  ["like", "like."],
  ["ilike", "ilike."],
  ["is", "is."],
  ["isDistinct", "isdistinct."],
  ["in", "in.("],
  ["contains", "cs."],
  ["containedBy", "cd."],
  ["rangeGt", "sr."],
  ["rangeGte", "nxl."],
  ["rangeLt", "sl."],
  ["rangeLte", "nxr."],
  ["rangeAdjacent", "adj."],
  ["overlaps", "ov."],
  ["likeAllOf", "like(all)."],
  ["likeAnyOf", "like(any)."],
  ["ilikeAllOf", "ilike(all)."],
  ["ilikeAnyOf", "ilike(any)."],
  ["regexMatch", "match."],
  ["regexIMatch", "imatch."],
]);

/** Methods that change headers, types or what is done with the answer, and no key of the query. */
const silent = new Set([
  "single",
  "maybeSingle",
  "csv",
  "geojson",
  "rollback",
  "returns",
  "overrideTypes",
  "abortSignal",
  "throwOnError",
  "setHeader",
  "retry",
  "maxAffected",
  "stripNulls",
  "toString",
  "explain",
]);

/** The query of a chain as it is put together. */
class QueryReader {
  readonly fields: Record<string, Field> = {};
  readonly soft: ParamValue[] = [];
  open = false;
  unknown: string | undefined;
  private readonly context: RecognizerContext;
  private readonly frame: Frame;

  constructor(context: RecognizerContext, frame: Frame) {
    this.context = context;
    this.frame = frame;
  }

  argument({ call }: CalledMember, index: number): Values {
    const caller = frameAt(this.context, call, this.frame);
    return argumentValues(this.context.evaluator, { args: call.arguments, caller }, index);
  }

  /** The one text that an argument is; undefined if it is none for sure. */
  text(step: CalledMember, index: number): string | undefined {
    const values = this.argument(step, index);
    for (const value of values) if (value.kind === "param") this.soft.push(value);
    const [only] = values;
    return values.length === 1 && only !== undefined ? plainText(only) : undefined;
  }

  set(key: string | undefined, field: Field, sure: boolean): void {
    if (key === undefined) this.open = true;
    else if (Object.hasOwn(this.fields, key)) this.fields[key] = { list: "string" };
    else if (key !== "__proto__") this.fields[key] = sure ? field : "string";
  }

  read(step: Step): void {
    const { name, sure } = step;
    const operator = filters.get(name);
    if (operator !== undefined) this.set(this.text(step, 0), { prefix: operator }, sure);
    else if (name in this.own) this.own[name as keyof typeof this.own](step);
    else if (!silent.has(name)) this.unknown ??= `its query is made by ${name}, which is not known`;
  }

  private readonly own = {
    select: (step: Step): void => this.select(step),
    match: (step: Step): void => this.match(step),
    not: (step: Step): void => this.operated(step, "not."),
    filter: (step: Step): void => this.operated(step, ""),
    textSearch: (step: Step): void => this.set(this.text(step, 0), "string", false),
    or: (step: Step): void => this.set(this.below(step, "or"), "string", false),
    order: (step: Step): void => this.once(this.below(step, "order")),
    limit: (step: Step): void => this.once(this.below(step, "limit")),
    range: (): void => {
      this.once("offset");
      this.once("limit");
    },
  };

  /** A key that later calls add to, or set again. */
  private once(key: string): void {
    this.fields[key] ??= "string";
  }

  select(step: Step): void {
    const given = this.argument(step, 0);
    const isDefault = given.every((value) => value.kind === "literal");
    const text = isDefault ? "*" : this.text(step, 0);
    if (text === undefined || !step.sure) this.fields["select"] = "string";
    else this.fields["select"] = { literal: withoutBlanks(text) };
  }

  private match(step: Step): void {
    for (const value of this.argument(step, 0)) {
      const { fields, open } = knownFields(this.context.evaluator, value);
      for (const key of fields.keys()) this.set(key, { prefix: "eq." }, step.sure);
      this.open ||= open;
    }
  }

  private operated(step: Step, before: string): void {
    const operator = this.text(step, 1);
    const field: Field = operator === undefined ? "string" : { prefix: `${before}${operator}.` };
    this.set(this.text(step, 0), field, step.sure);
  }

  /** `order` of another table is a key of its own. */
  private below(step: Step, key: string): string {
    for (const value of this.argument(step, 1)) {
      for (const option of ["referencedTable", "foreignTable"]) {
        const [table] = knownFields(this.context.evaluator, value).fields.get(option) ?? [];
        const text = table === undefined ? undefined : plainText(table);
        if (text !== undefined) return `${text}.${key}`;
      }
    }
    return key;
  }
}

/** The client takes white space out of what is selected, outside quotes. */
function withoutBlanks(columns: string): string {
  return columns
    .split('"')
    .map((piece, at) => (at % 2 === 0 ? piece.replaceAll(/\s/g, "") : piece))
    .join('"');
}

const methods: ReadonlyMap<string, string> = new Map([
  ["select", "GET"],
  ["insert", "POST"],
  ["upsert", "POST"],
  ["update", "PATCH"],
  ["delete", "DELETE"],
]);

export function isVerb(name: string): boolean {
  return methods.has(name);
}

interface Options {
  readonly values: Values;
  readonly context: RecognizerContext;
}

/** Whether an option of a call may be true. */
function mayBe({ values, context }: Options, key: string): boolean {
  return values.some((value) =>
    (knownFields(context.evaluator, value).fields.get(key) ?? []).some(
      (one) => one.kind !== "literal" || one.value === true,
    ),
  );
}

function json(values: Values): Values {
  return values.map((of): Value => ({ kind: "json", of }));
}

/** One row is an object whose columns are known; several are a list. */
function isRows(values: Values): boolean {
  return values.some((value) => value.kind !== "object");
}

interface Root {
  readonly client: Client;
  /** The call of `from` or `rpc`. */
  readonly call: CalledMember;
}

interface NamedPath {
  readonly path: Values;
  readonly open: readonly string[];
  readonly hard: readonly ParamValue[];
}

/** `rest/v1/tickets`: the table must be known, for a request to any table is no operation. */
function pathTo(values: Values, before: string, what: string): NamedPath {
  const path: Value[] = [];
  const open: string[] = [];
  const hard: ParamValue[] = [];
  for (const value of values) {
    const text = plainText(value);
    if (text !== undefined) path.push(textValue(`${before}${encodeURIComponent(text)}`));
    else if (value.kind === "param") hard.push(value);
    else open.push(`its ${what} is only known at run time`);
  }
  return { path, open, hard };
}

function headersFor(method: string): readonly string[] {
  return method === "GET" || method === "HEAD"
    ? ["accept", "accept-profile", "prefer"]
    : ["accept", "content-profile", "prefer"];
}

/** Keys and body of the query that a verb makes before any filter. */
function beginQuery(query: QueryReader, verb: CalledMember): Pick<Sent, "body" | "anyJson"> {
  const given = query.argument(verb, 0);
  switch (verb.name) {
    case "select":
      query.select({ ...verb, sure: true });
      return { body: [] };
    case "delete":
      return { body: [] };
    case "update":
      return { body: json(given) };
    default: {
      const anyJson = isRows(given);
      if (anyJson) query.fields["columns"] = "string";
      if (verb.name === "upsert") query.fields["on_conflict"] = "string";
      return { body: json(given), anyJson };
    }
  }
}

/** What a chain on a table sends. */
export function tableAnswer(
  context: RecognizerContext,
  root: Root,
  chain: { readonly verb: CalledMember; readonly steps: readonly Step[]; readonly frame: Frame },
): Answer<FoundCall> {
  const { verb, steps, frame } = chain;
  const query = new QueryReader(context, frame);
  const begun = beginQuery(query, verb);
  for (const step of steps) query.read(step);
  const method = methods.get(verb.name) ?? "GET";
  const named = pathTo(query.argument(root.call, 0), "rest/v1/", "table");
  const options = { values: query.argument(verb, 1), context };
  const isHead = verb.name === "select" && mayBe(options, "head");
  const sent = { ...sentOf(query, named, method), ...begun };
  return joined(context, root.client, {
    methods: isHead ? ["HEAD", "GET"] : [method],
    sent,
    query,
  });
}

function sentOf(
  query: QueryReader,
  named: NamedPath,
  method: string,
): Omit<Sent, "method" | "body"> {
  return {
    path: named.path,
    query: { fields: query.fields, open: query.open },
    headers: headersFor(method),
    open: [...named.open, ...(query.unknown === undefined ? [] : [query.unknown])],
    hard: named.hard,
  };
}

/** What a call of a function of the database sends. */
export function functionAnswer(
  context: RecognizerContext,
  root: Root,
  chain: { readonly steps: readonly Step[]; readonly frame: Frame },
): Answer<FoundCall> {
  const query = new QueryReader(context, chain.frame);
  const options = { values: query.argument(root.call, 2), context };
  for (const step of chain.steps) query.read(step);
  const named = pathTo(query.argument(root.call, 0), "rest/v1/rpc/", "function");
  const args = query.argument(root.call, 1);
  const isGet = mayBe(options, "get") || mayBe(options, "head");
  const found = isGet ? args.map((value) => knownFields(context.evaluator, value)) : [];
  for (const { fields, open } of found) {
    for (const key of fields.keys()) query.set(key, "string", false);
    query.open ||= open;
  }
  const method = isGet ? (mayBe(options, "head") ? "HEAD" : "GET") : "POST";
  const isGiven = args.some((value) => value.kind !== "literal");
  const body = isGet ? [] : json(isGiven ? args : [{ kind: "object", entries: [] }]);
  const sent = { ...sentOf(query, named, method), body };
  return joined(context, root.client, { methods: [method], sent, query });
}

function joined(
  context: RecognizerContext,
  client: Client,
  from: {
    readonly methods: readonly string[];
    readonly sent: Omit<Sent, "method">;
    readonly query: QueryReader;
  },
): Answer<FoundCall> {
  const answers = from.methods.map((method) => answer(context, client, { ...from.sent, method }));
  return {
    results: answers.flatMap(({ results }) => results),
    open: answers.flatMap(({ open }) => open),
    needs: {
      hard: answers.flatMap(({ needs }) => needs.hard),
      soft: [...from.query.soft, ...answers.flatMap(({ needs }) => needs.soft)],
    },
  };
}
