/** Builds for a server are refused with the reason, and with the folder to give instead where there is one. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { readBundle } from "../../src/bundle/files/read-bundle.ts";
import { writeTree } from "./emit/app-of.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "server-bundle-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What becomes of a bundle of these files: its site count, or the refusal. */
async function outcome(files: Record<string, string>): Promise<unknown> {
  writeTree(folder, files);
  try {
    const bundle = await readBundle(folder);
    return (await analyzeBundle(bundle, "app")).sites.length;
  } catch (error) {
    const { code, message, next } = error as { code: string; message: string; next: string };
    return { code, message: message.replaceAll(folder, "."), next: next.replaceAll(folder, ".") };
  }
}

const page = '<!doctype html><script type="module" src="/app.js"></script>';
const app = 'fetch("/api/orders")';
const listener =
  'import{createServer}from"node:http";createServer((q,s)=>s.end(fetch("x"))).listen(1)';

describe("the layout of a framework's server build", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ["Next.js, its own folder", { BUILD_ID: "x", "server/app/page.js": app }, /out\b/],
    ["Next.js, in the project", { ".next/BUILD_ID": "x", ".next/static/a.js": app }, /out\b/],
    [
      "Next.js, standalone",
      { "server.js": app, ".next/required-server-files.json": "{}" },
      /export/,
    ],
    [
      "Next.js, the folder above standalone",
      { "standalone/.next/BUILD_ID": "x", "standalone/server.js": app },
      /export/,
    ],
    ["React Router", { "server/index.js": app, "client/assets/a.js": app }, /ssr: false/],
    ["Nuxt", { "nitro.json": "{}", "server/index.mjs": app, "public/a.js": app }, /generate/],
  ])("is known: %s", async (_, files, next) => {
    const refusal = await outcome(files);
    expect(refusal).toMatchObject({ code: "bundle-server" });
    expect((refusal as { next: string }).next).toMatch(next);
  });

  it("leads to the pages that stand beside it", async () => {
    const files = {
      "client/index.html": page,
      "client/app.js": app,
      "server/entry-server.js": "export const render=()=>1",
    };
    expect(await outcome(files)).toEqual({
      code: "bundle-server",
      message: ". is a build of a server renderer for a server: it holds server/entry-server.js.",
      next: "Give the folder of its pages: ./client.",
    });
  });
});

describe("code that only Node runs", () => {
  it.each([
    ["an import", listener],
    ["a require", 'const h=require("http");h.createServer().listen(1)'],
    ["a require inside a call", 'var x=wrap(require("node:fs"));fetch(x)'],
    ["a module of a bundler", '(()=>{var m={1:e=>{e.exports=require("node:http")}};m[1]({})})()'],
    ["a renderer", 'import{renderToString}from"react-dom/server";export const r=renderToString'],
  ])("is refused: %s", async (_, code) => {
    expect(await outcome({ "main.js": code })).toMatchObject({ code: "bundle-server" });
  });

  it("is refused beside an app, and the app's folder named", async () => {
    expect(
      await outcome({ "web/index.html": page, "web/app.js": app, "api/main.mjs": listener }),
    ).toEqual({
      code: "bundle-server",
      message: "api/main.mjs is code for a server: it needs node:http, which no page has.",
      next: "Give the folder of its pages: ./web.",
    });
  });

  it("is asked to be taken out of the app's own folder", async () => {
    const refusal = await outcome({ "index.html": page, "app.js": app, "server.js": listener });
    expect(refusal).toMatchObject({
      next: expect.stringContaining("Take server.js out") as string,
    });
  });

  it.each([
    [
      "a script of the build's own",
      { "icons.js": 'import fs from "fs";fs.writeFileSync("a","b")' },
    ],
    ["a choice by platform", { "lib.js": 'if(typeof process=="object"){var f=require("fs")}' }],
    [
      "a header of all module systems",
      { "lib.js": '!function(a,b){"object"==typeof exports?b(require("http")):b()}(this,x=>x)' },
    ],
    ["a require of its own", { "lib.js": 'var require=x=>x;require("http")' }],
    ["a text", { "lib.js": 'console.log(`\nimport http from "node:http";\n`)' }],
  ])("is let be where it is none: %s", async (_, files) => {
    expect(await outcome({ "index.html": page, "app.js": app, ...files })).toBe(1);
  });
});
