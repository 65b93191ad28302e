/** Talks to a sidecar on another machine as the person who signed in with `govern login`. */
import { GovernError } from "../../errors/govern-error.ts";
import { freshToken } from "./device-login.ts";
import { exchange, type RemoteAnswer, type RemoteCall } from "./exchange.ts";
import { readTokens } from "./token-store.ts";

/** Sends one request with the person's token. Throws `unauthenticated` for a server that nobody signed in to. */
export async function callServer(
  server: string,
  call: Omit<RemoteCall, "token">,
): Promise<RemoteAnswer> {
  const stored = readTokens()[server];
  if (stored === undefined) {
    throw new GovernError("unauthenticated", `You are not signed in to ${server}.`, {
      next: `Run \`govern login --server ${server}\`.`,
    });
  }
  return exchange(server, { ...call, token: await freshToken(server, stored) });
}
