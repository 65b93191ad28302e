/** `govern whoami`: who the person is to a sidecar on another machine, as that one says. */
import type { Command } from "commander";
import * as z from "zod";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { parseServer, serverOrOnly } from "../remote/server-address.ts";
import type { RemoteAnswer } from "../remote/exchange.ts";
import { visibleText } from "../text.ts";

const personSchema = z.object({
  subject: z.string(),
  issuer: z.string(),
  groups: z.array(z.string()),
});

interface WhoamiFlags {
  readonly server?: string;
  readonly json?: boolean;
}

/** Who a server says that its caller is; undefined if it names nobody. */
export function personOf(answer: RemoteAnswer): z.infer<typeof personSchema> | undefined {
  const person = answer.status === 200 ? personSchema.safeParse(answer.json()) : undefined;
  return person?.success === true ? person.data : undefined;
}

async function runWhoami({ output }: CommandContext, flags: WhoamiFlags): Promise<ExitCode> {
  const { callServer } = await import("../remote/remote-client.ts");
  const server = serverOrOnly(flags.server);
  const person = personOf(await callServer(server, { path: "/_govern/me" }));
  if (person === undefined) {
    throw new GovernError("token-invalid", `${server} no longer accepts your sign-in.`, {
      next: `Run \`govern login --server ${server}\`.`,
    });
  }
  if (flags.json === true) {
    output.printJson({ server, ...person });
    return 0;
  }
  const groups = person.groups.length === 0 ? "no groups" : person.groups.join(", ");
  output.print(`${visibleText(person.subject)} (${visibleText(groups)})`);
  output.print(`${visibleText(person.issuer)}, on ${server}`);
  return 0;
}

export function registerWhoami(program: Command, context: CommandContext): void {
  program
    .command("whoami")
    .description("say who you are to a sidecar on another machine")
    .option(
      "--server <url>",
      "its operator origin; else the only one you are signed in to",
      parseServer,
    )
    .option("--json", "print JSON")
    .addHelpText("after", examples("govern whoami", "govern whoami --json"))
    .action(ending(context, (flags: WhoamiFlags) => runWhoami(context, flags)));
}
