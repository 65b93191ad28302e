/** `/api/approvals…`: held calls, and what people do to them. Must not decide who may: ../../approvals does. */
import {
  approvalStates,
  type ApprovalPreview,
  type ApprovalState,
} from "../../../contract/approval.ts";
import { approvalEntry } from "../../approvals/approval-entry.ts";
import { actorOf } from "../../approvals/attempt.ts";
import { approvalDetail, type DetailContext } from "../../approvals/detail.ts";
import type { Executor } from "../../approvals/executor.ts";
import { approvalFigures } from "../../approvals/figures.ts";
import { approvalViews } from "../../approvals/view.ts";
import type { Answer, Refusal } from "../../lifecycle.ts";
import { parseQuery } from "../../matching/query.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { ApprovalQuery, ApprovalRecord } from "../../store/store.ts";
import { refuseRequest } from "../refuse-request.ts";
import { isVerb, performAct, refusals, shapes, type Verb } from "./approval-acts.ts";
import type { OperatorCall } from "./caller.ts";

const mostListed = 1000;

export interface ApprovalsApiOptions extends DetailContext {
  readonly preview: (record: ApprovalRecord) => Promise<ApprovalPreview>;
  readonly executor: Pick<Executor, "onApproved">;
}

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

const keys = new Set([
  "state",
  "prefix",
  "app",
  "operation",
  "mine",
  "unreviewed",
  "unresolved",
  "before",
  "limit",
]);

const names = ["prefix", "app", "operation", "before"] as const;
const flags = ["unreviewed", "unresolved"] as const;

/** Whose approvals a caller gets to see, of those that they ask for. */
function requesterFor(
  { principal, seesAll }: OperatorCall,
  isOwn: boolean,
): Partial<ApprovalQuery> {
  return isOwn || !seesAll ? { requester: principal ?? { subject: "", issuer: "" } } : {};
}

/** What a listing is to hold; undefined if it asks for what there is not. */
function readListing(call: OperatorCall): ApprovalQuery | undefined {
  const values = parseQuery(call.request.query);
  if (values === undefined) return undefined;
  const isKnown = [...values].every(
    ([name, all]) => keys.has(name) && (name === "state" || all.length === 1),
  );
  const one = (name: string): string | undefined => values.get(name)?.[0];
  const states = values.get("state") ?? [];
  const limit = one("limit") ?? String(mostListed);
  if (!isKnown || !states.every(isState) || !/^[1-9]\d{0,5}$/.test(limit)) return undefined;
  const texts = names.filter((name) => values.has(name)).map((name) => [name, one(name)] as const);
  return {
    ...Object.fromEntries(texts),
    ...Object.fromEntries(flags.map((name) => [name, one(name) === "true"])),
    ...(states.length === 0 ? {} : { states }),
    ...requesterFor(call, one("mine") === "true"),
    limit: Math.min(Number(limit), mostListed),
  };
}

async function list(options: ApprovalsApiOptions, call: OperatorCall): Promise<Answer> {
  const query = readListing(call);
  if (query === undefined) {
    const detail = `The listing asks for what no approval has. A state is one of ${approvalStates.join(", ")}.`;
    return problem(call, { code: "invalid-arguments", detail });
  }
  const records = await options.store.approvals(query);
  return jsonAnswer(200, await approvalViews(options, records));
}

async function figures({ store }: ApprovalsApiOptions, call: OperatorCall): Promise<Answer> {
  if (!call.seesAll) {
    const detail = "How people decide is shown to approvers.";
    return problem(call, { code: "not-an-approver", detail });
  }
  return jsonAnswer(200, await approvalFigures(store, Date.now()));
}

async function findVisible(
  { store }: ApprovalsApiOptions,
  call: OperatorCall,
  id: string,
): Promise<ApprovalRecord | undefined> {
  const [record] = await store.approvals({ ids: [id] });
  return record !== undefined && maySee(call, record) ? record : undefined;
}

async function show(options: ApprovalsApiOptions, call: OperatorCall, id: string): Promise<Answer> {
  const record = await findVisible(options, call, id);
  if (record === undefined) return problem(call, noSuch);
  return jsonAnswer(200, await approvalDetail(options, record, call.principal));
}

/** What it would change, for those who see all: it reads rows that nobody else was shown, and is recorded. */
async function preview(
  options: ApprovalsApiOptions,
  call: OperatorCall,
  id: string,
): Promise<Answer> {
  const record = await findVisible(options, call, id);
  if (record === undefined) return problem(call, noSuch);
  if (!call.seesAll) {
    const detail = "What a call would change is shown to approvers.";
    return problem(call, { code: "not-an-approver", detail });
  }
  const shown = await options.preview(record);
  const entry = approvalEntry(record, {
    type: "read",
    actor: call.principal === null ? null : actorOf(call.principal),
    decision: { result: "previewed" },
    outcome: { rows: shown.rows?.length ?? null },
  });
  await options.store.append({ ...entry, correlation: call.correlation });
  return jsonAnswer(200, shown);
}

async function act(
  options: ApprovalsApiOptions,
  call: OperatorCall,
  { id, verb }: { readonly id: string; readonly verb: Verb },
): Promise<Answer> {
  const { principal, correlation } = call;
  if (principal === null) {
    const detail = "identity.local in govern.yaml names no person for this OS account.";
    const refusal = { code: "no-principal", detail } as const;
    const { request } = call;
    return refuseRequest(options.store, { at: "control", request, refusal, correlation });
  }
  const result = await performAct(options, call, { id, verb, principal });
  if (result === undefined) {
    const detail = `The body is none of ${verb}: ${shapes[verb]}, as JSON.`;
    return problem(call, { code: "invalid-arguments", detail });
  }
  if (!result.ok) return problem(call, { code: result.refusal, detail: refusals[result.refusal] });
  if (result.approval.state === "approved") options.executor.onApproved(id);
  const [view] = await approvalViews(options, [result.approval]);
  return jsonAnswer(200, view);
}

async function read(
  options: ApprovalsApiOptions,
  call: OperatorCall,
  { id, verb }: { readonly id: string | undefined; readonly verb: string | undefined },
): Promise<Answer | undefined> {
  if (id === undefined) return list(options, call);
  if (verb === "preview") return preview(options, call, id);
  if (verb !== undefined) return undefined;
  return id === "figures" ? figures(options, call) : show(options, call, id);
}

/** Answers `/api/approvals…`; undefined for another path or method. */
export async function handleApprovals(
  options: ApprovalsApiOptions,
  call: OperatorCall,
): Promise<Answer | undefined> {
  const { path, method } = call.request;
  const match = /^\/api\/approvals(?:\/([\w-]{1,64})(?:\/([a-z-]{1,20}))?)?$/.exec(path);
  if (match === null) return undefined;
  const [, id, verb] = match;
  if (method === "GET") return read(options, call, { id, verb });
  const isAct = method === "POST" && id !== undefined && verb !== undefined && isVerb(verb);
  return isAct ? act(options, call, { id, verb }) : undefined;
}
