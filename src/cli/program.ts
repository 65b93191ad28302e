/** The tree of commands. Each command file loads its room only when it runs, so that help and version stay quick. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../bundle/emit/package-root.ts";
import { examples, type CommandContext } from "./command.ts";
import { registerApprovals } from "./commands/approvals.ts";
import { registerAudit } from "./commands/audit.ts";
import { registerCheck } from "./commands/check.ts";
import { registerClassify } from "./commands/classify.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerDiff } from "./commands/diff.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerImport } from "./commands/import.ts";
import { registerInspect } from "./commands/inspect.ts";
import { registerLogin } from "./commands/login.ts";
import { registerLogout } from "./commands/logout.ts";
import { registerPolicy } from "./commands/policy.ts";
import { registerServe } from "./commands/serve.ts";
import { registerWhoami } from "./commands/whoami.ts";
import { acceptServer } from "./remote/server-option.ts";

const commands = [
  registerDemo,
  registerInspect,
  registerImport,
  registerCheck,
  registerDiff,
  registerServe,
  registerApprovals,
  registerAudit,
  registerLogin,
  registerLogout,
  registerWhoami,
  registerPolicy,
  registerClassify,
  registerDoctor,
];

/** Groups of commands that talk to a sidecar, here or elsewhere. */
const remoteGroups = new Set(["approvals", "audit"]);

function packageVersion(): string {
  const text = readFileSync(join(packageRoot(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Builds the program; nothing of it exits or prints errors by itself. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command("govern");
  program
    .description("Puts a built app behind a boundary: operations, permissions, approvals, audit.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .showSuggestionAfterError(true)
    .addHelpText(
      "after",
      examples(
        "govern demo                        # the whole story, in a minute",
        "govern check ./dist                # what is in your build, and what is wrong with it",
        "govern import ./dist               # put it behind a boundary",
        "govern serve --dev                 # run it on this machine",
        "govern approvals list              # what waits for a person",
      ),
    )
    .configureOutput({
      writeOut: (text) => context.output.print(text.replace(/\n$/, "")),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .exitOverride();
  for (const register of commands) register(program, context);
  for (const group of program.commands) if (remoteGroups.has(group.name())) acceptServer(group);
  return program;
}
