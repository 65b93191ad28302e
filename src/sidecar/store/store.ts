/**
 * What the sidecar keeps: approvals, sessions and the audit log. Each method is one transaction, durable when its promise
 * resolves. Implementations live in folders beside this file and pass one contract test; they decide nothing: whether a
 * transition is legal is `transition` of ../approvals/state-machine.ts, which they run inside their transaction.
 *
 * @example
 * const store = await openSqliteStore({ path: ".govern/store.db", key });
 * const held = await store.hold(approval, entry);
 * const result = await store.transition(held.id, { type: "vote", … }, entry);
 */
import type {
  ApprovalState,
  HoldingRule,
  Release,
  Resolution,
  Said,
  Vote,
} from "../../contract/approval.ts";
import type { AuditEntry, Digest, EntryType, NewAuditEntry } from "../../contract/audit-entry.ts";
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { Access } from "../../contract/operation.ts";
import type { UserCredentials } from "../identity/user-credentials.ts";
import type { UselessNote } from "../audit/checkpoint-judge.ts";
import type { LogFault } from "../audit/log-verifier.ts";
import type { RightEdge } from "../audit/right-edge.ts";

/** Who asked; compared by issuer and subject. */
export interface Requester {
  readonly subject: string;
  readonly issuer: string;
  readonly groups: readonly string[];
  /** Digest of the session that the ticket and its result are bound to. */
  readonly session: string;
}

/** What a held call needs to run later. Encrypted at rest, shredded at the end. */
export interface HeldCall {
  /** What the call was governed as: of an HTTP call, the strictest of the operations that matched. */
  readonly access: Access;
  readonly arguments: JsonValue;
  /** Bytes of a body that is not JSON or a form. */
  readonly payload: Uint8Array | null;
  readonly contentType: string | null;
  /** The app user's own, for a resource that passes them on. */
  readonly credentials?: UserCredentials | null;
}

/** The answer that the page gets once. Encrypted at rest, removed when fetched or past its time. */
export interface StoredResult {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

export interface NewApproval {
  readonly app: string;
  readonly operation: string;
  readonly operationDigest: string;
  readonly summary: string;
  readonly build: string;
  readonly policy: string;
  readonly call: HeldCall;
  readonly argumentsDigest: string;
  readonly requester: Requester;
  readonly resource: string;
  /** Who may decide; null when no rule matches: it can only be cancelled or expire. */
  readonly approvers: { readonly all?: readonly string[]; readonly any?: readonly string[] } | null;
  readonly quorum: number;
  /** The rule that holds it; null where none matches. */
  readonly rule: HoldingRule | null;
  /** Milliseconds from now. */
  readonly expiresIn: number;
  readonly correlation: string;
}

/** An approval without its secrets: what the state machine sees. */
export interface ApprovalFacts extends Omit<NewApproval, "call" | "expiresIn"> {
  /** 128 random bits in base64url; also the page's ticket. */
  readonly id: string;
  readonly state: ApprovalState;
  readonly votes: readonly Vote[];
  readonly detached: boolean;
  /** RFC 3339 UTC in milliseconds, by the store's clock. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly decidedAt: string | null;
  readonly finishedAt: string | null;
  /** Raised by each claim; a finish with an older one is refused. */
  readonly fence: number;
  /** By what a crash can be settled; empty while it is still to be told, null where nothing tells. */
  readonly trace: string | null;
  readonly release: Release | null;
  readonly resolution: Resolution | null;
  /** The result's status stays after the result is gone. */
  readonly resultStatus: number | null;
}

export interface ApprovalRecord extends ApprovalFacts {
  /** Null once shredded. */
  readonly call: HeldCall | null;
  /** Whether `takeResult` has something to hand out. */
  readonly hasResult: boolean;
}

/** What can happen to an approval. */
export type ApprovalEvent =
  | {
      readonly type: "vote";
      readonly subject: string;
      readonly issuer: string;
      readonly groups: readonly string[];
      readonly decision: "approve" | "deny";
      readonly reason: string | null;
      readonly ticket: string | null;
    }
  /** One person releases it alone; it may begin for so many milliseconds more. */
  | ({ readonly type: "break-glass"; readonly window: number } & Omit<Release, "time" | "review">)
  /** Somebody else has looked at such a release. */
  | ({ readonly type: "review" } & Omit<Said, "time">)
  /** Somebody found out whether a write of unknown outcome ran. */
  | ({ readonly type: "resolve" } & Omit<Resolution, "time">)
  | { readonly type: "cancel" }
  | { readonly type: "expire" }
  /** The page gave up: it runs only if the same requester repeats the identical call. */
  | { readonly type: "detach" }
  /** The rules ask for more now, or the operation changed. */
  | { readonly type: "stale"; readonly reason: string }
  /**
   * approved → executing; the entry is the intent. `voucher` lets a detached one run. `traced`: its resource tells a trace
   * before the effect, so that one without a trace has had none.
   */
  | { readonly type: "claim"; readonly voucher: boolean; readonly traced?: boolean }
  /** What a crash is to be settled by, before the effect. */
  | { readonly type: "trace"; readonly fence: number; readonly trace: string }
  | {
      readonly type: "finish";
      readonly fence: number;
      readonly state: "executed" | "failed" | "unknown";
      /** Null where nobody will fetch it, or nothing is known. */
      readonly result: StoredResult | null;
    };

/** Why an event was refused; the approval is untouched. */
export type TransitionRefusal =
  | "approval-unknown"
  | "approval-decided"
  | "approval-expired"
  | "own-request"
  | "already-voted"
  | "detached"
  /** A voucher's claim of one whose page still waits. */
  | "not-detached"
  /** A claim or staleness of one that still waits for votes. */
  | "not-approved"
  /** An expiry before its time. */
  | "not-due"
  | "lost-claim"
  /** A review of what nobody released alone, or what was reviewed. */
  | "nothing-to-review"
  /** A review by whoever released it. */
  | "own-release"
  /** A resolution where the outcome is known. */
  | "outcome-known";

export type TransitionResult =
  | { readonly ok: true; readonly approval: ApprovalRecord }
  | { readonly ok: false; readonly refusal: TransitionRefusal };

export interface ApprovalQuery {
  readonly ids?: readonly string[];
  readonly states?: readonly ApprovalState[];
  readonly requester?: { readonly subject: string; readonly issuer: string };
  readonly operationDigest?: string;
  readonly argumentsDigest?: string;
  readonly detached?: boolean;
  /** Ids that begin with it. */
  readonly prefix?: string;
  /** Released by one person alone, and not reviewed. */
  readonly unreviewed?: boolean;
  /** Of unknown outcome, and nobody has found out. */
  readonly unresolved?: boolean;
  readonly app?: string;
  readonly operation?: string;
  /** Older than this one. */
  readonly before?: string;
  /** Only those decided or created at or after this time. */
  readonly since?: string;
  /** Only those that expire at or before this time. */
  readonly expiresBy?: string;
  /** Newest first; default 100. */
  readonly limit?: number;
}

export interface EntryQuery {
  /** First sequence number, default 0. */
  readonly from?: number;
  /** The sequence number behind the last. */
  readonly to?: number;
  /** Times, RFC 3339 UTC in milliseconds: at or after, and before. */
  readonly since?: string;
  readonly until?: string;
  readonly types?: readonly EntryType[];
  readonly app?: string;
  readonly subject?: string;
  readonly operation?: string;
  readonly approval?: string;
  readonly correlation?: string;
  /** Default 100. */
  readonly limit?: number;
  /** Newest first; default false. */
  readonly newestFirst?: boolean;
}

/** What the provider gave for a session. Encrypted at rest, shredded when the session ends. */
export interface SessionTokens {
  /** To read the person's groups again; null where the provider gave none. */
  readonly refresh: string | null;
  /** The ID token, as a hint for signing out at the provider. */
  readonly id: string | null;
}

/** Why a session ended before its time: the person signed out, or the provider no longer vouches for them. */
export type SessionEnd = "signed-out" | "refused";

/** Somebody who signed in. Times are milliseconds since the epoch, by the caller's clock. */
export interface NewSession {
  /** Digest of the session id; the id itself is in the cookie alone. */
  readonly id: string;
  /** The one app, or the operator origin, that it is for. */
  readonly audience: string;
  readonly subject: string;
  readonly issuer: string;
  /** Groups that the provider stated at `groupsAt`. */
  readonly groups: readonly string[];
  readonly groupsAt: number;
  readonly seenAt: number;
  /** The end of its absolute lifetime. */
  readonly expiresAt: number;
  readonly tokens: SessionTokens | null;
}

export interface SessionRecord extends NewSession {
  /** Null while nobody ended it; it may still be past its time. */
  readonly ended: SessionEnd | null;
}

export type SessionChange = Partial<Pick<NewSession, "groups" | "groupsAt" | "seenAt" | "tokens">>;

/** The log as it stands: which one it is, how many entries it has had, and the RFC 6962 tree head over them. */
export interface TreeHead {
  /** What its checkpoints call it; made with the log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Digest;
}

export interface StoredCheckpoint {
  readonly size: number;
  /** A signed note (c2sp.org/tlog-checkpoint). */
  readonly note: string;
}

/** Entries that were archived and dropped. */
export interface NewSegment {
  readonly first: number;
  /** The log's size at their end. */
  readonly size: number;
  /** The checkpoint of that size. */
  readonly note: string;
  /** The name of the archive, and the SHA-256 of its bytes in hex. */
  readonly file: string;
  readonly digest: string;
}

export interface Segment extends NewSegment {
  /** The tree's right edge at the segment's end: what the rest of the log is built on. */
  readonly edge: RightEdge;
}

/** What verifying the log found. */
export type LogVerdict =
  | {
      readonly ok: true;
      readonly origin: string;
      readonly size: number;
      /** The RFC 6962 tree head in hex. */
      readonly root: string;
      /** The first entry that is here; earlier ones were archived, and stand in the tree by their checkpoint. */
      readonly first: number;
      /** The first entry whose time is before its predecessor's: the machine's clock went back. Order is by `seq`. */
      readonly clockBack: number | null;
      /** Checkpoints that were compared. */
      readonly checkpoints: number;
      /** How many entries the largest of them signs. */
      readonly signed: number;
      /** What was no use for comparing, and why. */
      readonly useless: readonly UselessNote[];
    }
  | ({ readonly ok: false; readonly origin: string; readonly size: number } & LogFault);

export interface Store {
  /** Appends one entry. */
  append(entry: NewAuditEntry): Promise<AuditEntry>;
  entries(query: EntryQuery): Promise<readonly AuditEntry[]>;
  /** Recomputes the whole tree and compares each stored hash, and every checkpoint of the store's. */
  verify(): Promise<LogVerdict>;
  head(): Promise<TreeHead>;
  /** Keeps a checkpoint; one of a size that has one is passed over. */
  addCheckpoint(checkpoint: StoredCheckpoint): Promise<void>;
  /** All checkpoints, from small to large. */
  checkpoints(): Promise<readonly StoredCheckpoint[]>;
  /**
   * Drops the first entries there are, which were archived, and appends what says so. Rejects with `audit-tampered`, and
   * drops nothing, where they are not those that the segment's checkpoint was signed for.
   */
  dropArchived(segment: NewSegment, entry: NewAuditEntry): Promise<void>;
  segments(): Promise<readonly Segment[]>;
  /** Creates a pending approval and its `held` entry; the entry's `approval` is set to the new id. */
  hold(approval: NewApproval, entry: NewAuditEntry): Promise<ApprovalRecord>;
  approvals(query: ApprovalQuery): Promise<readonly ApprovalRecord[]>;
  /** How many there are; `limit` and `before` say nothing here. */
  countApprovals(query: ApprovalQuery): Promise<number>;
  /** Applies an event and appends its entry, or refuses and appends nothing. */
  transition(id: string, event: ApprovalEvent, entry: NewAuditEntry): Promise<TransitionResult>;
  /** Hands out a result once and removes it; undefined if there is none (any more). */
  takeResult(id: string): Promise<StoredResult | undefined>;
  /** Removes results that nobody fetched; gives how many. Takes the latest time of finishing that is too old. */
  dropResults(finishedBy: string): Promise<number>;
  /** Keeps a new session and appends its entry. */
  beginSession(session: NewSession, entry: NewAuditEntry): Promise<void>;
  session(id: string): Promise<SessionRecord | undefined>;
  /** All that are kept of one person, or of everybody, ended ones too. */
  sessions(person?: {
    readonly subject: string;
    readonly issuer: string;
  }): Promise<readonly SessionRecord[]>;
  /** Changes a session that nobody ended; false, with nothing changed, for any other. */
  updateSession(id: string, change: SessionChange): Promise<boolean>;
  /** Ends a session for good, shreds its tokens and appends the entry; false, with nothing appended, if it was over. */
  endSession(id: string, why: SessionEnd, entry: NewAuditEntry): Promise<boolean>;
  /** Removes those whose time ended by then; gives how many. */
  dropSessions(expiredBy: number): Promise<number>;
  /** Keeps a small text under a name, or with null forgets it: how far something got in the log. */
  keep(name: string, value: string | null): Promise<void>;
  kept(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}
