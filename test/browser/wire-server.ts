/** A server that plays the sidecar's half of the wire: it holds, decides, refuses and ends sessions as a test says. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Problem, SqlBatchResult, SqlResult, TicketState } from "../../src/contract/wire.ts";

const csp =
  "default-src 'none'; script-src 'self'; connect-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; worker-src 'self'; img-src 'self' data:";

/** A request that reached the server. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The client closed the connection before it was answered. */
  cut: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

interface Held {
  state: TicketState;
  result: Answer;
}

export interface WireServer {
  readonly url: string;
  readonly seen: Seen[];
  readonly held: Map<string, Held>;
  /** Every governed write is held from now on. */
  hold: boolean;
  /** Answers nothing until the returned function is called. */
  pauseAnswers(): () => void;
  paused: boolean;
  signedIn: boolean;
  sql: SqlResult | SqlBatchResult | Problem;
  /** What same-origin and mapped calls answer. */
  answer: Answer;
  /** Drops the connection of this many result requests. */
  dropResults: number;
  /** How long results are on their way, in milliseconds. */
  resultDelay: number;
  approve(ticket: string, result?: Partial<Answer>): void;
  refuse(ticket: string, code: string): void;
  requests(path: RegExp): Seen[];
  close(): Promise<void>;
}

function problem(status: number, code: string): Answer {
  const body: Problem = {
    type: `urn:govern:${code}`,
    title: code,
    status,
    detail: `Refused with ${code}.`,
    code,
    correlation: "c-1",
  };
  return {
    status,
    headers: { "content-type": "application/problem+json", "govern-error": code },
    body: JSON.stringify(body),
  };
}

const proxy = readFileSync(new URL("../../dist/browser/proxy-sql.js", import.meta.url), "utf8");

const files: Record<string, readonly [type: string, text: string]> = {
  "/": [
    "text/html",
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Plain page</title><link rel="icon" href="data:,"><script src="/proxy.js"></script><script src="/proxy.js"></script></head><body><main><h1>Accounts</h1><p>Nine accounts.</p></main></body></html>`,
  ],
  "/native": [
    "text/html",
    `<!doctype html><html lang="en"><title>Native page</title><link rel="icon" href="data:,"><body></body></html>`,
  ],
  "/proxy.js": ["text/javascript", proxy],
  "/worker.js": [
    "text/javascript",
    `${proxy};onmessage=async({data})=>{const r=await fetch(data,{method:"POST",body:"from worker"});postMessage([r.status,await r.text(),typeof __govern])};`,
  ],
  "/_govern/login": ["text/html", "<!doctype html><title>Sign in</title>"],
};

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { "content-security-policy": csp, ...answer.headers });
  response.end(answer.body);
}

function json(value: unknown, status = 200): Answer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  };
}

function answerTickets(server: WireServer, request: Seen): Answer | "drop" {
  const url = new URL(request.url, "http://page");
  const [, , , ticket = "", result] = url.pathname.split("/");
  const held = server.held.get(ticket);
  if (ticket === "") {
    return json(
      url.searchParams
        .getAll("id")
        .map((id) => ({ ticket: id, state: server.held.get(id)?.state ?? "gone" })),
    );
  }
  if (!held) return problem(409, "outcome-unknown");
  if (request.method === "DELETE") {
    server.held.delete(ticket);
    return json({});
  }
  if (result !== "result") return problem(404, "not-found");
  if (server.dropResults > 0) {
    server.dropResults -= 1;
    return "drop";
  }
  server.held.delete(ticket);
  return held.result;
}

function answerCall(server: WireServer, request: Seen): Answer {
  const isWrite = request.method !== "GET";
  const isSql = request.url.startsWith("/_govern/sql/");
  const isProblem = "code" in server.sql;
  const own =
    isSql && isProblem
      ? problem((server.sql as Problem).status, (server.sql as Problem).code)
      : isSql
        ? json(server.sql)
        : server.answer;
  if (!server.hold || !isWrite) return own;
  const ticket = `t-${server.requests(/./).length}`;
  server.held.set(ticket, { state: "waiting", result: own });
  const held = json({ ticket, expiresAt: "2030-01-01T00:00:00.000Z" }, 202);
  return { ...held, headers: { ...held.headers, "govern-ticket": ticket } };
}

function route(server: WireServer, request: Seen): Answer | "drop" {
  const path = new URL(request.url, "http://page").pathname;
  const file = files[path];
  if (file && request.method === "GET") {
    return { status: 200, headers: { "content-type": file[0] }, body: file[1] };
  }
  if (path === "/_govern/me") return server.signedIn ? json({}) : problem(401, "unauthenticated");
  if (!server.signedIn) return problem(401, "unauthenticated");
  if (path.startsWith("/_govern/tickets")) return answerTickets(server, request);
  return answerCall(server, request);
}

function makeServer(http: Server): WireServer {
  const server: WireServer = {
    url: "",
    seen: [],
    held: new Map(),
    hold: false,
    paused: false,
    signedIn: true,
    dropResults: 0,
    resultDelay: 0,
    sql: { columns: [], rows: [], rowCount: 0, command: "SELECT" },
    answer: { status: 200, headers: { "content-type": "text/plain", "x-own": "1" }, body: "done" },
    approve(ticket, result = {}) {
      const held = server.held.get(ticket) as Held;
      held.result = { ...held.result, ...result };
      held.state = "ready";
    },
    refuse(ticket, code) {
      server.held.set(ticket, { state: "ready", result: problem(403, code) });
    },
    pauseAnswers: () => {
      server.paused = true;
      return () => {
        server.paused = false;
        http.emit("resume");
      };
    },
    requests: (path) => server.seen.filter(({ url }) => path.test(url)),
    async close() {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return server;
}

export async function startWireServer(): Promise<WireServer> {
  const http = createServer((request, response) => {
    void (async () => {
      const { method = "", url = "", headers } = request;
      const seen: Seen = { method, url, headers, body: await readBody(request), cut: false };
      response.on("close", () => {
        seen.cut = !response.writableFinished;
      });
      server.seen.push(seen);
      if (server.paused) await once(http, "resume");
      if (url.endsWith("/result")) await setTimeout(server.resultDelay);
      const answer = route(server, seen);
      if (answer === "drop") request.socket.destroy();
      else reply(response, answer);
    })();
  });
  const server = makeServer(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return Object.assign(server, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}
