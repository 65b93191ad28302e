import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import type { Analysis } from "../../../src/bundle/analysis.ts";
import { singular } from "../../../src/bundle/operations/hole-names.ts";
import { maskSecret } from "../../../src/bundle/operations/credentials.ts";
import { bundleOf } from "../in-memory.ts";

async function analyze(code: string | Record<string, string>): Promise<Analysis> {
  return analyzeBundle(bundleOf(typeof code === "string" ? { "a.js": code } : code), "app");
}

async function calls(code: string): Promise<string[]> {
  const { operations, sites } = await analyze(code);
  const open = sites.filter((site) => site.status === "open").map(() => "open");
  return [
    ...operations.map((one) =>
      one.kind === "http" ? `${one.access} ${one.method} ${one.origin}${one.path}` : one.kind,
    ),
    ...open,
  ].toSorted((a, b) => (a < b ? -1 : 1));
}

describe("HTTP operations", () => {
  it.each<[string, string, string[]]>([
    [
      "names holes by the literal before them",
      "fetch(`/companies/${encodeURIComponent(a)}/addresses/${b}`)",
      ["read GET same-origin/companies/{companyId}/addresses/{addressId}"],
    ],
    [
      "counts a repeated name",
      "fetch(`/files/${a}/${b}`)",
      ["read GET same-origin/files/{fileId}/{fileId2}"],
    ],
    [
      "keeps mixed segments",
      "fetch(`/files/${a}.json`)",
      ["read GET same-origin/files/{fileId}.json"],
    ],
    [
      "takes a hole after text at the end for a query",
      "fetch('/items'+x())",
      ["read GET same-origin/items"],
    ],
    [
      "reads relative addresses from the root",
      "fetch('./a');fetch('b?c=1')",
      ["read GET same-origin/a", "read GET same-origin/b"],
    ],
    [
      "leaves out user and password of an origin",
      "fetch('https://u:p4ssw0rd-x@api.acme.example/a')",
      ["read GET https://api.acme.example/a"],
    ],
    [
      "names a base that is only known at run time by the member it comes from",
      "fetch(`${o().apiUrl}/users`);fetch(`${o()}api/items`)",
      ["read GET {apiUrl}/users", "read GET {base}/api/items"],
    ],
    [
      "keeps a base through the trimming of its slash",
      "const f=b=>fetch(`${b.replace(/\\/$/,``)}/a`);f(o().siteUrl);f('https://api.acme.example/')",
      ["read GET https://api.acme.example/a", "read GET {base}/a"],
    ],
    ["takes an empty branch for no address", "fetch(o()?'/a':'')", ["read GET same-origin/a"]],
    [
      "leaves an address open that is all unknown",
      "fetch(o());fetch(`${o()}${o()}`)",
      ["open", "open"],
    ],
    ["leaves out addresses that stay in the page", "fetch('data:,a');fetch(`blob:${x}`)", []],
    [
      "keeps a query of the same path",
      "fetch('/a?action=list');fetch('/a?action=delete')",
      ["read GET same-origin/a", "write GET same-origin/a"],
    ],
    [
      "sees a method that is set later",
      "function r(p,o={}){o.method='POST';return fetch(p,o)}r('/a')",
      ["write POST same-origin/a"],
    ],
    [
      "sees a method through Object.assign",
      "function r(p,o={}){Object.assign(o,{method:'PUT'});return fetch(p,o)}r('/a',{})",
      ["read GET same-origin/a", "write PUT same-origin/a"],
    ],
    ["never takes unknown options for a read", "fetch('/a',x())", ["open"]],
    [
      "never takes a spread of unknown options for a read",
      "fetch('/a',{...x()})",
      ["open", "read GET same-origin/a"],
    ],
    [
      "follows a wrapper in a wrapper",
      "const r=(p,o)=>fetch('/api'+p,o),g=p=>r(p),d=p=>r(p,{method:'DELETE'});g('/a');d(`/a/${x}`)",
      ["read GET same-origin/api/a", "write DELETE same-origin/api/a/{aId}"],
    ],
    [
      "follows the URL as second argument",
      "const r=(m,p)=>fetch(p,{method:m});r('POST','/a')",
      ["write POST same-origin/a"],
    ],
    [
      "follows a hook that returns a function",
      "function useApi(b){return{send:p=>fetch(b+p)}}const{send:s}=useApi('/api');s('/a')",
      ["read GET same-origin/api/a"],
    ],
    [
      "follows a function into a component's props",
      "const L=({load:l})=>l('/a');jsx.jsx(L,{load:p=>fetch('/api'+p)})",
      ["read GET same-origin/api/a"],
    ],
    [
      "keeps arguments of one call together",
      "const r=(p,m)=>fetch(p,{method:m});r('/a','GET');r('/b','POST')",
      ["read GET same-origin/a", "write POST same-origin/b"],
    ],
    [
      "is not fooled by recursion",
      "const r=(p,n)=>fetch('/api'+p).catch(()=>n>0&&r(p,n-1));r('/a',3)",
      ["read GET same-origin/api/a"],
    ],
    [
      "drops branches that a call excludes",
      "const r=(p,w)=>{if(w)return fetch(p,{method:'POST'});return fetch(p)};r('/a',!0);r('/b')",
      ["read GET same-origin/a", "read GET same-origin/b", "write POST same-origin/a"],
    ],
  ])("%s", async (_claim, code, expected) => {
    expect(await calls(code)).toEqual(expected);
  });

  it("joins the shapes of calls of one operation", async () => {
    const { operations } = await analyze(
      "fetch('/a',{method:'POST',body:JSON.stringify({n:1})});fetch('/a',{method:'POST',headers:{'X-B':b},body:JSON.stringify({n:'1',m:!0})})",
    );
    expect(operations).toMatchObject([
      { headers: ["x-b"], body: { type: "json", fields: { m: "boolean", n: "any" }, open: false } },
    ]);
  });

  it("reports templates that no request could tell apart", async () => {
    const { findings } = await analyze("fetch(`/a/${x}/b-${y}`);fetch(`/a/${x}/${y}-c`)");
    expect(findings.map((finding) => finding.rule)).toEqual(["ambiguous-operation"]);
    expect((await analyze("fetch(`/a/${x}/b`);fetch(`/a/${x}/${y}`)")).findings).toEqual([]);
  });
});

describe("a bundle with scripts that do not parse", () => {
  it("reports them and analyzes the rest", async () => {
    const { findings, operations } = await analyze({
      "a.js": "fetch('/a')",
      "b.js": "let x = ;\n",
    });
    expect(findings).toMatchObject([{ rule: "unreadable-file", file: "b.js", line: 1, column: 8 }]);
    expect(operations).toHaveLength(1);
  });

  it("is refused if none parses", async () => {
    await expect(analyze("let x = ;")).rejects.toMatchObject({ code: "bundle-unparsable" });
  });
});

describe("words and masks", () => {
  it.each([
    ["accounts", "account"],
    ["companies", "company"],
    ["addresses", "address"],
    ["boxes", "box"],
    ["branches", "branch"],
    ["status", "status"],
    ["statuses", "status"],
    ["news", "news"],
    ["user", "user"],
  ])("%s is the plural of %s", (plural, word) => {
    expect(singular(plural)).toBe(word);
  });

  it("masks all of a short secret and most of a long one", () => {
    expect(maskSecret("hunter2")).toBe("…");
    expect(maskSecret("acme_live_4f9b2c7d81e34a06b5")).toBe("acme…b5");
  });
});
