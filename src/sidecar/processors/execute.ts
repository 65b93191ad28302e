/**
 * execute: runs the call at its resource, at most once. The intent of a write is durable before a byte of it leaves. Must
 * not retry, and tells no status that libraries retry once a write was sent.
 */
import { callEntry, decisionOf } from "../call-entry.ts";
import { outcomeOfFault, type Outcome } from "../connectors/outcome.ts";
import { deadline } from "../deadlines.ts";
import type { OnFault } from "../faults.ts";
import { userCredentials } from "../identity/user-credentials.ts";
import {
  proceed,
  refuse,
  type Answer,
  type ApprovedCall,
  type ExecutedCall,
  type Part,
  type Refusal,
  type Step,
} from "../lifecycle.ts";
import { judgeMasked } from "../masking/mask-answer.ts";
import { problemAnswer } from "../problem.ts";
import { questionOf } from "../rules.ts";
import type { Store } from "../store/store.ts";

async function runAtResource(call: ApprovedCall, onFault: OnFault): Promise<Outcome> {
  const { resource, operation, statements } = call.target;
  if (resource === null)
    return { state: "failed", code: "unmapped-resource", detail: "No resource." };
  const masks = call.snapshot.rules.masks(questionOf(call));
  try {
    const result = await resource.connector.execute(
      {
        operation,
        statements,
        access: call.access,
        arguments: call.arguments,
        payload: call.payload,
        contentType: call.contentType,
        caller: {
          ...call.identity,
          groups: call.snapshot.rules.groupsOf(call.identity),
          app: call.app.name,
          credentials: userCredentials(call.request, resource.passes),
        },
        origins: masks.length > 0,
      },
      deadline(resource.timeout),
    );
    return judgeMasked({ operation, statements, access: call.access }, masks, result);
  } catch (error) {
    onFault(error, call.correlation);
    return outcomeOfFault(call.access);
  }
}

/** Runs an approved call for the caller who repeats it: claims it, executes, and makes its outcome durable. */
type RunVoucher = (id: string) => Promise<
  | {
      readonly ok: true;
      /** The status is null where there is no answer. */
      readonly outcome: Omit<Answer, "status"> & {
        readonly state: Outcome["state"];
        readonly status: number | null;
      };
    }
  | { readonly ok: false }
>;

export interface ExecuteOptions {
  readonly store: Store;
  readonly runVoucher: RunVoucher;
  readonly onFault: OnFault;
}

const unconfirmed: Refusal = {
  code: "outcome-unknown",
  detail: "The resource did not confirm the write.",
};

/** The end of a write that was settled without its answer. */
export const answerLost: Refusal = {
  code: "answer-lost",
  detail:
    "The write was done, and the resource's answer was lost with a connection. Do not repeat it.",
};

async function executeVoucher(
  call: ApprovedCall,
  id: string,
  runVoucher: RunVoucher,
): Promise<Step<ExecutedCall>> {
  const ran = await runVoucher(id);
  if (!ran.ok) return refuse("approval-stale", "The approval was used or ended meanwhile.");
  const { state, status, headers, body } = ran.outcome;
  const doubt = state === "executed" ? answerLost : unconfirmed;
  const answer =
    state === "unknown" || status === null
      ? problemAnswer(doubt, call.correlation)
      : { status, headers, body };
  return proceed({ ...call, execution: { kind: "voucher", state, answer } });
}

async function executeOpen(
  call: ApprovedCall,
  { store, onFault }: ExecuteOptions,
): Promise<Step<ExecutedCall>> {
  if (call.access === "write") {
    try {
      await store.append(callEntry(call, "intent", { decision: decisionOf(call) }));
    } catch (error) {
      onFault(error, call.correlation);
      return refuse("audit-unavailable", "The write could not be recorded, so it was not sent.");
    }
  }
  const outcome = await runAtResource(call, onFault);
  return proceed({ ...call, execution: { kind: "direct", outcome } });
}

export function createExecute(options: ExecuteOptions): Part<"execute"> {
  return {
    point: "execute",
    process: async function execute(call): Promise<Step<ExecutedCall>> {
      return call.gate.kind === "voucher"
        ? executeVoucher(call, call.gate.approval.id, options.runVoucher)
        : executeOpen(call, options);
    },
  };
}
