/** What the page can list. */
import type { ApprovalState, ApprovalView } from "../../contract/approval.ts";

export type ViewName = "waiting" | "mine" | "stale" | "review" | "doubtful" | "history" | "figures";

export interface Filters {
  readonly app: string;
  readonly operation: string;
  readonly state: string;
}

export const viewNames: readonly (readonly [ViewName, string])[] = [
  ["waiting", "Waiting"],
  ["mine", "Mine"],
  ["stale", "Stale"],
  ["review", "To review"],
  ["doubtful", "Doubtful"],
  ["history", "History"],
  ["figures", "Figures"],
];

export const endStates: readonly ApprovalState[] = [
  "executed",
  "failed",
  "unknown",
  "denied",
  "expired",
  "cancelled",
  "stale",
];

/** Rows that are fetched at once. */
export const pageSize = 50;

function statesOf(view: ViewName, { state }: Filters): readonly string[] {
  if (view === "waiting") return ["pending", "approved", "executing"];
  if (view === "stale") return ["stale"];
  if (view !== "history") return [];
  return state === "" ? endStates : [state];
}

/** The listing of a view, below the last row that is there. */
export function queryOf(view: ViewName, filters: Filters, before?: string): URLSearchParams {
  const query = new URLSearchParams({ limit: String(pageSize) });
  for (const state of statesOf(view, filters)) query.append("state", state);
  if (view === "mine") query.set("mine", "true");
  if (view === "review") query.set("unreviewed", "true");
  if (view === "doubtful") query.set("unresolved", "true");
  if (filters.app !== "") query.set("app", filters.app);
  if (filters.operation !== "") query.set("operation", filters.operation);
  if (before !== undefined) query.set("before", before);
  return query;
}

/** Waiting ones are decided in the order in which they came; the rest is newest first. */
export function ordered(view: ViewName, rows: readonly ApprovalView[]): readonly ApprovalView[] {
  return view === "waiting" ? rows.toReversed() : rows;
}
