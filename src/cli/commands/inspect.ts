/** `govern inspect`: what is in a bundle. Writes nothing. */
import { Option, type Command } from "commander";
import {
  collectText,
  ending,
  examples,
  parseAppName,
  type CommandContext,
  type ExitCode,
} from "../command.ts";

interface InspectFlags {
  readonly app?: string;
  readonly har: readonly string[];
  readonly json?: boolean;
}

async function runInspect(
  { output }: CommandContext,
  path: string,
  flags: InspectFlags,
): Promise<ExitCode> {
  output.progress(`Analyzing ${path} …`);
  const { inspectBundle } = await import("../../bundle/inspect.ts");
  const named = flags.app === undefined ? {} : { app: flags.app };
  const report = await inspectBundle(path, {
    ...named,
    har: flags.har,
    onProgress: (doing) => output.progress(`Analyzing ${path} … ${doing}`),
  });
  if (flags.json ?? false) output.printJson(report);
  else {
    const { renderInspection } = await import("../report-view.ts");
    output.print(renderInspection(report, path, output.look));
  }
  return report.findings.some((finding) => finding.rule === "unreadable-file") ? 1 : 0;
}

export function registerInspect(program: Command, context: CommandContext): void {
  program
    .command("inspect <bundle>")
    .description("show every data call of a built app; writes nothing")
    .option("--app <name>", "name of the app; else that of package.json", parseAppName)
    .addOption(
      new Option("--har <file>", "recorded traffic to hold against the bundle; repeats")
        .argParser(collectText)
        .default([], "none"),
    )
    .option("--json", "print the analysis as JSON")
    .addHelpText(
      "after",
      examples("govern inspect ./dist", "govern inspect ./dist --json > report.json"),
    )
    .action(
      ending(context, (path: string, flags: InspectFlags) => runInspect(context, path, flags)),
    );
}
