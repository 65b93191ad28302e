/** What people see of an approval: over the operator's API, in the terminal and in the console. */
import type { JsonValue } from "./json.ts";

/** States that no approval leaves. */
export const endStates = [
  "executed",
  "failed",
  "unknown",
  "denied",
  "expired",
  "cancelled",
  "stale",
] as const;
export const approvalStates = ["pending", "approved", "executing", ...endStates] as const;
export type ApprovalState = (typeof approvalStates)[number];

export interface Vote {
  readonly subject: string;
  readonly issuer: string;
  /** Those of the approver's groups that the rule names, when voting. */
  readonly groups: readonly string[];
  readonly decision: "approve" | "deny";
  readonly reason: string | null;
  /** The ticket that was named, where the rule asks for one. */
  readonly ticket: string | null;
  readonly time: string;
}

/** The rule that holds a call, as it was when the call was held. */
export interface HoldingRule {
  /** e.g. `approvals[0]`. */
  readonly name: string;
  /** e.g. `govern.yaml:41`. */
  readonly place: string;
  /** As YAML. */
  readonly text: string;
  /** Whoever approves has to say why. */
  readonly justification: boolean;
  /** The pattern of the ticket that has to be named. */
  readonly ticket: string | null;
}

/** A person who acted, when, and what they said. */
export interface Said {
  readonly subject: string;
  readonly issuer: string;
  readonly note: string;
  readonly time: string;
}

/** A release by one person alone. */
export interface Release extends Said {
  /** e.g. `breakGlass[0]`. */
  readonly rule: string;
  /** Groups of which somebody else has to look at it afterwards. */
  readonly reviewers: readonly string[];
  /** Null: open until somebody did. */
  readonly review: Said | null;
}

/** What a person found out about a write of unknown outcome. */
export interface Resolution extends Said {
  readonly ran: boolean;
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
  /** What it does, in words; null once its operation is another. */
  readonly words: string | null;
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
  /** Null where no rule matched, or the approval is from before rules were kept. */
  readonly rule: HoldingRule | null;
  readonly votes: readonly Vote[];
  /** Null unless somebody broke the glass. */
  readonly release: Release | null;
  /** Of a write of unknown outcome, once somebody looked. */
  readonly resolution: Resolution | null;
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

/** What was decided of calls of the same operation before. */
export interface LikeDecisions {
  /** Of the last hundred that ended. */
  readonly approved: number;
  readonly denied: number;
  readonly other: number;
  /** The latest, newest first. */
  readonly latest: readonly {
    readonly id: string;
    readonly state: ApprovalState;
    readonly requester: string;
    readonly time: string;
    /** The very same arguments. */
    readonly identical: boolean;
    readonly reason: string | null;
  }[];
}

/** What whoever looks may do. */
export interface Standing {
  readonly isRequester: boolean;
  readonly mayDecide: boolean;
  readonly mayRelease: boolean;
  readonly mayReview: boolean;
  readonly mayResolve: boolean;
}

/** One held call with all that helps to decide it. */
export interface ApprovalDetail extends ApprovalView {
  /** Where the app asks for it. */
  readonly places: readonly { readonly screen: string; readonly at: string }[];
  /** The statements that would run, in order; none of an HTTP call. */
  readonly statements: readonly string[];
  /** What the rule asks of an approval now. */
  readonly demand: {
    readonly approvers: ApprovalView["approvers"];
    readonly justification: boolean;
    readonly ticket: string | null;
  };
  readonly like: LikeDecisions;
  /** Of whoever looks. */
  readonly you: Standing;
  /** Whether its resource shows what it would change. */
  readonly previewable: boolean;
}

export type PreviewRow = Readonly<Record<string, string | null>>;

/** What a held statement would change, from a transaction that was rolled back. */
export interface ApprovalPreview {
  /** Null where it could not be made; the reason says why. */
  readonly rows:
    | readonly { readonly before: PreviewRow | null; readonly after: PreviewRow | null }[]
    | null;
  /** There are more rows than are shown. */
  readonly more: boolean;
  readonly reason: string | null;
}

/** How people decide; times in milliseconds. */
export interface Figures {
  readonly held: number;
  readonly decided: number;
  readonly denied: number;
  readonly expired: number;
  /** From being held to being decided; null where nothing was. */
  readonly median: number | null;
  readonly ninetieth: number | null;
  /** Calls that the same person had asked for before, with the same arguments. */
  readonly repeats: number;
  /** By one person alone. */
  readonly released: number;
  readonly deciders: readonly {
    readonly subject: string;
    readonly votes: number;
    readonly approved: number;
    readonly median: number | null;
  }[];
}
