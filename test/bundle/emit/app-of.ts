import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Analysis, CredentialCut, Cut } from "../../../src/bundle/analysis.ts";
import { proxyNames, type Assets, type ProxyName } from "../../../src/bundle/emit/assets.ts";
import {
  importAnalyzed,
  type ImportPlanOptions,
  type ImportResult,
} from "../../../src/bundle/emit/import-analyzed.ts";
import { readBundle } from "../../../src/bundle/files/read-bundle.ts";
import {
  operationId,
  originId,
  type UnnamedOperation,
} from "../../../src/contract/operation-id.ts";
import type { Operation } from "../../../src/contract/operation.ts";
import { spanOf } from "../rewrite/bundle-of.ts";

/** A folder of its own for one test. */
export function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-import-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Every file of a folder with its content and its time. */
export function treeOf(folder: string): Record<string, { text: string; mtimeMs: number }> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [
        path.slice(folder.length + 1),
        { text: readFileSync(path, "utf8"), mtimeMs: statSync(path).mtimeMs },
      ]),
  );
}

/** What a proxy module of the tests has beside what all have. */
function standIns(name: ProxyName): string {
  if (name === "plain") return "";
  return name === "sql" ? "neon(){},libsql(){}" : `${name}(){}`;
}

export const assets: Assets = {
  version: "9.8.7",
  proxies: Object.fromEntries(
    proxyNames.map((name) => [
      name,
      `"use strict";(()=>{globalThis.__govern??={build:"__GOVERN_BUILD__",${standIns(name)}}})();\n`,
    ]),
  ) as Assets["proxies"],
  sidecar: new Map([
    ["sidecar.mjs", new TextEncoder().encode("// the sidecar\n")],
    ["package.json", new TextEncoder().encode("{}\n")],
  ]),
};

export const key = "acme_live_0011223344";
export const url = "postgres://console:Zk3vQ8tLw2mN@db.acme.example/ledger";

export const app = {
  "index.html":
    '<!doctype html><head><script type="module" src="/assets/index-Ab3dE9fg.js"></script></head>',
  "assets/index-Ab3dE9fg.js": `const k="${key}";const sql=neon("${url}");fetch("https://api.acme.example/api/credits",{method:"POST",headers:{authorization:"Bearer "+k}});\n//# sourceMappingURL=index-Ab3dE9fg.js.map`,
  "assets/index-Ab3dE9fg.js.map": JSON.stringify({
    version: 3,
    sources: ["../src/main.ts"],
    sourcesContent: [`const k="${key}"`],
    names: [],
    mappings: "AAAA",
  }),
};

function named(operation: UnnamedOperation): Operation {
  return { ...operation, id: operationId(operation) };
}

const http = { kind: "http", query: { fields: {}, open: false }, body: { type: "none" } } as const;

/** A POST to some origin. */
export function post(origin: string, path: string, headers: string[] = []): Operation {
  return named({
    ...http,
    access: "write",
    why: "method POST",
    method: "POST",
    origin,
    path,
    headers,
  });
}

export function select(client: string): Operation {
  return named({
    kind: "sql",
    access: "read",
    why: "SelectStmt",
    dialect: "postgres",
    statement: "SELECT id FROM accounts",
    tables: ["accounts"],
    parameters: [],
    client,
  });
}

/** What the analysis of `app` would hand over. */
export function analysisOfApp(parts: Partial<Analysis> = {}): Analysis {
  const file = "assets/index-Ab3dE9fg.js";
  const code = app[file];
  const credential = (value: string, use: CredentialCut["use"]): Cut => ({
    kind: "credential",
    file,
    ...spanOf(code, `"${value}"`),
    replacement: '"govern-stripped"',
    value,
    use,
  });
  const origin = "https://api.acme.example";
  return {
    operations: [post(origin, "/api/credits", ["authorization"]), select("neon")],
    sites: [],
    findings: [],
    origins: [{ id: originId(origin), origin, class: "data", why: "called with data" }],
    external: [],
    cuts: [
      {
        kind: "global",
        file,
        ...spanOf(code, "fetch"),
        global: "fetch",
        site: "s2",
        shorthand: false,
      },
      {
        kind: "client",
        file,
        ...spanOf(code, `neon("${url}")`),
        driver: "neon",
        client: "neon",
        site: "s1",
        options: null,
      },
      credential(key, { header: "authorization", origin, prefix: "Bearer " }),
      credential(url, { client: "neon" }),
    ],
    ...parts,
  };
}

/** A workspace folder with the app's build in `dist`. */
export function workspaceWithApp(): string {
  const folder = freshFolder();
  writeTree(join(folder, "dist"), app);
  return folder;
}

/** Imports `dist` of a workspace folder as `console`. */
export async function importApp(
  folder: string,
  options: Partial<ImportPlanOptions> & { analysis?: Analysis } = {},
): Promise<ImportResult> {
  const { analysis, ...rest } = options;
  return importAnalyzed(await readBundle(join(folder, "dist")), analysis ?? analysisOfApp(), {
    app: "console",
    out: join(folder, "governed"),
    workspaceDir: folder,
    upstreams: new Map(),
    assets,
    ...rest,
  });
}
