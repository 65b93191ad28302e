/** Inputs that once broke an analysis or its proof, as small as they get. */
import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { bundleFrom } from "../../src/bundle/files/read-bundle.ts";
import { tryFiles } from "./mutants/trial.ts";

const garbled = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from(text), Buffer.from([0xe9])]);

describe("a file that is not UTF-8", () => {
  const files = new Map([
    ["a.js", garbled("fetch('/api/a'); //")],
    ["b.js", Buffer.from("fetch('/api/b')")],
    ["index.html", garbled("<script>new WebSocket('wss://x.example/a')</script>")],
  ]);

  it("is told once, as what it is", async () => {
    expect(await tryFiles(files)).toEqual({ result: "in part" });
    const { findings, operations } = await analyzeBundle(bundleFrom("/bundle", files), "app");
    expect(findings.map(({ rule, file }) => [rule, file])).toEqual([
      ["unreadable-file", "a.js"],
      ["unreadable-file", "index.html"],
    ]);
    expect(operations).toHaveLength(1);
  });
});

describe("a script with", () => {
  it.each([
    [
      "an object that assigns itself to itself",
      `const h = {a: "b"}; Object.assign(h, h, {...x}); fetch("/a", {method: "POST", headers: h, body: JSON.stringify(h)})`,
    ],
    [
      "a constructor whose variable holds what a call gives for this alone",
      `class A { go() { return fetch("/a" + this.path) } } class B extends A { constructor() { super(); const s = wrap(this); s.path = "/b" } } new B().go()`,
    ],
    [
      "objects of objects that are spread twice, as a body",
      `const o0 = {a: 1}; ${Array.from({ length: 60 }, (_, at) => `const o${at + 1} = {...o${at}, ...o${at}};`).join("")} fetch("/a", {method: "POST", body: JSON.stringify(o60)})`,
    ],
    [
      "a base that is kept where a load has it too",
      `const s = window.settings; fetch((i.src = o) + "/a"); fetch(\`\${s.url || (i.src = o)}/b\`); fetch((x, i.src = s.main) + "/c")`,
    ],
    [
      "a base in a list of arguments",
      `function w(u) { return fetch(u + "/x") } w.apply(null, config.list || window.base); w(window.other); w(...config.more)`,
    ],
  ])("%s is analyzed, and its rewrite is proven", async (_what, code) => {
    expect(await tryFiles(new Map([["a.js", code]]))).toEqual({ result: "analyzed" });
  });
});
