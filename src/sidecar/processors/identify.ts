/** identify: the request comes from the app's own pages, or from a program, and it is known who made it. */
import type { Identified } from "../identity/callers.ts";
import { isByToken, isSameOrigin } from "../identity/same-origin.ts";
import { proceed, refuse, type Part, type ReceivedCall } from "../lifecycle.ts";

export interface IdentifyOptions {
  /** Who made a request, verified; undefined for an app that is not served. */
  readonly identify: (call: ReceivedCall) => Promise<Identified | undefined>;
}

export function createIdentify(options: IdentifyOptions): Part<"identify"> {
  return {
    point: "identify",
    process: async function identify(call) {
      if (!isSameOrigin(call.request, call.origin) && !isByToken(call.request)) {
        return refuse("cross-origin", "Calls are taken from the app's own pages only.");
      }
      const caller = await options.identify(call);
      if (caller === undefined) return refuse("unauthenticated", "Nobody is signed in.");
      if (!caller.ok) return refuse(caller.refusal.code, caller.refusal.detail);
      return proceed({ ...call, identity: caller.identity });
    },
  };
}
