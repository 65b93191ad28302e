/** GraphQL in the body of a request: one document that the bundle spells out becomes one operation. */
import type { GraphqlOperation } from "../../contract/operation.ts";
import {
  readDocument,
  type GraphqlDocument,
  type ReadDocument,
} from "../../statements/graphql/document.ts";
import { asDocument, looksLikeDocument } from "../evaluate/document-tags.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { knownFields } from "../evaluate/known-fields.ts";
import { plainText, type ParamValue, type Value, type Values } from "../evaluate/values.ts";

export type UnnamedGraphql = Omit<GraphqlOperation, "id">;

/** The documents that values can be; what is not known of them, and the parameters on which they hang. */
export interface FoundDocuments {
  readonly documents: GraphqlDocument[];
  readonly open: string[];
  readonly hard: ParamValue[];
}

const joined = "its GraphQL document is put together with values: give them as variables";
const late = "its GraphQL document is only known at run time";
const hashed = "it names its GraphQL document by a hash, which says nothing of what it does";
const batched = "it sends several GraphQL documents in one request";

function isNothing(value: Value): boolean {
  if (value.kind === "literal") return true;
  return value.kind === "object" && value.entries.length === 0;
}

function readInto(found: FoundDocuments, read: ReadDocument): void {
  if (read.ok) found.documents.push(read.document);
  else found.open.push(`its GraphQL document holds ${read.reason}`);
}

/** A value that turns into a text when it is sent: `class extends String { constructor(value) { this.value = value } }`. */
function unwrapped(evaluation: Evaluation, value: Value): Values {
  return value.kind === "instance" ? evaluation.property(value, "value") : [value];
}

/** The documents among values. */
export function documentsAmong(evaluation: Evaluation, values: Values): FoundDocuments {
  const found: FoundDocuments = { documents: [], open: [], hard: [] };
  const given = values.length > 1 ? values.filter((value) => !isNothing(value)) : values;
  for (const one of given.flatMap((value) => unwrapped(evaluation, value))) {
    const value = asDocument(evaluation, one);
    const text = plainText(value);
    if (text !== undefined) readInto(found, readDocument(text));
    else if (value.kind === "param") found.hard.push(value);
    else if (value.kind === "text") readParts(found, value);
    else found.open.push(late);
  }
  return found;
}

function readParts(found: FoundDocuments, { parts }: Extract<Value, { kind: "text" }>): void {
  const params = parts.flatMap((part) => (part.kind === "hole" && part.param ? [part.param] : []));
  const [param] = params;
  if (param === undefined) found.open.push(joined);
  else found.hard.push(param);
}

/** How an address that takes GraphQL is usually called. */
const graphqlPath = /(?:^|[/._-])(?:graphql|graph|gql)(?:[/._-]|$)/i;

export function isGraphqlPath(path: string): boolean {
  return graphqlPath.test(path);
}

function saysDocument(evaluation: Evaluation, values: Values): boolean {
  return values.some((one) => {
    const value = asDocument(evaluation, one);
    const [first] = value.kind === "text" ? value.parts : [];
    return first?.kind === "text" && looksLikeDocument(first.text);
  });
}

/** What one JSON body asks for; undefined if it is no GraphQL request. */
function inBody(
  evaluation: Evaluation,
  of: Value,
  paths: readonly string[],
): FoundDocuments | undefined {
  const isAddressed = paths.some(isGraphqlPath);
  if (of.kind === "array") {
    const isBatch = isAddressed && of.elements.length > 0;
    return isBatch ? { documents: [], open: [batched], hard: [] } : undefined;
  }
  const { fields } = knownFields(evaluation, of);
  const query = fields.get("query");
  const isPair = fields.has("variables") || fields.has("operationName");
  if (query !== undefined) {
    const isDocument = isAddressed || isPair || saysDocument(evaluation, query);
    return isDocument ? documentsAmong(evaluation, query) : undefined;
  }
  const isHash = isPair && (isAddressed || fields.has("extensions"));
  return isHash ? { documents: [], open: [hashed], hard: [] } : undefined;
}

/** The documents that bodies send to some addresses; undefined if none is a GraphQL request. */
export function documentsIn(
  evaluation: Evaluation,
  bodies: Values,
  paths: readonly string[],
): FoundDocuments | undefined {
  const found = bodies.flatMap((body) => {
    const one = body.kind === "json" ? inBody(evaluation, body.of, paths) : undefined;
    return one === undefined ? [] : [one];
  });
  if (found.length === 0) return undefined;
  return {
    documents: found.flatMap(({ documents }) => documents),
    open: found.flatMap(({ open }) => open),
    hard: found.flatMap(({ hard }) => hard),
  };
}

/** The operation of a document at an address. */
export function documentOperation(
  document: GraphqlDocument,
  at: {
    readonly origin: string;
    readonly path: string;
    readonly headers: readonly string[];
    /** It is sent with a `__typename` in each selection. */
    readonly typed?: boolean;
    readonly get?: boolean;
  },
): UnnamedGraphql {
  const { operation, name, variables, text, typed } = document;
  const isGet = at.get === true && operation === "query";
  return {
    kind: "graphql",
    access: operation === "query" ? "read" : "write",
    why: operation,
    origin: at.origin,
    path: at.path,
    document: at.typed === true ? typed : text,
    ...(name === undefined ? {} : { operationName: name }),
    variables,
    headers: [...at.headers],
    ...(isGet ? { get: true } : {}),
  };
}
