/** The emitted program as a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DeskWorkspace } from "../desk-workspace.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Copies the emitted program into a workspace, as import does; gives its path. */
export function installProgram({ folder }: DeskWorkspace): string {
  const program = join(folder, "governed/sidecar");
  mkdirSync(join(program, "node_modules"), { recursive: true });
  for (const file of ["sidecar.mjs", "store-writer.mjs"]) {
    cpSync(join(root, "dist/emit", file), join(program, file));
  }
  const driver = "node_modules/better-sqlite3";
  symlinkSync(join(root, driver), join(program, driver));
  return join(program, "sidecar.mjs");
}

/** Starts it on free ports; `nodeOptions` are for its Node. */
export async function startProgram(
  program: string,
  nodeOptions = "",
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [program, "--dev"], {
    env: {
      PATH: process.env["PATH"],
      GOVERN_PORT: "0",
      GOVERN_OPERATOR_PORT: "0",
      NODE_OPTIONS: nodeOptions,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const port = await new Promise<number>((found, fail) => {
    child.once("exit", () => fail(new Error(`it did not start:\n${text}`)));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const told = /desk\.localhost:(\d+)/.exec(text)?.[1];
      if (told !== undefined) found(Number(told));
    });
  });
  return { child, port };
}
