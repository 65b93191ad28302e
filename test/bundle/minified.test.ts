import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { readBundle } from "../../src/bundle/files/read-bundle.ts";
import type { Analysis } from "../../src/bundle/analysis.ts";
import type { Field } from "../../src/contract/operation.ts";
import { bundleOf } from "./in-memory.ts";

// Built by scripts/minify-fixtures.mjs from fixtures/minified/app.
const minifiers = ["esbuild", "terser", "swc"];

async function analyzed(minifier: string): Promise<Analysis> {
  return analyzeBundle(await readBundle(`fixtures/minified/${minifier}/main.js`), "minified");
}

const named = (fields: Readonly<Record<string, Field>>): string =>
  Object.entries(fields)
    .map(([key, field]) => `${key}:${typeof field === "string" ? field : JSON.stringify(field)}`)
    .join(" ");

async function shapes(minifier: string): Promise<string[]> {
  const { operations } = await analyzed(minifier);
  return operations.map((operation) => {
    if (operation.kind !== "http") return operation.kind;
    const { method, origin, path, query, body } = operation;
    const base = origin === "same-origin" ? "" : origin;
    return `${method} ${base}${path} ?${named(query.fields)} ${body.type} ${named(body.fields ?? {})}`;
  });
}

async function paths(code: string): Promise<string[]> {
  const { operations } = await analyzeBundle(bundleOf({ "a.js": code }), "app");
  return operations.map((one) =>
    one.kind === "http"
      ? `${one.method} ${one.path} ?${named(one.query.fields)}${one.query.open ? "…" : ""} ${one.body.type}`
      : one.kind,
  );
}

describe("one app through several minifiers", () => {
  it("is read as its source says", async () => {
    const saved = "json name:any source:string tags:any";
    expect(await shapes("esbuild")).toEqual([
      "DELETE /api/v1/admin/members/{memberId} ? none ",
      "DELETE /api/users/{userId}/unfollow ? none ",
      "GET /api/v1/admin/teams ?archived:string page:string none ",
      "GET /api/v1/admin/teams/{teamId} ? none ",
      "GET https://billing.acme.example/v2/invoices ? none ",
      "PATCH /api/me/preferences ? json theme:any version:number",
      "POST https://billing.acme.example/v2/accounts/{accountId}/credits ? json amount:number notify:boolean reason:any",
      `POST /api/v1/contacts ? ${saved}`,
      "POST https://billing.acme.example/v2/invoices/{invoiceId}/attachments ? multipart ",
      "POST /oauth/token ? form grant_type:string password:string username:string",
      "POST /api/users/{userId}/follow ? none ",
      `PUT /api/v1/contacts/{contactId} ? ${saved}`,
    ]);
  });

  it.each(minifiers)("has the same operations from %s, and none is open", async (minifier) => {
    const { operations, sites } = await analyzed(minifier);
    expect(operations).toEqual((await analyzed("esbuild")).operations);
    expect(sites.map(({ status }) => status)).toEqual(sites.map(() => "resolved"));
  });
});

describe("what a bundle asks for, whoever wrote it down", () => {
  it.each<[string, string, string[]]>([
    [
      "what a factory is given names the collection",
      "const make=(name)=>{const root=`/admin/${name}`;return{get:(id)=>fetch(`${root}/${id}`)}};make('teams').get(x.id)",
      ["GET /admin/teams/{teamId} ? none"],
    ],
    [
      "what a subclass hands to super stays its own",
      "class B{constructor(p){this.p=p}} class T extends B{constructor(){super('/teams')} list(){return fetch(this.p)}} class M extends B{constructor(){super('/members')} list(){return fetch(this.p+'/all')}} new T().list();new M().list()",
      ["GET /members/all ? none", "GET /teams ? none"],
    ],
    [
      "a query that is set on a URL object",
      "const u=new URL('/items',location.origin);u.searchParams.set('page',1);on&&u.searchParams.append('q',q);fetch(u)",
      ["GET /items ?page:number q:string none"],
    ],
    [
      "a query that is built in a loop over its fields",
      "const f=(path,q)=>{const p=new URLSearchParams;for(const [k,v] of Object.entries(q))p.set(k,String(v));return fetch(path+'?'+p)};f('/items',{page:1,sort:'name'})",
      ["GET /items ?page:string sort:string none"],
    ],
    [
      "a body that nobody gives",
      "const f=(path,body)=>{const init={method:'DELETE'};if(body)init.body=JSON.stringify(body);return fetch(path,init)};f('/items')",
      ["DELETE /items ? none"],
    ],
    [
      "an empty text where an id is not known yet",
      "fetch(`/items/${item.id??''}/parts`)",
      ["GET /items/{itemId}/parts ? none"],
    ],
    [
      "a number that is one of many",
      "const f=(year)=>fetch(`/exports/${year}.csv`);f(2024);f(2025)",
      ["GET /exports/{exportId}.csv ? none"],
    ],
  ])("%s", async (_name, code, expected) => {
    expect(await paths(code)).toEqual(expected);
  });
});
