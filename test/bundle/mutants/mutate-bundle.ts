/** Mutants of whole bundles: scripts that import each other, pages, source maps, and files with hostile names. */
import { hostileNames, hostileTexts } from "./hostile.ts";
import { mutateScript, roughen } from "./mutate-script.ts";
import type { Random } from "./random.ts";
import type { Seeds } from "./seeds.ts";

/** Contents by path. */
export type Files = Map<string, string | Uint8Array>;

const paths = [
  "__proto__.js",
  "constructor.js",
  "assets/a b.js",
  "ü/ℂ.mjs",
  "%2e%2e.js",
  "a.JS",
  "toString",
  "a\nb.js",
  "x.js.map",
  "index.html",
  "chunk-Ab3dE9fg.js",
  "assets/index-QD5hgFml.js",
  "-.js",
  "a'\"`.js",
  "\u202ea.js",
];

function specifier(random: Random, files: Files): string {
  const own = [...files.keys()].map((path) => `./${path}`);
  return random.pick([
    ...own,
    ...own,
    "./missing.js",
    "../../../etc/passwd.js",
    "/",
    "",
    "https://x.example/a.js",
    "react",
    "./__proto__",
    "data:text/javascript,1",
  ]);
}

/** Statements that tie scripts together, also in circles. */
function link(random: Random, files: Files): string {
  const from = JSON.stringify(specifier(random, files));
  const name = random.pick([...hostileNames, "a", "b", "x"].filter((one) => /^\w+$/.test(one)));
  return random.pick([
    `export * from ${from};`,
    `export * as ${name} from ${from};`,
    `export { default, ${name} as "__proto__" } from ${from};`,
    `import * as linked${random.below(90)} from ${from};`,
    `import { ${name} as linkedName } from ${from}; fetch(linkedName + "/x"); export { linkedName as ${name} };`,
    `import linkedDefault from ${from}; export default linkedDefault; fetch(linkedDefault(linkedDefault));`,
    `import(${from}).then((m) => fetch(m.${name === "constructor" ? "a" : name}, { method: "POST" }));`,
    `import(${from} + fetch);`,
    `export let ${name}1 = (() => fetch(${JSON.stringify(random.pick(hostileTexts))}))();`,
    `importScripts(${from}); new Worker(${from}); new Worker(new URL(${from}, import.meta.url));`,
  ]);
}

const attributes = [
  "type=module",
  "type=text/plain",
  'type="importmap"',
  "nomodule",
  "async",
  "src=./a.js",
  "src=//x.example/a.js",
  "src",
  "integrity=sha256-x",
  "onload=fetch('/h')",
  "type=MODULE ",
];

function page(random: Random, script: string): string {
  const attribute = (): string => random.pick(attributes);
  const pieces = [
    `<script ${attribute()} ${attribute()}>${script}</script>`,
    `<script>${script}`,
    `<script ${attribute()}></script>`,
    `<template><script>${script}</script></template>`,
    `<svg><script>${script}</script><style><a></style></svg>`,
    `<!-- <script> ${script} --> <script><!--\n${script}\n--></script>`,
    `<base href="${random.pick(hostileTexts)}"><link rel=modulepreload href="${random.pick(hostileTexts)}">`,
    `<meta http-equiv=Content-Security-Policy content="default-src 'none'">`,
    `<form action="${random.pick(hostileTexts)}" method=post><img src="${random.pick(hostileTexts)}"><constructor src="https://x.example/">`,
    `<${"div ".repeat(random.size(40))}>${"<b>".repeat(random.size(300))}`,
    `<table><script>${script}</script><plaintext>`,
    "<!doctype html><html><head></head><body></body></html>",
  ];
  const text = Array.from({ length: random.size(8) }, () => random.pick(pieces)).join("\n");
  return random.oneIn(4) ? roughen(random, text) : text;
}

const mappings = [
  "",
  "AAAA",
  "AAAA;AACA",
  ";;;;;",
  "A".repeat(400),
  "gggggggggggggggggggD",
  "!!!",
  "AADDDDDDDDD",
  ",,,,",
  "AAggggggggB",
  "/////////+++++",
];
const sources = [
  null,
  "",
  "../../../../etc/passwd",
  "/etc/passwd",
  "C:\\a\\b.ts",
  "https://u:p@x.example/a.ts",
  "webpack:///./a.ts?x#y",
  "\u202egnp.js",
  "a\u0000b\u001b[31m.ts",
  "__proto__",
  "a".repeat(5000),
  1,
  {},
  [],
];

function anyMap(random: Random): unknown {
  const some = (list: readonly unknown[]): unknown[] =>
    Array.from({ length: random.size(5) - 1 }, () => random.pick(list));
  const plain = {
    version: random.pick([3, 3, 3, 3, 2, "3", null]),
    sources: random.oneIn(8) ? random.pick([null, "a", {}]) : some(sources),
    names: random.oneIn(8) ? random.pick([null, 1, [{}]]) : some(sources),
    mappings: random.oneIn(8) ? random.pick([null, 1, [], {}]) : random.pick(mappings),
    sourceRoot: random.pick([undefined, "", "../..", "https://x.example", 1]),
    sourcesContent: random.pick([undefined, [1, null, {}], "x", ["fetch('/m')"]]),
  };
  if (!random.oneIn(4)) return plain;
  const offset = random.pick([
    { line: 0, column: 0 },
    { line: -1, column: 1e9 },
    null,
    { line: "x" },
  ]);
  return {
    version: 3,
    sections: random.pick([[{ offset, map: plain }], [{ offset, url: "x" }], {}, null, [null]]),
  };
}

function mapText(random: Random): string {
  const text = JSON.stringify(anyMap(random));
  return random.pick([
    text,
    text,
    `)]}'\n${text}`,
    text.slice(0, random.below(text.length)),
    roughen(random, text),
    "",
    "null",
    "[]",
    "1",
  ]);
}

function mapUrl(random: Random, path: string): string {
  const text = mapText(random);
  return random.pick([
    `${path.split("/").at(-1) ?? ""}.map`,
    "../../../etc/passwd",
    "https://x.example/a.map",
    "%E0%A4%A",
    "./__proto__",
    "",
    `data:application/json;base64,${Buffer.from(text).toString("base64")}`,
    `data:application/json,${escape(text)}`,
    "data:application/json,%E0%A4%A",
    "data:,",
    "data:application/json;base64,!!!",
  ]);
}

function addMap(random: Random, files: Files): void {
  const [path, content] = random.pick([...files]);
  if (typeof content !== "string") return;
  const comment = random.pick([
    "//# sourceMappingURL=",
    "//@ sourceMappingURL=",
    "/*# sourceMappingURL=",
  ]);
  if (!random.oneIn(3))
    files.set(
      path,
      `${content}\n${comment}${mapUrl(random, path)}${comment.startsWith("/*") ? " */" : ""}`,
    );
  if (!random.oneIn(3)) files.set(`${path}.map`, mapText(random));
}

function odd(random: Random, content: string): string | Uint8Array {
  const text = Buffer.from(content);
  return random.pick([
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]),
    () => Buffer.from(content, "utf16le"),
    () => Buffer.from(`${content}é`, "latin1"),
    () => Buffer.concat([text, Buffer.from([0xff, 0xfe])]),
    () => Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), text]),
    () => "",
    () => `#!/usr/bin/env node\n${content}`,
    () => `const x: string = "/a"; ${content}`,
    () => `const x = <div onClick={() => fetch("/jsx")}>{y}</div>;`,
  ])();
}

/** One mutant of a bundle: one script mostly, else several with pages and maps. */
export function mutateBundle(random: Random, seeds: Seeds): Files {
  const files: Files = new Map();
  const scripts = random.pick(seeds.bundles);
  const chosen = random.pick(scripts);
  for (const script of random.oneIn(2) ? scripts : [chosen]) {
    const isChanged = script === chosen || random.oneIn(4);
    files.set(script.path, isChanged ? mutateScript(random, seeds, script) : script.text);
  }
  if (random.oneIn(5))
    files.set(
      random.pick(paths),
      mutateScript(random, seeds, random.pick(random.pick(seeds.bundles))),
    );
  if (random.oneIn(5)) {
    for (const [path, content] of files) {
      if (typeof content === "string" && random.oneIn(2))
        files.set(path, `${content}\n${link(random, files)}`);
    }
  }
  if (random.oneIn(8))
    files.set(
      random.pick(["index.html", "a/b.htm"]),
      page(random, mutateScript(random, seeds, chosen)),
    );
  if (random.oneIn(8)) addMap(random, files);
  if (random.oneIn(20))
    files.set(
      "app.css",
      `@import "${random.pick(hostileTexts)}"; a{b:url(${random.pick(hostileTexts)})}`,
    );
  if (random.oneIn(40)) {
    const [path, content] = random.pick([...files]);
    if (typeof content === "string") files.set(path, odd(random, content));
  }
  return files;
}
