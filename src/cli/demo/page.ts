/** Calls as the governed page makes them: to the app's own origin, with a person's session, told by ticket. */
import { request, type IncomingHttpHeaders } from "node:http";
import { headers as wire, paths, type TicketStatus } from "../../contract/wire.ts";

export interface PageAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Page {
  send(
    method: string,
    path: string,
    body?: { readonly type: string; readonly text: string },
  ): Promise<PageAnswer>;
  /** The result of a held call, once there is one. */
  awaitResult(ticket: string): Promise<PageAnswer>;
}

const patience = 15_000;

function cookiePair(setCookie: string): readonly [string, string] {
  const pair = setCookie.split(";", 1)[0] ?? "";
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** A page of the app at this origin, with a cookie jar of its own. */
export function openPage(origin: string): Page {
  const { host, port } = new URL(origin);
  const cookies = new Map<string, string>();
  const send: Page["send"] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const sent = request(
        {
          host: "127.0.0.1",
          port,
          method,
          path,
          headers: {
            host,
            origin,
            "sec-fetch-site": "same-origin",
            "sec-fetch-mode": "cors",
            ...(cookie === "" ? {} : { cookie }),
            ...(body === undefined ? {} : { "content-type": body.type }),
          },
        },
        (response) => {
          for (const line of response.headers["set-cookie"] ?? []) cookies.set(...cookiePair(line));
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body?.text);
    });
  return {
    send,
    async awaitResult(ticket) {
      const id = encodeURIComponent(ticket);
      const deadline = Date.now() + patience;
      for (;;) {
        const answer = await send("GET", `${paths.tickets}?id=${id}`);
        const [row] = answer.status === 200 ? (JSON.parse(answer.text) as TicketStatus[]) : [];
        if (row?.state === "ready") return send("GET", `${paths.tickets}/${id}/result`);
        if (row?.state !== "waiting" || Date.now() > deadline) return answer;
        await new Promise((resume) => {
          setTimeout(resume, 200);
        });
      }
    },
  };
}

/** The code by which the boundary refused, or undefined if it did not. */
export function refusalOf(answer: PageAnswer): string | undefined {
  const code = answer.headers[wire.error];
  return typeof code === "string" ? code : undefined;
}

/** The ticket under which the boundary holds the call, or undefined if it does not. */
export function ticketOf(answer: PageAnswer): string | undefined {
  const ticket = answer.headers[wire.ticket];
  return typeof ticket === "string" ? ticket : undefined;
}
