import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inspectBundle } from "../../src/bundle/inspect.ts";

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The one file that starts a program: git, by its name, to read a file of a revision. */
const gitFile = "src/ci/git.ts";

describe("the import half", () => {
  it("starts git alone, without a shell", () => {
    const code = readFileSync(gitFile, "utf8");
    expect(code).toMatch(/import \{ execFile \} from "node:child_process"/);
    expect(code).not.toMatch(/\bshell\b|\bspawn|\bfork\(|\bexec\(|\beval\(/);
  });

  it.each(["src/bundle", "src/ci", "src/statements", "src/contract"])(
    "has no means in %s to run a text: no process, thread, machine, eval or computed import",
    (folder) => {
      const runs =
        /from "node:(?:vm|child_process|worker_threads|repl|inspector)|\b(?:registerHooks|execSync|spawnSync)\b|(?<![\w.`])(?:eval\(|require\((?!\s*["']))|\bnew Function\(|(?<![\w"'`/])import\((?!\s*["'])/;
      for (const file of sourcesUnder(folder).filter((one) => one !== gitFile)) {
        const code = readFileSync(file, "utf8")
          .replaceAll(/\/\*[^]*?\*\//g, "")
          .replaceAll(/\/\/.*/g, "")
          .replaceAll(/`[^`]*`/g, "``")
          .replaceAll(/"[^"\n]*(?:eval|import|require)\([^"\n]*"/g, '""');
        const [found] = runs.exec(code) ?? [];
        expect(found, file).toBeUndefined();
      }
    },
  );
});

const mark = `(globalThis.trapped ??= []).push("here");`;

const traps: Readonly<Record<string, string>> = {
  "main.js": `${mark} import "./side.js"; import("./late.js"); eval(\`${mark}\`); new Function(\`${mark}\`)();
    const o = { get url() { ${mark} return "/a" }, toString() { ${mark} return "/b" }, [Symbol.toPrimitive]() { ${mark} } };
    const p = new Proxy({}, { get() { ${mark} return "/c" } });
    class K { static { ${mark} } static s = (() => { ${mark} })(); constructor() { ${mark} } }
    fetch(o.url); fetch(o); fetch(\`\${o}\`); fetch(p.anything); fetch(new K().url); fetch((() => { ${mark} return "/d" })());
    String.prototype.replace = function () { ${mark} }; Object.prototype.fields = 1; process.exit(7);`,
  "side.js": mark,
  "late.js": mark,
  "common.cjs": `${mark} require("child_process").execSync("touch executed"); module.exports = ${JSON.stringify(mark)};`,
  "sw.js": `importScripts("data:text/javascript,${encodeURIComponent(mark)}"); self.addEventListener("fetch", () => { ${mark} });`,
  "index.html": `<script>${mark}</script><script src=main.js></script><img src=x onerror='${mark}'><script type=importmap>{"imports":{"x":"./side.js"}}</script>`,
  "package.json": `{ "name": "traps", "type": "module", "main": "main.js", "scripts": { "prepare": "touch executed", "preinstall": "touch executed" }, "imports": { "#x": "./main.js" }, "exports": "./main.js" }`,
  ".npmrc": "script-shell=./main.js\nnode-options=--require ./common.cjs\n",
  ".env": "NODE_OPTIONS=--require ./common.cjs\n",
  "govern.yaml": `version: 1\napps: !!js/function 'function () { ${mark} }'\n`,
  "babel.config.js": `${mark} module.exports = {};`,
  "main.js.map": `{"version":3,"sources":["side.js"],"names":[],"mappings":"AAAA","sourcesContent":[${JSON.stringify(mark)}]}`,
};

describe("a bundle full of traps", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "govern-traps-"));
    for (const [path, text] of Object.entries(traps)) writeFileSync(join(folder, path), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read and told of, and nothing of it runs", async () => {
    const before = Object.keys(Object.prototype);
    const report = await inspectBundle(folder);
    expect(report.app).toBe("traps");
    expect(report.sites.length).toBeGreaterThan(4);
    expect((globalThis as { trapped?: unknown }).trapped).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual(before);
    expect("aa".replace("a", "b")).toBe("ba");
    expect(readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      Object.keys(traps).toSorted((a, b) => (a < b ? -1 : 1)),
    );
  });
});
