/** `govern serve`: the sidecar of the workspace, the same file that import emits. Runs until it is stopped. */
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Option, type Command } from "commander";
import { packageRoot } from "../../bundle/emit/package-root.ts";
import type { Dialect } from "../../contract/operation.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { StatementFacts } from "../../statements/classify.ts";
import type { RunningSidecar, startSidecar } from "../../sidecar/main.ts";
import { ending, examples, parsePort, type CommandContext, type ExitCode } from "../command.ts";
import { hangingParagraph, padEnd, visibleText } from "../text.ts";
import { requireWorkspaceRoot } from "../workspace-root.ts";

interface ServeFlags {
  readonly port: number;
  readonly operatorPort: number;
  readonly host: string;
  readonly dev?: boolean;
  readonly learn?: boolean;
  readonly governed?: string;
  readonly json?: boolean;
}

/** Loads the built sidecar: package and emitted folder run one and the same. */
async function loadSidecar(): Promise<typeof startSidecar> {
  const file = join(packageRoot(), "dist/emit/sidecar.mjs");
  if (!existsSync(file)) {
    throw new GovernError("internal", "The sidecar of this package is not built.", {
      next: "Run `npm run build` in govern's own folder.",
    });
  }
  const built = (await import(pathToFileURL(file).href)) as {
    readonly startSidecar: typeof startSidecar;
  };
  return built.startSidecar;
}

/** `sam (dev), ana (leads)`. */
async function devUsers(root: string): Promise<string> {
  const { parseWorkspace } = await import("../../contract/workspace-file.ts");
  const text = readFileSync(join(root, "govern.yaml"), "utf8");
  const { identity } = parseWorkspace(text, "govern.yaml").workspace;
  return Object.entries(identity?.dev?.users ?? {})
    .map(([user, groups]) => `${user} (${groups.join(", ")})`)
    .join(", ");
}

function printAddresses(
  { output }: CommandContext,
  sidecar: RunningSidecar,
  users: string | undefined,
): void {
  const { paint, width } = output.look;
  const rows: (readonly [string, string])[] = [
    ...sidecar.apps.map((app) => [app, sidecar.url(app)] as const),
    ["operators", sidecar.operatorUrl],
  ];
  const label = Math.max(10, ...rows.map(([name]) => name.length)) + 2;
  for (const [name, url] of rows) output.print(`  ${padEnd(name, label)}${paint.cyan(url)}`);
  if (users !== undefined) {
    output.print(`  ${padEnd("sign in as", label)}${visibleText(users)}`);
    const loud = "--dev: anybody on this machine can sign in as anybody. NOT FOR PRODUCTION.";
    output.print(`\n${paint.bgYellow.black.bold(" WARNING ")} ${paint.yellow.bold(loud)}`);
  }
  for (const warning of sidecar.warnings) {
    const text = hangingParagraph(visibleText(warning), width, 2);
    output.print(`${paint.yellow.bold("!")} ${text}`);
  }
}

/** What a program needs to know of the sidecar, as one object. */
function addressesOf(sidecar: RunningSidecar): Record<string, unknown> {
  const { apps, operatorUrl, port, operatorPort, warnings } = sidecar;
  const urls = Object.fromEntries(apps.map((app) => [app, sidecar.url(app)]));
  return { apps: urls, operatorUrl, port, operatorPort, warnings };
}

/** The parsers are loaded when a statement is to be judged. */
async function classify(text: string, dialect: Dialect): Promise<StatementFacts> {
  const { classifyStatement } = await import("../../statements/classify.ts");
  return classifyStatement(text, dialect);
}

async function runServe(context: CommandContext, flags: ServeFlags): Promise<ExitCode> {
  const { output, cwd } = context;
  const root = requireWorkspaceRoot(cwd);
  const dev = flags.dev ?? false;
  const start = await loadSidecar();
  const sidecar = await start({
    workspaceDir: root,
    ...(flags.governed === undefined ? {} : { governedDir: resolve(cwd, flags.governed) }),
    host: flags.host,
    port: flags.port,
    operatorPort: flags.operatorPort,
    dev,
    learn: flags.learn ?? false,
    classify,
    log: (line) => output.notice(visibleText(line)),
  });
  if (flags.json) {
    output.print(JSON.stringify(addressesOf(sidecar)));
  } else {
    printAddresses(context, sidecar, dev ? await devUsers(root) : undefined);
    if (flags.learn ?? false) {
      output.print(
        "refused calls that no operation explains are suggested in .govern/learned.yaml",
      );
    }
    output.print(`\n${output.look.paint.dim("Ctrl-C stops it.")}`);
  }
  process.on("SIGHUP", () => void sidecar.reload());
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  output.notice("Stopping: calls under way may end.");
  await sidecar.close();
  return 0;
}

export function registerServe(program: Command, context: CommandContext): void {
  program
    .command("serve")
    .description("run the sidecar: every app of the workspace behind its boundary")
    .addOption(new Option("--port <port>", "of the apps").argParser(parsePort).default(4000))
    .addOption(
      new Option("--operator-port <port>", "of console and decisions")
        .argParser(parsePort)
        .default(4001),
    )
    .option("--host <address>", "to listen on", "127.0.0.1")
    .option("--governed <folder>", "the --out of import; else governed beside govern.yaml")
    .option("--dev", "local sign-in without an identity provider; loopback only")
    .option(
      "--learn",
      "with --dev: suggest YAML for refused calls in .govern/learned.yaml; allows nothing",
    )
    .option("--json", "print the addresses as one line of JSON")
    .addHelpText("after", examples("govern serve --dev", "govern serve --host 0.0.0.0 --port 8080"))
    .action(ending(context, (flags: ServeFlags) => runServe(context, flags)));
}
