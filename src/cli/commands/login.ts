/** `govern login`: signs the person in to a sidecar on another machine, by a code that they enter at their provider. */
import type { Command } from "commander";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { visibleText } from "../text.ts";
import { parseServer } from "../remote/server-address.ts";
import { personOf } from "./whoami.ts";

interface LoginFlags {
  readonly server: string;
  readonly json?: boolean;
}

async function runLogin({ output }: CommandContext, flags: LoginFlags): Promise<ExitCode> {
  const [{ signInByDevice }, { keepTokens }, { exchange }] = await Promise.all([
    import("../remote/device-login.ts"),
    import("../remote/token-store.ts"),
    import("../remote/exchange.ts"),
  ]);
  const { server } = flags;
  const tokens = await signInByDevice(server, ({ url, code, completeUrl }) => {
    output.notice(`Open ${visibleText(url)} and enter the code ${visibleText(code)}`);
    if (completeUrl !== undefined) output.notice(`or open ${visibleText(completeUrl)}`);
    output.notice("Waiting for you to sign in there …");
  });
  const answer = await exchange(server, { path: "/_govern/me", token: tokens.accessToken });
  const person = personOf(answer);
  if (person === undefined) {
    throw new GovernError("sign-in-failed", `${server} does not accept the provider's token.`, {
      next: "Compare identity.bearer in its govern.yaml with the token that the provider gives to this client.",
    });
  }
  keepTokens(server, tokens);
  if (flags.json === true) output.printJson({ server, ...person });
  else
    output.print(
      `${output.look.paint.green("✓")} Signed in to ${server} as ${visibleText(person.subject)}.`,
    );
  return 0;
}

export function registerLogin(program: Command, context: CommandContext): void {
  program
    .command("login")
    .description("sign in to a sidecar on another machine, to decide from here")
    .requiredOption("--server <url>", "its operator origin", parseServer)
    .option("--json", "print who you are as JSON")
    .addHelpText("after", examples("govern login --server https://govern.acme.example"))
    .action(ending(context, (flags: LoginFlags) => runLogin(context, flags)));
}
