import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { reportOf } from "../../src/bundle/inspect.ts";
import { judgeBundle } from "../../src/ci/judge/judge.ts";
import type { Operation } from "../../src/contract/operation.ts";
import type { App, Workspace } from "../../src/contract/workspace.ts";
import { bundleOf } from "../bundle/in-memory.ts";

const locate = () => ({ file: "govern.yaml", line: 1, column: 1 });

async function told(
  files: Readonly<Record<string, string>>,
  app?: Partial<App>,
  operations: readonly Operation[] = [],
): Promise<string[]> {
  const bundle = bundleOf(files);
  const found = reportOf("desk", bundle, await analyzeBundle(bundle, "desk"));
  const report = { ...found, operations: [...found.operations, ...operations] };
  const workspace: Workspace | undefined =
    app === undefined ? undefined : { version: 1, apps: { desk: { resources: {}, ...app } } };
  const judged = { report, bundlePath: "dist", workspace, locate, today: "2026-05-04" };
  return judgeBundle({ ...judged, reviewed: [] })
    .filter(({ rule }) => /^(?:bypass|external-script|interactive-transaction)$/.test(rule))
    .map(({ severity, rule, file, line }) => `${severity} ${rule} ${file}:${line}`);
}

const script = { "app.js": "document.title = 1;" };

const statement = (text: string): Operation => ({
  id: "begin-000001",
  kind: "sql",
  access: "write",
  why: "TransactionStmt",
  dialect: "postgres",
  statement: text,
  tables: [],
  parameters: [],
  client: "pg",
});

describe("what comes from elsewhere", () => {
  it.each([
    ["a script", `<p>\n<script src="https://cdn.example/a.js"></script>`, "external-script"],
    ["a frame", `<p>\n<iframe src="https://map.example/x"></iframe>`, "bypass"],
    ["an object", `<p>\n<object data="//map.example/x"></object>`, "bypass"],
    [
      "a form that only asks",
      `<p>\n<form action="https://find.example/"><input name=q></form>`,
      "bypass",
    ],
  ])("%s of a page is told at its line", async (_what, html, rule) => {
    const files = { ...script, "index.html": html };
    expect(await told(files)).toEqual([`error ${rule} index.html:2`]);
  });

  it.each([
    [`const frame = document.createElement("iframe");\nframe.src = "https://map.example/x";`, 2],
    [`jsx("div", {});\nm.jsx("iframe", { src: "https://map.example/x?y=" + at });`, 2],
  ])("a frame that a script fills: %s", async (code, line) => {
    expect(await told({ "app.js": code })).toEqual([`error bypass app.js:${line}`]);
  });

  it("is a warning where the page of the governed app does not load it", async () => {
    const files = { ...script, "index.html": `<script src="https://cdn.example/a.js"></script>` };
    expect(await told(files, {})).toEqual(["warning external-script index.html:1"]);
  });

  it("may be a frame that govern.yaml allows, and none but that", async () => {
    const page = { frame: [{ origin: "https://map.example", reason: "a map" }] };
    const files = {
      ...script,
      "index.html": `<iframe src="https://map.example/x"></iframe>\n<iframe src="https://other.example/x"></iframe>`,
    };
    expect(await told(files, { page })).toEqual(["error bypass index.html:2"]);
  });

  it("is no form that import governs, and nothing of the app's own", async () => {
    const files = {
      ...script,
      "index.html": `<form method="post" action="https://api.example/pay"></form><iframe src="/own"></iframe><script src="/app.js"></script><img src="https://img.example/a.png">`,
    };
    expect(await told(files)).toEqual([]);
  });
});

describe("a transaction that the app steers itself", () => {
  it.each(["BEGIN", "begin isolation level serializable", "START TRANSACTION", "SAVEPOINT a"])(
    "%s is told",
    async (text) => {
      expect(await told(script, undefined, [statement(text)])).toEqual([
        "error interactive-transaction operations.json:1",
      ]);
    },
  );

  it("is no statement that only sounds like one", async () => {
    expect(await told(script, undefined, [statement("SELECT begin FROM shifts")])).toEqual([]);
  });
});
