import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const total = Number(process.env["MUTANTS"] ?? 100_000);
const batch = 5000;
const workers = 2;
/** One batch takes half a minute of a quiet machine. */
const patience = 900_000;

interface BatchResult {
  readonly results: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly seconds: number;
}

let folder: string;
let script: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "govern-mutants-"));
  // Beside the packages that it imports.
  script = join("node_modules", ".cache", `govern-mutants-${process.pid}`, "worker.mjs");
  await build({
    entryPoints: ["test/bundle/mutants/worker.ts"],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(join(script, ".."), { recursive: true });
});

/** Runs one batch in a process of its own: a crash or a hang is a fault that names its mutant. */
function runBatch(from: number): Promise<BatchResult> {
  const at = join(folder, String(from));
  const count = Math.min(batch, total - from);
  const args = ["--max-old-space-size=1024", script, String(from), String(count), at];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: patience }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as BatchResult);
      else {
        const fault = `mutant ${readFileSync(at, "utf8").trim()} ends the process: ${error.message}`;
        resolve({ results: {}, faults: [fault], seconds: 0 });
      }
    });
  });
}

describe(`${total} mutated bundles`, () => {
  it("are analyzed, rewritten and verified, or refused with a code; nothing else", async () => {
    const started = Date.now();
    const results: Record<string, number> = {};
    const faults: string[] = [];
    let seconds = 0;
    let next = 0;
    const runAll = async (): Promise<void> => {
      while (next < total) {
        const from = next;
        next += batch;
        const done = await runBatch(from);
        seconds += done.seconds;
        faults.push(...done.faults);
        for (const fault of done.faults) process.stderr.write(`${fault}\n`);
        for (const [result, count] of Object.entries(done.results)) {
          results[result] = (results[result] ?? 0) + count;
        }
        const wall = Math.round((Date.now() - started) / 1000);
        process.stderr.write(`${next} mutants, ${wall} s, ${faults.length} faults\n`);
      }
    };
    await Promise.all(Array.from({ length: workers }, runAll));
    process.stderr.write(`${JSON.stringify({ ...results, cpu: Math.round(seconds) })}\n`);
    expect(faults).toEqual([]);
    expect(Object.values(results).reduce((sum, count) => sum + count, 0)).toBe(total);
  });
});
