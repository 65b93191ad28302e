import { transform } from "esbuild";
import MagicString from "magic-string";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { expect } from "vitest";
import type { Analysis } from "../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import type { Bundle, BundleFile } from "../../src/bundle/files/bundle.ts";
import { fileText } from "../../src/bundle/files/read-bundle.ts";
import { LineIndex } from "../../src/bundle/files/source-maps.ts";
import { rewriteBundle, type RewrittenBundle } from "../../src/bundle/rewrite/rewrite-bundle.ts";
import { undoSplices } from "../../src/bundle/rewrite/splices.ts";
import { verifyRewritten } from "../../src/bundle/rewrite/verify-rewritten.ts";
import { standIn, textIn } from "./rewrite/bundle-of.ts";

/** Lines and columns by which the made-up source of a script is ahead of it. */
const shift = { lines: 3, columns: 5 };

/** The map of a script whose source has three lines more at its top, and a first line indented by five. */
function shiftedMap(text: string, file: string): string {
  const head = "\n".repeat(shift.lines) + " ".repeat(shift.columns);
  const source = new MagicString(head + text);
  source.remove(0, head.length);
  return source.generateMap({ source: `../src/${file}`, hires: true }).toString();
}

/** The bundle with a map beside each script. */
export function withMaps(bundle: Bundle): Bundle {
  const maps = [...bundle.files.values()].flatMap((file): [string, BundleFile][] => {
    if (file.kind !== "script" || bundle.files.has(`${file.path}.map`)) return [];
    const path = `${file.path}.map`;
    const bytes = Buffer.from(shiftedMap(fileText(file), file.path));
    return [[path, { path, kind: "map", bytes }]];
  });
  return { ...bundle, files: new Map([...bundle.files, ...maps]) };
}

function shifted({ line, column }: { line: number; column: number }): object {
  return { line: line + shift.lines, column: line === 1 ? column + shift.columns : column };
}

/** Each site and finding of a script names its place in the source. */
function expectSources(bundle: Bundle, analysis: Analysis): void {
  for (const found of [...analysis.sites, ...analysis.findings]) {
    if (bundle.files.get(found.file)?.kind !== "script") continue;
    expect(found.source).toMatchObject({ file: `src/${found.file}`, ...shifted(found) });
  }
}

/** Where a run of the input begins in the output: only the splices before it move it. */
function offsetAfter(splices: RewrittenBundle["log"]["files"][number]["splices"], at: number) {
  let moved = at;
  for (const { start, end, text } of splices) {
    if (start < at || (start === at && end === at)) moved += text.length - (end - start);
  }
  return moved;
}

/** What was cut, and what stood right behind it, is found in the source by the map of the output. */
function expectChainedMaps(bundle: Bundle, analysis: Analysis, rewritten: RewrittenBundle): void {
  for (const log of rewritten.log.files) {
    const input = bundle.files.get(log.from);
    if (input?.kind !== "script" || log.splices.length === 0) continue;
    const map = new TraceMap(textIn(rewritten.maps, `${log.to}.map`));
    const output = new LineIndex(textIn(rewritten.files, log.to));
    const text = fileText(input);
    const lines = new LineIndex(text);
    const cuts = analysis.cuts.filter(({ file }) => file === log.from);
    const inner = (at: number): boolean => cuts.some((cut) => at > cut.start && at < cut.end);
    for (const at of cuts.flatMap((cut) => [cut.start, cut.end])) {
      if (inner(at) || /[\s;)}\]]|^$/.test(text.slice(at, at + 1))) continue;
      const place = originalPositionFor(map, output.at(offsetAfter(log.splices, at)));
      expect(place, `${log.from} at ${at}`).toMatchObject(shifted(lines.at(at)));
    }
  }
}

function expectUndone(bundle: Bundle, rewritten: RewrittenBundle): void {
  const undone = undoSplices(rewritten, rewritten.log);
  expect([...undone.keys()].toSorted()).toEqual([...bundle.files.keys()].toSorted());
  for (const [path, { bytes }] of bundle.files) {
    expect(Buffer.compare(undone.get(path) ?? new Uint8Array(), bytes), path).toBe(0);
  }
}

/** A parser that shares nothing with the analyzer's reads every script of the output. */
async function expectParsed(rewritten: RewrittenBundle): Promise<void> {
  for (const path of rewritten.files.keys()) {
    if (!/\.[cm]?js$/.test(path)) continue;
    await transform(textIn(rewritten.files, path), { loader: "js", logLevel: "silent" });
  }
}

/** Shuffles a list by a number, the same way each time. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const left = [...list];
  const out: T[] = [];
  for (let state = seed * 2654435761 + 1; left.length > 0;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out.push(...left.splice(state % left.length, 1));
  }
  return out;
}

/** The same bundle as another file system would list it. */
function relisted(bundle: Bundle, seed: number): Bundle {
  const files = new Map(shuffled([...bundle.files], seed));
  return { ...bundle, files, scripts: shuffled(bundle.scripts, seed) };
}

function outputOf(analysis: Analysis, rewritten: RewrittenBundle): unknown {
  return [analysis, [...rewritten.files], [...rewritten.maps], [...rewritten.renames]].map((part) =>
    JSON.stringify(part),
  );
}

/** Ten runs, the files in another order each time, give the same bytes. */
async function expectStable(bundle: Bundle, output: unknown): Promise<void> {
  const runs = bundle.files.size > 2 ? 10 : 3;
  for (let seed = 1; seed < runs; seed += 1) {
    const again = relisted(bundle, seed);
    const analysis = await analyzeBundle(again, "fixture");
    expect(outputOf(analysis, rewriteBundle(again, analysis, standIn))).toEqual(output);
  }
}

/** Rewrites a case and proves what holds of every rewrite. */
export async function expectRewritten(plain: Bundle): Promise<void> {
  const bundle = withMaps(plain);
  const { marks, ...analysis } = await analyzeBundle(bundle, "fixture", { marks: true });
  const rewritten = rewriteBundle(bundle, analysis, standIn);
  expectSources(bundle, analysis);
  expectChainedMaps(bundle, analysis, rewritten);
  expectUndone(bundle, rewritten);
  await expectParsed(rewritten);
  expect(verifyRewritten(rewritten, analysis)).toEqual([]);
  expect(verifyRewritten(rewritten, { ...analysis, ...(marks && { marks }) })).toEqual([]);
  await expectStable(bundle, outputOf(analysis, rewritten));
}
