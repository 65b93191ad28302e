/** A small hand-made workspace: one app, an HTTP read and a gated write to a real upstream, SQL over a SQLite file. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { originId, statementDigest } from "../../src/contract/operation-id.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { digestsOf } from "../../src/contract/seal.ts";

export const api = "https://api.desk.example";
export const apiPath = `/_govern/http/${originId(api)}`;
export const build = "b".repeat(64);
export const credential = "desk-credential-5f1c";

export const readTicket: Operation = {
  id: "get-tickets-1a2b3c",
  kind: "http",
  access: "read",
  why: "method GET",
  method: "GET",
  origin: api,
  path: "/v2/tickets/{ticketId}",
  query: { fields: { verbose: "boolean" }, open: false },
  headers: ["x-desk-view"],
  body: { type: "none" },
};
export const postRefund: Operation = {
  id: "post-tickets-refunds-4d5e6f",
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: api,
  path: "/v2/tickets/{ticketId}/refunds",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json", fields: { amount: "number", note: "string" }, open: false },
};
export const putLabel: Operation = {
  ...postRefund,
  id: "put-tickets-label-7a8b9c",
  method: "PUT",
  path: "/v2/tickets/{ticketId}/label",
  body: { type: "json", fields: { label: "string" }, open: false },
};
const selectAgents: Operation = {
  id: "select-agents-aa11bb",
  kind: "sql",
  access: "read",
  why: "SelectStmt",
  dialect: "postgres",
  statement: "SELECT id, name, score FROM agents WHERE score > $1 ORDER BY id",
  tables: ["agents"],
  parameters: ["score"],
  client: "neon",
};
export const updateAgent: Operation = {
  id: "update-agents-cc22dd",
  kind: "sql",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  statement: "UPDATE agents SET score = $1 WHERE id = $2",
  tables: ["agents"],
  parameters: ["score", "id"],
  client: "neon",
};
const moveScore: Operation = {
  id: "batch-neon-ee33ff",
  kind: "sql-batch",
  access: "write",
  why: "UpdateStmt",
  dialect: "postgres",
  client: "neon",
  statements: [updateAgent.id, updateAgent.id, selectAgents.id],
};
export const selectAgentsDigest = statementDigest(selectAgents.statement);
export const updateAgentDigest = statementDigest(updateAgent.statement);

const yaml = (upstream: number): string => `version: 1
identity:
  dev: { users: { sam: [dev], ana: [leads], kim: [dev], lou: [] } }
resources:
  desk: { kind: http, upstream: "http://127.0.0.1:${upstream}/base", auth: service, headers: { authorization: "Bearer \${env:DESK_TOKEN}" } }
  agents: { kind: sqlite, url: "sqlite:./agents.db" }
apps:
  desk:
    resources: { "${api}": desk, sql: agents }
permissions:
  - { groups: [dev], allow: ["desk/*"] }
approvals:
  - match: { access: write }
    approvers: { all: [leads] }
    quorum: 1
    expiresIn: 24h
  - match: { operation: desk/${putLabel.id} }
    require: none
    reason: labels move nothing
`;

const html = `<!doctype html><html><head><script>window.inline = 1;</script>
<script type="module" src="/assets/app.js"></script></head><body><div id="root"></div></body></html>
`;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Upstream {
  readonly port: number;
  /** Everything that arrived. */
  readonly seen: Seen[];
  /** What it answers next; default 201 with an echo. */
  reply: "echo" | "reset" | "hang" | "error" | "redirect";
  stop(): Promise<void>;
}

async function readAll(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of message) text += String(chunk);
  return text;
}

export async function startUpstream(): Promise<Upstream> {
  const seen: Seen[] = [];
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(message);
    const { method = "", url = "", headers } = message;
    seen.push({ method, url, headers, body });
    if (upstream.reply === "hang") return;
    if (upstream.reply === "reset") {
      message.socket.destroy();
      return;
    }
    const status = { echo: 201, error: 503, redirect: 302 }[upstream.reply];
    response.writeHead(status, {
      "content-type": "application/json",
      "set-cookie": "upstream=1",
      "govern-error": "forged",
      "x-request-id": "r-17",
      location: "http://169.254.169.254/latest",
    });
    response.end(JSON.stringify({ method, url, body }));
  };
  const server: Server = createServer((message, response) => void answer(message, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const upstream: Upstream = {
    port: (server.address() as AddressInfo).port,
    seen,
    reply: "echo",
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return upstream;
}

export interface DeskWorkspace {
  readonly folder: string;
  remove(): void;
}

/** Writes the workspace to a temporary folder. */
export function writeDesk(
  upstreamPort: number,
  change = (text: string) => text,
  script = "document.title = 'desk';\n",
): DeskWorkspace {
  const folder = mkdtempSync(join(tmpdir(), "govern-desk-"));
  const app = join(folder, "governed/apps/desk");
  mkdirSync(join(app, "web/assets"), { recursive: true });
  mkdirSync(join(folder, ".govern"));
  writeFileSync(join(folder, ".govern/secrets.env"), `DESK_TOKEN="${credential}"\n`);
  writeFileSync(join(folder, "govern.yaml"), change(yaml(upstreamPort)));
  const operations = [readTicket, postRefund, putLabel, selectAgents, updateAgent, moveScore];
  const files = new Map([
    ["operations.json", JSON.stringify({ version: 1, app: "desk", operations })],
    ["web/index.html", html],
    ["web/assets/app.js", script],
  ]);
  for (const [path, text] of files) writeFileSync(join(app, path), text);
  const emitted = digestsOf([...files].map(([path, text]) => [path, Buffer.from(text)] as const));
  const seen = { origins: [], sites: [], findings: [], external: [], emitted };
  const bundle = { digest: build, files: 2, bytes: 100 };
  writeFileSync(
    join(app, "build.json"),
    JSON.stringify({ version: 1, app: "desk", bundle, ...seen }),
  );
  const db = new Database(join(folder, "agents.db"));
  db.exec("CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL, score NUMERIC)");
  db.exec(
    "INSERT INTO agents VALUES (1, 'Rosa', 7), (2, 'Iver', 9007199254740993), (3, 'Mo', 2.5)",
  );
  db.close();
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
