/** `govern approvals watch`: what waits now, then each call that is held or goes on, a line each, until it is interrupted. */
import { setTimeout as delay } from "node:timers/promises";
import type { ApprovalView } from "../../contract/approval.ts";
import type { CommandContext, ExitCode } from "../command.ts";
import { callSidecar } from "../control-client.ts";
import type { Output } from "../output.ts";
import { approvalPath, fetchApprovals, type Flags } from "./find.ts";

/** Milliseconds between two looks. */
const lookEvery = 1000;

const waiting = new URLSearchParams({ state: "pending" });
for (const state of ["approved", "executing"]) waiting.append("state", state);

/** What tells that something happened. */
function keyOf({ state, votes, detached }: ApprovalView): string {
  return `${state} ${votes.length} ${detached}`;
}

async function tell(output: Output, approval: ApprovalView, flags: Flags): Promise<void> {
  if (flags.json === true) output.print(JSON.stringify(approval));
  else {
    const { renderEvent } = await import("../approval-view.ts");
    output.print(renderEvent(approval, output.look));
  }
}

/** One look: what is new or has changed, and how what is gone has ended. */
async function look(
  cwd: string,
  seen: Map<string, string>,
  flags: Flags,
): Promise<readonly ApprovalView[]> {
  const now = await fetchApprovals(cwd, waiting, flags);
  const left = [...seen.keys()].filter((id) => now.every((approval) => approval.id !== id));
  const ended = await Promise.all(
    left.map((id) => callSidecar<ApprovalView>(cwd, { path: approvalPath(id), as: flags.as })),
  );
  for (const id of left) seen.delete(id);
  const changed = now.filter((approval) => seen.get(approval.id) !== keyOf(approval));
  for (const approval of changed) seen.set(approval.id, keyOf(approval));
  return [...ended, ...changed.toReversed()];
}

/** Watches for as long as the sidecar answers. */
export async function runWatch({ output, cwd }: CommandContext, flags: Flags): Promise<ExitCode> {
  const seen = new Map<string, string>();
  for (;;) {
    for (const approval of await look(cwd, seen, flags)) await tell(output, approval, flags);
    await delay(lookEvery);
  }
}
