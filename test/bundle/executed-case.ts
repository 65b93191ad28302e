import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { build, type Plugin } from "esbuild";
import { expect } from "vitest";
import type { Analysis } from "../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import type { Bundle } from "../../src/bundle/files/bundle.ts";
import { rewriteBundle } from "../../src/bundle/rewrite/rewrite-bundle.ts";
import type { HttpOperation } from "../../src/contract/operation.ts";
import { compileMatcher } from "../../src/sidecar/matching/operation-matcher.ts";
import { parseQuery } from "../../src/sidecar/matching/query.ts";
import { readTextFields } from "../../src/sidecar/validation/fields.ts";
import { bundleIn } from "./fixture-case.ts";
import { pageUrl, recordingProxy, runInPage, type RecordedCall } from "./recorded-page.ts";

/** What cases import of React: elements are made at once. */
const libraries: ReadonlyMap<string, string> = new Map([
  ["react/jsx-runtime", "export const jsx = makeElement, jsxs = makeElement;"],
  ["react", "export const createElement = makeElement; export default { createElement };"],
]);

/** Gives the modules of a case from memory: `./input…` is the bundle, everything else stands beside it. */
function fromMemory(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: "case",
    setup(builder) {
      builder.onResolve({ filter: /.*/ }, ({ path, importer }) =>
        libraries.has(path)
          ? { path, namespace: "library" }
          : { path: posix.join(dirname(importer), path), namespace: "case" },
      );
      builder.onLoad({ filter: /.*/, namespace: "library" }, ({ path }) => ({
        contents: libraries.get(path) ?? "",
        loader: "js",
      }));
      builder.onLoad({ filter: /.*/, namespace: "case" }, ({ path }) => ({
        contents: files.get(path) ?? `throw new Error(${JSON.stringify(`no module ${path}`)})`,
        loader: "js",
      }));
    },
  };
}

/** One script that runs a case: its value is the promise of what its driver gives. */
async function scriptOf(files: ReadonlyMap<string, string>): Promise<string> {
  const result = await build({
    entryPoints: ["execute.js"],
    plugins: [fromMemory(files)],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "driver",
    logLevel: "silent",
  });
  const text = result.outputFiles[0]?.text ?? "";
  return `${text}\n;Promise.resolve(driver.default())`;
}

/** Whether an operation of the analysis takes a request as it was sent, by the sidecar's own matcher. */
function isRegistered(operations: readonly HttpOperation[], call: RecordedCall): boolean {
  const url = new URL(call.url, pageUrl);
  const origin = url.origin === new URL(pageUrl).origin ? "same-origin" : url.origin;
  const query = parseQuery(url.search.slice(1));
  if (query === undefined) return false;
  const match = compileMatcher(operations).match({
    method: call.method,
    origin,
    rawPath: url.pathname,
    query,
    body: () => (call.body.startsWith("{") ? JSON.parse(call.body) : undefined),
  });
  return match.kind === "matched" && readTextFields(match.operation.query, query).ok;
}

function isStatement({ operations }: Analysis, { body }: RecordedCall): boolean {
  const [statement] = JSON.parse(body) as [string];
  return operations.some((one) => one.kind === "sql" && one.statement === statement);
}

function isStream(analysis: Analysis, { method, url }: RecordedCall): boolean {
  const { pathname } = new URL(url, pageUrl);
  return analysis.operations.some(
    (one) => one.kind === "stream" && one.method === method && pathStart(one.path, pathname),
  );
}

function pathStart(template: string, path: string): boolean {
  return path.startsWith(template.split("{")[0] ?? "");
}

/** Every request is one that the analysis registered, or comes from a site that it reported open. */
function expectKnown(analysis: Analysis, calls: readonly RecordedCall[]): void {
  const operations = analysis.operations.filter((one) => one.kind === "http");
  for (const call of calls) {
    const site = analysis.sites.find(({ id }) => id === call.by);
    if (site?.status === "open") continue;
    const known =
      call.global === "neon"
        ? isStatement(analysis, call)
        : isRegistered(operations, call) || isStream(analysis, call);
    expect(known, `${call.method} ${call.url} of ${call.by} is registered`).toBe(true);
  }
}

/** Loads every script of a case, and waits for what it has begun. */
function loader(bundle: Bundle, root: string): string {
  const imports = bundle.scripts.map(({ file }) => `import "./${root}${file}";`).join("\n");
  return `${imports}\nexport default () => new Promise((resolve) => setTimeout(resolve, 5));\n`;
}

/** What drives a case: the default export of its `execute.js`; else, where `case.json` says so, its scripts alone. */
function driverOf(folder: string, bundle: Bundle, root: string): string {
  const path = join(folder, "execute.js");
  return existsSync(path) ? readFileSync(path, "utf8") : loader(bundle, root);
}

/** Whether a case declares that it can be run: it has an `execute.js`, or a `case.json` with `execute`. */
export function isExecuted(folder: string): boolean {
  if (existsSync(join(folder, "execute.js"))) return true;
  const path = join(folder, "case.json");
  return existsSync(path) && JSON.parse(readFileSync(path, "utf8")).execute === true;
}

/** Calls without who made them. */
function requestsOf(calls: readonly RecordedCall[]): Omit<RecordedCall, "by">[] {
  return calls.map(({ by: _by, ...request }) => request);
}

/**
 * Runs a case's code before and after the rewrite in a page of fakes: the same requests, in the same order and with the same end,
 * and afterwards all of them through the proxy, each by a site that knows it.
 */
export async function expectSameRun(folder: string): Promise<void> {
  const bundle = await bundleIn(folder);
  const analysis = await analyzeBundle(bundle, "fixture");
  const rewritten = rewriteBundle(bundle, analysis, recordingProxy);
  const root = existsSync(join(folder, "input")) ? "input/" : "";
  const driver = driverOf(folder, bundle, root);
  const modules = (texts: Iterable<readonly [string, Uint8Array]>): Map<string, string> =>
    new Map([
      ["execute.js", driver],
      ...[...texts].map(([path, bytes]): [string, string] => [
        root + path,
        Buffer.from(bytes).toString("utf8"),
      ]),
    ]);
  const before = await runInPage(
    await scriptOf(modules([...bundle.files].map(([path, { bytes }]) => [path, bytes] as const))),
  );
  const renamed = modules(rewritten.files);
  for (const [from, to] of rewritten.renames) {
    renamed.set("execute.js", (renamed.get("execute.js") ?? "").replaceAll(from, to));
  }
  const after = await runInPage(await scriptOf(renamed));
  expect(after.calls.filter(({ by }) => by === "native")).toEqual([]);
  expect(requestsOf(after.calls)).toEqual(requestsOf(before.calls));
  expect(after.result).toBe(before.result);
  expect(before.calls.length > 0).toBe(!/look-alike/.test(folder));
  expectKnown(analysis, after.calls);
}
