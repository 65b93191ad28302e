/** `govern diff`: what a version of an app may do that another could not. */
import { Option, type Command } from "commander";
import type { PrivilegeDiff } from "../../ci/privileges/change.ts";
import { exitCodes } from "../../errors/exit-codes.ts";
import { collectText, ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { pipedLook, type Look } from "../output.ts";
import { giveReports, targetsOf, type ReportFlags } from "../report-targets.ts";

const formats = ["human", "json", "markdown"] as const;
type Format = (typeof formats)[number];

async function renderAs(diff: PrivilegeDiff, format: Format, look: Look): Promise<string> {
  if (format === "json") return JSON.stringify(diff, undefined, 2);
  if (format === "human") return (await import("../diff-view.ts")).renderDiff(diff, look);
  return (await import("../../ci/formats/diff-markdown.ts")).renderDiffMarkdown(diff);
}

async function runDiff(
  { output, cwd }: CommandContext,
  paths: readonly [old: string, now: string],
  flags: ReportFlags,
): Promise<ExitCode> {
  const targets = targetsOf(flags, formats, cwd);
  output.progress(`Comparing ${paths.join(" and ")} …`);
  const { readSide } = await import("../../ci/privileges/read-side.ts");
  const { comparePrivileges } = await import("../../ci/privileges/compare.ts");
  const [old, now] = [await readSide(paths[0], cwd), await readSide(paths[1], cwd)];
  const diff = await comparePrivileges(old, now);
  await giveReports(
    targets,
    (format, toFile) => renderAs(diff, format, toFile ? pipedLook : output.look),
    (text) => output.print(text),
  );
  return diff.widened ? exitCodes.findings : exitCodes.good;
}

export function registerDiff(program: Command, context: CommandContext): void {
  program
    .command("diff <old> <new>")
    .description("what the new version of an app may do that the old one could not (exit 1)")
    .addOption(
      new Option("--format <format>", `${formats.join(", ")}; repeats, in pairs with --output`)
        .argParser(collectText)
        .default([], "human"),
    )
    .addOption(
      new Option("--output <file>", "write the comparison there")
        .argParser(collectText)
        .default([], "stdout"),
    )
    .option("--json", "the same as --format json")
    .addHelpText(
      "after",
      `\nEach is a bundle, a governed app (governed/apps/<app>) or an operations file.\n${examples(
        "govern diff ../main/dist ./dist",
        "govern diff before.json governed/apps/support-console --format markdown",
      )}`,
    )
    .action(
      ending(context, (old: string, now: string, flags: ReportFlags) =>
        runDiff(context, [old, now], flags),
      ),
    );
}
