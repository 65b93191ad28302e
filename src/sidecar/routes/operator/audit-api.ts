/** `/api/audit…`: the trail, how far it is signed, and its verification. Reads only. */
import { entryTypeSchema, type EntryType } from "../../../contract/audit-entry.ts";
import type { CheckpointState } from "../../audit/checkpointing.ts";
import { hexOf } from "../../audit/right-edge.ts";
import type { Answer } from "../../lifecycle.ts";
import { parseQuery } from "../../matching/query.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { EntryQuery, LogVerdict, Store } from "../../store/store.ts";
import type { OperatorCall } from "./caller.ts";

const mostListed = 10_000;

export interface AuditApiOptions {
  readonly store: Store;
  /** How far the log is signed and anchored; null where nothing signs it. */
  readonly signing: () => CheckpointState | null;
}

/** What verifying said last, by store: it may take long, and is shown until it is asked for again. */
const lastVerdicts = new WeakMap<Store, { readonly time: string; readonly verdict: LogVerdict }>();

const names = new Set([
  "from",
  "to",
  "since",
  "until",
  "type",
  "app",
  "subject",
  "operation",
  "approval",
  "correlation",
  "limit",
  "newest",
]);

function count(text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Math.min(Number(text), most) : Number.NaN;
}

/** A time in the one form that entries have, so that texts can be compared. */
function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}

function isType(text: string): text is EntryType {
  return entryTypeSchema.safeParse(text).success;
}

function isPossible(query: EntryQuery): boolean {
  const numbers = [query.from, query.to, query.limit].every((one) => !Number.isNaN(one));
  return numbers && query.since !== "" && query.until !== "";
}

/** The query of an audit listing; undefined if it asks for what there is not. */
function readQuery(raw: string): EntryQuery | undefined {
  const values = parseQuery(raw);
  if (values === undefined) return undefined;
  const isKnown = [...values].every(([name, all]) => {
    return names.has(name) && (name === "type" || all.length === 1);
  });
  const one = (name: string): string | undefined => values.get(name)?.[0];
  const types = values.get("type") ?? [];
  if (!isKnown || !types.every(isType)) return undefined;
  const query = {
    from: count(one("from"), Number.MAX_SAFE_INTEGER),
    to: count(one("to"), Number.MAX_SAFE_INTEGER),
    since: timeOf(one("since")),
    until: timeOf(one("until")),
    types: types.length === 0 ? undefined : types,
    app: one("app"),
    subject: one("subject"),
    operation: one("operation"),
    approval: one("approval"),
    correlation: one("correlation"),
    limit: count(one("limit"), mostListed),
    newestFirst: one("newest") === "true",
  };
  const asked = Object.entries(query).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(asked) as EntryQuery;
  return isPossible(given) ? given : undefined;
}

async function status({ store, signing }: AuditApiOptions): Promise<Answer> {
  const { origin, size, root } = await store.head();
  const verified = lastVerdicts.get(store) ?? null;
  return jsonAnswer(200, { origin, size, root: hexOf(root), signing: signing(), verified });
}

async function verify(store: Store): Promise<Answer> {
  const verdict = await store.verify();
  lastVerdicts.set(store, { time: new Date().toISOString(), verdict });
  return jsonAnswer(200, verdict);
}

/** Answers `/api/audit…`; undefined for another path or method. */
export async function handleAudit(
  options: AuditApiOptions,
  call: OperatorCall,
): Promise<Answer | undefined> {
  const { path, method, query } = call.request;
  const rest = /^\/api\/audit(?:\/(status|verify))?$/.exec(path);
  if (method !== "GET" || rest === null) return undefined;
  if (!call.seesAll) {
    const detail = "The trail is shown to approvers and to the sidecar's own account.";
    return problemAnswer({ code: "not-an-approver", detail }, call.correlation);
  }
  if (rest[1] === "verify") return verify(options.store);
  if (rest[1] === "status") return status(options);
  const asked = readQuery(query);
  if (asked === undefined) {
    const detail = "The query of the trail cannot be read, or asks for what no entry has.";
    return problemAnswer({ code: "invalid-arguments", detail }, call.correlation);
  }
  return jsonAnswer(200, await options.store.entries(asked));
}
