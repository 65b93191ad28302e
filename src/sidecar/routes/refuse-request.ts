/** Refusals of requests that are no calls of an app: recorded like those, then answered. */
import type { Actor } from "../../contract/audit-entry.ts";
import { errorCodes } from "../../errors/codes.ts";
import type { Answer, CallRequest, Refusal } from "../lifecycle.ts";
import { problemAnswer } from "../problem.ts";
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
