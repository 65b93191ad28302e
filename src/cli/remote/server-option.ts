/** `--server URL` on the commands that talk to a sidecar. */
import type { Command } from "commander";
import { speakTo } from "../control-client.ts";
import { parseServer } from "./server-address.ts";

/** Adds the option to every subcommand of a group, and has it hold for what runs then. */
export function acceptServer(group: Command): void {
  for (const command of group.commands) {
    command
      .option("--server <url>", "a sidecar on another machine, after `govern login`", parseServer)
      .hook("preAction", (_group, action) => {
        speakTo(action.opts<{ server?: string }>().server);
      });
  }
}
