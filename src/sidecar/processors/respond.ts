/** respond: the answer of an end, with header hygiene. Must not say more of a refusal than its code and detail. */
import type { HeldBody } from "../../contract/wire.ts";
import { headers as govern } from "../../contract/wire.ts";
import { cleanHeaders } from "../answer-headers.ts";
import { answerWithheld } from "../masking/mask-answer.ts";
import type { Answer, CallEnd, Part } from "../lifecycle.ts";
import { jsonAnswer, problemAnswer } from "../problem.ts";

function respond(end: CallEnd): Answer {
  if (end.kind === "refused") return problemAnswer(end.refusal, end.call.correlation);
  if (end.kind === "held") {
    const { id, expiresAt } = end.approval;
    const body: HeldBody = { ticket: id, expiresAt };
    return jsonAnswer(202, body, [[govern.ticket, id]]);
  }
  if (end.kind === "dropped") {
    return { status: 204, headers: cleanHeaders([]), body: new Uint8Array() };
  }
  const { execution, correlation } = end.call;
  if (execution.kind === "voucher") return execution.answer;
  const { outcome } = execution;
  if (outcome.state !== "executed") return problemAnswer(outcome, correlation);
  if (outcome.withheld === true) return problemAnswer(answerWithheld, correlation);
  return { status: outcome.status, headers: cleanHeaders(outcome.headers), body: outcome.body };
}

export function createRespond(): Part<"respond"> {
  return { point: "respond", process: respond };
}
