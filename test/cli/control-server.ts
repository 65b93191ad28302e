/** A workspace in a temporary folder with a canned sidecar on its control socket. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Received {
  readonly call: string;
  readonly as: string | undefined;
  readonly body: unknown;
}

export interface ControlServer {
  readonly folder: string;
  readonly received: Received[];
  /** What it answers next, by `METHOD /path?query`. */
  answer(call: string, status: number, body: unknown): void;
  stop(): Promise<void>;
}

export async function startControlServer(): Promise<ControlServer> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-control-")));
  writeFileSync(join(folder, "govern.yaml"), "version: 1\n");
  mkdirSync(join(folder, ".govern"));
  const answers = new Map<string, { status: number; body: unknown }>();
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const call = `${request.method} ${request.url}`;
      const as = request.headers["govern-as"];
      received.push({
        call,
        as: typeof as === "string" ? as : undefined,
        body: text === "" ? undefined : (JSON.parse(text) as unknown),
      });
      const { status, body } = answers.get(call) ?? { status: 404, body: { code: "not-found" } };
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(join(folder, ".govern/control.sock"));
  await once(server, "listening");
  return {
    folder,
    received,
    answer: (call, status, body) => answers.set(call, { status, body }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      rmSync(folder, { recursive: true });
    },
  };
}
