/** From the abstract arguments of a request to HTTP operations: address, method, headers, body. */
import type { Body, Field } from "../../contract/operation.ts";
import type { UnnamedOperation } from "../../contract/operation-id.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import type { Answer } from "../evaluate/contexts.ts";
import { lateWrites } from "../evaluate/late-writes.ts";
import { knownFields } from "../evaluate/known-fields.ts";
import { asText, withoutUnset } from "../evaluate/texts.ts";
import {
  plainText,
  undefinedValue,
  union,
  type ParamValue,
  type Part,
  type Value,
  type Values,
} from "../evaluate/values.ts";
import { httpAccess } from "../../statements/http-access.ts";
import { readAddress, type Address } from "./address.ts";
import type { BasePlace } from "./base.ts";
import { isCredentialHeader } from "./credential-names.ts";
import { fieldOf, fieldTable, mergeFields } from "./fields.ts";
import {
  documentOperation,
  documentsIn,
  isGraphqlPath,
  type FoundDocuments,
  type UnnamedGraphql,
} from "./graphql-request.ts";

type UnnamedHttp = Extract<UnnamedOperation, { kind: "http" }>;

/** A credential that a call sends: the text's parts, and where it goes. */
export interface SentCredential {
  readonly parts: readonly Part[];
  readonly use:
    | { readonly header: string; readonly origin: string }
    | { readonly query: string; readonly origin: string };
}

export interface FoundCall {
  /** Null for an address that stays in the page. */
  readonly operation: UnnamedHttp | UnnamedGraphql | null;
  readonly credentials: readonly SentCredential[];
  /** Where its base is given, if only the run time knows it. */
  readonly base?: BasePlace;
}

/** What a call gives, as values. */
export interface RequestValues {
  readonly url: Values;
  /** `undefined` where the call gives none. */
  readonly method: Values;
  readonly headers: Values;
  readonly body: Values;
}

interface Reading {
  readonly results: FoundCall[];
  readonly open: Set<string>;
  readonly hard: ParamValue[];
  readonly soft: ParamValue[];
}

function isMissing(value: Value): boolean {
  return value.kind === "literal" && (value.value === undefined || value.value === null);
}

function methodsOf(values: Values, reading: Reading): string[] {
  const methods = new Set<string>();
  for (const value of values) {
    const text = plainText(value);
    if (isMissing(value)) methods.add("GET");
    else if (text !== undefined && /^[A-Za-z]+$/.test(text)) methods.add(text.toUpperCase());
    else if (value.kind === "param") reading.hard.push(value);
    else reading.open.add("its method is only known at run time");
  }
  return [...methods];
}

interface Headers {
  readonly names: string[];
  readonly contentType: string | undefined;
  readonly credentials: { header: string; parts: readonly Part[] }[];
}

function headersOf(evaluation: Evaluation, values: Values, reading: Reading): Headers {
  const names = new Set<string>();
  const credentials: Headers["credentials"] = [];
  let contentType: string | undefined;
  for (const value of values) {
    if (value.kind === "param") reading.soft.push(value);
    for (const [key, sent] of knownFields(evaluation, value).fields) {
      const name = key.toLowerCase();
      const given = sent.filter((one) => !isMissing(one));
      if (given.length === 0) continue;
      if (name === "content-type") {
        contentType = given.map(plainText).find((text) => text !== undefined) ?? contentType;
      } else if (isCredentialHeader(name)) {
        const fixed = given.filter((one) => one.kind === "text" && hasSecret(one.parts));
        for (const one of fixed) credentials.push({ header: name, parts: asText(one).parts });
        if (fixed.length === 0 && name === "authorization") names.add(name);
      } else names.add(name);
    }
  }
  return { names: [...names].toSorted(), contentType, credentials };
}

/** Whether a text holds a literal beyond a scheme such as `Bearer `. */
function hasSecret(parts: readonly Part[]): boolean {
  const text = parts.map((part) => (part.kind === "text" ? part.text : "\0")).join("");
  return /^(?:[A-Za-z]+ +)?[^\s\0]{6,}$/.test(text);
}

const bodyTypes: readonly (readonly [RegExp, Body["type"]])[] = [
  [/json/i, "json"],
  [/x-www-form-urlencoded/i, "form"],
  [/multipart/i, "multipart"],
  [/^text\//i, "text"],
];

function openBody(contentType: string | undefined, fallback: Body["type"]): Body {
  const type = bodyTypes.find(([pattern]) => pattern.test(contentType ?? ""))?.[1] ?? fallback;
  return type === "json" || type === "form" ? { type, fields: {}, open: true } : { type };
}

function fieldsBody(
  evaluation: Evaluation,
  type: "json" | "form",
  value: Value,
  reading: Reading,
): Body {
  if (value.kind === "param") reading.soft.push(value);
  const known = knownFields(evaluation, value);
  const fields = new Map<string, Field>();
  for (const [key, values] of known.fields) {
    for (const one of values) if (one.kind === "param") reading.soft.push(one);
    const field = fieldOf(key, values);
    fields.set(key, type === "form" && typeof field === "string" ? "string" : field);
  }
  if (value.kind === "object") softSpreads(evaluation, value, reading);
  return { type, fields: fieldTable(fields), open: known.open };
}

/** A spread of a parameter: callers know its members. */
function softSpreads(
  evaluation: Evaluation,
  value: Extract<Value, { kind: "object" }>,
  reading: Reading,
): void {
  for (const entry of value.entries) {
    if (!entry.spread || entry.node === null) continue;
    for (const one of evaluation.evaluate(entry.node, entry.frame)) {
      if (one.kind === "param") reading.soft.push(one);
    }
  }
}

function bodyOf(
  evaluation: Evaluation,
  value: Value,
  sent: { contentType: string | undefined; reading: Reading },
): Body {
  const { contentType, reading } = sent;
  if (isMissing(value)) return { type: "none" };
  switch (value.kind) {
    case "json":
      return fieldsBody(evaluation, "json", value.of, reading);
    case "query":
      return value.multipart
        ? { type: "multipart" }
        : fieldsBody(evaluation, "form", value, reading);
    case "text":
      return openBody(contentType, "text");
    case "param":
      reading.soft.push(value);
      return openBody(contentType, "binary");
    default:
      return openBody(contentType, "binary");
  }
}

function joinBodies(bodies: readonly Body[]): Body {
  const sent = bodies.filter((body) => body.type !== "none");
  const [first, ...others] = sent;
  if (first === undefined) return { type: "none" };
  if (others.some((body) => body.type !== first.type)) return { type: "binary" };
  return others.length === 0 ? first : sent.reduce(mergeBodies);
}

/** The body that covers two of one type. */
export function mergeBodies(one: Body, other: Body): Body {
  if (one.type === "none") return other;
  if (other.type === "none") return one;
  if (one.type !== other.type) return { type: "binary" };
  if (one.fields === undefined || other.fields === undefined) return one;
  const fields = mergeFields(one.fields, other.fields);
  return { type: one.type, fields, open: (one.open ?? false) || (other.open ?? false) };
}

interface Shape {
  readonly method: string;
  readonly address: Address;
  readonly headers: Headers;
  readonly body: Body;
}

function operationOf({ method, address, headers, body }: Shape): UnnamedHttp {
  const { origin, path, query, encodedSlash } = address;
  const bodyless = method === "GET" || method === "HEAD";
  return {
    kind: "http",
    ...httpAccess(method, path, query),
    method,
    origin,
    path,
    query,
    headers: headers.names,
    body: bodyless ? { type: "none" } : body,
    ...(encodedSlash.length > 0 ? { encodedSlash: [...encodedSlash] } : {}),
  };
}

function credentialsOf(address: Address, headers: Headers): SentCredential[] {
  return [
    ...headers.credentials.map(({ header, parts }) => ({
      parts,
      use: { header, origin: address.origin },
    })),
    ...address.secrets.map(({ key, parts }) => ({
      parts,
      use: { query: key, origin: address.origin },
    })),
  ];
}

/**
 * The parameter to ask the callers of first. What the constructor of a class was given depends on the class, which the callers
 * of its methods tell.
 */
function firstNeeded(needed: ParamValue, parts: readonly Part[]): ParamValue {
  if (!isConstructor(needed)) return needed;
  for (const part of parts) {
    const param = part.kind === "hole" ? part.param : undefined;
    if (param !== undefined && !param.called && !isConstructor(param)) return param;
  }
  return needed;
}

function isConstructor({ fn }: ParamValue): boolean {
  return fn.type === "ClassMethod" && fn.kind === "constructor";
}

function readUrl(value: Value, reading: Reading, take: (address: Address) => void): void {
  const { parts } = asText(value);
  const result = readAddress(parts);
  if (result.kind === "needs") reading.hard.push(firstNeeded(result.param, parts));
  else if (result.kind === "open")
    reading.open.add(
      value.kind === "unknown" && value.reason ? `its address has ${value.reason}` : result.reason,
    );
  else if (result.kind === "local") reading.results.push({ operation: null, credentials: [] });
  else {
    reading.soft.push(...result.soft);
    take(result);
  }
}

/** `request(url)` or `request(method, url)`: where a method stands as the address, it is called the other way. */
const methodName = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;

/** Where one branch gives an address and another an empty text or none, the other says that there is no address. */
function withoutNone(all: Values): Values {
  const values = all.filter((value) => !methodName.test(plainText(value) ?? ""));
  const given = withoutUnset(values).filter((value) => plainText(value) !== "");
  return given.length === 0 ? values : given;
}

/** Without the addresses that `config.apiUrl || ""` has where there is no base: the base stands for them too. */
function withoutEmptyBases(addresses: readonly Address[]): readonly Address[] {
  const based = new Set(
    addresses.filter(({ base }) => base?.part === "origin").map(({ path }) => path),
  );
  return addresses.filter(({ origin, path }) => origin !== "same-origin" || !based.has(path));
}

/** A request that carries no document. A GET that may carry one in its query is not told from a mutation. */
function readPlain(shape: Shape, reading: Reading): UnnamedHttp[] {
  const { method, address } = shape;
  if (method === "GET" && "query" in address.query.fields && isGraphqlPath(address.path)) {
    reading.open.add("it sends its GraphQL document in the query");
    return [];
  }
  return [operationOf(shape)];
}

function readDocuments(
  { method, address, headers }: Shape,
  { documents, open, hard }: FoundDocuments,
  reading: Reading,
): UnnamedGraphql[] {
  for (const reason of open) reading.open.add(reason);
  reading.hard.push(...hard);
  if (method !== "POST") reading.open.add(`it sends its GraphQL document by ${method}`);
  else if (Object.keys(address.query.fields).length > 0 || address.query.open)
    reading.open.add("its GraphQL address has a query");
  else {
    const { origin, path } = address;
    return documents.map((one) => documentOperation(one, { origin, path, headers: headers.names }));
  }
  return [];
}

/** Reads a request: its operations, and the parameters on which the rest hangs. */
export function readRequest(evaluation: Evaluation, request: RequestValues): Answer<FoundCall> {
  const reading: Reading = { results: [], open: new Set(), hard: [], soft: [] };
  const methods = methodsOf(request.method, reading);
  const headers = headersOf(evaluation, request.headers, reading);
  const sent = { contentType: headers.contentType, reading };
  const body = joinBodies(request.body.map((value) => bodyOf(evaluation, value, sent)));
  const addresses: Address[] = [];
  for (const value of withoutNone(request.url)) {
    readUrl(value, reading, (address) => addresses.push(address));
  }
  const paths = addresses.map(({ path }) => path);
  const documents = methods.includes("POST")
    ? documentsIn(evaluation, request.body, paths)
    : undefined;
  for (const address of withoutEmptyBases(addresses)) {
    for (const method of methods) {
      const shape = { method, address, headers, body };
      const operations =
        documents === undefined
          ? readPlain(shape, reading)
          : readDocuments(shape, documents, reading);
      const base = address.base === undefined ? {} : { base: address.base };
      for (const operation of operations) {
        reading.results.push({ operation, credentials: credentialsOf(address, headers), ...base });
      }
    }
  }
  return {
    results: reading.results,
    open: [...reading.open],
    needs: { hard: reading.hard, soft: reading.soft },
  };
}

/** A member of the options of a request; unknown options make it unknown. */
export function optionValues(evaluation: Evaluation, init: Values, key: string): Values {
  // A method that is set where nobody looks would make a write a read.
  const late = key === "method" ? init.map((value) => lateWrites(evaluation, value, key)) : [];
  return union(
    ...init.map((value) => (isMissing(value) ? [undefinedValue] : evaluation.property(value, key))),
    ...late,
  );
}
