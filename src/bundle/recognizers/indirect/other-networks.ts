/** Ways to a network that the boundary does not carry. */
import { isCall } from "../../modules/syntax.ts";
import type { CodeText, TextReader } from "./text-reader.ts";

const ungoverned = ["WebTransport", "RTCPeerConnection", "webkitRTCPeerConnection", "fetchLater"];

/** Every call and construction of such a global. */
export function otherNetworks(reader: TextReader): CodeText[] {
  return ungoverned.flatMap((name) =>
    reader.references(name).flatMap((node) =>
      reader.uses(node).flatMap((use): CodeText[] => {
        if (use.kind !== "call" || !isCall(use.node)) return [];
        return [{ node: use.node, reason: `${name} goes to the network past the boundary` }];
      }),
    ),
  );
}
