/** `govern check`: the gate of a build. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { CheckReport } from "../../ci/check-report.ts";
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

const formats = ["human", "json"] as const;
type Format = (typeof formats)[number];

interface CheckFlags {
  readonly app?: string;
  readonly governed?: string;
  readonly format: readonly Format[];
  readonly output: readonly string[];
  readonly har: readonly string[];
  readonly json?: boolean;
}

/** Where a report goes: a file, or stdout. */
interface Target {
  readonly format: Format;
  readonly file: string | undefined;
}

function parseFormat(value: string, earlier: readonly Format[]): readonly Format[] {
  const format = formats.find((each) => each === value);
  if (format !== undefined) return [...earlier, format];
  throw usageError(`"${value}" is not a format.`, `Give --format ${formats.join(" or ")}.`);
}

/** Pairs each --output with the --format at the same place; a format without a file goes to stdout. */
function targetsOf({ format, output, json = false }: CheckFlags): readonly Target[] {
  if (json && format.length > 0) {
    throw usageError("--json is --format json, and a --format is given too.", "Give one of them.");
  }
  const chosen = format.length === 0 ? ([json ? "json" : "human"] as const) : format;
  if (output.length > chosen.length) {
    throw usageError("There are more --output than --format.", "Give each --output its --format.");
  }
  const targets = chosen.map((each, index) => ({ format: each, file: output[index] }));
  if (targets.filter(({ file }) => file === undefined).length > 1) {
    throw usageError("Two formats go to stdout.", "Give all but one --format its --output.");
  }
  return targets;
}

async function renderReport(report: CheckReport, format: Format, look: Look): Promise<string> {
  if (format === "json") return JSON.stringify(report, undefined, 2);
  const { renderCheck } = await import("../report-view.ts");
  return renderCheck(report, look);
}

async function runCheck(
  { output, cwd }: CommandContext,
  path: string,
  flags: CheckFlags,
): Promise<ExitCode> {
  const targets = targetsOf(flags);
  output.progress(`Checking ${path} …`);
  const { checkBundle } = await import("../../ci/check.ts");
  const governedDir = flags.governed === undefined ? undefined : resolve(cwd, flags.governed);
  const report = await checkBundle({
    path,
    cwd,
    app: flags.app,
    har: flags.har.map((file) => resolve(cwd, file)),
    governedDir,
    today: new Date(),
  });
  for (const { format, file } of targets) {
    if (file === undefined) output.print(await renderReport(report, format, output.look));
    else writeFileSync(resolve(cwd, file), `${await renderReport(report, format, pipedLook)}\n`);
  }
  return report.passed ? 0 : 1;
}

export function registerCheck(program: Command, context: CommandContext): void {
  program
    .command("check <bundle>")
    .description("fail a build that has a write nobody reviewed (exit 1)")
    .option("--app <name>", "name of the app; else that of package.json", parseAppName)
    .option("--governed <folder>", "the --out of import; else governed beside govern.yaml")
    .addOption(
      new Option("--format <format>", `${formats.join(" or ")}; repeats, in pairs with --output`)
        .argParser(parseFormat)
        .default([], "human"),
    )
    .addOption(
      new Option("--output <file>", "write the report there")
        .argParser(collectText)
        .default([], "stdout"),
    )
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
        "govern check ./dist --format json --output check.json --format human",
        "govern check governed/apps/support-console",
      ),
    )
    .action(ending(context, (path: string, flags: CheckFlags) => runCheck(context, path, flags)));
}
