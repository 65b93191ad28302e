import { createHash } from "node:crypto";
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { describe, expect, test } from "vitest";
import type { Cut } from "../../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { bundleFrom } from "../../../src/bundle/files/read-bundle.ts";
import { hashedName } from "../../../src/bundle/rewrite/names.ts";
import { rewriteBundle } from "../../../src/bundle/rewrite/rewrite-bundle.ts";
import { verifyRewritten } from "../../../src/bundle/rewrite/verify-rewritten.ts";
import { analysisOf, bundleOf, spanOf, standIn, textIn } from "./bundle-of.ts";

function fetchCut(file: string, code: string): Cut {
  return {
    kind: "global",
    file,
    ...spanOf(code, "fetch"),
    global: "fetch",
    site: "s1",
    shorthand: false,
  };
}

/** Rewrites a bundle, cutting the first `fetch` of each file. */
function rewrite(texts: Record<string, string>): ReturnType<typeof rewriteBundle> {
  const cuts = Object.entries(texts)
    .filter(([, code]) => code.includes("fetch"))
    .map(([file, code]) => fetchCut(file, code));
  return rewriteBundle(bundleOf(texts), analysisOf(cuts), standIn);
}

function renamed(result: ReturnType<typeof rewriteBundle>, path: string): string {
  return (result.renames.get(path) ?? path).replace(/^.*\//, "");
}

function sri(text: string, algorithm = "sha384"): string {
  return `${algorithm}-${createHash(algorithm).update(text).digest("base64")}`;
}

describe("names", () => {
  const app = {
    "index.html":
      '<!doctype html><html><head><title>t</title><script type="module" src="/assets/index-Ab3dE9fg.js"></script><link rel="modulepreload" href="/assets/lazy-QWERTY12.js"></head></html>',
    "assets/index-Ab3dE9fg.js":
      'const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["assets/lazy-QWERTY12.js","assets/lazy-B1c2D3e4.css"])))=>i.map(i=>d[i]);import("./lazy-QWERTY12.js");fetch(1);export{a}',
    "assets/lazy-QWERTY12.js": 'import{a}from"./index-Ab3dE9fg.js";export default a',
    "assets/lazy-B1c2D3e4.css": "a{background:url(./bg-Zz9yXx8w.png)}",
    "assets/bg-Zz9yXx8w.png": "png",
  };

  test("of changed scripts follow their content, in a cycle too", () => {
    const result = rewrite(app);
    const index = renamed(result, "assets/index-Ab3dE9fg.js");
    const lazy = renamed(result, "assets/lazy-QWERTY12.js");
    expect(index).toMatch(/^index-[\w]{8}\.js$/);
    expect(lazy).toMatch(/^lazy-[A-Z2-7]{8}\.js$|^lazy-\w{8}\.js$/);
    expect([index, lazy]).not.toContain("index-Ab3dE9fg.js");
    const text = textIn(result.files, `assets/${index}`);
    expect(text).toContain(`["assets/${lazy}","assets/lazy-B1c2D3e4.css"]`);
    expect(text).toContain(`import("./${lazy}")`);
    expect(textIn(result.files, `assets/${lazy}`)).toBe(
      `import{a}from"./${index}";export default a`,
    );
    expect(textIn(result.files, "index.html")).toContain(`src="/assets/${index}"`);
    expect(textIn(result.files, "index.html")).toContain(`href="/assets/${lazy}"`);
  });

  test("of unchanged files stay", () => {
    const { files, renames } = rewrite(app);
    expect([...renames.keys()]).toEqual(["assets/index-Ab3dE9fg.js", "assets/lazy-QWERTY12.js"]);
    expect(files.has("assets/lazy-B1c2D3e4.css")).toBe(true);
  });

  test("are the same for the same input and change with any content they stand for", () => {
    const lazy = "assets/lazy-QWERTY12.js";
    const other = { ...app, [lazy]: `${app[lazy]};1` };
    expect([...rewrite(app).renames]).toEqual([...rewrite(app).renames]);
    expect(renamed(rewrite(other), lazy)).not.toBe(renamed(rewrite(app), lazy));
    expect(renamed(rewrite(other), "assets/index-Ab3dE9fg.js")).not.toBe(
      renamed(rewrite(app), "assets/index-Ab3dE9fg.js"),
    );
  });

  test("without a hash stay", () => {
    const result = rewrite({
      "index.html": '<head><script src="./settings-dashboard.js"></script></head>',
      "settings-dashboard.js": "fetch(1)",
    });
    expect(result.renames.size).toBe(0);
  });

  test("that nothing spells out stay, because they are composed", () => {
    const result = rewrite({
      "index.html": '<head><script src="./main.js"></script></head>',
      "main.js": "import('./page-'+n+'.js')",
      "page-ab12cd34.js": "fetch(1)",
    });
    expect(result.renames.size).toBe(0);
  });

  test("are updated by the hash alone in a loader's table", () => {
    const result = rewrite({
      "index.html": '<head><script src="/static/main.0a1b2c3d4e.js"></script></head>',
      "static/main.0a1b2c3d4e.js": 'p.u=e=>"static/"+e+"."+{123:"9f8e7d6c5b"}[e]+".js";fetch(1)',
      "static/123.9f8e7d6c5b.js": "fetch(2)",
    });
    const chunk = renamed(result, "static/123.9f8e7d6c5b.js");
    expect(chunk).toMatch(/^123\.[0-9a-f]{10}\.js$/);
    const main = textIn(result.files, `static/${renamed(result, "static/main.0a1b2c3d4e.js")}`);
    expect(main).toContain(`{123:"${chunk.split(".")[1] ?? ""}"}`);
  });

  test("stay where a table's hash belongs to two files", () => {
    const result = rewrite({
      "main.js": 'p.u=e=>e+"."+{123:"9f8e7d6c5b"}[e]+".js";c=e=>e+"."+{123:"9f8e7d6c5b"}[e]+".css"',
      "123.9f8e7d6c5b.js": "fetch(2)",
      "123.9f8e7d6c5b.css": "a{}",
      "index.html": '<link rel=preload href="123.9f8e7d6c5b.js">',
    });
    expect(result.renames.size).toBe(0);
  });
});

test.each([
  ["index-Ab3dE9fg.js", "index-", "Ab3dE9fg"],
  ["assets/AccountHistory-CAd1qqqm.js", "AccountHistory-", "CAd1qqqm"],
  ["index-B-x9dk_m.css", "index-", "B-x9dk_m"],
  ["main.3f2a91bc.chunk.js", "main.", "3f2a91bc"],
  ["3f2a91bc3f2a91bc3f2a.js", "", "3f2a91bc3f2a91bc3f2a"],
])("the hash in %s is found", (path, prefix, hash) => {
  expect(hashedName(path)).toMatchObject({ prefix, hash });
});

test.each([
  "settings-dashboard.js",
  "index.js",
  "support-overview.min.js",
  "sw.js",
  "vendor-react.js",
])("%s has no hash", (path) => {
  expect(hashedName(path)).toBeNull();
});

describe("integrity values", () => {
  test("are those of the written files, in attributes, import maps and scripts", () => {
    const lazy = "fetch(1)";
    const main = `table={lazy:"${sri(lazy, "sha256")}"};import("./lazy-QWERTY12.js")`;
    const { files, renames } = rewrite({
      "index.html": `<head><script type="importmap">{"integrity":{"/lazy-QWERTY12.js":"${sri(lazy)}"}}</script><script type="module" src="/main-Ab3dE9fg.js" integrity="${sri(main)} ${sri(main, "sha512")}"></script></head>`,
      "main-Ab3dE9fg.js": main,
      "lazy-QWERTY12.js": lazy,
    });
    const newLazy = textIn(files, renames.get("lazy-QWERTY12.js") ?? "");
    const newMain = textIn(files, renames.get("main-Ab3dE9fg.js") ?? "");
    const page = textIn(files, "index.html");
    expect(newMain).toContain(`{lazy:"${sri(newLazy, "sha256")}"}`);
    expect(page).toContain(`integrity="${sri(newMain)} ${sri(newMain, "sha512")}"`);
    expect(page).toContain(`"/${renames.get("lazy-QWERTY12.js") ?? ""}":"${sri(newLazy)}"`);
  });
});

/** The page of a bundle after the rewrite, the proxy’s path replaced. */
function pageOf(html: string, more: Record<string, string> = {}): string {
  const { files } = rewrite({ "index.html": html, "assets/a.js": "1", ...more });
  const find = (name: string): string =>
    [...files.keys()].find((path) => path.includes(name)) ?? "none";
  const page = find("index.html");
  const proxy = find("govern-proxy-").slice(page.length - "index.html".length);
  return textIn(files, page).replaceAll(proxy, "PROXY");
}

describe("a page", () => {
  test.each([
    [
      "absolute",
      '<head><meta charset="utf-8"><script src="/assets/a.js"></script></head>',
      '<head><script src="/PROXY"></script><meta charset="utf-8"><script src="/assets/a.js"></script></head>',
    ],
    [
      "relative",
      '<head><script src="./assets/a.js"></script></head>',
      '<head><script src="./PROXY"></script><script src="./assets/a.js"></script></head>',
    ],
    [
      "under a base",
      '<head><script src="/console/assets/a.js?v=1"></script></head>',
      '<head><script src="/console/PROXY"></script><script src="/console/assets/a.js?v=1"></script></head>',
    ],
    [
      "behind a base element",
      '<head><base href="/x/"><script src="assets/a.js"></script></head>',
      '<head><base href="/x/"><script src="PROXY"></script><script src="assets/a.js"></script></head>',
    ],
    ["without a head", "<!doctype html><p>1", '<!doctype html><script src="./PROXY"></script><p>1'],
    ["that is only a piece", "<p>1</p>", "<p>1</p>"],
  ])("gets the proxy as its first script: %s", (_, html, expected) => {
    expect(pageOf(html)).toBe(expected);
  });

  test("gets the proxy beside its scripts", () => {
    const { files } = rewrite({
      "index.html": '<head><script src="/assets/a.js"></script></head>',
      "assets/a.js": "1",
    });
    const proxy = [...files.keys()].find((path) => path.includes("govern-proxy-")) ?? "";
    expect(proxy).toMatch(/^assets\/govern-proxy-[0-9a-f]{8}\.js$/);
    expect(textIn(files, proxy)).toMatch(/^\/\*! govern 9\.8\.7 \*\/!function\(\)\{/);
  });

  test("loses the policy that would keep it from the sidecar", () => {
    expect(
      pageOf(
        `<head><meta http-equiv="Content-Security-Policy" content="connect-src x"><title>t</title></head>`,
      ),
    ).toBe('<head><script src="./PROXY"></script><title>t</title></head>');
  });

  test("has its inline scripts cut, without a second proxy", () => {
    expect(pageOf("<head><script>fetch(1)</script></head>")).toBe(
      '<head><script src="./PROXY"></script><script>__govern.fetch("s1")(1)</script></head>',
    );
  });

  test.each([
    ["'return fetch(1)'", "'return __govern.fetch(&#34;s1&#34;)(1)'"],
    ['"fetch(&quot;/a&quot;)"', '"__govern.fetch(&#34;s1&#34;)(&quot;/a&quot;)"'],
    ["fetch(1)", "__govern.fetch(&#34;s1&#34;)(1)"],
    [
      '"go();\r\nfetch(&#39;&copy=1&amp;b&#39;)"',
      '"go();\r\n__govern.fetch(&#34;s1&#34;)(&#39;&copy=1&amp;b&#39;)"',
    ],
  ])("has the code of its handlers cut where it stands: %s", async (value, cut) => {
    const html = `<head></head><body><button onclick=${value}>`;
    const bundle = bundleFrom("/", [["index.html", Buffer.from(html)]]);
    const rewritten = rewriteBundle(bundle, await analyzeBundle(bundle, "desk"), standIn);
    expect(textIn(rewritten.files, "index.html")).toContain(`<button onclick=${cut}>`);
  });
});

describe("source maps", () => {
  const map = {
    version: 3,
    file: "a-Ab3dE9fg.js",
    sources: ["../src/a.ts"],
    sourcesContent: ["const secret='x'"],
    names: ["load"],
    mappings: "AAAA,KAAKA,KCAL".split(",").slice(0, 2).join(","),
  };
  const result = rewrite({
    "index.html": '<head><script src="a-Ab3dE9fg.js"></script></head>',
    "a-Ab3dE9fg.js": "fetch(e)\n//# sourceMappingURL=a-Ab3dE9fg.js.map",
    "a-Ab3dE9fg.js.map": JSON.stringify(map),
    "b.css": "a{}\n/*# sourceMappingURL=b.css.map */",
  });
  const path = result.renames.get("a-Ab3dE9fg.js") ?? "";

  test("are chained, without sources, and not served", () => {
    expect([...result.files.keys()].filter((file) => file.endsWith(".map"))).toEqual([]);
    expect([...result.maps.keys()]).toEqual([`${path}.map`]);
    const chained = JSON.parse(textIn(result.maps, `${path}.map`)) as { file: string };
    expect(chained).toMatchObject({ version: 3, file: path, sources: ["../src/a.ts"] });
    expect(chained).not.toHaveProperty("sourcesContent");
  });

  test("lead from the rewritten text to the source", () => {
    const lines = textIn(result.files, path).split("\n");
    const line = lines.findIndex((text) => text.includes('__govern.fetch("s1")'));
    const column = lines[line]?.indexOf("__govern.fetch") ?? -1;
    const traced = new TraceMap(textIn(result.maps, `${path}.map`));
    expect(originalPositionFor(traced, { line: line + 1, column })).toMatchObject({
      source: "../src/a.ts",
      line: 1,
      column: 0,
    });
  });

  test("are no longer named by scripts and stylesheets", () => {
    expect(textIn(result.files, path)).not.toContain("sourceMappingURL");
    expect(textIn(result.files, "b.css")).toBe("a{}\n");
  });

  test("a text that only looks like the comment stays", () => {
    const code = 'a="//# sourceMappingURL=x.map"';
    expect(textIn(rewrite({ "a.js": code }).files, "a.js")).toBe(code);
  });
});

describe("verification", () => {
  test("tells a sink that no cut covers", () => {
    const code = "fetch(1);\nnew WebSocket(u)";
    const analysis = analysisOf([fetchCut("a.js", code)]);
    const result = rewriteBundle(bundleOf({ "a.js": code }), analysis, standIn);
    expect(verifyRewritten(result, analysis)).toMatchObject([
      { rule: "unresolved-call", severity: "error", file: "a.js", column: 4 },
    ]);
  });

  test("refuses an output that a cut broke, and leaves alone what never parsed", () => {
    const cut: Cut = {
      kind: "credential",
      file: "a.js",
      start: 0,
      end: 1,
      replacement: "(",
      value: "x",
      use: null,
    };
    const broken = rewriteBundle(bundleOf({ "a.js": "1" }), analysisOf([cut]), standIn);
    expect(() => verifyRewritten(broken, analysisOf([cut]))).toThrow(/a\.js does not parse/);
    const place = { file: "b.js", line: 1, column: 0 };
    const unreadable = {
      ...analysisOf([]),
      findings: [{ rule: "unreadable-file", severity: "error", ...place, message: "" } as const],
    };
    const kept = rewriteBundle(bundleOf({ "b.js": "<<" }), unreadable, standIn);
    expect(verifyRewritten(kept, unreadable)).toEqual([]);
  });

  test("refuses an output that holds a stripped credential", () => {
    const value = "acme_live_0011223344";
    const cut: Cut = {
      kind: "credential",
      file: "a.js",
      ...spanOf(`k="${value}"`, `"${value}"`),
      replacement: '"x"',
      value,
      use: null,
    };
    const bundle = bundleOf({ "a.js": `k="${value}"`, "blob.bin": `binary\0 ${value}` });
    const result = rewriteBundle(bundle, analysisOf([cut]), standIn);
    expect(() => verifyRewritten(result, analysisOf([cut]))).toThrow(/blob\.bin/);
  });
});

describe("an app for a folder of its own", () => {
  const script = 'fetch("/sub/api")';
  test.each([
    ["absolute addresses", '<!doctype html><script src="/sub/assets/a.js"></script>'],
    ["a base", '<!doctype html><base href="/sub/"><script src="assets/a.js"></script>'],
  ])("is put into it, as shown by %s", (_, html) => {
    const { files, log } = rewrite({ "index.html": html, "assets/a.js": script });
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(["sub/index.html", "sub/assets/a.js"]) as string[],
    );
    expect([...files.keys()].every((path) => path.startsWith("sub/"))).toBe(true);
    expect(log.files.map(({ to }) => to)).toContain("sub/index.html");
    expect(textIn(files, "sub/index.html")).toMatch(/src="(?:\/sub\/)?assets\/govern-proxy-/);
  });

  test.each([
    ["the root", '<!doctype html><script src="/assets/a.js"></script>'],
    ["a relative address", '<!doctype html><script src="./assets/a.js"></script>'],
    [
      "another origin",
      '<!doctype html><script src="https://cdn.acme.example/assets/a.js"></script>',
    ],
  ])("is none where its pages show %s", (_, html) => {
    const { files } = rewrite({ "index.html": html, "assets/a.js": script });
    expect(files.has("index.html")).toBe(true);
  });
});
