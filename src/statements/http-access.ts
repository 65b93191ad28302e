/** Whether an HTTP operation reads or writes, and why. */
import type { Access, Fields } from "../contract/operation.ts";

const safe = new Set(["GET", "HEAD", "OPTIONS"]);

const mutating = new Set(
  (
    "delete remove create update add insert destroy drop purge clear reset revoke cancel approve reject enable disable " +
    "activate deactivate archive restore send publish unpublish start stop restart run execute trigger logout signout " +
    "unsubscribe subscribe install uninstall upload import sync rename move merge close reopen pay refund transfer set"
  ).split(" "),
);

function firstWord(text: string): string {
  return (/^[a-z]+/i.exec(text.replaceAll(/([a-z])([A-Z])/g, "$1 $2"))?.[0] ?? "").toLowerCase();
}

function mutatingQuery(query: Fields): string | undefined {
  for (const [key, field] of Object.entries(query.fields)) {
    if (typeof field !== "object" || !("literal" in field)) continue;
    const word = firstWord(String(field.literal));
    if (mutating.has(word)) return `${key}=${String(field.literal)}`;
  }
  return undefined;
}

/** GET, HEAD and OPTIONS read, unless path or query say that they mutate; everything else writes. */
export function httpAccess(
  method: string,
  path: string,
  query: Fields,
): { access: Access; why: string } {
  if (!safe.has(method)) return { access: "write", why: `method ${method}` };
  const last = path.split("/").findLast((segment) => segment !== "" && !segment.includes("{"));
  if (last !== undefined && mutating.has(firstWord(last))) {
    return { access: "write", why: `method ${method}, but the path says ${last}` };
  }
  const word = mutatingQuery(query);
  if (word !== undefined)
    return { access: "write", why: `method ${method}, but the query says ${word}` };
  return { access: "read", why: `method ${method}` };
}
