/** The entry of `bin/govern.js`: runs one command, reports its failure, exits. Nothing else exits. */
import type { CommandContext } from "./command.ts";
import { addCompletion, asksCompletion, registerCompletion } from "./commands/completion.ts";
import { failureOf, isAnswer, printFailure } from "./failure.ts";
import { createOutput } from "./output.ts";
import { buildProgram } from "./program.ts";
import { removeEarlierReports } from "./report-targets.ts";

function wantsJson(argv: readonly string[]): boolean {
  return argv.includes("--json") || /(^| )--format[ =]json( |$)/.test(argv.join(" "));
}

async function runCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const program = buildProgram(context);
  if (asksCompletion(argv)) await addCompletion(program);
  else registerCompletion(program);
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  await program.parseAsync([...argv], { from: "user" });
  return context.exitCode;
}

function reportFailure(error: unknown, argv: readonly string[], context: CommandContext): number {
  context.output.endProgress();
  if (isAnswer(error)) return 0;
  const failure = failureOf(error, argv);
  removeEarlierReports(argv, context.cwd);
  printFailure(failure, context.output, wantsJson(argv));
  if (process.env["GOVERN_DEBUG"] === "1" && error instanceof Error) {
    context.output.notice(error.stack ?? "");
  }
  return failure.exitCode;
}

// A reader that closed the pipe (`govern audit list | head`) has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});

const argv = process.argv.slice(2);
const context: CommandContext = { output: createOutput(), cwd: process.cwd(), exitCode: 0 };
const code = await runCommand(argv, context).catch((error: unknown) =>
  reportFailure(error, argv, context),
);
process.stdout.write("", () => process.exit(code));
