/** The node:http server of every listener: strict parser, limits, buffered requests, answers written whole. */
import { newCorrelation } from "./correlation.ts";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { OnFault } from "./faults.ts";
import type { Answer, CallRequest } from "./lifecycle.ts";
import { problemAnswer } from "./problem.ts";

/** Bytes that a request's body may have. */
const maxBodyBytes = 1024 * 1024;

/** A request without its body. */
export function requestHead(message: IncomingMessage): Omit<CallRequest, "body"> {
  const url = message.url ?? "/";
  const cut = url.indexOf("?");
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  // Of a repeated one Node keeps the first: who is calling must not hang on that choice.
  const authorization = message.headersDistinct["authorization"];
  if (authorization !== undefined) headers.set("authorization", authorization.join(", "));
  const peer = message.socket.remoteAddress;
  return {
    ...(peer === undefined ? {} : { peer }),
    method: message.method ?? "GET",
    path: cut < 0 ? url : url.slice(0, cut),
    query: cut < 0 ? "" : url.slice(cut + 1),
    headers,
  };
}

/** The whole body, or undefined if it is larger than the cap; what is left of it is then not read. */
export async function readBodyBytes(message: IncomingMessage): Promise<Uint8Array | undefined> {
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

/** Writes an answer whole. A request that was not read to its end loses its connection. */
export function writeAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  const hasBody = answer.status >= 200 && answer.status !== 204 && answer.status !== 304;
  if (hasBody) response.setHeader("content-length", answer.body.byteLength);
  if (!message.complete) response.setHeader("connection", "close");
  response.end(hasBody && message.method !== "HEAD" ? answer.body : undefined);
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
  /** A protocol switch was asked for and refused. */
  readonly onUpgrade?: (message: IncomingMessage) => Promise<void>;
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

/** Makes a server that fails closed: a fault of the handler is told to `onFault`, and answered by 500 with its name there. */
export function createHardenedServer({ handle, onFault, onUpgrade }: HardenedOptions): Server {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    (message, response) => {
      handle(message, response).catch((error: unknown) => {
        const correlation = newCorrelation();
        onFault(error, correlation);
        answerFault(message, response, correlation);
      });
    },
  );
  server.maxHeadersCount = 100;
  server.maxConnections = 10_000;
  server.on("upgrade", (message, socket) => {
    const close = (): void => {
      socket.end(
        "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ngovern-error: unregistered\r\n\r\n",
      );
    };
    socket.on("error", () => socket.destroy());
    (onUpgrade?.(message) ?? Promise.resolve())
      .catch((error: unknown) => onFault(error, null))
      .finally(close);
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    else socket.destroy();
  });
  return server;
}
