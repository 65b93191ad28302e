/** What the page asks the operator's API. */
import type { AuditEntry } from "./entry.ts";

export interface TrailStatus {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly signing: {
    readonly signed: number | null;
    readonly anchors: readonly {
      readonly name: string;
      readonly size: number | null;
      readonly failing: boolean;
    }[];
  } | null;
  readonly verified: { readonly time: string; readonly verdict: Verdict } | null;
}

export type Verdict =
  | {
      readonly ok: true;
      readonly size: number;
      readonly signed: number;
      readonly clockBack: number | null;
    }
  | {
      readonly ok: false;
      readonly firstBad: number;
      readonly kind: string;
      readonly reason: string;
    };

/** A refusal, with what it says to people. */
class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const body = (await answer.json()) as T & { readonly detail?: unknown };
  if (answer.ok) return body;
  throw new ApiRefusal(
    typeof body.detail === "string" ? body.detail : `The sidecar answered ${answer.status}.`,
  );
}

export function fetchEntries(query: URLSearchParams): Promise<readonly AuditEntry[]> {
  return get(`/api/audit?${query.toString()}`);
}

export function fetchStatus(): Promise<TrailStatus> {
  return get("/api/audit/status");
}

export function verifyNow(): Promise<Verdict> {
  return get("/api/audit/verify");
}

/** All that belongs to what an entry is about: its approval's entries and those of its call, in their order. */
export async function fetchStory(entry: AuditEntry): Promise<readonly AuditEntry[]> {
  const queries = [{ correlation: entry.correlation }];
  const both = entry.approval === null ? queries : [...queries, { approval: entry.approval }];
  const found = await Promise.all(
    both.map((one) => fetchEntries(new URLSearchParams({ ...one, limit: "200" }))),
  );
  const all = new Map([entry, ...found.flat()].map((one) => [one.seq, one]));
  return [...all.values()].toSorted((a, b) => a.seq - b.seq);
}
