import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { bundleOf } from "../in-memory.ts";

async function seen(code: string): Promise<string[]> {
  const { operations, sites } = await analyzeBundle(bundleOf({ "main.js": code }), "app");
  return [
    ...operations.map((one) =>
      one.kind === "graphql"
        ? `${one.access} ${one.origin}${one.path} ${one.document} ${JSON.stringify(one.variables)}`
        : `${one.access} ${one.kind}`,
    ),
    ...sites.flatMap(({ status, reason }) => (status === "open" ? [`open: ${reason}`] : [])),
  ];
}

const send = (body: string): string =>
  `fetch("/api/graphql",{method:"POST",headers:{"content-type":"application/json"},body:JSON.stringify(${body})});`;

describe("GraphQL that an app sends by itself", () => {
  it.each<[string, string, string[]]>([
    [
      "a document in the call",
      send("{query:`mutation Pay($id: ID!) { pay(id: $id) { id } }`,variables:{id:x}}"),
      ['write same-origin/api/graphql mutation Pay($id: ID!) { pay(id: $id) { id } } {"id":"ID!"}'],
    ],
    [
      "documents through a wrapper, by a tag of any name, with fragments",
      `const t=(s,...v)=>s.reduce((a,x,i)=>a+x+(v[i]??""),"");const q=(e,n)=>${send("{query:e,variables:n}")}` +
        "const F=t`fragment P on A { id }`;q(t`query One { a { ...P } } ${F}`);q(`{ b }`,{});",
      [
        "read same-origin/api/graphql { b } {}",
        "read same-origin/api/graphql query One { a { ...P } } fragment P on A { id } {}",
      ],
    ],
    [
      "a syntax tree that a build compiled",
      `const q=(e,n)=>${send("{query:p(e),variables:n}")}`.replace("p(e)", "e") +
        'const D={kind:"Document",definitions:[{kind:"OperationDefinition",operation:"query",name:{kind:"Name",value:"One"},' +
        'selectionSet:{kind:"SelectionSet",selections:[{kind:"Field",name:{kind:"Name",value:"a"}}]}}]};q(D,{});',
      ["read same-origin/api/graphql query One { a } {}"],
    ],
    [
      "a text with the type of its answer",
      `class T extends String{constructor(value,meta){super(value);this.value=value;this.meta=meta}}
       const q=(e,n)=>${send("{query:e,variables:n}")}q(new T("query One { a }"),{});`,
      ["read same-origin/api/graphql query One { a } {}"],
    ],
    [
      "a document with a value in it",
      send('{query:`query { a(id: "${x.id}") { id } }`,variables:{}}'),
      ["open: its GraphQL document is put together with values: give them as variables"],
    ],
    [
      "a document that only the run time knows",
      send("{query:x.query,variables:{}}"),
      ["open: its GraphQL document is only known at run time"],
    ],
    [
      "several operations",
      send('{query:"query A { a } mutation B { b }",operationName:"B"}'),
      ["open: its GraphQL document holds 2 operations in one document"],
    ],
    [
      "a persisted document",
      send(
        '{operationName:"A",variables:{},extensions:{persistedQuery:{version:1,sha256Hash:"ab"}}}',
      ),
      ["open: it names its GraphQL document by a hash, which says nothing of what it does"],
    ],
    [
      "a batch",
      send('[{query:"{ a }"},{query:"mutation { b }"}]'),
      ["open: it sends several GraphQL documents in one request"],
    ],
    [
      "a document in the query",
      "fetch(`/graphql?query=${encodeURIComponent(q)}`);",
      ["open: it sends its GraphQL document in the query"],
    ],
    [
      "a search, which is none",
      'fetch("/api/search",{method:"POST",body:JSON.stringify({query:x.text})});',
      ["write http"],
    ],
  ])("%s", async (_name, code, expected) => {
    expect(await seen(code)).toEqual(expected);
  });
});
