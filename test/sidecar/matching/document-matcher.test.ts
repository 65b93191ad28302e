import { describe, expect, it } from "vitest";
import type { GraphqlOperation } from "../../../src/contract/operation.ts";
import { compileDocuments } from "../../../src/sidecar/matching/document-matcher.ts";
import { parseQuery } from "../../../src/sidecar/matching/query.ts";
import { parseStrictJson } from "../../../src/sidecar/matching/strict-json.ts";
import { readVariables } from "../../../src/sidecar/validation/graphql-variables.ts";
import { readDocument } from "../../../src/statements/graphql/document.ts";

function registered(text: string, more: Partial<GraphqlOperation> = {}): GraphqlOperation {
  const read = readDocument(text);
  if (!read.ok) throw new Error(read.reason);
  const { operation, name, variables, text: document } = read.document;
  return {
    id: `${operation}-${(name ?? "x").toLowerCase()}-000000`,
    kind: "graphql",
    access: operation === "query" ? "read" : "write",
    why: operation,
    origin: "same-origin",
    path: "/api/graphql",
    document,
    ...(name === undefined ? {} : { operationName: name }),
    variables,
    headers: [],
    ...more,
  };
}

const accounts = "query Accounts($first: Int) { accounts(first: $first) { id } }";
const pay = "mutation Pay($id: ID!, $amount: Float!) { pay(id: $id, amount: $amount) { id } }";
const matcher = compileDocuments([registered(accounts, { get: true }), registered(pay)]);

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly search?: string;
}

function ask(
  body: unknown,
  { method = "POST", path = "/api/graphql", search = "" }: Sent = {},
): string {
  const match = matcher.match({
    method,
    origin: "same-origin",
    rawPath: path,
    query: parseQuery(search) ?? new Map(),
    body: () => parseStrictJson(typeof body === "string" ? body : JSON.stringify(body)),
  });
  if (match === undefined) return "elsewhere";
  return match.kind === "refused" ? match.reason : `${match.access} ${match.operation.id}`;
}

describe("S9: the document is fixed by registration", () => {
  it("takes registered documents, however they are spelled, and whoever adds __typename", () => {
    expect(ask({ query: accounts, variables: { first: 3 } })).toBe("read query-accounts-000000");
    expect(ask({ query: pay.replaceAll(" {", "{\n# note\n"), operationName: "Pay" })).toBe(
      "write mutation-pay-000000",
    );
    expect(ask({ query: pay.replace("{ id }", "{ id __typename }"), operationName: null })).toBe(
      "write mutation-pay-000000",
    );
    expect(ask({ query: accounts, extensions: { clientLibrary: { name: "x" } } })).toBe(
      "read query-accounts-000000",
    );
  });

  it.each<[string, unknown, Sent?]>([
    ["a field more", { query: accounts.replace("{ id }", "{ id secret }") }],
    ["a second operation, chosen by name", { query: `${accounts} ${pay}`, operationName: "Pay" }],
    ["another name", { query: accounts, operationName: "Pay" }],
    [
      "a mutation in a fragment's clothes",
      { query: "query Accounts { ...F } fragment F on Mutation { pay }" },
    ],
    ["the same fields as a mutation", { query: accounts.replace("query", "mutation") }],
    ["an alias of __typename", { query: accounts.replace("{ id }", "{ id x: __typename }") }],
    ["a directive", { query: accounts.replace("id }", "id @include(if: true) }") }],
    ["a batch", [{ query: accounts }, { query: pay }]],
    ["a batch of one", [{ query: accounts }]],
    ["a persisted hash", { extensions: { persistedQuery: { version: 1, sha256Hash: "ab" } } }],
    ["a document beside a hash", { query: accounts, extensions: { persistedQuery: {} } }],
    ["a document id", { query: accounts, id: "ab" }],
    ["no document", { variables: {} }],
    ["a document that is no text", { query: { kind: "Document" } }],
    ["a repeated key", `{"query":${JSON.stringify(accounts)},"query":${JSON.stringify(pay)}}`],
    ["a mutation by GET", null, { method: "GET", search: `query=${encodeURIComponent(pay)}` }],
    [
      "a document in body and query",
      { query: accounts },
      { search: `query=${encodeURIComponent(pay)}` },
    ],
    ["a repeated query by GET", null, { method: "GET", search: "query=%7Ba%7D&query=%7Bb%7D" }],
    [
      "a hash by GET",
      null,
      { method: "GET", search: "extensions=%7B%22persistedQuery%22%3A%7B%7D%7D" },
    ],
    ["a method of its own", { query: accounts }, { method: "PUT" }],
  ])("refuses %s", (_name, body, sent) => {
    expect(ask(body, sent)).not.toMatch(/^(?:read|write|elsewhere)/);
  });

  it("takes a query by GET only where it is registered so", () => {
    const search = `query=${encodeURIComponent(accounts)}&variables=%7B%22first%22%3A3%7D&operationName=Accounts`;
    expect(ask(null, { method: "GET", search })).toBe("read query-accounts-000000");
  });

  it("leaves other addresses to the other operations", () => {
    expect(ask({ query: accounts }, { path: "/api/other" })).toBe("elsewhere");
  });
});

describe("variables", () => {
  const types = {
    id: "ID!",
    amount: "Float",
    tags: "[String!]",
    kind: "Kind",
    n: "Int",
    ok: "Boolean",
  };

  it.each<[string, { [key: string]: never }]>([
    ["all kinds", { id: "a", amount: 1.5, tags: ["x"], kind: "OPEN", n: 3, ok: true }],
    [
      "a number as an ID, one value for a list, an object of the schema",
      { id: 7, tags: "x", kind: { a: [1] } },
    ],
    ["null where it may be", { id: "a", amount: null, tags: null }],
  ] as never)("take %s", (_name, values) => {
    expect(readVariables(types, values)).toEqual({ ok: true, values });
  });

  it.each<[string, never]>([
    ["a missing one", {}],
    ["null where it may not be", { id: null }],
    ["null in a list where it may not be", { id: "a", tags: [null] }],
    ["one that is not declared", { id: "a", other: 1 }],
    ["a member of every object", { id: "a", constructor: 1 }],
    ["a text for a number", { id: "a", amount: "1" }],
    ["a fraction for an integer", { id: "a", n: 1.5 }],
    ["an integer that is too large", { id: "a", n: 2 ** 40 }],
    ["an object for a scalar", { id: { toString: 1 } }],
    ["a list of variables", [1]],
    ["a text of variables", "{}"],
  ] as never)("refuse %s", (_name, values) => {
    expect(readVariables(types, values).ok).toBe(false);
  });
});
