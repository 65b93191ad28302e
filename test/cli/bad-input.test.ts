import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inspectReportSchema, type InspectReport } from "../../src/contract/build.ts";
import { runGovern, type Run } from "./run-govern.ts";

const good = `fetch("/api/accounts"); fetch("/api/credits", { method: "POST" });`;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-bad-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, "dist", path)), { recursive: true });
    writeFileSync(join(folder, "dist", path), content);
  }
}

function govern(...args: string[]): Promise<Run> {
  return runGovern(args, { cwd: folder });
}

function deep(before: string, after: string): string {
  return `fetch(${before.repeat(100_000)}"/a"${after.repeat(100_000)});`;
}

async function inspect(): Promise<{ code: number | null; report: InspectReport }> {
  const { code, stdout, stderr } = await govern("inspect", "dist", "--json");
  expect(stderr).toBe("");
  return { code, report: inspectReportSchema.parse(JSON.parse(stdout)) };
}

function unread({ findings }: InspectReport): string[] {
  return findings.filter(({ rule }) => rule === "unreadable-file").map(({ message }) => message);
}

const ascii = (text: string): Buffer => Buffer.from(text, "latin1");

describe("files that are not what their names say", () => {
  it("are told one by one, the rest is analyzed, and no command is content", async () => {
    write({
      "good.js": good,
      "broken.js": "function ( {{{",
      "typed.js": "const a: string = 'x'; interface B {}",
      "flow.js": "// @flow\ntype A = {| a: 1 |}; export type { A };",
      "jsx.js": "const a = <a href={b}>c</a>;",
      "style.js": ".a { color: red }",
      "module.js": Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xff, 0xfe, 0xc3]),
      "wide.js": Buffer.from("\uFEFFfetch('/wide')", "utf16le"),
      "latin.js": ascii("fetch('/caf\u00e9')"),
      "nul.js": "\0\0\0\0",
      "parens.js": deep("(", ")"),
      "lists.js": deep("[", "]"),
      "sum.js": deep('"b"+', ""),
      "ladder.js": `${"if (a) b(); else ".repeat(100_000)}fetch("/b");`,
      "latin.html": ascii("<title>\u00e9</title><script>fetch('/latin')</script>"),
    });
    const { code, report } = await inspect();
    expect(code).toBe(1);
    const told = unread(report).map((message) => message.split(" ", 1)[0]);
    expect(new Set(told)).toEqual(
      new Set([
        "broken.js",
        "flow.js",
        "jsx.js",
        "ladder.js",
        "latin.html",
        "latin.js",
        "lists.js",
        "module.js",
        "nul.js",
        "parens.js",
        "style.js",
        "sum.js",
        "typed.js",
        "wide.js",
      ]),
    );
    expect(report.operations.map(({ id }) => id.replace(/-\w+$/, ""))).toEqual([
      "get-accounts",
      "post-credits",
    ]);
    const checked = await govern("check", "dist");
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain("broken.js cannot be parsed");
    expect(checked.stdout).not.toMatch(/RangeError|TypeError|at file:/);
  });

  it("do not make check pass, even where all else is reviewed", async () => {
    write({ "good.js": good });
    const imported = await govern(
      "import",
      "dist",
      "--yes",
      "--upstream",
      "same-origin=http://127.0.0.1:9",
    );
    expect(imported, imported.stderr).toMatchObject({ code: 0 });
    expect(await govern("check", "dist")).toMatchObject({ code: 0 });
    write({ "late.js": "fetch('/api/pay', {method: 'POST'" });
    const checked = await govern("check", "dist");
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain("error[unreadable-file] late.js:1:");
    const again = await govern("import", "dist", "--yes");
    expect(again.code, again.stderr).toBe(1);
    expect(again.stdout).toMatch(/not read +1 file/);
  });

  it("are fine when they are odd but right", async () => {
    write({
      "bom.js": `\uFEFF${good}`,
      "empty.js": "",
      "comment.js": "// nothing",
      "hashbang.mjs": `#!/usr/bin/env node\n${good}`,
      "line.js": `var text = "${"a".repeat(5_000_000)}"; ${good}`,
      "separators.js": "var a = '\u2028\u2029';",
      "page.html": "<p>no script</p>",
      "nothing.html": "",
    });
    const { code, report } = await inspect();
    expect({ code, findings: unread(report) }).toEqual({ code: 0, findings: [] });
    expect(report.sites).toHaveLength(6);
  });

  it("refuse the whole bundle where nothing can be read", async () => {
    write({ "only.js": deep("(", ")") });
    const run = await govern("inspect", "dist");
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/^error\[bundle-unparsable\]: .*only\.js: it is nested too deep/);
  });
});

describe("folders that are not what they seem", () => {
  it("are read without their links out, loops and holes, each told", async () => {
    write({ "assets/a.js": good });
    writeFileSync(join(folder, "outside.js"), "fetch('/outside')");
    mkdirSync(join(folder, "dist/folder.js"));
    symlinkSync(join(folder, "outside.js"), join(folder, "dist/out.js"));
    symlinkSync("..", join(folder, "dist/assets/loop"));
    symlinkSync("self.js", join(folder, "dist/self.js"));
    symlinkSync("gone.js", join(folder, "dist/broken.js"));
    symlinkSync("assets/a.js", join(folder, "dist/inner.js"));
    const { code, report } = await inspect();
    expect(code).toBe(1);
    expect(unread(report)).toEqual([
      "assets/loop is a link to what is no file.",
      "broken.js is a link that leads nowhere.",
      "out.js is a link that leaves the bundle.",
      "self.js is a link that leads nowhere.",
    ]);
    expect(report.sites.map(({ file }) => file)).toEqual([
      "assets/a.js",
      "assets/a.js",
      "inner.js",
      "inner.js",
    ]);
    expect(JSON.stringify(report)).not.toContain("/outside");
  });

  it("may have any names, which never reach a terminal as they are", async () => {
    const names = [
      "a b.js",
      "a\nb.js",
      "\u001b[31mred\u001b[0m.js",
      "\u202egnp.js",
      "'\"`.js",
      "%2e%2e.js",
      "__proto__.js",
      "constructor.js",
      "ü.js",
      "A.js",
      "a.js",
      "-rf.js",
      `${"x".repeat(200)}.js`,
      "$(touch pwned).js",
    ];
    write(
      Object.fromEntries(
        names.map((name) => [name, "fetch(location.hash.slice(1), { method: 'POST' })"]),
      ),
    );
    const { code, report } = await inspect();
    expect(code).toBe(0);
    expect(new Set(report.sites.map(({ file }) => file))).toEqual(new Set(names));
    for (const command of [
      ["inspect", "dist"],
      ["check", "dist"],
    ]) {
      const { stdout, stderr } = await govern(...command);
      expect(`${stdout}${stderr}`.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(stdout).toContain("\\u{001b}[31mred");
    }
    expect(readdirSync(folder)).toEqual(["dist"]);
  });

  it("may have thousands of chunks and pages that import each other in circles and what is not there", async () => {
    const chunks = Array.from({ length: 1500 }, (_, at) => [
      `c${at}.js`,
      `import { go as next } from "./c${(at + 1) % 1500}.js"; export * from "./c${(at * 7) % 1500}.js"; import("./missing${at}.js"); import "../../etc/passwd.js"; export const go = (u) => next(u + "/${at}");`,
    ]);
    const pages = Array.from({ length: 300 }, (_, at) => [
      `p${at}.html`,
      `<script type=module src=c${at}.js></script><script>fetch("/page/${at}")</script>`,
    ]);
    write(
      Object.fromEntries([
        ...chunks,
        ...pages,
        ["main.js", `import { go } from "./c0.js"; fetch(go("/x"));`],
      ]) as Record<string, string>,
    );
    const { code, report } = await inspect();
    // An address that grows through all chunks for ever is none that can be told.
    expect(code).toBe(1);
    expect(report.sites.filter(({ status }) => status === "open")).toMatchObject([
      { file: "main.js" },
    ]);
    expect(report.sites).toHaveLength(301);
    expect(report.operations).toHaveLength(300);
  });
});
