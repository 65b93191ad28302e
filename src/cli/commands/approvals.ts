/** `govern approvals`: the held calls, and people's decisions on them, over the control socket. */
import { setTimeout as delay } from "node:timers/promises";
import { Option, type Command } from "commander";
import { approvalStates, type ApprovalView } from "../../contract/approval.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { ending, examples, type CommandContext, type ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";
import { visibleText } from "../text.ts";

interface Flags {
  readonly as?: string;
  readonly json?: boolean;
}
interface ListFlags extends Flags {
  readonly state: string;
}
interface DecideFlags extends Flags {
  readonly reason?: string;
}

const loadView = () => import("../approval-view.ts");

type Decision = "approve" | "deny" | "cancel";

const past: Readonly<Record<Decision, string>> = {
  approve: "Approved",
  deny: "Denied",
  cancel: "Cancelled",
};

async function fetchApprovals(
  cwd: string,
  state: string,
  flags: Flags,
): Promise<readonly ApprovalView[]> {
  const query = state === "all" ? "" : `?state=${encodeURIComponent(state)}`;
  return callSidecar<readonly ApprovalView[]>(cwd, {
    path: `/api/approvals${query}`,
    as: flags.as,
  });
}

function unknownApproval(prefix: string, count: number): GovernError {
  const message =
    count === 0
      ? `No approval has an id that begins with "${prefix}".`
      : `${count} approvals have an id that begins with "${prefix}".`;
  return new GovernError("approval-unknown", message, {
    next: "`govern approvals list --state all` shows the ids; give one, or as much of it as only it has.",
  });
}

/** The approval that an id, or a beginning that only one id has, names. */
async function findApproval(cwd: string, prefix: string, flags: Flags): Promise<ApprovalView> {
  const all = await fetchApprovals(cwd, "all", flags);
  const found = all.filter((approval) => approval.id.startsWith(prefix));
  const only = found.find((approval) => approval.id === prefix) ?? found[0];
  if (only === undefined || (found.length > 1 && only.id !== prefix)) {
    throw unknownApproval(prefix, found.length);
  }
  const path = `/api/approvals/${encodeURIComponent(only.id)}`;
  return callSidecar<ApprovalView>(cwd, { path, as: flags.as });
}

async function runList({ output, cwd }: CommandContext, flags: ListFlags): Promise<ExitCode> {
  const approvals = await fetchApprovals(cwd, flags.state, flags);
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
  flags: Flags,
): Promise<ExitCode> {
  const approval = await findApproval(cwd, prefix, flags);
  if (flags.json === true) output.printJson(approval);
  else output.print((await loadView()).renderApproval(approval, output.look, new Date()));
  return 0;
}

const longestWait = 2000;

function isUnderWay({ state, detached }: ApprovalView): boolean {
  return state === "executing" || (state === "approved" && !detached);
}

/** The approval once its call has run, or as it is after two seconds: the decision stands either way. */
async function awaitEnd(cwd: string, decided: ApprovalView, flags: Flags): Promise<ApprovalView> {
  const path = `/api/approvals/${encodeURIComponent(decided.id)}`;
  const deadline = Date.now() + longestWait;
  let approval = decided;
  while (isUnderWay(approval) && Date.now() < deadline) {
    await delay(50);
    const seen = callSidecar<ApprovalView>(cwd, { path, as: flags.as });
    approval = await seen.catch(() => decided);
  }
  return approval;
}

/** What has become of a decided call by now. */
function aftermath({ state, resultStatus, detached, quorum, votes }: ApprovalView): string {
  switch (state) {
    case "pending":
      return `: ${votes.length} of ${quorum} people so far`;
    case "approved":
      return detached ? "; it runs when its page repeats it" : "; it has not run yet";
    case "executing":
      return "; it is running";
    case "executed":
      return `; executed, the resource answered ${resultStatus ?? "nothing"}`;
    case "failed":
      return "; it could not be run: the resource was not reached or refused it";
    case "unknown":
      return "; it was sent, and nobody knows whether it ran: look at the resource";
    case "stale":
      return "; not run: the rules or the operation changed meanwhile";
    default:
      return "";
  }
}

async function runDecision(
  { output, cwd }: CommandContext,
  decision: Decision,
  prefix: string,
  flags: DecideFlags,
): Promise<ExitCode> {
  const { id } = await findApproval(cwd, prefix, flags);
  const path = `/api/approvals/${encodeURIComponent(id)}`;
  const reason = flags.reason ?? null;
  const decided = await callSidecar<ApprovalView>(cwd, {
    method: "POST",
    as: flags.as,
    ...(decision === "cancel"
      ? { path: `${path}/cancel`, body: { reason } }
      : { path: `${path}/decision`, body: { decision, reason } }),
  });
  const approval = await awaitEnd(cwd, decided, flags);
  if (flags.json === true) output.printJson(approval);
  else {
    const { paint } = output.look;
    const what = `${past[decision]} ${approval.app}/${approval.operation} of ${approval.requester.subject}`;
    output.print(`${paint.green("✓")} ${visibleText(`${what}${aftermath(approval)}`)}.`);
  }
  return 0;
}

function addDecision(group: Command, context: CommandContext, decision: Decision): void {
  group
    .command(`${decision} <id>`)
    .description(
      decision === "cancel"
        ? "take a held call back: nobody decides it"
        : `${decision} a held call`,
    )
    .addOption(new Option("--reason <text>", "why; kept in the audit trail"))
    .addOption(new Option("--as <user>", "speak for a user of a --dev sidecar"))
    .addOption(new Option("--json", "print the approval as JSON"))
    .action(
      ending(context, (id: string, flags: DecideFlags) =>
        runDecision(context, decision, id, flags),
      ),
    );
}

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
    .addOption(new Option("--as <user>", "speak for a user of a --dev sidecar"))
    .addOption(new Option("--json", "print JSON"))
    .action(ending(context, (flags: ListFlags) => runList(context, flags)));
  group
    .command("show <id>")
    .description("show one with its full arguments; an id may be abbreviated")
    .addOption(new Option("--as <user>", "speak for a user of a --dev sidecar"))
    .addOption(new Option("--json", "print JSON"))
    .action(ending(context, (id: string, flags: Flags) => runShow(context, id, flags)));
  for (const decision of ["approve", "deny", "cancel"] as const) {
    addDecision(group, context, decision);
  }
}
