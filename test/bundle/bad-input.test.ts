/** Input that is no app, or a hostile one: told by the file, and the rest is analyzed, rewritten and proven as if it were alone. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Analysis } from "../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { bundleFrom } from "../../src/bundle/files/read-bundle.ts";
import { importBundle } from "../../src/bundle/import.ts";
import { assets, freshFolder, treeOf, writeTree } from "./emit/app-of.ts";
import { tryFiles } from "./mutants/trial.ts";

type Input = Readonly<Record<string, string | Uint8Array>>;

const good = `fetch("/api/good");`;

async function analyzed(input: Input): Promise<Analysis> {
  const files = Object.entries(input).map(
    ([path, content]) => [path, Buffer.from(content as string)] as const,
  );
  return analyzeBundle(bundleFrom("/bundle", files), "app");
}

function unread({ findings }: Analysis): string[] {
  return findings.flatMap(({ rule, message }) => (rule === "unreadable-file" ? [message] : []));
}

function list(count: number, give: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => give(at)).join("");
}

describe("a script that cannot be read", () => {
  it.each<readonly [string, string | Uint8Array, RegExp]>([
    ["a syntax error", `fetch("/a"`, /cannot be parsed: .*[^.]\.$/],
    ["TypeScript", `const x: string = "/a"; fetch(x as string)`, /cannot be parsed/],
    ["JSX", `const x = <a href="/x">y</a>; fetch("/a")`, /it is source \(JSX/],
    ["JSON", `{"a": 1, "b": [2]}`, /cannot be parsed/],
    ["CSS", `body { color: red } .a::before { content: "x" }`, /cannot be parsed/],
    ["HTML", `<!doctype html><html></html>`, /cannot be parsed/],
    ["a null byte", `fetch("/a")\0`, /U\+0000/],
    ["UTF-16", Buffer.from(`fetch("/a")`, "utf16le"), /U\+0000/],
    ["compressed bytes", Buffer.from([0x1f, 0x8b, 8, 0, 0xff]), /is not UTF-8 text/],
    ["20,000 parentheses", `fetch(${"(".repeat(20_000)}"/a"${")".repeat(20_000)})`, /too deep/],
    ["20,000 functions", `${"(()=>{".repeat(20_000)}${"})()".repeat(20_000)}`, /too deep/],
    ["20,000 lists", `fetch(${"[".repeat(20_000)}${"]".repeat(20_000)})`, /too deep/],
    ["20,000 sums", `fetch("/a"${' + "b"'.repeat(20_000)})`, /too deep/],
    ["20,000 choices", `fetch(${'q ? "/x" : '.repeat(20_000)}"/a")`, /too deep/],
    ["20,000 templates", `${"`${".repeat(20_000)}1${"}`".repeat(20_000)}`, /too deep/],
  ])("is told and left alone: %s", async (_what, code, message) => {
    const input = { "bad.js": code, "good.js": good };
    const analysis = await analyzed(input);
    expect(unread(analysis)).toEqual([expect.stringMatching(message)]);
    expect(unread(analysis)[0]).toMatch(/^bad\.js /);
    expect(analysis.operations.map(({ id }) => id)).toEqual([expect.stringMatching(/^get-good-/)]);
    expect(await tryFiles(new Map(Object.entries(input)))).toEqual({ result: "in part" });
  });

  it("is told where a script imports it and it is not there", async () => {
    const analysis = await analyzed({
      "assets/a.js": `import { u } from "./gone.js"; import("/assets/away.js?v=1"); export * from "react"; fetch(u); ${good}`,
    });
    expect(unread(analysis)).toEqual([
      "assets/away.js is not in the bundle, and assets/a.js imports it.",
      "assets/gone.js is not in the bundle, and assets/a.js imports it.",
    ]);
    expect(analysis.sites.map(({ status }) => status)).toEqual(["open", "resolved"]);
  });

  it("makes no import fail, and leaves nothing half written", async () => {
    const folder = freshFolder();
    writeTree(join(folder, "dist"), { "bad.js": `fetch("/a"`, "good.js": good });
    writeFileSync(join(folder, "dist/garbled.js"), Buffer.from([0x66, 0xff]));
    const options = { bundle: join(folder, "dist"), workspaceDir: folder, app: "app", assets };
    const upstreams = new Map([["same-origin", "https://api.acme.example"]]);
    const result = await importBundle({ ...options, upstreams });
    const files = result?.findings.flatMap(({ rule, file }) =>
      rule === "unreadable-file" ? [file] : [],
    );
    expect(files?.toSorted()).toEqual(["bad.js", "garbled.js"]);
    const web = Object.keys(treeOf(join(folder, "governed/apps/app/web")));
    expect(web).toEqual(["bad.js", "garbled.js", expect.stringMatching(/^good/)]);
  });

  it("stops the import where it is all there is, before anything is written", async () => {
    const folder = freshFolder();
    writeTree(join(folder, "dist"), { "bad.js": `fetch("/a"` });
    const before = treeOf(folder);
    const options = { bundle: join(folder, "dist"), workspaceDir: folder, app: "app", assets };
    await expect(importBundle({ ...options, upstreams: new Map() })).rejects.toMatchObject({
      code: "bundle-unparsable",
    });
    expect(treeOf(folder)).toEqual(before);
  });
});

describe("a script that is odd, and read", () => {
  it.each([
    ["a byte order mark", `\uFEFF${good}`],
    ["CRLF", `var a = 1;\r\nfetch(\r\n"/api/good"\r\n);\r\n`],
    ["CR alone", `var a = 1;\r${good}\r// end`],
    ["line separators", `var a = 1;\u2028${good}\u2029// end`],
    ["a null byte in a text", `var a = "\0"; ${good}`],
    ["a hashbang", `#!/usr/bin/env node\n${good}`],
    ["comments of HTML", `<!-- x\n${good}\n--> y`],
    ["an empty one beside it", good],
    ["a line of 5 MB", `var x = [${list(330_000, (at) => `"item ${at}",`)}]; ${good}`],
    ["a name of 2 MB", `var ${"a".repeat(2e6)} = 1; ${good}`],
    ["50,000 members in a row", `x(a${".b".repeat(50_000)}); ${good}`],
    ["50,000 calls in a row", `x(a${".b()".repeat(50_000)}); ${good}`],
    ["20,000 expressions in a row", `x((${"a, ".repeat(20_000)}b)); ${good}`],
  ])("%s", async (_what, code) => {
    const input = { "a.js": code, "empty.js": "" };
    const { operations, ...analysis } = await analyzed(input);
    expect(unread({ operations, ...analysis })).toEqual([]);
    expect(operations.map(({ id }) => id)).toContainEqual(expect.stringMatching(/^get-good-/));
    expect(await tryFiles(new Map(Object.entries(input)))).toEqual({ result: "analyzed" });
  });

  it("imports that go round in circles", async () => {
    const { sites } = await analyzed({
      "a.js": `import { b } from "./b.js"; export const a = b + "/a"; fetch(a)`,
      "b.js": `import { a } from "./a.js"; export const b = a + "/b"; export * from "./a.js"; fetch(b)`,
      "c.js": `import * as me from "./c.js"; export { me }; export * from "./c.js"; fetch(me.me.x)`,
    });
    expect(sites).toHaveLength(3);
  });
});

const place = { file: "a.js", line: 2, column: 0 };
const plain = { version: 3, sources: ["../src/a.ts"], names: [], mappings: "AAAA;AACA" };
const inline = (text: string): string =>
  `//# sourceMappingURL=data:application/json;base64,${Buffer.from(text).toString("base64")}`;

describe("a source map", () => {
  const mapped = (map: unknown): Input => ({
    "a.js": `;\n${good}\n//# sourceMappingURL=a.js.map`,
    "a.js.map": typeof map === "string" ? map : JSON.stringify(map),
  });

  it.each<readonly [string, Input]>([
    ["of two million lines", mapped({ ...plain, mappings: ";".repeat(2_000_000) })],
    ["of mappings out of range", mapped({ ...plain, mappings: "AA//////D;AggggggggggB" })],
    ["that is no JSON", mapped("nonsense")],
    [
      "of sections in sections",
      mapped({
        version: 3,
        sections: [{ offset: { line: 0, column: 0 }, map: { version: 3, sections: [] } }],
      }),
    ],
    ["of another host", { "a.js": `;\n${good}\n//# sourceMappingURL=http://127.0.0.1:9/a.map` }],
    ["of the machine's files", { "a.js": `;\n${good}\n//# sourceMappingURL=file:///etc/passwd` }],
    ["outside the bundle", { "a.js": `;\n${good}\n//# sourceMappingURL=../../../etc/passwd` }],
    ["that is itself", { "a.js": `;\n${good}\n//# sourceMappingURL=a.js` }],
    ["of 10 MB in the script", { "a.js": `;\n${good}\n${inline("x".repeat(1e7))}` }],
  ])("%s is as good as none", async (_what, input) => {
    const { sites, operations } = await analyzed(input);
    expect(operations).toHaveLength(1);
    expect(sites).toEqual([expect.objectContaining(place)]);
    expect(sites[0]).not.toHaveProperty("source");
    expect(await tryFiles(new Map(Object.entries(input)))).toEqual({ result: "analyzed" });
  });

  it.each<readonly [string, object, string]>([
    ["climbs out", { sources: ["../../../../etc/passwd"] }, "etc/passwd"],
    ["has an absolute root", { sourceRoot: "/etc/", sources: ["passwd"] }, "etc/passwd"],
    [
      "has a root on another host",
      { sourceRoot: "https://x.example/", sources: ["a.ts"] },
      "x.example/a.ts",
    ],
    ["turns the direction of reading", { sources: ["\u202Est.a\u001B[31m.ts"] }, "st.a[31m.ts"],
    ["is a file address", { sources: ["file:///home/someone/a.ts"] }, "home/someone/a.ts"],
  ])("whose source %s shows a clean name", async (_what, parts, file) => {
    const [site] = (await analyzed(mapped({ ...plain, ...parts }))).sites;
    expect(site?.source?.file).toBe(file);
  });

  it("writes nothing outside the governed folder, whatever its sources are called", async () => {
    const folder = freshFolder();
    const sources = ["../../../../escaped.ts", "/tmp/escaped.ts"];
    const files = mapped({ ...plain, sources, sourcesContent: ["escaped", "escaped"] });
    writeTree(join(folder, "work/dist"), files as Readonly<Record<string, string>>);
    const upstreams = new Map([["same-origin", "https://api.acme.example"]]);
    const workspaceDir = join(folder, "work");
    const bundle = join(workspaceDir, "dist");
    await importBundle({ bundle, workspaceDir, app: "app", assets, upstreams });
    const outside = Object.keys(treeOf(folder)).filter(
      (path) => !/^work\/(?:dist|governed|\.govern)\/|^work\/govern\.yaml$/.test(path),
    );
    expect(outside).toEqual([]);
    const maps = Object.values(treeOf(join(workspaceDir, "governed"))).map(({ text }) => text);
    expect(maps.join("\n")).not.toContain('"escaped"');
  });
});
