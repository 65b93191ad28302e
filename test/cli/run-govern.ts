/** Spawns the built command line. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/govern.js", import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `govern <args>` in a folder, without color and without a terminal. */
export function runGovern(
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string | Uint8Array },
): Promise<Run> {
  const { FORCE_COLOR: _force, ...env } = process.env;
  const child = spawn(process.execPath, [bin, ...args], { cwd: options.cwd, env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
