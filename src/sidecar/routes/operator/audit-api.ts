/** `/api/audit…`: the trail, and its verification. Reads only. */
import { entryTypeSchema, type EntryType } from "../../../contract/audit-entry.ts";
import type { Answer } from "../../lifecycle.ts";
import { parseQuery } from "../../matching/query.ts";
import { jsonAnswer, problemAnswer } from "../../problem.ts";
import type { EntryQuery, Store } from "../../store/store.ts";
import type { OperatorCall } from "./caller.ts";

const mostListed = 10_000;

function count(text: string | undefined, most: number): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Math.min(Number(text), most) : undefined;
}

/** The query of an audit listing; undefined if it asks for what there is not. */
function readQuery(raw: string): EntryQuery | undefined {
  const values = parseQuery(raw);
  if (values === undefined) return undefined;
  const one = (name: string): string | undefined => values.get(name)?.[0];
  const types = values.get("type") ?? [];
  if (!types.every((type): type is EntryType => entryTypeSchema.safeParse(type).success)) {
    return undefined;
  }
  const [from, limit] = [
    count(one("from"), Number.MAX_SAFE_INTEGER),
    count(one("limit"), mostListed),
  ];
  const [app, subject, approval] = [one("app"), one("subject"), one("approval")];
  return {
    ...(from === undefined ? {} : { from }),
    limit: limit ?? 100,
    ...(types.length === 0 ? {} : { types }),
    ...(app === undefined ? {} : { app }),
    ...(subject === undefined ? {} : { subject }),
    ...(approval === undefined ? {} : { approval }),
    newestFirst: one("newest") === "true",
  };
}

/** Answers `/api/audit…`; undefined for another path or method. */
export async function handleAudit(store: Store, call: OperatorCall): Promise<Answer | undefined> {
  const { path, method, query } = call.request;
  if (method !== "GET" || (path !== "/api/audit" && path !== "/api/audit/verify")) return undefined;
  if (!call.seesAll) {
    const detail = "The trail is shown to approvers and to the sidecar's own account.";
    return problemAnswer({ code: "not-an-approver", detail }, call.correlation);
  }
  if (path === "/api/audit/verify") return jsonAnswer(200, await store.verify());
  const asked = readQuery(query);
  if (asked === undefined) {
    const detail = "The query of the trail cannot be read.";
    return problemAnswer({ code: "invalid-arguments", detail }, call.correlation);
  }
  return jsonAnswer(200, await store.entries(asked));
}
