/** Approvals by what a person types: a state and filters, or an id that may be abbreviated. */
import type { ApprovalView } from "../../contract/approval.ts";
import { GovernError } from "../../errors/govern-error.ts";
import { callSidecar } from "../control-client.ts";

export interface Flags {
  readonly as?: string;
  readonly json?: boolean;
}

export function approvalPath(id: string): string {
  return `/api/approvals/${encodeURIComponent(id)}`;
}

/** Lists approvals, newest first. */
export function fetchApprovals(
  cwd: string,
  query: URLSearchParams,
  { as }: Flags,
): Promise<readonly ApprovalView[]> {
  const text = query.toString();
  const path = `/api/approvals${text === "" ? "" : `?${text}`}`;
  return callSidecar<readonly ApprovalView[]>(cwd, { path, as });
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
export async function findApproval(
  cwd: string,
  prefix: string,
  flags: Flags,
): Promise<ApprovalView> {
  const found = await fetchApprovals(cwd, new URLSearchParams({ prefix, limit: "20" }), flags);
  const only = found.find((approval) => approval.id === prefix) ?? found[0];
  if (only === undefined || (found.length > 1 && only.id !== prefix)) {
    throw unknownApproval(prefix, found.length);
  }
  return only;
}
