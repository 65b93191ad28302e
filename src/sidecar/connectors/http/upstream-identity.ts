/** How an HTTP resource learns who is calling, where it is not the resource's own credential alone. */
import type { ConnectorCall } from "../connector.ts";

export interface UpstreamIdentity {
  /** Headers that say who is calling; undefined if nobody can be named, and the call must not be sent. */
  headersFor(
    call: ConnectorCall,
    path: string,
  ): Promise<Readonly<Record<string, string>> | undefined>;
  /** Told of the cookies that the upstream set. */
  keep?(call: ConnectorCall, path: string, setCookies: readonly string[]): void;
}
