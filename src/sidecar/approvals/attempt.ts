/**
 * What every act of a person on a held call shares: who they are, what is refused, and that each refusal is recorded and
 * leaves the approval untouched. Whether an act is legal is the state machine's to say, inside the store.
 */
import type { Actor, NewAuditEntry } from "../../contract/audit-entry.ts";
import type { JsonValue } from "../../contract/canonical-json.ts";
import type { Approvers } from "../../policy/quorum.ts";
import type {
  ApprovalEvent,
  ApprovalRecord,
  Store,
  TransitionRefusal,
  TransitionResult,
} from "../store/store.ts";
import { approvalEntry } from "./approval-entry.ts";

/** The person who acts, as the operator's listener or the control socket identified them. */
export interface Principal {
  readonly subject: string;
  readonly issuer: string;
  /** Their permission groups, by the rules as they are now. */
  readonly groups: readonly string[];
  /** Digest of their session, where there is one. */
  readonly session: string | null;
}

/** What the rule that holds a call now asks of whoever approves it. */
export interface Demand {
  /** Null for nobody. */
  readonly approvers: Approvers;
  readonly justification: boolean;
  readonly ticket: string | null;
}

/** What lets a person release a call alone. */
export interface GlassTerms {
  /** e.g. `breakGlass[0]`. */
  readonly name: string;
  /** Milliseconds. */
  readonly window: number;
  readonly reviewers: readonly string[];
}

export interface DecisionContext {
  readonly store: Store;
  readonly demandOf: (record: ApprovalRecord) => Demand;
  /** Null for a person who may not. */
  readonly glassOf: (record: ApprovalRecord, principal: Principal) => GlassTerms | null;
}

/** One act, whatever it is. */
export interface Act {
  readonly approvalId: string;
  readonly principal: Principal;
  /** Of the request that carries it. */
  readonly correlation: string;
}

export type DecisionRefusal =
  | "approval-unknown"
  | "own-request"
  | "not-an-approver"
  | "justification-missing"
  | "ticket-invalid"
  | "digest-mismatch"
  | "already-voted"
  | "approval-decided"
  | "approval-expired"
  | "break-glass-refused"
  | "nothing-to-review"
  | "own-release"
  | "outcome-known";

export type DecisionResult =
  | { readonly ok: true; readonly approval: ApprovalRecord }
  | { readonly ok: false; readonly refusal: DecisionRefusal };

type Wish = "approve" | "deny" | "cancel" | "break-glass" | "review" | "resolve";

/** What is wanted of which approval, and what was said about it. */
export interface Attempt {
  readonly act: Act;
  readonly wish: Wish;
  readonly said: { readonly [name: string]: JsonValue };
  readonly record: ApprovalRecord | undefined;
}

/** A person as the trail names them. */
export function actorOf({ subject, issuer, groups, session }: Principal): Actor {
  return { subject, issuer, groups: [...groups], session };
}

const passedOn: ReadonlySet<TransitionRefusal> = new Set([
  "approval-unknown",
  "approval-expired",
  "own-request",
  "already-voted",
  "nothing-to-review",
  "own-release",
  "outcome-known",
]);

function toRefusal(refusal: TransitionRefusal): DecisionRefusal {
  return passedOn.has(refusal) ? (refusal as DecisionRefusal) : "approval-decided";
}

const unbound: Omit<NewAuditEntry, "type" | "actor" | "approval" | "decision" | "correlation"> = {
  app: null,
  build: null,
  operation: null,
  arguments: null,
  policy: null,
  resource: null,
  outcome: null,
};

/** Marks an approval as expired, with its entry; refused by the store before its time. */
export async function expireApproval(
  store: Store,
  record: ApprovalRecord,
): Promise<TransitionResult> {
  const parts = { type: "decision", actor: null, decision: { result: "expired" } } as const;
  return store.transition(record.id, { type: "expire" }, approvalEntry(record, parts));
}

/** Records that it was refused. */
export async function refuse(
  store: Store,
  { act, wish, said, record }: Attempt,
  refusal: DecisionRefusal,
): Promise<DecisionResult> {
  const actor = actorOf(act.principal);
  const decision = { ...said, result: "refused", code: refusal, wish };
  const { correlation, approvalId } = act;
  const entry: NewAuditEntry =
    record === undefined
      ? { ...unbound, type: "decision", actor, approval: approvalId, decision, correlation }
      : { ...approvalEntry(record, { type: "decision", actor, decision }), correlation };
  await store.append(entry);
  if (record !== undefined && refusal === "approval-expired") await expireApproval(store, record);
  return { ok: false, refusal };
}

/** Lets it happen, with its entry; what the store refuses is recorded. */
export async function happen(
  store: Store,
  attempt: Attempt & { readonly record: ApprovalRecord },
  event: ApprovalEvent,
): Promise<DecisionResult> {
  const { act, wish, said, record } = attempt;
  const { operationDigest, argumentsDigest } = record;
  const decision: JsonValue = { ...said, decision: wish, operationDigest, argumentsDigest };
  const parts = { type: "decision", actor: actorOf(act.principal), decision } as const;
  const result = await store.transition(record.id, event, approvalEntry(record, parts));
  return result.ok ? result : refuse(store, attempt, toRefusal(result.refusal));
}

/** The approval that an act is about. */
export async function findApproval(store: Store, id: string): Promise<ApprovalRecord | undefined> {
  const [record] = await store.approvals({ ids: [id] });
  return record;
}

/** Whether a text says something: spaces and characters that nobody sees do not. */
export function isSaid(text: string | null): text is string {
  return text !== null && text.replaceAll(/[\s\p{C}]/gu, "") !== "";
}

/** Whether what was shown to a person is this call; who says nothing about it was shown what stands under the id. */
export function isShown({ argumentsDigest }: ApprovalRecord, shown: string | null): boolean {
  return shown === null || shown === argumentsDigest;
}
