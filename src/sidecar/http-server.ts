/** The node:http server of every listener: strict parser, limits, buffered requests, answers written whole. */
import { newCorrelation } from "./correlation.ts";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { GovernErrorCode } from "../errors/codes.ts";
import type { OnFault } from "./faults.ts";
import type { Answer, CallRequest } from "./lifecycle.ts";
import { clientFault, maxHeaders } from "./malformed.ts";
import { problemAnswer } from "./problem.ts";

/** Bytes that a request's body may have. */
const maxBodyBytes = 1024 * 1024;

/** Bytes of a body that is written together with its headers. */
const maxInline = 16_384;

/** How long a listener waits for others, in milliseconds. */
export interface Patience {
  /** For the whole head of a request, and for the first one of a connection. */
  readonly headers: number;
  /** For a whole request. */
  readonly request: number;
  /** For somebody who takes none of an answer. */
  readonly answer: number;
}

const defaultPatience: Patience = { headers: 10_000, request: 60_000, answer: 30_000 };

/** A request without its body. */
export function requestHead(message: IncomingMessage): Omit<CallRequest, "body"> {
  const url = message.url ?? "/";
  const cut = url.indexOf("?");
  const headers = new Map<string, string>();
  const sent = message.headers;
  for (const name in sent) {
    const value = sent[name];
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  // Of a repeated one Node keeps the first: who is calling must not hang on that choice.
  if (headers.has("authorization")) {
    headers.set("authorization", (message.headersDistinct["authorization"] ?? []).join(", "));
  }
  const peer = message.socket.remoteAddress;
  return {
    ...(peer === undefined ? {} : { peer }),
    method: message.method ?? "GET",
    path: cut < 0 ? url : url.slice(0, cut),
    query: cut < 0 ? "" : url.slice(cut + 1),
    headers,
  };
}

const noBytes = new Uint8Array();

/** The whole body, or undefined if it is larger than the cap; what is left of it is then not read. */
export async function readBodyBytes(message: IncomingMessage): Promise<Uint8Array | undefined> {
  if (!hasBody(message)) return noBytes;
  if (Number(message.headers["content-length"] ?? 0) > maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whether a request announces a body (RFC 9112 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** Bytes as a text of which each character is one of them; nothing is copied before. */
function latin1Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/** Writes an answer whole. A request that was not read to its end loses its connection. */
export function writeAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): void {
  if (response.headersSent || response.destroyed) return;
  const isWhole = answer.status >= 200 && answer.status !== 204 && answer.status !== 304;
  const headers: string[] = [];
  for (const [name, value] of answer.headers) headers.push(name, value);
  if (isWhole) headers.push("content-length", String(answer.body.byteLength));
  if (!message.complete) headers.push("connection", "close");
  response.writeHead(answer.status, headers);
  if (!isWhole || message.method === "HEAD") response.end();
  else if (answer.body.byteLength > maxInline) response.end(answer.body);
  // One write with the headers, where node makes one of both: every byte is the character of its number.
  else response.end(latin1Of(answer.body), "latin1");
}

/**
 * Whether an answer that was written was handed over before its connection closed, or was closed by the client's side. It
 * settles when that is known.
 */
export async function wasDelivered(
  { socket }: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (!response.writableFinished && !response.destroyed) {
    await new Promise<void>((resolve) => {
      response.once("finish", resolve);
      response.once("close", resolve);
    });
  }
  return response.writableFinished && !socket.readableEnded && !socket.destroyed;
}

export interface HardenedOptions {
  readonly handle: (message: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly onFault: OnFault;
  /** A protocol switch was asked for: takes the connection over, or answers and ends it. Without it all are refused. */
  readonly onUpgrade?: (message: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  /** Records a connection whose request was refused before it was one, and why. */
  readonly onMalformed?: (peer: string | undefined, why: string) => Promise<void>;
  readonly patience?: Patience;
}

function answerFault(message: IncomingMessage, response: ServerResponse, about: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const detail = "The request failed inside the sidecar.";
  writeAnswer(message, response, problemAnswer({ code: "internal", detail }, about));
}

/** Whoever takes none of an answer for a while loses the connection: what is written for them stays in memory. */
function endStalled(response: ServerResponse, patience: number): void {
  const watch = (): void => {
    if (!response.writableFinished) response.setTimeout(patience, () => response.destroy());
  };
  response.once("pipe", watch);
  response.once("prefinish", watch);
}

/** Ends a connection with a status and nothing else. */
export function endWith(socket: Duplex, status: string, code: GovernErrorCode): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\ngovern-error: ${code}\r\n\r\n`,
  );
}

/** What never becomes a request: bytes that are no HTTP, heads that are too long, requests that do not come to an end. */
function refuseMalformed(server: Server, { onMalformed, onFault }: HardenedOptions): void {
  const refuse = (socket: Duplex, status: string, why: string): void => {
    const peer = socket instanceof Socket ? socket.remoteAddress : undefined;
    socket.on("error", () => socket.destroy());
    (onMalformed?.(peer, why) ?? Promise.resolve())
      .catch((error: unknown) => onFault(error, null))
      .finally(() => endWith(socket, status, "malformed-request"));
  };
  server.on("clientError", (error, socket) => {
    const fault = clientFault(error);
    if (fault === undefined) socket.destroy();
    else refuse(socket, fault.status, fault.why);
  });
  server.on("connect", (_message, socket) => {
    refuse(socket, "403 Forbidden", "a tunnel was asked for");
  });
}

/** Makes a server that fails closed: a fault of the handler is told to `onFault`, and answered by 500 with its name there. */
export function createHardenedServer(options: HardenedOptions): Server {
  const { handle, onFault, onUpgrade, patience = defaultPatience } = options;
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    endStalled(response, patience.answer);
    handle(message, response).catch((error: unknown) => {
      // Whoever sent half a request and left is no fault of the sidecar's.
      if (message.destroyed && !message.complete) return;
      const correlation = newCorrelation();
      onFault(error, correlation);
      answerFault(message, response, correlation);
    });
  };
  const server = createServer(
    {
      headersTimeout: patience.headers,
      requestTimeout: patience.request,
      connectionsCheckingInterval: Math.min(5000, patience.headers),
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
      insecureHTTPParser: false,
      // Refused by headFault, which is recorded.
      requireHostHeader: false,
    },
    onRequest,
  );
  server.maxHeadersCount = maxHeaders + 1;
  server.maxConnections = 10_000;
  // What a request expects is no reason to answer it otherwise.
  server.on("checkExpectation", onRequest);
  server.on("upgrade", (message, socket, head) => {
    socket.on("error", () => socket.destroy());
    const refused = (): void => endWith(socket, "403 Forbidden", "unregistered");
    if (onUpgrade === undefined) {
      refused();
      return;
    }
    onUpgrade(message, socket, head).catch((error: unknown) => {
      onFault(error, null);
      refused();
    });
  });
  refuseMalformed(server, options);
  return server;
}
