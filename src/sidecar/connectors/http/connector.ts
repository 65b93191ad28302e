/**
 * The HTTP connector: one upstream API behind the boundary. It sends the rendered request with the resource's own
 * credential to the one configured origin, follows no redirect, and buffers a capped answer. It must not forward a
 * caller's headers, but for what `identity` says of them, nor tell a caller where the upstream is.
 */
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import type { Connector, ConnectorCall, ConnectorResult, Settlement } from "../connector.ts";
import { addressRules, UnfitAddress } from "./addresses.ts";
import { isKnown, keyHeaders, settledBy, type Idempotency } from "./idempotency.ts";
import { exchange, type Received } from "./exchange.ts";
import { decodeBody } from "./inflate.ts";
import type { UpstreamIdentity } from "./upstream-identity.ts";
import { renderDocument, renderRequest, type UpstreamRequest } from "./request.ts";

export interface HttpConnectorOptions {
  readonly name: string;
  /** The upstream's base URL, resolved. */
  readonly upstream: URL;
  /** Headers of the resource with their references resolved: the credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** Query keys of the resource, likewise: they stand over what a call says under the same key. */
  readonly query?: Readonly<Record<string, string>>;
  /** How the upstream learns who is calling; none where the resource's own credential is all. */
  readonly identity?: UpstreamIdentity;
  /** By which header the upstream knows a write that it had before. */
  readonly idempotency?: Idempotency;
  /** Bytes an answer may have, also without its coding; default 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Networks inside that the upstream's name may lead to. */
  readonly networks?: readonly string[];
  /** Looks names up; default: the system. */
  readonly lookup?: LookupFunction;
}

/** Errors that come before a byte of the request was sent. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "GOVERN_UNFIT_ADDRESS",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_INVALID_ARG",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
]);

const timeouts = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function resultOfError(error: unknown, signal: AbortSignal): ConnectorResult {
  const code = codeOf(error);
  const isTimeout = signal.aborted || timeouts.has(code);
  const lost =
    error instanceof UnfitAddress ? error.message : "The connection to the resource failed.";
  return {
    kind: neverSent.has(code) ? "failed" : "unknown",
    code: isTimeout ? "resource-timeout" : "resource-failed",
    detail: isTimeout ? "The resource did not answer in time." : lost,
  };
}

/** What an upstream is told of the boundary; an operation may register the first. */
const ownHeaders = { accept: "*/*", "accept-encoding": "identity", "user-agent": "govern" };

class HttpConnector implements Connector {
  readonly name: string;
  readonly traces: boolean;
  readonly #options: HttpConnectorOptions;
  readonly #reads: Agent;
  readonly #writes: Agent;
  readonly #most: number;

  constructor(options: HttpConnectorOptions) {
    this.name = options.name;
    this.#options = options;
    this.traces = options.idempotency !== undefined;
    this.#most = options.maxResponseBytes ?? 16 * 1024 * 1024;
    const { lookup = addressRules(options.networks ?? []).lookup } = options;
    const shared = {
      maxResponseSize: this.#most,
      connect: { timeout: 10_000, lookup },
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.#reads = new Agent({ ...shared, connections: 64 });
    // A reused connection may be closed under a request, which leaves a write's fate open: writes take none that was idle
    // for a second, where servers keep theirs for five and more.
    this.#writes = new Agent({
      ...shared,
      connections: 64,
      keepAliveTimeout: 1000,
      keepAliveMaxTimeout: 1000,
    });
  }

  async execute(call: ConnectorCall, signal: AbortSignal): Promise<ConnectorResult> {
    const request = this.#render(call);
    if (request === null) {
      const detail = "This resource runs HTTP and GraphQL operations only.";
      return { kind: "failed", code: "resource-rejected", detail };
    }
    if (request === undefined) {
      const detail = "The arguments make an address that the operation does not have.";
      return { kind: "failed", code: "resource-rejected", detail };
    }
    const { identity } = this.#options;
    const named = identity === undefined ? {} : await identity.headersFor(call, request.path);
    if (named === undefined) {
      const detail = "The resource has to be told who is calling, and nobody is known.";
      return { kind: "failed", code: "resource-rejected", detail };
    }
    const keyed = await keyHeaders(this.#options.idempotency, call);
    if (keyed === undefined) {
      const detail = "The write could not be prepared, so it was not sent.";
      return { kind: "failed", code: "resource-failed", detail };
    }
    try {
      return await this.#send(
        call,
        { ...request, headers: { ...request.headers, ...named, ...keyed } },
        signal,
      );
    } catch (error) {
      return resultOfError(error, signal);
    }
  }

  /** Sends it again under its key; a write that the upstream may have forgotten is not asked about. */
  async settle(call: ConnectorCall, trace: string, signal: AbortSignal): Promise<Settlement> {
    if (!this.traces || !isKnown(trace, call)) {
      return { kind: "unknown", code: "resource-failed", detail: "Nothing tells how it ended." };
    }
    return settledBy(await this.execute(call, signal));
  }

  /** Null for operations of another kind. */
  #render(call: ConnectorCall): UpstreamRequest | undefined | null {
    const { upstream, query } = this.#options;
    const { operation, arguments: args } = call;
    if (operation.kind === "graphql" && "variables" in args) {
      return renderDocument(upstream, { operation, arguments: args, query: { ...query } });
    }
    if (operation.kind !== "http" || !("query" in args)) return null;
    const sent = { ...args, query: { ...args.query, ...query } };
    return renderRequest(upstream, { ...call, operation, arguments: sent });
  }

  async #send(
    call: ConnectorCall,
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<ConnectorResult> {
    const dispatcher = call.access === "read" ? this.#reads : this.#writes;
    const options = {
      origin: this.#options.upstream.origin,
      path: request.path,
      method: request.method,
      headers: { ...ownHeaders, ...request.headers, ...this.#options.headers },
      body: request.body,
    };
    return this.#answer(call, request, await exchange(dispatcher, options, signal));
  }

  async #answer(
    call: ConnectorCall,
    request: UpstreamRequest,
    { status, headers, body }: Received,
  ): Promise<ConnectorResult> {
    const { identity } = this.#options;
    if (identity?.keep !== undefined) {
      const cookies = headers.flatMap(([name, value]) => (name === "set-cookie" ? [value] : []));
      identity.keep(call, request.path, cookies);
    }
    const coding = headers.find(([name]) => name === "content-encoding")?.[1] ?? "identity";
    if (coding === "identity" || body.byteLength === 0) {
      return { kind: "answered", status, headers, body };
    }
    const plain = await decodeBody(body, coding, this.#most);
    if (plain === undefined) {
      const detail = "The resource's answer is coded in a way that is not taken, or too large.";
      return { kind: "unknown", code: "resource-failed", detail };
    }
    const kept = headers.filter(([name]) => name !== "content-encoding");
    return { kind: "answered", status, headers: kept, body: plain };
  }

  async close(): Promise<void> {
    await Promise.all([this.#reads.close(), this.#writes.close()]);
  }
}

/** Opens a connector to one upstream; no connection is made before the first call. */
export function openHttpConnector(options: HttpConnectorOptions): Connector {
  return new HttpConnector(options);
}
