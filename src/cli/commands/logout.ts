/** `govern logout`: takes the tokens of `govern login` back and forgets them. */
import type { Command } from "commander";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { parseServer, serverOrOnly } from "../remote/server-address.ts";

interface LogoutFlags {
  readonly server?: string;
  readonly json?: boolean;
}

async function runLogout({ output }: CommandContext, flags: LogoutFlags): Promise<ExitCode> {
  const [{ revoke }, { keepTokens, readTokens }] = await Promise.all([
    import("../remote/device-login.ts"),
    import("../remote/token-store.ts"),
  ]);
  const server = serverOrOnly(flags.server);
  const stored = readTokens()[server];
  keepTokens(server, null);
  const revoked = stored !== undefined && (await revoke(stored));
  if (flags.json === true) {
    output.printJson({ server, wasSignedIn: stored !== undefined, revoked });
    return 0;
  }
  const { paint } = output.look;
  if (stored === undefined) output.print(`You were not signed in to ${server}.`);
  else output.print(`${paint.green("✓")} Signed out of ${server}.`);
  if (stored !== undefined && !revoked) {
    output.notice("The provider did not take the token back; it ends by itself.");
  }
  return 0;
}

export function registerLogout(program: Command, context: CommandContext): void {
  program
    .command("logout")
    .description(
      "forget the sign-in to a sidecar on another machine, and take it back at the provider",
    )
    .option(
      "--server <url>",
      "its operator origin; else the only one you are signed in to",
      parseServer,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples("govern logout", "govern logout --server https://govern.acme.example"),
    )
    .action(ending(context, (flags: LogoutFlags) => runLogout(context, flags)));
}
