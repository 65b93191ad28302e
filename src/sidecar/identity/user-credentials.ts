/** The app user's own credentials of a request: what a resource with `auth: passthrough` gets, and nothing else ever does. */
import type { CallRequest } from "../lifecycle.ts";
import { isByToken } from "./same-origin.ts";

export interface UserCredentials {
  readonly authorization: string | null;
  readonly cookie: string | null;
}

/** All of them, or none that the browser adds by itself: behind a proxy those may be the proxy's. */
export type PassedCredentials = "none" | "all" | "without-cookies";

/** Cookies of the boundary itself. */
const own = /^__Host-govern-/i;

/**
 * Null where there are none. A bearer token that named the caller to the boundary is not the app's; nor are the
 * boundary's own cookies.
 */
export function userCredentials(
  request: CallRequest,
  passes: PassedCredentials = "none",
): UserCredentials | null {
  if (passes === "none" || isByToken(request)) return null;
  const authorization = request.headers.get("authorization") ?? null;
  const sent = passes === "all" ? request.headers.get("cookie") : undefined;
  const cookies = (sent ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && !own.test(pair));
  const cookie = cookies.length === 0 ? null : cookies.join("; ");
  return authorization === null && cookie === null ? null : { authorization, cookie };
}
