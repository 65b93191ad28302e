/**
 * Matches a GraphQL request to its registered document. An address that has registered documents takes nothing else: one
 * document, spelled in whatever way, with the variables and the operation's own name; no batch, no persisted hash, and by GET
 * only what is registered so.
 */
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { Access, GraphqlOperation } from "../../contract/operation.ts";
import { readDocument } from "../../statements/graphql/document.ts";
import {
  compareTemplates,
  matchTemplate,
  parseTemplate,
  type PathTemplate,
} from "./path-template.ts";
import type { QueryValues } from "./query.ts";
import { canonicalPath } from "./request-path.ts";
import { parseStrictJson, type ParsedJson } from "./strict-json.ts";

interface DocumentRequest {
  readonly method: string;
  readonly origin: string;
  readonly rawPath: string;
  readonly query: QueryValues;
  /** The body, if it is sent as JSON. */
  body(): ParsedJson;
}

export type DocumentMatch =
  | {
      readonly kind: "matched";
      readonly operation: GraphqlOperation;
      readonly access: Access;
      readonly holes: ReadonlyMap<string, string>;
      readonly variables: JsonValue;
    }
  | { readonly kind: "refused"; readonly reason: string };

export interface DocumentMatcher {
  /** Undefined where no registered document has the address. */
  match(request: DocumentRequest): DocumentMatch | undefined;
}

interface Entry {
  readonly operation: GraphqlOperation;
  /** Its document without the `__typename`s that caching clients add. */
  readonly bare: string;
}

/** The documents of one address. */
interface Address {
  readonly template: PathTemplate;
  readonly entries: Entry[];
}

/** What a request asks for. */
interface Asked {
  readonly document: string;
  readonly variables: JsonValue;
  readonly operationName: string | undefined;
}

const refused = (reason: string): DocumentMatch => ({ kind: "refused", reason });

const members = new Set(["query", "variables", "operationName", "extensions"]);

/** Clients say who they are in `extensions`; anything else there, a persisted hash above all, is another call. */
function isIdle(extensions: JsonValue | undefined): boolean {
  if (extensions === undefined || extensions === null) return true;
  if (typeof extensions !== "object" || Array.isArray(extensions)) return false;
  return Object.keys(extensions).every((key) => key === "clientLibrary");
}

function askedBy(value: JsonValue): Asked | string {
  if (Array.isArray(value)) return "several documents in one request";
  if (value === null || typeof value !== "object") return "it is no GraphQL request";
  if (Object.keys(value).some((key) => !members.has(key))) return "it holds more than a document";
  const { query, variables = null, operationName = null, extensions } = value;
  if (!isIdle(extensions)) return "it asks by extensions, e.g. a persisted document";
  if (typeof query !== "string") return "it has no document";
  if (operationName !== null && typeof operationName !== "string") return "its name is no text";
  return { document: query, variables, operationName: operationName ?? undefined };
}

function only(query: QueryValues, name: string): string | undefined {
  const texts = query.get(name);
  return texts?.length === 1 ? texts[0] : undefined;
}

/** The members of a GET request: texts, of which `variables` and `extensions` are JSON. */
function membersOf(query: QueryValues): JsonValue | string {
  const value: { [key: string]: JsonValue } = {};
  for (const name of query.keys()) {
    const text = only(query, name);
    if (text === undefined) return "a key of its query is repeated";
    if (name === "variables" || name === "extensions") {
      const parsed = parseStrictJson(text);
      if (!parsed.ok) return `its ${name} are not strict JSON`;
      value[name] = parsed.value;
    } else value[name] = text;
  }
  return value;
}

function askedOf(request: DocumentRequest): Asked | string {
  if (request.method === "GET") {
    const value = membersOf(request.query);
    return typeof value === "string" ? value : askedBy(value);
  }
  if (request.method !== "POST") return "GraphQL is asked for by POST";
  if (request.query.size > 0) return "a query beside the document";
  const parsed = request.body();
  return parsed.ok ? askedBy(parsed.value) : parsed.reason;
}

/** The operation whose document it is: to the letter, else but for the `__typename`s. */
function entryFor(entries: readonly Entry[], asked: Asked): Entry | string {
  const read = readDocument(asked.document);
  if (!read.ok) return `its document holds ${read.reason}`;
  const { text, bare, name } = read.document;
  if (asked.operationName !== undefined && asked.operationName !== name) {
    return "its name is not that of its document";
  }
  const alike = entries.filter((entry) => entry.bare === bare);
  const found = alike.find(({ operation }) => operation.document === text) ?? alike[0];
  return found ?? "no operation has this document";
}

function matchIn(
  { entries }: Address,
  request: DocumentRequest,
  holes: ReadonlyMap<string, string>,
): DocumentMatch {
  const asked = askedOf(request);
  if (typeof asked === "string") return refused(asked);
  const entry = entryFor(entries, asked);
  if (typeof entry === "string") return refused(entry);
  const { operation } = entry;
  if (request.method === "GET" && operation.get !== true) {
    return refused("its document is not asked for by GET");
  }
  const { access } = operation;
  return { kind: "matched", operation, access, holes, variables: asked.variables };
}

/** Compiles the GraphQL operations of one app. */
export function compileDocuments(operations: readonly GraphqlOperation[]): DocumentMatcher {
  const byOrigin = new Map<string, Map<string, Address>>();
  for (const operation of operations) {
    const addresses = byOrigin.get(operation.origin) ?? new Map<string, Address>();
    const address = addresses.get(operation.path) ?? {
      template: parseTemplate(operation.path),
      entries: [],
    };
    const read = readDocument(operation.document);
    // A hand-written operation whose document cannot be read is never asked for.
    if (read.ok) address.entries.push({ operation, bare: read.document.bare });
    byOrigin.set(operation.origin, addresses.set(operation.path, address));
  }
  return {
    match(request) {
      const path = canonicalPath(request.rawPath);
      if (!path.ok) return undefined;
      const fitting = [...(byOrigin.get(request.origin)?.values() ?? [])].flatMap((address) => {
        const holes = matchTemplate(address.template, path.segments);
        return holes === undefined ? [] : [{ address, holes }];
      });
      const [best] = fitting.toSorted((a, b) =>
        compareTemplates(b.address.template, a.address.template),
      );
      return best === undefined ? undefined : matchIn(best.address, request, best.holes);
    },
  };
}
