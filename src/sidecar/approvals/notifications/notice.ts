/** What is told of an approval outside of govern. It locates and names; it carries no argument, no value and no authority. */
import type { AuditEntry } from "../../../contract/audit-entry.ts";
import type { ApprovalState, Release, Resolution } from "../../../contract/approval.ts";
import type { ApprovalRecord } from "../../store/store.ts";

/** What happened, as the entry says; `detached` and refused attempts are not told. */
export type NoticeType =
  | "approval.held"
  /** Somebody approved; the state says whether that was enough. */
  | "approval.voted"
  | "approval.denied"
  | "approval.cancelled"
  | "approval.expired"
  | "approval.stale"
  | "approval.executed"
  | "approval.failed"
  | "approval.unknown"
  /** One named person released it alone. */
  | "approval.break-glass"
  /** Somebody else has looked at such a release. */
  | "approval.reviewed"
  /** Somebody found out whether a write of unknown outcome ran. */
  | "approval.resolved";

export interface Notice {
  /** The same however often it is sent: receivers drop what they have. */
  readonly id: string;
  readonly type: NoticeType;
  /** Of the entry, RFC 3339 UTC. */
  readonly time: string;
  readonly approval: string;
  /** By now, which may be later than what happened. */
  readonly state: ApprovalState;
  readonly app: string;
  readonly operation: string;
  /** e.g. `POST /api/accounts/{accountId}/credits`. */
  readonly summary: string;
  readonly requester: string;
  /** Who voted, with their decision and reason. */
  readonly votes: readonly {
    readonly subject: string;
    readonly decision: "approve" | "deny";
    readonly reason: string | null;
  }[];
  /** By one person alone. */
  readonly release: Release | null;
  readonly resolution: Resolution | null;
  readonly expiresAt: string;
  /** Where to decide it. Whoever opens it signs in first. */
  readonly url: string;
}

function textAt(value: unknown, key: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.entries(value).find(([name]) => name === key)?.[1] as unknown;
  return typeof found === "string" ? found : undefined;
}

const results: Readonly<Record<string, NoticeType>> = {
  expired: "approval.expired",
  stale: "approval.stale",
};
const wishes: Readonly<Record<string, NoticeType>> = {
  approve: "approval.voted",
  deny: "approval.denied",
  cancel: "approval.cancelled",
  "break-glass": "approval.break-glass",
  review: "approval.reviewed",
  resolve: "approval.resolved",
};
const outcomes: Readonly<Record<string, NoticeType>> = {
  executed: "approval.executed",
  failed: "approval.failed",
  unknown: "approval.unknown",
};

/** Whether nothing is told of an approval after this. */
export function isLast(type: NoticeType): boolean {
  return !["approval.held", "approval.voted", "approval.break-glass"].includes(type);
}

/** What an entry of the log tells of its approval; undefined for nothing. */
export function noticeTypeOf(entry: AuditEntry): NoticeType | undefined {
  if (entry.approval === null) return undefined;
  if (entry.type === "held") return "approval.held";
  if (entry.type === "outcome") return outcomes[textAt(entry.outcome, "state") ?? ""];
  if (entry.type !== "decision") return undefined;
  const wish = textAt(entry.decision, "decision");
  return wish === undefined ? results[textAt(entry.decision, "result") ?? ""] : wishes[wish];
}

/** The notice of an entry, by the approval as it is now. */
export function noticeOf(
  entry: AuditEntry,
  type: NoticeType,
  record: ApprovalRecord,
  operatorUrl: string,
): Notice {
  return {
    id: `${record.id}-${entry.seq}`,
    type,
    time: entry.time,
    approval: record.id,
    state: record.state,
    app: record.app,
    operation: record.operation,
    summary: record.summary,
    requester: record.requester.subject,
    votes: record.votes.map(({ subject, decision, reason }) => ({ subject, decision, reason })),
    release: record.release,
    resolution: record.resolution,
    expiresAt: record.expiresAt,
    url: `${operatorUrl}/approvals/${record.id}`,
  };
}
