/** `govern demo`: the whole story on the bundled support console. */
import { once } from "node:events";
import type { Command } from "commander";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";

interface DemoFlags {
  readonly keep?: boolean;
}

/** The processes of the story print as this one does, a little narrower. */
function childEnvironment({ output }: CommandContext): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _color, COLUMNS: _columns, ...env } = process.env;
  if (!output.look.terminal) return env;
  return { ...env, FORCE_COLOR: "1", COLUMNS: String(output.look.width - 5) };
}

/** Resolves when the person stops the demo. */
function untilStopped(): { readonly stopped: Promise<"stopped">; readonly forget: () => void } {
  const forgetting = new AbortController();
  const options = { signal: forgetting.signal };
  const stopped = Promise.race([
    once(process, "SIGINT", options),
    once(process, "SIGTERM", options),
  ])
    .then(() => "stopped" as const)
    .catch(() => "stopped" as const);
  return { stopped, forget: () => forgetting.abort() };
}

async function runDemo(context: CommandContext, flags: DemoFlags): Promise<ExitCode> {
  const { output } = context;
  const { freePort, setStage } = await import("../demo/stage.ts");
  const { createTelling } = await import("../demo/telling.ts");
  const { addressesOf, playStory } = await import("../demo/story.ts");
  const { paint } = output.look;
  const { stopped, forget } = untilStopped();
  const stage = await setStage(childEnvironment(context));
  try {
    const port = await freePort(output.interactive ? 4000 : 0);
    const operatorPort = await freePort(output.interactive ? 4001 : 0);
    const story = { stage, telling: createTelling(output), port, operatorPort };
    output.print(paint.dim(`A fresh workspace: ${stage.folder}`));
    const end = await Promise.race([playStory(story), stopped]);
    if (end === "stopped") return 1;
    output.print(`\n${paint.green.bold("✓ The story came out as told.")}`);
    if (output.interactive) {
      const { app, operator } = addressesOf(story);
      output.print(`\n  the app        ${paint.cyan(app)}   sign in as sam, issue a credit`);
      output.print(`  the operators  ${paint.cyan(operator)}   sign in as ana, decide`);
      const command = `node ${process.argv[1] ?? "govern"} approvals list`;
      output.print(`  or a terminal  cd ${stage.folder} && ${command}`);
      output.print(`\n${paint.dim("Ctrl-C stops it.")}`);
      await stopped;
    }
    return 0;
  } finally {
    forget();
    await stage.clear(flags.keep ?? false);
    if (flags.keep === true) output.print(`The workspace is kept: ${stage.folder}`);
  }
}

export function registerDemo(program: Command, context: CommandContext): void {
  program
    .command("demo")
    .description("play the whole story on a bundled app, in a temporary folder")
    .option("--keep", "keep the folder")
    .addHelpText("after", examples("govern demo"))
    .action(ending(context, (flags: DemoFlags) => runDemo(context, flags)));
}
