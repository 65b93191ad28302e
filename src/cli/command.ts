/** What every command is made of: its output, the folder it runs in, and how it ends. */
import type { ExitCode } from "../errors/exit-codes.ts";
import { GovernError } from "../errors/govern-error.ts";
import type { Output } from "./output.ts";

export type { ExitCode } from "../errors/exit-codes.ts";

export interface CommandContext {
  readonly output: Output;
  /** The folder the person is in. */
  readonly cwd: string;
  /** Set by the command that ran. */
  exitCode: ExitCode;
}

/** Turns a function that gives an exit code into an action. */
export function ending<A extends readonly unknown[]>(
  context: CommandContext,
  run: (...args: A) => Promise<ExitCode>,
): (...args: A) => Promise<void> {
  return async function runCommand(...args: A): Promise<void> {
    context.exitCode = await run(...args);
  };
}

/** Examples under a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}

/** Parses the value of an option that takes a port. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new GovernError("usage", `"${text}" is not a port.`, {
    next: "Give a number from 0 to 65535; 0 takes a free one.",
  });
}

/** Gathers the values of an option that repeats. */
export function collectText(text: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, text];
}

/** Parses the value of --app. */
export function parseAppName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(text)) return text;
  throw new GovernError("usage", `--app ${text} is not a valid name.`, {
    next: "Use lower-case letters, digits and dashes, e.g. --app support-console.",
  });
}
