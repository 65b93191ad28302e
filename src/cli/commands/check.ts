/** `govern check`: the gate of a build. */
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { CheckReport } from "../../ci/check-report.ts";
import type { ReportFormat } from "../../ci/formats/formats.ts";
import { exitCodes } from "../../errors/exit-codes.ts";
import {
  collectText,
  ending,
  examples,
  parseAppName,
  type CommandContext,
  type ExitCode,
} from "../command.ts";
import { usageError } from "../failure.ts";
import { pipedLook, type Look } from "../output.ts";
import { giveReports, targetsOf, type ReportFlags } from "../report-targets.ts";

type Format = ReportFormat | "human";

const formats: readonly Format[] = [
  "human",
  "json",
  "sarif",
  "junit",
  "github",
  "gitlab",
  "markdown",
];

interface CheckFlags extends ReportFlags {
  readonly app?: string;
  readonly governed?: string;
  readonly har: readonly string[];
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly against?: string;
}

async function renderReport(report: CheckReport, format: Format, look: Look): Promise<string> {
  if (format === "human") {
    const { renderCheck } = await import("../report-view.ts");
    return renderCheck(report, look);
  }
  const { renderers } = await import("../../ci/formats/formats.ts");
  return renderers[format](report);
}

function checkFlags({ baseline, updateBaseline }: CheckFlags): void {
  if (updateBaseline === true && baseline === undefined) {
    throw usageError("--update-baseline has no baseline.", "Give --baseline its file too.");
  }
}

async function runCheck(
  { output, cwd }: CommandContext,
  path: string,
  flags: CheckFlags,
): Promise<ExitCode> {
  const absolute = (file: string | undefined) => (file === undefined ? file : resolve(cwd, file));
  const targets = targetsOf(flags, formats, cwd);
  checkFlags(flags);
  output.progress(`Checking ${path} …`);
  const { checkBundle } = await import("../../ci/check.ts");
  const report = await checkBundle({
    path,
    cwd,
    app: flags.app,
    har: flags.har.map((file) => resolve(cwd, file)),
    governedDir: absolute(flags.governed),
    baseline: absolute(flags.baseline),
    updateBaseline: flags.updateBaseline,
    against: flags.against,
    today: new Date(),
  });
  await giveReports(
    targets,
    (format, toFile) => renderReport(report, format, toFile ? pipedLook : output.look),
    (text) => output.print(text),
  );
  return report.passed ? exitCodes.good : exitCodes.findings;
}

export function registerCheck(program: Command, context: CommandContext): void {
  program
    .command("check <bundle>")
    .description("fail a build that has a write nobody reviewed (exit 1)")
    .option("--app <name>", "name of the app; else that of package.json", parseAppName)
    .option("--governed <folder>", "the --out of import; else governed beside govern.yaml")
    .addOption(
      new Option("--format <format>", `${formats.join(", ")}; repeats, in pairs with --output`)
        .argParser(collectText)
        .default([], "human"),
    )
    .addOption(
      new Option("--output <file>", "write the report there")
        .argParser(collectText)
        .default([], "stdout"),
    )
    .option("--baseline <file>", "findings that were known when the check was adopted do not count")
    .option("--update-baseline", "make the baseline, or take out of it what is fixed")
    .option("--against <ref>", "a git ref: fail only on what the app may do more than there")
    .addOption(
      new Option("--har <file>", "recorded traffic to hold against the bundle; repeats")
        .argParser(collectText)
        .default([], "none"),
    )
    .option("--json", "the same as --format json")
    .addHelpText(
      "after",
      examples(
        "govern check ./dist",
        "govern check ./dist --format sarif --output govern.sarif --format human",
        "govern check ./dist --baseline govern-baseline.json",
        "govern check ./dist --against origin/main --format markdown",
        "govern check governed/apps/support-console",
      ),
    )
    .action(ending(context, (path: string, flags: CheckFlags) => runCheck(context, path, flags)));
}
