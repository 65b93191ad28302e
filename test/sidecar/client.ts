/** Requests as a page, a tab or a tool makes them, to a listener on loopback. */
import { request, type IncomingHttpHeaders } from "node:http";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

export type Address =
  | { readonly port: number; readonly host: string }
  | { readonly socket: string };

export function send(address: Address, call: Call): Promise<Reply> {
  const where =
    "socket" in address
      ? { socketPath: address.socket, headers: { host: "localhost", ...call.headers } }
      : {
          host: "127.0.0.1",
          port: address.port,
          headers: { host: `${address.host}:${address.port}`, ...call.headers },
        };
  return new Promise((resolve, reject) => {
    const sent = request(
      { ...where, method: call.method ?? "GET", path: call.path },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, text, json: (): unknown => JSON.parse(text) });
        });
      },
    );
    sent.on("error", reject);
    sent.end(call.body);
  });
}

/** A signed-in tab: same-origin calls with a session cookie. */
export interface Tab {
  readonly cookie: string;
  send(call: Call): Promise<Reply>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
}

export async function signIn(address: { port: number; host: string }, user: string): Promise<Tab> {
  const own = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };
  const answer = await send(address, {
    method: "POST",
    path: "/_govern/login",
    headers: { ...own, "content-type": "application/x-www-form-urlencoded" },
    body: `user=${user}&return=/`,
  });
  const cookie = (answer.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
  const tab: Tab = {
    cookie,
    send: (call) => send(address, { ...call, headers: { ...own, cookie, ...call.headers } }),
    post: (path, body, headers = {}) =>
      tab.send({
        method: "POST",
        path,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
  };
  return tab;
}
