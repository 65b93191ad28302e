import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { BaseCut, Cut, GlobalCut } from "../../../src/bundle/analysis.ts";
import { rewriteBundle } from "../../../src/bundle/rewrite/rewrite-bundle.ts";
import { verifyScript } from "../../../src/bundle/rewrite/verify-script.ts";
import { baseOrigin } from "../../../src/contract/operation-id.ts";
import { analysisOf, bundleOf, spanOf, standIn, textIn } from "./bundle-of.ts";

const banner = "/*! govern 9.8.7 */!function(){";

/** The script after the rewrite, without the inlined proxy. */
function rewritten(code: string, cuts: readonly Cut[]): string {
  const { files } = rewriteBundle(bundleOf({ "app.js": code }), analysisOf(cuts), standIn);
  const text = textIn(files, "app.js");
  const at = text.indexOf(banner);
  const end = text.indexOf("}();", text.indexOf("\n}", at)) + 4;
  return at < 0 ? text : text.slice(0, at) + text.slice(end);
}

function globalCut(
  code: string,
  part: string,
  global: GlobalCut["global"],
  shorthand = false,
): GlobalCut {
  return { kind: "global", file: "app.js", ...spanOf(code, part), global, site: "s3", shorthand };
}

describe("a reference to a global", () => {
  test.each<[string, string, GlobalCut["global"], string]>([
    ["a call", "fetch", "fetch", 'const a=__govern.fetch("s3")(1)'],
    ["a member of window", "window.fetch", "fetch", 'const a=__govern.fetch("s3")(1)'],
    ["a computed member", 'self["fetch"]', "fetch", 'const a=__govern.fetch("s3")(1)'],
    ["a beacon", "navigator.sendBeacon", "sendBeacon", 'const a=__govern.sendBeacon("s3")(1)'],
  ])("is replaced in %s", (_, part, global, expected) => {
    const code = `const a=${part}(1)`;
    expect(rewritten(code, [globalCut(code, part, global)])).toBe(expected);
  });

  test("stays apart from the keyword before it", () => {
    const code = "function f(){return fetch}";
    expect(rewritten(code, [globalCut(code, "fetch", "fetch")])).toBe(
      'function f(){return __govern.fetch("s3")}',
    );
  });

  test.each([
    ["new XMLHttpRequest", 'new (__govern.XMLHttpRequest("s3"))'],
    ["new XMLHttpRequest(1)", 'new (__govern.XMLHttpRequest("s3"))(1)'],
    ["[...new XMLHttpRequest]", '[...new (__govern.XMLHttpRequest("s3"))]'],
    ["new(XMLHttpRequest)", 'new(__govern.XMLHttpRequest("s3"))'],
    ["new/**/XMLHttpRequest().open()", 'new/**/(__govern.XMLHttpRequest("s3"))().open()'],
    ["new a[XMLHttpRequest]", 'new a[__govern.XMLHttpRequest("s3")]'],
    ["class B extends XMLHttpRequest{}", 'class B extends __govern.XMLHttpRequest("s3"){}'],
    ["a\nXMLHttpRequest(1)", 'a\n__govern.XMLHttpRequest("s3")(1)'],
  ])("keeps the meaning of %j", (code, expected) => {
    expect(rewritten(code, [globalCut(code, "XMLHttpRequest", "XMLHttpRequest")])).toBe(expected);
  });

  test("is constructed, not called, behind new", () => {
    const code = "new WebSocket('u').url";
    const output = rewritten(code, [globalCut(code, "WebSocket", "WebSocket")]);
    class Socket {
      url: string;
      constructor(url: string) {
        this.url = `${url}!`;
      }
    }
    expect(runInNewContext(output, { __govern: { WebSocket: () => Socket } })).toBe("u!");
  });

  test("gives a shorthand property its name back", () => {
    const code = "const o={a,fetch,b}";
    expect(rewritten(code, [globalCut(code, "fetch", "fetch", true)])).toBe(
      'const o={a,fetch:__govern.fetch("s3"),b}',
    );
  });
});

describe("a SQL client", () => {
  test("is replaced with its credential, its options kept and cut inside", () => {
    const code = "const q=(0,n.neon)('postgres://u:secretsecret@h/d',{fetchFunction:fetch})";
    const options = spanOf(code, "{fetchFunction:fetch}");
    const value = "postgres://u:secretsecret@h/d";
    const cuts: Cut[] = [
      {
        kind: "client",
        file: "app.js",
        ...spanOf(code, code.slice(8)),
        driver: "neon",
        client: "neon",
        site: "s7",
        options,
      },
      {
        kind: "credential",
        file: "app.js",
        ...spanOf(code, `'${value}'`),
        replacement: "'govern-stripped'",
        value,
        use: { client: "neon" },
      },
      { ...globalCut(code, "fetch}", "fetch"), end: code.length - 2 },
    ];
    expect(rewritten(code, cuts)).toBe(
      'const q=__govern.neon("s7","neon",{fetchFunction:__govern.fetch("s3")})',
    );
  });

  test("stays apart from return", () => {
    const code = "function f(){return(0,n.neon)(u)}";
    const cut: Cut = {
      kind: "client",
      file: "app.js",
      ...spanOf(code, "(0,n.neon)(u)"),
      driver: "neon",
      client: "neon-2",
      site: "s7",
      options: null,
    };
    expect(rewritten(code, [cut])).toBe('function f(){return __govern.neon("s7","neon-2")}');
  });
});

describe("an interpolated statement", () => {
  test("becomes a token with its holes", () => {
    const code = "q.query(`SELECT ${a,b} FROM t WHERE x = '${fetch}'`,[])";
    const cut: Cut = {
      kind: "text",
      file: "app.js",
      ...spanOf(code, "`SELECT ${a,b} FROM t WHERE x = '${fetch}'`"),
      operation: "select-t-0a1b2c",
      holes: [spanOf(code, "a,b"), spanOf(code, "fetch")],
    };
    expect(rewritten(code, [cut, globalCut(code, "fetch", "fetch")])).toBe(
      'q.query(__govern.text("select-t-0a1b2c",[(a,b),(__govern.fetch("s3"))]),[])',
    );
  });

  test("stays apart from return", () => {
    const code = "()=>{return`SELECT ${a}`}";
    const cut: Cut = {
      kind: "text",
      file: "app.js",
      ...spanOf(code, "`SELECT ${a}`"),
      operation: "select-t-0a1b2c",
      holes: [spanOf(code, "a}")].map(({ start }) => ({ start, end: start + 1 })),
    };
    expect(rewritten(code, [cut])).toBe('()=>{return __govern.text("select-t-0a1b2c",[(a)])}');
  });
});

describe("a credential", () => {
  test("is replaced wherever it stands, and its copies too", () => {
    const value = "acme_live_0011223344";
    const code = `const k="Bearer ${value}";/* ${value} */`;
    const cut: Cut = {
      kind: "credential",
      file: "app.js",
      ...spanOf(code, value),
      replacement: "govern-stripped",
      value,
      use: null,
    };
    const { files } = rewriteBundle(
      bundleOf({ "app.js": code, "config.json": `{"key":"${value}"}` }),
      analysisOf([cut]),
      standIn,
    );
    expect(textIn(files, "app.js")).toBe('const k="Bearer govern-stripped";/* govern-stripped */');
    expect(textIn(files, "config.json")).toBe('{"key":"govern-stripped"}');
  });
});

function head(code: string): string {
  const cut = globalCut(code, "fetch", "fetch");
  const { files } = rewriteBundle(bundleOf({ "app.js": code }), analysisOf([cut]), standIn);
  return textIn(files, "app.js");
}

describe("the inlined proxy", () => {
  test("stands first, on the first line's place", () => {
    expect(head("fetch(1)")).toMatch(/^\/\*! govern 9\.8\.7 \*\/!function\(\)\{/);
  });

  test("stands after the directives, which keep their force", () => {
    expect(head('"use strict"\nfetch(1)').startsWith(`"use strict";${banner}`)).toBe(true);
    expect(head("'use strict';fetch(1)").startsWith(`'use strict';${banner}`)).toBe(true);
  });

  test("does not make a sloppy script strict", () => {
    const realm = { __govern: { fetch: () => () => null }, fetch };
    expect(runInNewContext(head("fetch();var o=010;o"), realm)).toBe(8);
  });

  test("stands after the hashbang on a line of its own", () => {
    expect(head("#!/usr/bin/env node\nfetch(1)")).toMatch(/^#!\/usr\/bin\/env node\n\/\*! govern/);
  });

  test("carries the digest of the build", () => {
    const bundle = bundleOf({ "app.js": "fetch(1)" });
    const { files } = rewriteBundle(
      bundle,
      analysisOf([globalCut("fetch(1)", "fetch", "fetch")]),
      standIn,
    );
    expect(textIn(files, "app.js")).toContain(`build:"${bundle.digest}"`);
  });

  test("is not put into a script without a sink", () => {
    const { files } = rewriteBundle(bundleOf({ "app.js": "let a=1" }), analysisOf([]), standIn);
    expect(textIn(files, "app.js")).toBe("let a=1");
  });
});

describe("verifyScript", () => {
  test.each([
    ["fetch(1)", ["fetch at offset 0"]],
    ["a=window.fetch", ["window.fetch at offset 2"]],
    ["a=self[`WebSocket`]", ["window.WebSocket at offset 2"]],
    ["window.navigator?.sendBeacon(1)", ["navigator.sendBeacon at offset 0"]],
    ["({fetch})", ["fetch at offset 2"]],
    ["typeof fetch;typeof window.fetch", []],
    ["window.fetch=1", []],
    ["a.fetch();({fetch:1,fetch(){}});class A{fetch=1}", []],
    ['new __govern.WebSocket("s1")', ["new __govern at offset 0"]],
    ['new(__govern.WebSocket("s1"))(u);__govern.sendBeacon("s2")', []],
    ["function f(fetch,navigator){fetch();navigator.sendBeacon()}", []],
    ["/*! govern 1.0.0 */!function(){fetch}();fetch", ["fetch at offset 40"]],
  ])("tells what is left in %j", (code, expected) => {
    expect(verifyScript(code)).toEqual(expected);
  });

  test("tells a script that does not parse", () => {
    expect(verifyScript("a b")[0]).toMatch(/^does not parse/);
  });
});

describe("a base that only the run time knows", () => {
  const apiUrl = {
    kind: "base",
    file: "app.js",
    origin: "{apiUrl}",
    part: "origin",
    key: null,
  } as const;
  const origin = "https://be29c5877.govern.invalid";
  test.each<[string, string, Partial<BaseCut>, string]>([
    ["fetch(base+path)", "base", {}, `fetch("${origin}/"+path)`],
    ["fetch(`${base}/a`)", "base", {}, `fetch(\`\${"${origin}/"}/a\`)`],
    [
      "fetch(`https://${host}/a`)",
      "host",
      { part: "host" },
      `fetch(\`https://\${"${origin.slice(8)}"}/a\`)`,
    ],
    ["create({baseURL})", "baseURL", { key: "baseURL" }, `create({baseURL:"${origin}/"})`],
    ["()=>{return base+p}", "base", {}, `()=>{return "${origin}/"+p}`],
  ])("is replaced in %s", (code, part, given, expected) => {
    const cut: BaseCut = {
      ...apiUrl,
      ...spanOf(code, part),
      ...given,
    };
    expect(baseOrigin("{apiUrl}")).toBe(origin);
    expect(rewritten(code, [cut])).toBe(expected);
  });

  test("needs no proxy of its own", () => {
    const cut: BaseCut = {
      ...apiUrl,
      ...spanOf("get(base)", "base"),
    };
    const { files } = rewriteBundle(
      bundleOf({ "app.js": "get(base)" }),
      analysisOf([cut]),
      standIn,
    );
    expect(textIn(files, "app.js")).not.toContain(banner);
  });
});
