/**
 * `govern completion <shell>` prints a script; the shell then asks `govern complete -- <words>` at each tab. Both are made
 * by the completion library out of the finished program, which is loaded for these two alone.
 */
import { Argument, type Command } from "commander";
import { examples } from "../command.ts";

const description = "print a completion script for your shell";
const shells = ["bash", "zsh", "fish"];

/** Whether a command line is one of the two. */
export function asksCompletion(argv: readonly string[]): boolean {
  const [name, shell = ""] = argv;
  return name === "complete" || (name === "completion" && shells.includes(shell));
}

/** Lists the command in the help, and refuses an unknown shell. */
export function registerCompletion(program: Command): void {
  program
    .command("completion")
    .description(description)
    .addArgument(new Argument("<shell>", "your shell").choices(shells))
    .addHelpText(
      "after",
      examples("govern completion bash >> ~/.bashrc", "govern completion zsh > ~/.zfunc/_govern"),
    );
}

/** Adds both commands, working. */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program, { completionCommandName: "completion" });
}
