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
  /** An entry to append: most jobs are no more than that. */
  | EntryText
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
export type JobValue = JobValues[keyof JobValues];
/** What a job is answered with. */
export type ValueOf<J extends Job> = J extends { readonly type: infer T extends keyof JobValues }
  ? JobValues[T]
  : Stamp;

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

/** Answers to jobs; the stamp of an entry with the time that most of them have is its `seq` alone. */
export interface PackedAnswers {
  readonly first: number;
  readonly time: string;
  readonly answers: readonly (number | JobAnswer)[];
}

function isStamp(value: JobValue): value is Stamp {
  return typeof value === "object" && "seq" in value && "time" in value;
}

/** Packs the answers to jobs with consecutive numbers. */
export function packAnswers(answers: readonly JobAnswer[]): PackedAnswers {
  const stamp = answers.find((one) => one.ok && isStamp(one.value));
  const time = stamp?.ok === true && isStamp(stamp.value) ? stamp.value.time : "";
  return {
    first: answers[0]?.number ?? 0,
    time,
    answers: answers.map((one) =>
      one.ok && isStamp(one.value) && one.value.time === time ? one.value.seq : one,
    ),
  };
}

export function unpackAnswers({ first, time, answers }: PackedAnswers): readonly JobAnswer[] {
  return answers.map((one, index) =>
    typeof one === "number" ? { number: first + index, ok: true, value: { seq: one, time } } : one,
  );
}

export type ToWriter =
  /** Jobs with consecutive numbers, of which the first is told. */
  | {
      readonly type: "jobs";
      readonly first: number;
      readonly at: number | null;
      readonly jobs: readonly Job[];
    }
  | { readonly type: "close" };

export type FromWriter =
  | { readonly type: "ready" }
  /** The writer has ended before it could serve, or can serve no longer. */
  | ({ readonly type: "failed"; readonly next: string | undefined } & JobFailure)
  | ({ readonly type: "answers" } & PackedAnswers)
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
