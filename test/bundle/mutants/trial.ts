/** One mutant through the whole of the import half, in memory: analyzed, rewritten, parsed again, verified, undone. */
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import type { Analysis } from "../../../src/bundle/analysis.ts";
import type { Bundle } from "../../../src/bundle/files/bundle.ts";
import { bundleFrom } from "../../../src/bundle/files/read-bundle.ts";
import { rewriteBundle } from "../../../src/bundle/rewrite/rewrite-bundle.ts";
import { undoSplices } from "../../../src/bundle/rewrite/splices.ts";
import { verifyRewritten } from "../../../src/bundle/rewrite/verify-rewritten.ts";
import { inspectReportSchema } from "../../../src/contract/build.ts";
import { reportOf } from "../../../src/bundle/inspect.ts";
import { isGovernError } from "../../../src/errors/govern-error.ts";
import type { Files } from "./mutate-bundle.ts";
import { mutateBundle } from "./mutate-bundle.ts";
import { Random } from "./random.ts";
import type { Seeds } from "./seeds.ts";

/** What became of a mutant: analyzed, in part, or the code of its refusal; a fault is what must not happen. */
export interface Outcome {
  readonly result: string;
  readonly fault?: string;
}

const standIn = { proxy: '"use strict";(()=>{globalThis.__govern??={}})();\n', version: "1.2.3" };

function bundleOf(files: Files): Bundle {
  const encoder = new TextEncoder();
  return bundleFrom(
    "/bundle",
    [...files].map(([path, content]) => [
      path,
      typeof content === "string" ? encoder.encode(content) : content,
    ]),
  );
}

/** The first thing that is wrong with what an analysis gave, once it is rewritten; undefined if nothing is. */
function wrongWith(bundle: Bundle, analysis: Analysis): string | undefined {
  const report = inspectReportSchema.safeParse(
    JSON.parse(JSON.stringify(reportOf("mutant", bundle, analysis))),
  );
  if (!report.success)
    return `the report is not what is published: ${report.error.message.slice(0, 300)}`;
  const rewritten = rewriteBundle(bundle, analysis, standIn);
  const undone = undoSplices(rewritten, rewritten.log);
  for (const [path, { bytes }] of bundle.files) {
    if (Buffer.compare(undone.get(path) ?? Buffer.alloc(0), bytes) !== 0)
      return `${path} is not undone`;
  }
  const [left] = verifyRewritten(rewritten, analysis).filter(
    ({ rule }) => rule !== "unreadable-file",
  );
  return left && `${left.message} at ${left.file}:${left.line}:${left.column}`;
}

function isExpected(error: unknown): boolean {
  return isGovernError(error) && error.code !== "internal";
}

export async function tryFiles(files: Files): Promise<Outcome> {
  try {
    const bundle = bundleOf(files);
    const analysis = await analyzeBundle(bundle, "mutant");
    const fault = wrongWith(bundle, analysis);
    const isPart = analysis.findings.some(({ rule }) => rule === "unreadable-file");
    return { result: isPart ? "in part" : "analyzed", ...(fault === undefined ? {} : { fault }) };
  } catch (error) {
    if (isExpected(error)) return { result: (error as { code: string }).code };
    return { result: "fault", fault: String((error as Error).stack ?? error) };
  }
}

/** The files of the mutant with a number: each is a seed of its own, so that one can be made again alone. */
export function mutantOf(seeds: Seeds, number: number): Files {
  return mutateBundle(new Random(Math.imul(number + 1, 0x9e3779b1)), seeds);
}
