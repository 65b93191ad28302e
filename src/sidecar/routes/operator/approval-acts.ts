/** What people do to a held call, as JSON bodies: decide, cancel, release alone, review, resolve. Who may is not decided here. */
import * as z from "zod";
import type {
  Act,
  DecisionContext,
  DecisionRefusal,
  DecisionResult,
  Principal,
} from "../../approvals/attempt.ts";
import { releaseAlone, reviewRelease } from "../../approvals/break-glass.ts";
import { cancelApproval, decide } from "../../approvals/decide.ts";
import { resolveOutcome } from "../../approvals/resolve.ts";
import { parseStrictJson } from "../../matching/strict-json.ts";
import type { OperatorCall } from "./caller.ts";

const absent = <T>(value: T | null | undefined): T | null => value ?? null;
const text = z.string().max(2000).nullish().transform(absent);
const shown = z.string().max(128).nullish().transform(absent);

const bodies = {
  decision: z.strictObject({
    decision: z.enum(["approve", "deny"]),
    reason: text,
    ticket: text,
    digest: shown,
  }),
  cancel: z.strictObject({ reason: text }),
  "break-glass": z.strictObject({ reason: text, digest: shown }),
  review: z.strictObject({ note: text }),
  resolve: z.strictObject({ ran: z.boolean(), note: text }),
};
export type Verb = keyof typeof bodies;

export function isVerb(name: string): name is Verb {
  return Object.hasOwn(bodies, name);
}

/** What a body of each verb has to be, for people. */
export const shapes: Readonly<Record<Verb, string>> = {
  decision: "{decision: approve or deny, reason, ticket, digest}",
  cancel: "{reason}",
  "break-glass": "{reason, digest}",
  review: "{note}",
  resolve: "{ran: true or false, note}",
};

export const refusals: Readonly<Record<DecisionRefusal, string>> = {
  "approval-unknown": "No approval has this id.",
  "own-request": "Nobody decides their own request.",
  "not-an-approver": "The rule that holds this call does not name a group of yours.",
  "justification-missing": "A reason has to be given, for the trail.",
  "ticket-invalid": "The rule asks for a ticket, and this names none that fits its pattern.",
  "digest-mismatch":
    "The digest is not that of this request: what was shown is not what would run.",
  "already-voted": "You have voted on this request.",
  "approval-decided": "The approval is decided already.",
  "approval-expired": "The approval expired before it was decided.",
  "break-glass-refused": "No rule of breakGlass lets you release this call alone.",
  "nothing-to-review": "Nobody released this call alone, or it has been reviewed.",
  "own-release": "Somebody else reviews what you released.",
  "outcome-known": "The outcome of this call is known.",
};

function readBody(call: OperatorCall): unknown {
  const isJson = /^application\/json\s*(;|$)/i.test(call.request.headers.get("content-type") ?? "");
  const parsed = isJson ? parseStrictJson(call.request.body) : undefined;
  return parsed?.ok === true ? parsed.value : undefined;
}

type Perform = (
  context: DecisionContext,
  act: Act,
  value: unknown,
) => Promise<DecisionResult> | undefined;

const performers: Readonly<Record<Verb, Perform>> = {
  decision(context, act, value) {
    const { data } = bodies.decision.safeParse(value);
    return data && decide(context, { ...act, ...data, shown: data.digest });
  },
  cancel(context, act, value) {
    const { data } = bodies.cancel.safeParse(value);
    return data && cancelApproval(context, { ...act, ...data });
  },
  "break-glass"(context, act, value) {
    const { data } = bodies["break-glass"].safeParse(value);
    return data && releaseAlone(context, { ...act, ...data, shown: data.digest });
  },
  review(context, act, value) {
    const { data } = bodies.review.safeParse(value);
    return data && reviewRelease(context, { ...act, ...data });
  },
  resolve(context, act, value) {
    const { data } = bodies.resolve.safeParse(value);
    return data && resolveOutcome(context, { ...act, ...data });
  },
};

/** Does what a body asks for; undefined for a body that is none of the verb's. */
export async function performAct(
  context: DecisionContext,
  call: OperatorCall,
  target: { readonly id: string; readonly verb: Verb; readonly principal: Principal },
): Promise<DecisionResult | undefined> {
  const { principal, id: approvalId, verb } = target;
  const act = { approvalId, principal, correlation: call.correlation };
  return performers[verb](context, act, readBody(call));
}
