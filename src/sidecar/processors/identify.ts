/** identify: the request comes from the app's own pages, and somebody is signed in. Must not decide what they may do. */
import type { Identity } from "../identity/identity.ts";
import { isSameOrigin } from "../identity/same-origin.ts";
import { proceed, refuse, type Part, type ReceivedCall } from "../lifecycle.ts";

export interface IdentifyOptions {
  /** The identity of a request's session cookie, verified; undefined if there is none. */
  readonly readSession: (call: ReceivedCall) => Promise<Identity | undefined>;
}

export function createIdentify({ readSession }: IdentifyOptions): Part<"identify"> {
  return {
    point: "identify",
    process: async function identify(call) {
      if (!isSameOrigin(call.request, call.origin)) {
        return refuse("cross-origin", "Calls are taken from the app's own pages only.");
      }
      const identity = await readSession(call);
      if (identity === undefined) return refuse("unauthenticated", "Nobody is signed in.");
      return proceed({ ...call, identity });
    },
  };
}
