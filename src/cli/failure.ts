/** How a failure reads: `error[code]: message`, then the next step; with `--json` one object on stderr. */
import type { CommanderError } from "commander";
import { errorCodes, type ErrorFacts, type GovernErrorCode } from "../errors/codes.ts";
import { GovernError, isGovernError } from "../errors/govern-error.ts";
import { exitCodes, type ExitCode } from "../errors/exit-codes.ts";
import type { Output } from "./output.ts";
import { hangingParagraph, visibleText } from "./text.ts";

export interface Failure {
  readonly code: GovernErrorCode;
  readonly message: string;
  readonly next: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: ExitCode;
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

/** Commander's answers that are no failure: help and version were printed. */
export function isAnswer(error: unknown): boolean {
  return isCommanderError(error) && error.exitCode === 0;
}

function usage(message: string, next: string): Failure {
  return { code: "usage", message, next, details: {}, exitCode: exitCodes.cannotRun };
}

/** Commander answers a group without its subcommand, and `help` of what is none, with the help. */
function missingSubcommand(argv: readonly string[]): Failure {
  const words = argv.filter((word) => !word.startsWith("-"));
  if (words[0] === "help") {
    return usage(`Unknown command '${words.at(-1) ?? ""}'.`, "`govern --help` lists the commands.");
  }
  const name = ["govern", ...words].join(" ");
  return usage(`\`${name}\` needs a subcommand.`, `\`${name} --help\` lists them.`);
}

/** Commander says `error: unknown command 'x'\n(Did you mean y?)`. */
function usageFailure(error: CommanderError, argv: readonly string[]): Failure {
  if (error.code === "commander.help") return missingSubcommand(argv);
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const near = /Did you mean (?:one of )?(.+)\?/.exec(rest.join(" "))?.[1];
  return usage(
    `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, "")}.`,
    near === undefined
      ? "`govern --help` lists the commands, `govern <command> --help` their options."
      : `Did you mean \`${near}\`? \`govern --help\` lists the commands.`,
  );
}

/** Gives any error its code, message, next step and exit code. */
export function failureOf(error: unknown, argv: readonly string[]): Failure {
  if (isCommanderError(error)) return usageFailure(error, argv);
  if (isGovernError(error)) {
    const facts: ErrorFacts | undefined = errorCodes[error.code];
    return {
      code: error.code,
      message: error.message,
      next: error.next,
      details: error.details,
      exitCode: facts?.exit ?? exitCodes.cannotRun,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "internal",
    message: message.split("\n", 1)[0] ?? "",
    next: "This is a fault of govern. Run it again with GOVERN_DEBUG=1 to see where.",
    details: {},
    exitCode: exitCodes.cannotRun,
  };
}

/** Prints a failure on stderr. */
export function printFailure(failure: Failure, output: Output, json: boolean): void {
  const { code, message, next, details } = failure;
  if (json) {
    const facts = Object.keys(details).length > 0 ? { details } : {};
    output.notice(JSON.stringify({ error: { code, message, next, ...facts } }));
    return;
  }
  const { paint, width } = output.noticeLook;
  const label = `error[${code}]:`;
  const text = message.split("\n").map(visibleText).join("\n");
  output.notice(`${paint.red.bold(label)} ${text}`);
  if (next !== undefined) {
    output.notice(`${paint.cyan("→")} ${hangingParagraph(visibleText(next), width, 2)}`);
  }
}

/** A usage error of our own. */
export function usageError(message: string, next: string): GovernError {
  return new GovernError("usage", message, { next });
}
