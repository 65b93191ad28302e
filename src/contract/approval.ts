/** What people see of an approval: over the operator's API, in the terminal and in the console. */
import type { JsonValue } from "./canonical-json.ts";

export const approvalStates = [
  "pending",
  "approved",
  "executing",
  "executed",
  "failed",
  "unknown",
  "denied",
  "expired",
  "cancelled",
  "stale",
] as const;
export type ApprovalState = (typeof approvalStates)[number];

export interface Vote {
  readonly subject: string;
  readonly issuer: string;
  /** Those of the approver's groups that the rule names, when voting. */
  readonly groups: readonly string[];
  readonly decision: "approve" | "deny";
  readonly reason: string | null;
  readonly time: string;
}

/** One held call, as operators see it. Arguments are null once they were shredded. */
export interface ApprovalView {
  readonly id: string;
  readonly state: ApprovalState;
  readonly app: string;
  readonly operation: string;
  readonly operationDigest: string;
  /** e.g. `POST /api/accounts/{accountId}/credits` or the statement. */
  readonly summary: string;
  readonly arguments: JsonValue;
  readonly argumentsDigest: string;
  readonly requester: {
    readonly subject: string;
    readonly issuer: string;
    readonly groups: readonly string[];
  };
  readonly resource: string;
  readonly approvers: { readonly all?: readonly string[]; readonly any?: readonly string[] } | null;
  readonly quorum: number;
  readonly votes: readonly Vote[];
  /** The page that asked has given up: it runs only if the same call is repeated. */
  readonly detached: boolean;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly decidedAt: string | null;
  readonly finishedAt: string | null;
  /** HTTP status of the result, once there is one. */
  readonly resultStatus: number | null;
  readonly correlation: string;
  /** Ids of other pending approvals with the same operation and arguments. */
  readonly identical: readonly string[];
}
