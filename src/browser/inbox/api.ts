/** What the page asks the operator's API. */
import type {
  ApprovalDetail,
  ApprovalPreview,
  ApprovalView,
  Figures,
} from "../../contract/approval.ts";

/** A refusal, with what it says to people. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(path, { headers, ...init });
  if (answer.status === 401) location.reload();
  const value = (await answer.json()) as T & { readonly detail?: unknown };
  if (answer.ok) return value;
  const said = typeof value.detail === "string" ? value.detail : "";
  throw new ApiRefusal(said || `The sidecar answered ${answer.status}.`);
}

const pathOf = (id: string): string => `/api/approvals/${encodeURIComponent(id)}`;

export const fetchList = (query: URLSearchParams): Promise<readonly ApprovalView[]> =>
  ask(`/api/approvals?${query.toString()}`);

export const fetchDetail = (id: string): Promise<ApprovalDetail> => ask(pathOf(id));

export const fetchPreview = (id: string): Promise<ApprovalPreview> => ask(`${pathOf(id)}/preview`);

export const fetchFigures = (): Promise<Figures> => ask("/api/approvals/figures");

/** Does something to a held call, by its verb. */
export const act = (id: string, verb: string, body: object): Promise<ApprovalView> =>
  ask(`${pathOf(id)}/${verb}`, body);

/** Calls back whenever an approval that may be seen was held or went on, and when the stream was cut and is there again. */
export function follow(onChange: () => void): () => void {
  const source = new EventSource("/api/approvals/events");
  source.addEventListener("message", onChange);
  source.addEventListener("open", onChange);
  return () => source.close();
}
