import { describe, expect, it } from "vitest";
import { documentText, readDocument } from "../../src/statements/graphql/document.ts";
import { graphqlFacts } from "../../src/statements/graphql/facts.ts";
import { parse } from "graphql/language/index.js";

function document(
  text: string,
): Extract<ReturnType<typeof readDocument>, { ok: true }>["document"] {
  const read = readDocument(text);
  if (!read.ok) throw new Error(read.reason);
  return read.document;
}

describe("what a GraphQL document does", () => {
  it.each([
    ["{ accounts { id } }", "read"],
    ["query Accounts { accounts { id } }", "read"],
    ["# mutation\nquery { mutation }", "read"],
    ["mutation { pay(id: 1) { id } }", "write"],
    ["subscription { paid { id } }", "write"],
    ["query A { a } mutation B { b }", "write"],
    ["query A { a } query B { b }", "invalid"],
    ["query A { ...Missing }", "invalid"],
    ["query A { ...F } fragment F on A { id } fragment F on A { name }", "invalid"],
    ["fragment F on A { id }", "invalid"],
    ["type Query { a: Int }", "invalid"],
    ["query A { a } type Query { a: Int }", "invalid"],
    ["", "invalid"],
    ["SELECT 1", "invalid"],
    ["query { a ", "invalid"],
    ["query { a }\0", "invalid"],
    [`${"{a".repeat(9000)}${"}".repeat(9000)}`, "invalid"],
    [`query { ${"a ".repeat(30_000)} }`, "invalid"],
    [`query { a(b: "${"x".repeat(1_000_000)}") }`, "invalid"],
  ])("is said by its operations: %.60s", (text, access) => {
    expect(graphqlFacts(text).access).toBe(access);
  });

  it("names variables with their types; one with a default may be left out", () => {
    const text = "query A($id: ID!, $of: [Kind!]!, $first: Int! = 5) { a(id: $id) { id } }";
    expect(document(text).variables).toEqual({ id: "ID!", of: "[Kind!]!", first: "Int" });
    expect(graphqlFacts(text).parameters).toEqual(["id", "of", "first"]);
  });
});

describe("the canonical spelling of a GraphQL document", () => {
  it("is the same for two spellings of one document", () => {
    const one = document(
      'fragment P on A{id}\n# note\nquery Q($x:ID!){a(x:$x,n:"b  c"){...P}}fragment P on A{id}',
    );
    const other = document(
      'query Q($x: ID!) {\n  a(x: $x, n: "b  c") { ...P }\n}\nfragment P on A { id }',
    );
    expect(one.text).toBe(other.text);
    expect(one.text).toBe(
      'query Q($x: ID!) { a(x: $x, n: "b  c") { ...P } } fragment P on A { id }',
    );
  });

  it("keeps what a block string says, on one line", () => {
    const { text } = document('{ a(n: """\n  two\n  lines\n""") }');
    expect(text).toBe('{ a(n: "two\\nlines") }');
    expect(document(text).text).toBe(text);
  });

  it("is read again as itself, also where arguments take several lines", () => {
    const long = "x".repeat(60);
    const { text } = document(
      `mutation { a(one: "${long}", two: "${long}") { b(c: 1) @skip(if: false) } }`,
    );
    expect(text).not.toContain("\n");
    expect(document(text).text).toBe(text);
  });

  it("tells the names that caching clients add from those that the app asks for", () => {
    const { bare, typed } = document(
      "query Q { a { id kind: __typename b { __typename } } ...F } fragment F on Query { c { id } }",
    );
    expect(bare).toBe(
      "query Q { a { id kind: __typename b { __typename } } ...F } fragment F on Query { c { id } }",
    );
    expect(typed).toBe(
      "query Q { a { id kind: __typename b { __typename } __typename } ...F } fragment F on Query { c { id __typename } __typename }",
    );
    expect(document(typed).bare).toBe(bare);
  });

  it("is printed from a syntax tree too", () => {
    const text = "query Q($x: ID!) { a(x: $x) { id } }";
    expect(document(documentText(parse(text)) ?? "").text).toBe(text);
    expect(documentText({ kind: "Document", definitions: [{ kind: "Nothing" }] })).toBeUndefined();
  });
});
