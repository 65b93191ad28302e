/** Options of a client's call: those of the call win over those of the client, which win over those it was made from. */
import type { Evaluation } from "../evaluate/evaluation.ts";
import { knownFields } from "../evaluate/known-fields.ts";
import { asText } from "../evaluate/texts.ts";
import {
  undefinedValue,
  union,
  type Entry,
  type ParamValue,
  type QueryValue,
  type Value,
  type Values,
} from "../evaluate/values.ts";
import { queryValue } from "../evaluate/builtins.ts";
import type { Node } from "../modules/syntax.ts";
import { optionValues } from "./http-request.ts";

/** Sets of options, the weakest first. */
export type OptionSets = readonly Values[];

function isGiven(value: Value): boolean {
  return value.kind !== "literal" || value.value !== undefined;
}

/** The values of one option. */
export function clientOption(evaluation: Evaluation, sets: OptionSets, key: string): Values {
  let found: Values = [];
  for (const set of sets.toReversed()) {
    const values = optionValues(evaluation, set, key);
    const given = values.filter(isGiven);
    found = union(found, given);
    if (given.length === values.length) return found;
  }
  return union(found, [undefinedValue]);
}

/** The expressions that give an option in one set. */
function nodesIn(set: Values, key: string): Set<Node> {
  const entries = set.flatMap((value) => (value.kind === "object" ? value.entries : []));
  return new Set(entries.flatMap((one) => (one.key === key && one.node ? [one.node] : [])));
}

/** The expression that gives an option, as far as it is one. */
function optionNode(sets: OptionSets, key: string): Node | undefined {
  const strongest = sets.toReversed().map((set) => nodesIn(set, key));
  const [node, ...others] = strongest.find((nodes) => nodes.size > 0) ?? [];
  return others.length === 0 && node?.type !== "ObjectMethod" ? node : undefined;
}

/** The values of an option that is a base: one that only the run time knows has the place where it is given. */
export function baseOption(evaluation: Evaluation, sets: OptionSets, key: string): Values {
  const node = optionNode(sets, key);
  return clientOption(evaluation, sets, key).map((value) =>
    value.kind === "global" || value.kind === "unknown" ? asText(value, node) : value,
  );
}

/** The values of one option in every set, for options that are merged. */
export function mergedOption(evaluation: Evaluation, sets: OptionSets, key: string): Values {
  return union(...sets.map((set) => optionValues(evaluation, set, key)), [undefinedValue]);
}

/** Options without what nothing is known of: nobody sets an address in options that are handed through. */
export function knownOptions(options: Values): Values {
  const known = options.filter((value) => value.kind !== "param" && value.kind !== "unknown");
  return known.length === 0 ? [undefinedValue] : known;
}

/** Parameters among values. */
export function paramsOf(values: Values): ParamValue[] {
  return values.filter((value) => value.kind === "param");
}

/** Groups of headers inside the headers of axios. */
const headerGroups = /^(?:common|get|post|put|patch|delete|head)$/;

/** Headers whose groups are taken apart. */
export function flatHeaders(evaluation: Evaluation, values: Values): Values {
  return values.flatMap((value): Values => {
    if (value.kind !== "object") return [value];
    const fields = [...knownFields(evaluation, value).fields];
    const inner = fields.filter(([key]) => headerGroups.test(key)).flatMap(([, set]) => set);
    const entries = value.entries.filter(
      (entry) => entry.key === undefined || !headerGroups.test(entry.key),
    );
    return [{ ...value, entries }, ...inner];
  });
}

/** An object with one member. */
export function objectWith(
  key: string,
  entry: Pick<Entry, "node" | "frame" | "optional"> & { values?: Values },
): Value {
  return { kind: "object", entries: [{ ...entry, key, spread: false }] };
}

/** How a list in the query is sent: `k[]=a&k[]=b`, `k=a&k=b`, or `k=a,b`. */
type ListStyle = "brackets" | "repeated" | "joined";

function listField(key: string, values: Values, style: ListStyle): [string, Values] {
  const isList = values.length > 0 && values.every((value) => value.kind === "array");
  if (!isList || style === "repeated") return [key, values];
  if (style === "joined") return [key, [{ kind: "unknown", type: "string" }]];
  return [key.endsWith("[]") ? key : `${key}[]`, values];
}

/** The fields that `params`, `searchParams` or `query` add to an address. */
export function queryOption(
  evaluation: Evaluation,
  values: Values,
  lists: ListStyle,
): QueryValue | undefined {
  if (!values.some((value) => value.kind !== "literal")) return undefined;
  const query = queryValue(evaluation, values, false);
  const fields = [...query.fields].map(([key, set]) => listField(key, set, lists));
  return { ...query, fields: new Map(fields) };
}

/** A body that is sent as JSON unless it is a text or a form. */
export function jsonBody(values: Values): Values {
  return values.map((value): Value => {
    const asIs = /^(?:text|query|json|literal)$/.test(value.kind);
    return asIs &&
      !(value.kind === "literal" && typeof value.value !== "object" && value.value !== undefined)
      ? value
      : { kind: "json", of: value };
  });
}

/** A body whose fields are sent as a form. */
export function formBody(evaluation: Evaluation, values: Values, multipart: boolean): Values {
  return values.map((value): Value => {
    if (value.kind === "text" || value.kind === "query" || value.kind === "literal") return value;
    return queryValue(evaluation, [value], multipart);
  });
}
