/**
 * The operator's API, one for the control socket and the operator origin. Its listeners say who calls; what they may do is
 * asked of the rules. Must not be mounted on an app's origin.
 */
import type { OnFault } from "../../faults.ts";
import type { Answer } from "../../lifecycle.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { ConfigStatus } from "../../workspace-versions.ts";
import { handleApprovals, type ApprovalsApiOptions } from "./approvals-api.ts";
import { handleAudit, type AuditApiOptions } from "./audit-api.ts";
import type { OperatorCall } from "./caller.ts";

/** What `/api/status` tells. */
interface SidecarStatus {
  readonly dev: boolean;
  readonly operatorUrl: string;
  readonly config: ConfigStatus;
  readonly apps: readonly {
    readonly name: string;
    readonly url: string;
    readonly build: string;
    readonly operations: number;
  }[];
}

export interface OperatorApiOptions extends ApprovalsApiOptions, AuditApiOptions {
  readonly onFault: OnFault;
  status(): SidecarStatus;
}

/** Answers a call of the API; `not-found` for what it does not have. */
export async function answerOperator(
  options: OperatorApiOptions,
  call: OperatorCall,
): Promise<Answer> {
  const { path, method } = call.request;
  if (path === "/api/status" && method === "GET") return jsonAnswer(200, options.status());
  const answer = (await handleApprovals(options, call)) ?? (await handleAudit(options, call));
  const missing = { code: "not-found", detail: "The operator's API has no such path." } as const;
  return answer ?? problemAnswer(missing, call.correlation);
}
