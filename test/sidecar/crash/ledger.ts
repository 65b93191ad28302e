/**
 * A workspace whose one app can credit an account in four places: an HTTP API, one that knows its writes by their keys, a
 * SQLite file, a PostgreSQL database.
 */
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import Database from "better-sqlite3";
import { Client } from "pg";
import { originId, statementDigest } from "../../../src/contract/operation-id.ts";
import type { Operation } from "../../../src/contract/operation.ts";
import { digestsOf } from "../../../src/contract/seal.ts";
import { startPostgres } from "../../postgres-server.ts";

const root = resolve(import.meta.dirname, "../../..");
const api = "https://api.credits.example";
const keyed = "https://keyed.credits.example";
const statement = "INSERT INTO credits (note) VALUES ($1)";

const postCredit: Operation = {
  id: "post-credits-1a2b3c",
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: api,
  path: "/credits",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json", fields: { note: "string" }, open: false },
};
const postKeyed: Operation = { ...postCredit, id: "post-credits-2b3c4d", origin: keyed };
const insertCredit = (client: string, id: string): Operation => ({
  id,
  kind: "sql",
  access: "write",
  why: "InsertStmt",
  dialect: "postgres",
  statement,
  tables: ["credits"],
  parameters: ["note"],
  client,
});
const operations = [
  postCredit,
  postKeyed,
  insertCredit("neon", "insert-credits-4d5e6f"),
  insertCredit("lite", "insert-credits-7a8b9c"),
];

export type Place = "http" | "keyed" | "sqlite" | "postgres";

/** A call that credits once at a place, told by its note. */
export function creditCall(place: Place, note: string): { path: string; body: unknown } {
  if (place === "http" || place === "keyed") {
    const origin = place === "http" ? api : keyed;
    return { path: `/_govern/http/${originId(origin)}/credits`, body: { note } };
  }
  const client = place === "sqlite" ? "lite" : "neon";
  const body = { digest: statementDigest(statement), values: [note] };
  return { path: `/_govern/sql/${client}`, body };
}

/** What the API does with a credit: nothing of it, all of it, or all of it and half of an answer. */
export type Manner = "answer" | "drop" | "credit-and-hang" | "half-answer";

export interface Ledger {
  readonly folder: string;
  readonly killFile: string;
  readonly postgresUrl: string;
  manner: Manner;
  /** Called when a credit has arrived and its manner is not `answer`. */
  onReached: () => void;
  /** How often a note was credited. */
  credits(place: Place, note: string): Promise<number>;
  stop(): Promise<void>;
}

const yaml = (port: number, postgres: string): string => `version: 1
identity: { dev: { users: { sam: [dev], ana: [leads] } } }
resources:
  api: { kind: http, upstream: "http://127.0.0.1:${port}", auth: service }
  keyed: { kind: http, upstream: "http://127.0.0.1:${port}", auth: service, idempotency: { keep: 24h } }
  lite: { kind: sqlite, url: "sqlite:./credits.db" }
  neon: { kind: postgres, url: "${postgres}" }
apps:
  credits:
    resources: { "${api}": api, "${keyed}": keyed, "sql:neon": neon, "sql:lite": lite }
permissions:
  - { groups: [dev], allow: ["credits/*"] }
approvals:
  - { match: { access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 1h }
`;

function writeFolder(folder: string, port: number, postgres: string): void {
  const app = join(folder, "governed/apps/credits");
  const program = join(folder, "governed/sidecar");
  mkdirSync(join(app, "web"), { recursive: true });
  mkdirSync(join(program, "node_modules"), { recursive: true });
  writeFileSync(join(folder, "govern.yaml"), yaml(port, postgres));
  const files = {
    "operations.json": JSON.stringify({ version: 1, app: "credits", operations }),
    "web/index.html": "<!doctype html><title>credits</title>",
  };
  for (const [path, content] of Object.entries(files)) writeFileSync(join(app, path), content);
  const bytes = Object.entries(files).map(
    ([path, content]) => [path, Buffer.from(content)] as const,
  );
  const seen = { origins: [], sites: [], findings: [], external: [], emitted: digestsOf(bytes) };
  const bundle = { digest: "c".repeat(64), files: 1, bytes: 10 };
  writeFileSync(
    join(app, "build.json"),
    JSON.stringify({ version: 1, app: "credits", bundle, ...seen }),
  );
  cpSync(join(root, "dist/emit/sidecar.mjs"), join(program, "sidecar.mjs"));
  cpSync(join(root, "dist/emit/store-writer.mjs"), join(program, "real-store-writer.mjs"));
  cpSync(join(import.meta.dirname, "killing-writer.mjs"), join(program, "store-writer.mjs"));
  symlinkSync(
    join(root, "node_modules/better-sqlite3"),
    join(program, "node_modules/better-sqlite3"),
  );
}

export async function startLedger(): Promise<Ledger> {
  const folder = mkdtempSync(join(tmpdir(), "govern-credits-"));
  const credited: string[] = [];
  const keys = new Set<string>();
  const credit = (body: string, key: string | undefined, response: ServerResponse): void => {
    const { note } = JSON.parse(body) as { note: string };
    const { manner } = ledger;
    const isKnown = key !== undefined && keys.has(key);
    if (manner !== "drop" && !isKnown) credited.push(note);
    if (manner !== "drop" && key !== undefined) keys.add(key);
    if (manner === "answer") response.writeHead(201).end("{}");
    if (manner === "half-answer") response.writeHead(201, { "content-length": "10" }).write("{");
    if (manner !== "answer") ledger.onReached();
  };
  const server = createServer((message, response) => {
    const key = message.headers["idempotency-key"];
    void text(message).then((body) => credit(body, key?.toString(), response));
  });
  server.listen(0, "127.0.0.1");
  const postgres = await startPostgres();
  const owner = new Client({ connectionString: postgres.url });
  owner.on("error", () => undefined);
  await owner.connect();
  await owner.query("CREATE TABLE credits (note text NOT NULL)");
  const lite = new Database(join(folder, "credits.db"));
  lite.exec("CREATE TABLE credits (note TEXT NOT NULL)");
  writeFolder(folder, (server.address() as AddressInfo).port, postgres.url);

  const counts: Record<Place, (note: string) => Promise<number> | number> = {
    keyed: (note) => credited.filter((one) => one === note).length,
    http: (note) => credited.filter((one) => one === note).length,
    sqlite: (note) =>
      lite.prepare<[string]>("SELECT note FROM credits WHERE note = ?").all(note).length,
    postgres: async (note) => {
      const { rows } = await owner.query("SELECT note FROM credits WHERE note = $1", [note]);
      return rows.length;
    },
  };
  const ledger: Ledger = {
    folder,
    killFile: join(folder, "kill-at"),
    postgresUrl: postgres.url,
    manner: "answer",
    onReached: () => undefined,
    credits: async (place, note) => counts[place](note),
    async stop() {
      lite.close();
      await owner.end();
      await postgres.stop();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return ledger;
}
