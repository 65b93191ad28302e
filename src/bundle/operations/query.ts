/** The query of an address: its fields, and whether there may be others. */
import type { Field } from "../../contract/operation.ts";
import type { ParamValue, Part, QueryPart, Values } from "../evaluate/values.ts";
import { isCredentialName } from "./credential-names.ts";
import { fieldOf } from "./fields.ts";
import { isText, mergeTexts } from "./parts.ts";

interface Pair {
  readonly key: Part[];
  readonly value: Part[] | null;
}

/** Splits a query at `&` and each pair at its first `=`. */
function pairsOf(parts: readonly Part[]): Pair[] {
  const pairs: { key: Part[]; value: Part[] | null }[] = [{ key: [], value: null }];
  const push = (part: Part): void => {
    const pair = pairs.at(-1);
    (pair?.value ?? pair?.key)?.push(part);
  };
  for (const part of parts) {
    if (!isText(part)) {
      push(part);
      continue;
    }
    for (const piece of part.text.split(/([&=])/)) {
      const pair = pairs.at(-1);
      if (piece === "&") pairs.push({ key: [], value: null });
      else if (piece === "=" && pair?.value === null) pair.value = [];
      else if (piece !== "") push({ ...part, text: piece });
    }
  }
  return pairs.filter((pair) => pair.key.length > 0 || pair.value !== null);
}

export interface QueryShape {
  readonly fields: Map<string, Field>;
  open: boolean;
  secrets: { key: string; parts: readonly Part[] }[];
  soft: ParamValue[];
}

function addQuery(shape: QueryShape, part: QueryPart): void {
  shape.open ||= part.query.open;
  for (const [key, values] of part.query.fields) addField(shape, key, values);
}

function addField(shape: QueryShape, key: string, values: Values): void {
  for (const value of values) {
    if (value.kind === "text" && isCredentialName(key))
      shape.secrets.push({ key, parts: value.parts });
    if (value.kind === "param") shape.soft.push(value);
  }
  if (values.length > 0 && values.every((value) => value.kind === "array")) {
    shape.fields.set(key, { list: "string" });
    return;
  }
  const field = isCredentialName(key) ? "string" : fieldOf(key, values);
  // On the wire every value of a query is text.
  shape.fields.set(key, typeof field === "object" || field === "number" ? field : "string");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function addPair(shape: QueryShape, pair: Pair): void {
  const [key, ...more] = mergeTexts(pair.key);
  if (key?.kind === "query" && pair.value === null) addQuery(shape, key);
  else if (isText(key) && more.length === 0) addNamed(shape, decoded(key.text), pair.value ?? []);
  else {
    shape.open = true;
    if (key?.kind === "hole" && key.param) shape.soft.push(key.param);
  }
}

/** The value's texts are not merged: a credential's literal must still be found. */
function addNamed(shape: QueryShape, key: string, parts: readonly Part[]): void {
  addField(shape, key, [{ kind: "text", parts }]);
  for (const part of parts) {
    if (part.kind === "hole" && part.param && !part.encoded) shape.soft.push(part.param);
  }
}

/** Reads the parts of a query; null where an address has none. */
export function queryOf(parts: readonly Part[] | null): QueryShape {
  const shape: QueryShape = { fields: new Map(), open: false, secrets: [], soft: [] };
  for (const pair of pairsOf(parts ?? [])) addPair(shape, pair);
  return shape;
}
