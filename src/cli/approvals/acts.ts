/** What people do to a held call: approve, deny, cancel, release alone, review, resolve. */
import { setTimeout as delay } from "node:timers/promises";
import { Option, type Command } from "commander";
import type { ApprovalView } from "../../contract/approval.ts";
import { ending, type CommandContext, type ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";
import { usageError } from "../failure.ts";
import { visibleText } from "../text.ts";
import { approvalPath, findApproval, type Flags } from "./find.ts";

interface ActFlags extends Flags {
  readonly reason?: string;
  readonly ticket?: string;
  readonly note?: string;
  readonly ran?: boolean;
  readonly didNotRun?: boolean;
}

interface Act {
  readonly name: string;
  readonly describes: string;
  readonly past: string;
  readonly options: readonly Option[];
  /** The path below the approval, and what is sent there. */
  readonly asks: (shown: ApprovalView, flags: ActFlags) => readonly [path: string, body: object];
}

const longestWait = 2000;

function isUnderWay({ state, detached }: ApprovalView): boolean {
  return state === "executing" || (state === "approved" && !detached);
}

/** The approval once its call has run, or as it is after two seconds: the decision stands either way. */
async function awaitEnd(cwd: string, decided: ApprovalView, flags: Flags): Promise<ApprovalView> {
  const path = approvalPath(decided.id);
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
      return resultStatus === null
        ? "; executed, and the answer was lost"
        : `; executed, the resource answered ${resultStatus}`;
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

function ranOf({ ran, didNotRun }: ActFlags): boolean {
  if ((ran === true) !== (didNotRun === true)) return ran === true;
  throw usageError("What did you find?", "Give --ran or --did-not-run.");
}

const reason = new Option("--reason <text>", "why; kept in the audit trail");
const note = new Option("--note <text>", "what you found; kept in the audit trail");

const acts: readonly Act[] = [
  {
    name: "approve",
    describes: "approve a held call",
    past: "Approved",
    options: [reason, new Option("--ticket <id>", "the ticket, where the rule asks for one")],
    asks: ({ argumentsDigest: digest }, { reason: why = null, ticket = null }) => {
      const body = { decision: "approve", reason: why, digest };
      return ["decision", ticket === null ? body : { ...body, ticket }];
    },
  },
  {
    name: "deny",
    describes: "deny a held call",
    past: "Denied",
    options: [reason],
    asks: (_shown, { reason: why = null }) => ["decision", { decision: "deny", reason: why }],
  },
  {
    name: "cancel",
    describes: "take a held call back: nobody decides it",
    past: "Cancelled",
    options: [reason],
    asks: (_shown, { reason: why = null }) => ["cancel", { reason: why }],
  },
  {
    name: "break-glass",
    describes: "release a held call alone, in an emergency; everybody is told, and it is reviewed",
    past: "Released",
    options: [reason],
    asks: ({ argumentsDigest: digest }, { reason: why = null }) => [
      "break-glass",
      { reason: why, digest },
    ],
  },
  {
    name: "review",
    describes: "close the review of a call that somebody released alone",
    past: "Reviewed",
    options: [note],
    asks: (_shown, { note: found = null }) => ["review", { note: found }],
  },
  {
    name: "resolve",
    describes: "say whether a write of unknown outcome ran, after looking at the resource",
    past: "Resolved",
    options: [
      new Option("--ran", "it is there"),
      new Option("--did-not-run", "it is not there"),
      note,
    ],
    asks: (_shown, flags) => ["resolve", { ran: ranOf(flags), note: flags.note ?? null }],
  },
];

async function runAct(
  { output, cwd }: CommandContext,
  act: Act,
  { prefix, flags }: { readonly prefix: string; readonly flags: ActFlags },
): Promise<ExitCode> {
  const shown = await findApproval(cwd, prefix, flags);
  const [below, body] = act.asks(shown, flags);
  const path = `${approvalPath(shown.id)}/${below}`;
  const decided = await callSidecar<ApprovalView>(cwd, {
    method: "POST",
    as: flags.as,
    path,
    body,
  });
  const approval = await awaitEnd(cwd, decided, flags);
  if (flags.json === true) output.printJson(approval);
  else {
    const { paint } = output.look;
    const what = `${act.past} ${approval.app}/${approval.operation} of ${approval.requester.subject}`;
    const after = /^(?:review|resolve)$/.test(act.name) ? "" : aftermath(approval);
    output.print(`${paint.green("✓")} ${visibleText(`${what}${after}`)}.`);
  }
  return 0;
}

/** Adds a command for each. */
export function registerActs(group: Command, context: CommandContext): void {
  for (const act of acts) {
    const command = group.command(`${act.name} <id>`).description(act.describes);
    for (const option of act.options) command.addOption(option);
    command
      .addOption(new Option("--as <user>", "speak for a user of a --dev sidecar"))
      .addOption(new Option("--json", "print the approval as JSON"))
      .action(
        ending(context, (prefix: string, flags: ActFlags) =>
          runAct(context, act, { prefix, flags }),
        ),
      );
  }
}
