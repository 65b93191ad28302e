// Runs a program in a fresh process and tells what it used.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const preload = new URL("usage.mjs", import.meta.url).href;

/**
 * Runs a Node program to its end.
 * @param {readonly string[]} args the program and its arguments
 * @returns seconds of CPU (all threads), MB of peak memory, seconds of wall time
 */
export function measure(args, { cwd = process.cwd() } = {}) {
  const file = join(tmpdir(), `govern-bench-${process.pid}.json`);
  const started = performance.now();
  const { status, stderr, error } = spawnSync(process.execPath, ["--import", preload, ...args], {
    cwd,
    env: { ...process.env, GOVERN_BENCH_USAGE: file },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    maxBuffer: 2 ** 28,
  });
  const wall = (performance.now() - started) / 1000;
  if (error !== undefined || status !== 0) {
    throw new Error(`${args.join(" ")} ended with ${status ?? error?.message}: ${stderr}`);
  }
  const used = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  return { ...used, wall };
}
