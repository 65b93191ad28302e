/** `govern approvals`: the held calls, and what people do to them, over the control socket or `--server`. */
import { Option, type Command } from "commander";
import {
  approvalStates,
  type ApprovalDetail,
  type ApprovalPreview,
} from "../../contract/approval.ts";
import { registerActs } from "../approvals/acts.ts";
import { approvalPath, fetchApprovals, findApproval, type Flags } from "../approvals/find.ts";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";

interface ListFlags extends Flags {
  readonly state: string;
  readonly app?: string;
  readonly mine?: boolean;
  readonly unreviewed?: boolean;
  readonly unresolved?: boolean;
}

interface ShowFlags extends Flags {
  readonly preview?: boolean;
}

const loadView = () => import("../approval-view.ts");

/** What needs a review or a look at the resource has mostly ended: then every state is meant. */
function queryOf({ state, app, mine, unreviewed, unresolved }: ListFlags): URLSearchParams {
  const query = new URLSearchParams();
  const isLate = unreviewed === true || unresolved === true;
  if (state !== "all" && !isLate) query.set("state", state);
  if (app !== undefined) query.set("app", app);
  for (const [name, flag] of Object.entries({ mine, unreviewed, unresolved })) {
    if (flag === true) query.set(name, "true");
  }
  return query;
}

async function runList({ output, cwd }: CommandContext, flags: ListFlags): Promise<ExitCode> {
  const approvals = await fetchApprovals(cwd, queryOf(flags), flags);
  if (flags.json === true) output.printJson(approvals);
  else
    output.print(
      (await loadView()).renderApprovals(approvals, flags.state, output.look, new Date()),
    );
  return 0;
}

async function runShow(
  { output, cwd }: CommandContext,
  prefix: string,
  flags: ShowFlags,
): Promise<ExitCode> {
  const path = approvalPath((await findApproval(cwd, prefix, flags)).id);
  const approval = await callSidecar<ApprovalDetail>(cwd, { path, as: flags.as });
  const preview =
    flags.preview === true
      ? await callSidecar<ApprovalPreview>(cwd, { path: `${path}/preview`, as: flags.as })
      : undefined;
  if (flags.json === true) output.printJson(preview ? { ...approval, preview } : approval);
  else {
    const { renderApproval, renderPreview } = await loadView();
    output.print(renderApproval(approval, output.look, new Date()));
    if (preview !== undefined) output.print(`\n${renderPreview(preview, output.look)}`);
  }
  return 0;
}

const as = (): Option => new Option("--as <user>", "speak for a user of a --dev sidecar");

export function registerApprovals(program: Command, context: CommandContext): void {
  const group = program
    .command("approvals")
    .description("decide the writes that wait for a person")
    .addHelpText(
      "after",
      examples(
        "govern approvals list",
        "govern approvals show 7Qk",
        'govern approvals approve 7Qk --reason "agreed with the customer"',
        "govern approvals deny 7Qk --as ana",
        "govern approvals list --unresolved",
      ),
    );
  group
    .command("list")
    .description("list approvals, newest first")
    .addOption(
      new Option("--state <state>", "which ones")
        .choices(["all", ...approvalStates])
        .default("pending"),
    )
    .addOption(new Option("--app <name>", "of one app"))
    .addOption(new Option("--mine", "only those that you asked for"))
    .addOption(new Option("--unreviewed", "released by one person alone, and not reviewed"))
    .addOption(new Option("--unresolved", "of unknown outcome, and nobody has looked"))
    .addOption(as())
    .addOption(new Option("--json", "print JSON"))
    .action(ending(context, (flags: ListFlags) => runList(context, flags)));
  group
    .command("show <id>")
    .description("show one with its full arguments; an id may be abbreviated")
    .addOption(
      new Option("--preview", "with the rows that it would change, where its resource allows that"),
    )
    .addOption(as())
    .addOption(new Option("--json", "print JSON"))
    .action(ending(context, (id: string, flags: ShowFlags) => runShow(context, id, flags)));
  group
    .command("watch")
    .description("print what waits, then what happens, until interrupted")
    .addOption(as())
    .addOption(new Option("--json", "print each approval as a line of JSON"))
    .action(
      ending(context, async (flags: Flags) => {
        const { runWatch } = await import("../approvals/watch.ts");
        return runWatch(context, flags);
      }),
    );
  registerActs(group, context);
}
