/** Upstream identity `asserted`: a JWT of this sidecar's own, good for a minute, says who is calling. */
import type { Assertions } from "../../identity/assertions.ts";
import type { UpstreamIdentity } from "./upstream-identity.ts";

export function assertedIdentity(upstream: URL, assertions: Assertions): UpstreamIdentity {
  return {
    async headersFor({ caller, operation }) {
      if (caller === undefined) return undefined;
      const token = await assertions.assert({
        caller,
        operation: operation.id,
        audience: upstream.origin,
      });
      return { authorization: `Bearer ${token}` };
    },
  };
}
