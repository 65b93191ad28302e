/** A backend made of answers by hand, which writes down what it was asked, and the original app served in front of it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import sirv from "sirv";

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Given {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a text. */
  readonly body: unknown;
}

/** What the backend answers; undefined is its 404. */
export type Answers = (asked: Asked) => Given | undefined;

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

export interface Upstream extends Listening {
  /** `GET /api/accounts?page=1`, in the order of arrival. */
  readonly calls: string[];
}

async function readAsked(message: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  return { method: message.method ?? "", url: message.url ?? "", headers: message.headers, body };
}

function give(response: ServerResponse, given: Given | undefined): void {
  const { status = 200, headers = {}, body } = given ?? { status: 404, body: { error: "none" } };
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    ...headers,
  });
  response.end(isText ? body : JSON.stringify(body));
}

async function answerFrom(
  answers: Answers,
  calls: string[],
  { message, response }: { message: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const asked = await readAsked(message);
  calls.push(`${asked.method} ${asked.url}`);
  give(response, answers(asked));
}

function listen(server: Server): Promise<Listening> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.closeAllConnections();
            server.close(() => closed());
          }),
      });
    });
  });
}

/** Starts a backend. */
export async function startUpstream(answers: Answers): Promise<Upstream> {
  const calls: string[] = [];
  const server = createServer((message, response) => {
    void answerFrom(answers, calls, { message, response });
  });
  return { calls, ...(await listen(server)) };
}

/** Serves a bundle as it was built: its files, its entry page for other documents, and the backend behind the same origin. */
export async function startOriginal(
  app: { readonly folder: string; readonly mount?: string; readonly answers: Answers },
  calls: string[],
): Promise<Listening> {
  const files = sirv(app.folder, { dev: true, etag: true });
  const root = `/${app.mount ?? ""}`;
  const server = createServer((message, response) => {
    const { url = "/", method, headers } = message;
    const ask = (): void => {
      message.url = url;
      void answerFrom(app.answers, calls, { message, response });
    };
    if ((method !== "GET" && method !== "HEAD") || !url.startsWith(root)) {
      ask();
      return;
    }
    message.url = url.slice(root.length - 1);
    files(message, response, () => {
      if (headers["sec-fetch-dest"] !== "document") {
        ask();
        return;
      }
      message.url = "/";
      files(message, response, () => give(response, undefined));
    });
  });
  return await listen(server);
}
