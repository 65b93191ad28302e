/** Refusals of requests that are no calls of an app: recorded like those, then answered. */
import type { IncomingMessage } from "node:http";
import type { Actor } from "../../contract/audit-entry.ts";
import { errorCodes } from "../../errors/codes.ts";
import type { Answer, CallRequest, Refusal } from "../lifecycle.ts";
import { problemAnswer } from "../problem.ts";
import { newCorrelation } from "../correlation.ts";
import { requestHead } from "../http-server.ts";
import type { Store } from "../store/store.ts";

export interface RefusedRequest {
  /** Which listener it came by. */
  readonly at: "app" | "operator" | "control";
  readonly request: Omit<CallRequest, "body">;
  readonly refusal: Refusal;
  readonly correlation: string;
  /** Who asked, where that is known. */
  readonly actor?: Actor | null;
  readonly app?: string | null;
}

/** Makes the refusal durable and gives its answer; without a durable entry the answer is 503. */
export async function refuseRequest(store: Store, refused: RefusedRequest): Promise<Answer> {
  const { request, refusal, correlation } = refused;
  const asked = {
    method: request.method,
    path: request.path.slice(0, 2048),
    host: (request.headers.get("host") ?? "").slice(0, 256),
  };
  try {
    await store.append({
      type: "refused",
      actor: refused.actor ?? null,
      app: refused.app ?? null,
      build: null,
      operation: null,
      arguments: null,
      decision: { refused: refusal.code, at: refused.at, detail: refusal.detail },
      approval: null,
      policy: null,
      resource: null,
      outcome: { status: errorCodes[refusal.code].status, request: asked },
      correlation,
    });
  } catch {
    const detail = "The audit trail takes no entries now.";
    return problemAnswer({ code: "audit-unavailable", detail }, correlation);
  }
  return problemAnswer(refusal, correlation);
}

/** Refuses a request whose head is not taken; its connection ends. */
export async function refuseMalformed(
  store: Store,
  {
    at,
    message,
    why,
  }: Pick<RefusedRequest, "at"> & {
    readonly message: IncomingMessage;
    readonly why: string;
  },
): Promise<Answer> {
  const answer = await refuseRequest(store, {
    at,
    request: requestHead(message),
    refusal: { code: "malformed-request", detail: `The request is not taken: ${why}.` },
    correlation: newCorrelation(),
  });
  return { ...answer, headers: [...answer.headers, ["connection", "close"]] };
}

/** Makes it durable that bytes came which never became a request. */
export function recordMalformed(
  store: Store,
  at: RefusedRequest["at"],
): (peer: string | undefined, why: string) => Promise<void> {
  return async (peer, why) => {
    const request = { method: "", path: "", query: "", headers: new Map<string, string>() };
    const detail = `What came from ${peer ?? "somewhere"} is not taken: ${why}.`;
    await refuseRequest(store, {
      at,
      request,
      refusal: { code: "malformed-request", detail },
      correlation: newCorrelation(),
    });
  };
}
