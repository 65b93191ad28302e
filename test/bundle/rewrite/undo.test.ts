import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cut } from "../../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { readAssets } from "../../../src/bundle/emit/assets.ts";
import type { Bundle } from "../../../src/bundle/files/bundle.ts";
import { readBundle } from "../../../src/bundle/files/read-bundle.ts";
import { rewriteBundle, type RewrittenBundle } from "../../../src/bundle/rewrite/rewrite-bundle.ts";
import { undoSplices } from "../../../src/bundle/rewrite/splices.ts";
import { verifyRewritten } from "../../../src/bundle/rewrite/verify-rewritten.ts";
import { analysisOf, bundleOf, standIn } from "./bundle-of.ts";

const root = new URL("../../..", import.meta.url).pathname;

function expectUndone(bundle: Bundle, result: RewrittenBundle): void {
  const undone = undoSplices(result, result.log);
  expect([...undone.keys()].toSorted()).toEqual([...bundle.files.keys()].toSorted());
  for (const [path, { bytes }] of bundle.files) {
    expect(Buffer.compare(undone.get(path) ?? new Uint8Array(), bytes), path).toBe(0);
  }
}

describe.each(["dist", "dist-esbuild"])("the support console's %s", (folder) => {
  test("comes back to the byte when its splices are undone", async () => {
    const bundle = await readBundle(join(root, "fixtures/support-console", folder));
    const analysis = await analyzeBundle(bundle, "support-console");
    const kinds = new Set(analysis.cuts.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(["client", "credential", "global", "text"]);
    const { proxies, version } = await readAssets();
    const result = rewriteBundle(bundle, analysis, { version, proxy: proxies.neon });
    expectUndone(bundle, result);
    expect(result.log.files.every(({ splices }) => splices.length < 30)).toBe(true);
    expect(verifyRewritten(result, analysis)).toEqual([]);
    const names = readdirSync(join(bundle.root, "assets")).filter((name) => name.endsWith(".js"));
    for (const [path, bytes] of result.files) {
      for (const name of names)
        expect(Buffer.from(bytes).includes(name), `${path}: ${name}`).toBe(false);
    }
    expect(readFileSync(join(bundle.root, "index.html"), "utf8")).toContain(names.at(-1));
  });
});

/** Text with what trips offsets: astral characters, a byte order mark, names and integrity values. */
const piece = fc.constantFrom(
  "a",
  "😀",
  "\n",
  "\uFEFF",
  "chunk-Ab3dE9fg.js",
  "é",
  " ",
  "secret_secret",
  "\0",
);
const content = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));

function cutsIn(file: string, text: string, points: readonly number[]): Cut[] {
  const places = [...new Set(points.map((point) => point % (text.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  const cuts: Cut[] = [];
  for (let at = 0; at + 1 < places.length; at += 2) {
    const [start = 0, end = 0] = places.slice(at);
    const halves = [text.slice(start - 1, start), text.slice(start, end), text.slice(end)];
    // A cut never halves a character: analysis cuts at tokens.
    if (halves.some((half) => /^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(half))) continue;
    cuts.push({
      kind: "credential",
      file,
      start,
      end,
      replacement: `"r${String(at)}"`,
      value: "secret_secret",
      use: null,
    });
  }
  return cuts;
}

test("undoing the splices gives the input for any texts and cuts", () => {
  fc.assert(
    fc.property(content, content, fc.array(fc.nat(), { maxLength: 12 }), (one, two, points) => {
      const texts = { "chunk-Ab3dE9fg.js": one, "index.css": two, "config.json": two };
      const bundle = bundleOf(texts);
      const cuts = Object.entries(texts).flatMap(([file, text]) => cutsIn(file, text, points));
      const result = rewriteBundle(bundle, analysisOf(cuts), standIn);
      expectUndone(bundle, result);
    }),
    { numRuns: 300 },
  );
});

test("a log that does not fit is told", () => {
  const bundle = bundleOf({ "a.js": "k='secret_secret'" });
  const cut: Cut = {
    kind: "credential",
    file: "a.js",
    start: 2,
    end: 17,
    replacement: "'x'",
    value: "secret_secret",
    use: null,
  };
  const result = rewriteBundle(bundle, analysisOf([cut]), standIn);
  const files = new Map([["a.js", new TextEncoder().encode("k='y'")]]);
  expect(() => undoSplices({ files }, result.log)).toThrow(/does not fit a\.js/);
});
