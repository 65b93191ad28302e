/** `govern import`: puts a built app behind its boundary. Asks in a terminal; writes everything or nothing. */
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { ImportOptions, ImportStep } from "../../bundle/import.ts";
import { findWorkspaceRoot } from "../../ci/workspace-root.ts";
import {
  collectText,
  ending,
  examples,
  parseAppName,
  type CommandContext,
  type ExitCode,
} from "../command.ts";
import { usageError } from "../failure.ts";

interface ImportFlags {
  readonly out?: string;
  readonly app?: string;
  readonly yes?: boolean;
  readonly frozen?: boolean;
  readonly upstream: ReadonlyMap<string, string>;
  readonly har: readonly string[];
  readonly sign?: string;
  readonly json?: boolean;
}

const steps = {
  read: "Reading the bundle …",
  analyze: "Finding its data calls …",
  rewrite: "Rewriting them …",
  verify: "Verifying the result …",
  write: "Writing …",
} as const satisfies Record<ImportStep, string>;

/** One `KEY=URL`: an origin, `{base}`, `same-origin` or `sql:<client>`, and where it leads. */
function parseUpstream(
  text: string,
  earlier: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) {
    return new Map([...earlier, [text.slice(0, at), text.slice(at + 1)]]);
  }
  throw usageError(
    `"${text}" does not say which call leads where.`,
    "Give --upstream KEY=URL, e.g. --upstream sql:neon=sqlite:./ledger.db.",
  );
}

/** Who answers what the bundle does not say: nobody with --yes and --frozen, else the person. */
async function chooser(
  { output }: CommandContext,
  flags: ImportFlags,
): Promise<Pick<ImportOptions, "choose">> {
  if ((flags.yes ?? false) || (flags.frozen ?? false)) return {};
  if (!output.interactive) {
    throw usageError(
      "There is no terminal to ask in.",
      "Add --yes to take the defaults, and --upstream KEY=URL for each address they do not know.",
    );
  }
  const { askImport } = await import("../import-wizard.ts");
  return {
    choose(report, given) {
      output.endProgress();
      return askImport(report, given);
    },
  };
}

async function runImport(
  context: CommandContext,
  bundle: string,
  flags: ImportFlags,
): Promise<ExitCode> {
  const { output, cwd } = context;
  const asking = await chooser(context, flags);
  const { importBundle } = await import("../../bundle/import.ts");
  const result = await importBundle({
    bundle: resolve(cwd, bundle),
    ...(flags.out === undefined ? {} : { out: resolve(cwd, flags.out) }),
    app: flags.app,
    workspaceDir: findWorkspaceRoot(cwd) ?? cwd,
    upstreams: flags.upstream,
    frozen: flags.frozen,
    har: flags.har.map((path) => resolve(cwd, path)),
    signingKey: flags.sign === undefined ? undefined : resolve(cwd, flags.sign),
    onProgress: (step) => output.progress(steps[step]),
    onAnalysis: (doing) => output.progress(`${steps.analyze} ${doing}`),
    ...asking,
  });
  // The person left.
  if (result === null) return 1;
  if (flags.json ?? false) {
    const { analysis: _analysis, ...facts } = result;
    output.printJson(facts);
  } else {
    const { renderImport } = await import("../import-view.ts");
    output.print(renderImport(result, cwd, output.look));
  }
  return result.findings.some(({ rule }) => rule === "unreadable-file") ? 1 : 0;
}

export function registerImport(program: Command, context: CommandContext): void {
  program
    .command("import <bundle>")
    .description("put a built app behind its boundary: operations, rewritten app, sidecar")
    .option("--yes", "ask nothing, take the defaults")
    .option("--frozen", "fail instead of changing operations.json")
    .option("--app <name>", "name of the app; else that of package.json", parseAppName)
    .option(
      "--out <folder>",
      "where to write, for serve and check to be told by --governed; else governed",
    )
    .addOption(
      new Option(
        "--upstream <key=url>",
        "where an origin, {base}, same-origin or sql:<client> leads; repeats",
      )
        .argParser(parseUpstream)
        .default(new Map(), "what the bundle says"),
    )
    .addOption(
      new Option("--har <file>", "recorded traffic to hold against the bundle; repeats")
        .argParser(collectText)
        .default([], "none"),
    )
    .option(
      "--sign <keyfile>",
      "sign what is written (Ed25519, PEM), for server.trustedKeys of govern.yaml",
    )
    .option("--json", "print what was done as JSON")
    .addHelpText(
      "after",
      examples(
        "govern import ./dist",
        "govern import ./dist --yes --upstream https://api.acme.example=https://api.internal --upstream sql:neon=sqlite:./ledger.db",
        "govern import ./dist --frozen",
      ),
    )
    .action(ending(context, (path: string, flags: ImportFlags) => runImport(context, path, flags)));
}
