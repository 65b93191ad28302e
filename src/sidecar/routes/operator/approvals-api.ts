/** `/api/approvals…`: held calls, and people's decisions on them. Must not decide who may: approvals/decide.ts does. */
import * as z from "zod";
import { approvalStates, type ApprovalState } from "../../../contract/approval.ts";
import {
  cancelApproval,
  decide,
  type DecisionContext,
  type DecisionResult,
} from "../../approvals/decide.ts";
import type { Executor } from "../../approvals/executor.ts";
import { approvalViews } from "../../approvals/view.ts";
import type { Answer, Refusal } from "../../lifecycle.ts";
import { parseQuery } from "../../matching/query.ts";
import { parseStrictJson } from "../../matching/strict-json.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { ApprovalRecord } from "../../store/store.ts";
import { refuseRequest } from "../refuse-request.ts";
import type { OperatorCall } from "./caller.ts";

const mostListed = 1000;

export interface ApprovalsApiOptions extends DecisionContext {
  readonly executor: Pick<Executor, "onApproved">;
}

const reason = z.string().max(2000).nullish();
const decisionBody = z.strictObject({ decision: z.enum(["approve", "deny"]), reason });
const cancelBody = z.strictObject({ reason });

const problem = (call: OperatorCall, refusal: Refusal): Answer =>
  problemAnswer(refusal, call.correlation);

const noSuch: Refusal = { code: "approval-unknown", detail: "No approval has this id." };

function isState(text: string): text is ApprovalState {
  return (approvalStates as readonly string[]).includes(text);
}

function maySee(call: OperatorCall, { requester }: ApprovalRecord): boolean {
  const { principal } = call;
  if (call.seesAll) return true;
  return principal?.subject === requester.subject && principal.issuer === requester.issuer;
}

async function list(options: ApprovalsApiOptions, call: OperatorCall): Promise<Answer> {
  const states = parseQuery(call.request.query)?.get("state") ?? [];
  if (!states.every(isState)) {
    const detail = `A state is one of ${approvalStates.join(", ")}.`;
    return problem(call, { code: "invalid-arguments", detail });
  }
  const query = states.length > 0 ? { states, limit: mostListed } : { limit: mostListed };
  const records = await options.store.approvals(query);
  const visible = records.filter((record) => maySee(call, record));
  return jsonAnswer(200, await approvalViews(options.store, visible));
}

async function show(options: ApprovalsApiOptions, call: OperatorCall, id: string): Promise<Answer> {
  const records = await options.store.approvals({ ids: [id] });
  const [view] = await approvalViews(
    options.store,
    records.filter((record) => maySee(call, record)),
  );
  return view === undefined ? problem(call, noSuch) : jsonAnswer(200, view);
}

const refusals: Readonly<Record<Extract<DecisionResult, { ok: false }>["refusal"], string>> = {
  "approval-unknown": "No approval has this id.",
  "own-request": "Nobody decides their own request.",
  "not-an-approver": "The rule that holds this call does not name a group of yours.",
  "already-voted": "You have voted on this request.",
  "approval-decided": "The approval is decided already.",
  "approval-expired": "The approval expired before it was decided.",
};

function isJson(call: OperatorCall): boolean {
  return /^application\/json\s*(;|$)/i.test(call.request.headers.get("content-type") ?? "");
}

interface Ask {
  readonly wish: "approve" | "deny" | "cancel";
  readonly reason: string | null;
}

function readDecision(call: OperatorCall, verb: string): Ask | undefined {
  const parsed = isJson(call) ? parseStrictJson(call.request.body) : undefined;
  const value = parsed?.ok === true ? parsed.value : undefined;
  if (verb === "cancel") {
    const body = cancelBody.safeParse(value);
    return body.success ? { wish: "cancel", reason: body.data.reason ?? null } : undefined;
  }
  const body = decisionBody.safeParse(value);
  if (!body.success) return undefined;
  return { wish: body.data.decision, reason: body.data.reason ?? null };
}

async function act(
  options: ApprovalsApiOptions,
  call: OperatorCall,
  target: { readonly id: string; readonly verb: string },
): Promise<Answer> {
  const { principal, correlation } = call;
  if (principal === null) {
    const detail = "identity.local in govern.yaml names no person for this OS account.";
    const refusal = { code: "no-principal", detail } as const;
    const { request } = call;
    return refuseRequest(options.store, { at: "control", request, refusal, correlation });
  }
  const ask = readDecision(call, target.verb);
  if (ask === undefined) {
    const detail = "The body is not a decision: {decision: approve or deny, reason}, as JSON.";
    return problem(call, { code: "invalid-arguments", detail });
  }
  const asked = { approvalId: target.id, principal, reason: ask.reason, correlation };
  const result =
    ask.wish === "cancel"
      ? await cancelApproval(options, asked)
      : await decide(options, { ...asked, decision: ask.wish });
  if (!result.ok) return problem(call, { code: result.refusal, detail: refusals[result.refusal] });
  if (result.approval.state === "approved") options.executor.onApproved(target.id);
  const [view] = await approvalViews(options.store, [result.approval]);
  return jsonAnswer(200, view);
}

/** Answers `/api/approvals…`; undefined for another path or method. */
export async function handleApprovals(
  options: ApprovalsApiOptions,
  call: OperatorCall,
): Promise<Answer | undefined> {
  const { path, method } = call.request;
  const match = /^\/api\/approvals(?:\/([\w-]{1,64})(?:\/(decision|cancel))?)?$/.exec(path);
  if (match === null) return undefined;
  const [, id, verb] = match;
  if (id === undefined) return method === "GET" ? list(options, call) : undefined;
  if (verb === undefined) return method === "GET" ? show(options, call, id) : undefined;
  return method === "POST" ? act(options, call, { id, verb }) : undefined;
}
