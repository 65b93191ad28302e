/** What the store's front and its writer thread say to each other. */
import type { EntryText, Stamp } from "../../audit/entry-text.ts";
import type { GovernErrorCode } from "../../../errors/codes.ts";
import type {
  ApprovalEvent,
  ApprovalRecord,
  LogVerdict,
  NewApproval,
  NewSegment,
  NewSession,
  SessionChange,
  SessionEnd,
  StoredCheckpoint,
  StoredResult,
  TransitionResult,
} from "../store.ts";

export type Job =
  | { readonly type: "append"; readonly entry: EntryText }
  | {
      readonly type: "hold";
      readonly id: string;
      readonly approval: NewApproval;
      readonly entry: EntryText;
    }
  | {
      readonly type: "transition";
      readonly id: string;
      readonly event: ApprovalEvent;
      readonly entry: EntryText;
    }
  | { readonly type: "take-result"; readonly id: string }
  | { readonly type: "drop-results"; readonly finishedBy: string }
  | { readonly type: "keep"; readonly name: string; readonly value: string | null }
  | { readonly type: "add-checkpoint"; readonly checkpoint: StoredCheckpoint }
  | { readonly type: "drop-archived"; readonly segment: NewSegment; readonly entry: EntryText }
  | SessionJob;

export type SessionJob =
  | { readonly type: "begin-session"; readonly session: NewSession; readonly entry: EntryText }
  | { readonly type: "update-session"; readonly id: string; readonly change: SessionChange }
  | {
      readonly type: "end-session";
      readonly id: string;
      readonly why: SessionEnd;
      readonly entry: EntryText;
    }
  | { readonly type: "drop-sessions"; readonly expiredBy: number };

export interface JobValues {
  readonly append: Stamp;
  readonly hold: ApprovalRecord;
  readonly transition: TransitionResult;
  readonly "take-result": StoredResult | undefined;
  readonly "drop-results": number;
  readonly "begin-session": undefined;
  readonly "update-session": boolean;
  readonly "end-session": boolean;
  readonly "drop-sessions": number;
  readonly keep: undefined;
  readonly "add-checkpoint": undefined;
  readonly "drop-archived": undefined;
}
export type JobValue = JobValues[Job["type"]];

export interface QueuedJob {
  readonly number: number;
  /** The store's clock in milliseconds; null for the writer's own. */
  readonly at: number | null;
  readonly job: Job;
}

export interface JobFailure {
  readonly code: GovernErrorCode;
  readonly message: string;
}

export type JobAnswer =
  | { readonly number: number; readonly ok: true; readonly value: JobValue }
  | ({ readonly number: number; readonly ok: false } & JobFailure);

export type ToWriter =
  | { readonly type: "jobs"; readonly jobs: readonly QueuedJob[] }
  | { readonly type: "close" };

export type FromWriter =
  | { readonly type: "ready" }
  /** The writer has ended before it could serve, or can serve no longer. */
  | ({ readonly type: "failed"; readonly next: string | undefined } & JobFailure)
  | { readonly type: "answers"; readonly answers: readonly JobAnswer[] }
  | { readonly type: "closed" };

export interface WriterData {
  readonly task: "write";
  readonly path: string;
  readonly key: Uint8Array;
}

/** A thread of the same script that verifies the log once, and ends. */
export interface VerifierData {
  readonly task: "verify";
  readonly path: string;
}

export type FromVerifier =
  | { readonly type: "verdict"; readonly verdict: LogVerdict }
  | { readonly type: "failed"; readonly message: string };
