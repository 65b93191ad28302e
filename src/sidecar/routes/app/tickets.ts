/**
 * A page's held calls: their states, a result once, and giving up. The caller's own only: the same person in the same
 * session. A ticket of anybody else is `gone`, like one that never was.
 */
import type { ApprovalState } from "../../../contract/approval.ts";
import { paths, type TicketState, type TicketStatus } from "../../../contract/wire.ts";
import { detachApproval } from "../../approvals/detach.ts";
import { actorOf, type Identity } from "../../identity/identity.ts";
import type { Answer, CallRequest, Refusal } from "../../lifecycle.ts";
import { parseQuery } from "../../matching/query.ts";
import { answerLost } from "../../processors/execute.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { ApprovalRecord, Store } from "../../store/store.ts";

const maxTickets = 100;

export interface TicketCall {
  readonly request: CallRequest;
  readonly app: string;
  readonly identity: Identity;
  readonly correlation: string;
}

/** What the page is told of an end without an answer of the resource. */
const endings: Partial<Readonly<Record<ApprovalState, Refusal>>> = {
  denied: { code: "approval-denied", detail: "An approver denied the request." },
  expired: { code: "approval-expired", detail: "Nobody decided in time." },
  cancelled: { code: "approval-cancelled", detail: "The request was cancelled." },
  stale: { code: "approval-stale", detail: "The rules or the operation changed meanwhile." },
  executed: answerLost,
  failed: { code: "resource-failed", detail: "The write was cut off, and did not happen." },
  unknown: {
    code: "outcome-unknown",
    detail: "The write may have run: check before you repeat it.",
  },
};

function isOwn(record: ApprovalRecord, { app, identity }: TicketCall): boolean {
  const { subject, issuer, session } = record.requester;
  return (
    record.app === app &&
    subject === identity.subject &&
    issuer === identity.issuer &&
    session === identity.session
  );
}

function stateOf(record: ApprovalRecord): TicketState {
  if (record.detached) return "gone";
  switch (record.state) {
    case "pending":
    case "approved":
    case "executing":
      return "waiting";
    case "executed":
    case "failed":
      // One that was settled afterwards never had an answer.
      return record.hasResult || record.resultStatus === null ? "ready" : "gone";
    default:
      return "ready";
  }
}

async function ownTickets(
  store: Store,
  call: TicketCall,
  ids: readonly string[],
): Promise<readonly ApprovalRecord[]> {
  const records = await store.approvals({ ids, limit: ids.length });
  return records.filter((record) => isOwn(record, call));
}

/** Without ids: what this session waits for, so that a page that was reloaded can say so. */
async function listWaiting(store: Store, call: TicketCall): Promise<Answer> {
  const { subject, issuer } = call.identity;
  const records = await store.approvals({
    states: ["pending", "approved", "executing"],
    requester: { subject, issuer },
    limit: maxTickets,
  });
  const rows: TicketStatus[] = records
    .filter((record) => isOwn(record, call) && !record.detached)
    .map((record) => ({ ticket: record.id, state: "waiting" }));
  return jsonAnswer(200, rows);
}

async function listStates(store: Store, call: TicketCall): Promise<Answer> {
  const asked = parseQuery(call.request.query)?.get("id") ?? [];
  if (asked.length === 0) return listWaiting(store, call);
  if (asked.length > maxTickets) {
    const detail = `Ask for ${maxTickets} tickets at most.`;
    return problemAnswer({ code: "invalid-arguments", detail }, call.correlation);
  }
  const own = new Map((await ownTickets(store, call, asked)).map((record) => [record.id, record]));
  const rows: TicketStatus[] = asked.map((ticket) => {
    const record = own.get(ticket);
    return { ticket, state: record === undefined ? "gone" : stateOf(record) };
  });
  return jsonAnswer(200, rows);
}

/**
 * No result, whatever the reason: fetched before, of another session, or out of reach. The page hands this to the app, so
 * it neither says that nothing ran nor has a status that libraries retry.
 */
export function lostResult(correlation: string): Answer {
  const detail = "There is no result to fetch. The write may have run: check before you repeat it.";
  return problemAnswer({ code: "outcome-unknown", detail }, correlation);
}

async function giveResult(store: Store, call: TicketCall, record: ApprovalRecord): Promise<Answer> {
  const { correlation } = record;
  if (stateOf(record) === "ready") {
    const result = record.hasResult ? await store.takeResult(record.id) : undefined;
    if (result !== undefined) return result;
    const ending = endings[record.state];
    if (ending !== undefined) return problemAnswer(ending, correlation);
  }
  return lostResult(call.correlation);
}

/** The page was told that its call failed: it runs only if the same person repeats it. */
async function detach(store: Store, call: TicketCall, record: ApprovalRecord): Promise<Answer> {
  await detachApproval(store, record, { actor: actorOf(call.identity), why: "the page gave up" });
  return { status: 204, headers: [["cache-control", "no-store"]], body: new Uint8Array() };
}

/** Answers a request below `/_govern/tickets`; undefined if it is none. Identity and origin were checked. */
export async function handleTickets(store: Store, call: TicketCall): Promise<Answer | undefined> {
  const { path, method } = call.request;
  if (path === paths.tickets) return method === "GET" ? listStates(store, call) : undefined;
  const ticket = /^\/([\w-]{1,64})(\/result)?$/.exec(path.slice(paths.tickets.length));
  const id = ticket?.[1];
  const isResult = ticket?.[2] !== undefined;
  if (id === undefined || method !== (isResult ? "GET" : "DELETE")) return undefined;
  const [record] = await ownTickets(store, call, [id]);
  if (record === undefined && isResult) return lostResult(call.correlation);
  if (record === undefined) {
    const detail = "No ticket of this session has this id.";
    return problemAnswer({ code: "not-found", detail }, call.correlation);
  }
  return isResult ? giveResult(store, call, record) : detach(store, call, record);
}
