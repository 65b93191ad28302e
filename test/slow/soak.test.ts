/**
 * Mixed load on a served workspace for a while, with upstreams that hang, reset and answer half, and a database that is
 * killed again and again: memory stays flat, no answer is wrong, no entry is lost. Two minutes; GOVERN_SOAK_SECONDS=3600 for
 * an hour.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import type { Operation } from "../../src/contract/operation.ts";
import type { SqlResult } from "../../src/contract/wire.ts";
import { govern } from "../e2e/governed-console.ts";
import { startPostgres, type PostgresServer } from "../postgres-server.ts";
import { signIn, type Reply, type Tab } from "../sidecar/client.ts";
import { apiPath, writeDesk, type DeskWorkspace } from "../sidecar/desk-workspace.ts";

const seconds = Number(process.env["GOVERN_SOAK_SECONDS"] ?? "120");
const lanes = 12;
const root = resolve(import.meta.dirname, "../..");

const sql = {
  kind: "sql",
  why: "soak",
  dialect: "postgres",
  tables: ["marks"],
  client: "pg",
} as const;
const mark: Operation = {
  ...sql,
  tables: ["marks"],
  id: "insert-marks-0000a1",
  access: "write",
  statement: "INSERT INTO marks VALUES ($1)",
  parameters: ["mark"],
};
const known: Operation = {
  ...sql,
  tables: ["known"],
  id: "select-known-0000a2",
  access: "read",
  statement: "SELECT id, label FROM known WHERE id = $1",
  parameters: ["id"],
};

/** How often an upstream fails, in each of three ways. */
const faultShare = 0.02;

let upstream: Server;
/** Labels that reached the upstream, as often as they did. */
const labels = new Map<string, number>();
let postgres: PostgresServer;
let desk: DeskWorkspace;
let serve: ChildProcess;
let sam: Tab;
let log = "";

function answer(message: IncomingMessage, response: ServerResponse, body: string): void {
  if (message.method === "PUT") {
    const { label } = JSON.parse(body) as { label: string };
    labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  const chance = Math.random();
  const text = JSON.stringify({ asked: message.url, body });
  if (chance < faultShare) return;
  if (chance < 2 * faultShare) message.socket.destroy();
  else if (chance < 3 * faultShare) {
    response.writeHead(200, { "content-length": text.length });
    response.write(text.slice(0, 5), () => response.destroy());
  } else response.writeHead(200, { "content-type": "application/json" }).end(text);
}

async function startUpstream(): Promise<number> {
  upstream = createServer((message, response) => {
    let body = "";
    message.on("data", (chunk: Buffer) => (body += String(chunk)));
    message.on("end", () => answer(message, response, body));
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  return (upstream.address() as AddressInfo).port;
}

async function startServing(): Promise<number> {
  const args = ["serve", "--dev", "--json", "--port", "0", "--operator-port", "0"];
  serve = spawn(process.execPath, [join(root, "bin/govern.js"), ...args], {
    cwd: desk.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  serve.stderr?.on("data", (chunk: Buffer) => (log += String(chunk)));
  return await new Promise((found, failed) => {
    serve.once("exit", () => failed(new RangeError(`the sidecar ended: ${log}`)));
    serve.stdout?.on("data", (chunk: Buffer) => {
      const line = String(chunk)
        .split("\n")
        .find((text) => text.startsWith("{"));
      if (line !== undefined) found((JSON.parse(line) as { port: number }).port);
    });
  });
}

beforeAll(async () => {
  postgres = await startPostgres();
  const owner = new Client({ connectionString: postgres.url });
  await owner.connect();
  await owner.query(`CREATE TABLE marks (mark text PRIMARY KEY);
    CREATE TABLE known AS SELECT id, 'label-' || id AS label FROM generate_series(1, 1000) AS id;`);
  await owner.end();
  desk = writeDesk(
    await startUpstream(),
    (text) =>
      `${text
        .replace("kind: http,", "kind: http, timeout: 1s,")
        .replace(
          "  agents: {",
          `  pg: { kind: postgres, url: "${postgres.url}", timeout: 2s }\n  agents: {`,
        )
        .replace(
          "sql: agents }",
          `sql: agents, "sql:pg": pg }\n    operations: ${JSON.stringify([mark, known])}`,
        )}
  - { match: { operation: desk/${mark.id} }, require: none, reason: soak }
`,
  );
  const port = await startServing();
  sam = await signIn({ port, host: "desk.localhost" }, "sam");
});
afterAll(async () => {
  if (serve?.exitCode === null) {
    serve.kill("SIGTERM");
    await once(serve, "exit");
  }
  await postgres?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
  desk?.remove();
});

type Kind = "read" | "label" | "mark" | "known" | "refused";

/** Every call that was made, by the text that is its own, with the status of its answer. */
const made: { readonly kind: Kind; readonly id: string; readonly status: number }[] = [];
const wrong: string[] = [];

const put = (id: string): Promise<Reply> =>
  sam.send({
    method: "PUT",
    path: `${apiPath}/v2/tickets/${id}/label`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ label: id }),
  });

const makers: Readonly<Record<Kind, (id: string, number: number) => Promise<Reply>>> = {
  read: (id) => sam.send({ path: `${apiPath}/v2/tickets/${id}` }),
  label: put,
  mark: (id) => sam.post("/_govern/sql/pg", { operation: mark.id, values: [id] }),
  known: (_id, number) =>
    sam.post("/_govern/sql/pg", { operation: known.id, values: [1 + (number % 1000)] }),
  refused: (id) => sam.send({ path: `${apiPath}/v2/unknown/${id}` }),
};
const kinds = Object.keys(makers) as Kind[];

/** What an answer of 200 must say. */
function isRight(kind: Kind, id: string, number: number, reply: Reply): boolean {
  const text = reply.text;
  if (kind === "read") return text.includes(`/base/v2/tickets/${id}"`);
  if (kind === "label") return text.includes(id);
  if (kind === "mark") return (reply.json() as SqlResult).rowCount === 1;
  const asked = 1 + (number % 1000);
  const rows = JSON.stringify((reply.json() as SqlResult).rows);
  return kind === "known" && rows === JSON.stringify([[asked, `label-${asked}`]]);
}

/** Statuses of the boundary where a resource fails. */
const failures: Readonly<Record<Kind, readonly number[]>> = {
  read: [502, 504],
  label: [409, 502],
  mark: [409, 422, 502],
  known: [422, 502, 504],
  refused: [403],
};

let next = 0;
async function lane(until: number): Promise<void> {
  while (Date.now() < until) {
    const number = next++;
    const kind = kinds[number % kinds.length] ?? "read";
    const id = `${kind}-${number}`;
    const reply = await makers[kind](id, number);
    made.push({ kind, id, status: reply.status });
    const isFailure = failures[kind].includes(reply.status);
    if (!isFailure && (reply.status !== 200 || !isRight(kind, id, number, reply))) {
      wrong.push(`${id} ${reply.status} ${reply.text.slice(0, 200)}`);
    }
  }
}

/** Megabytes that the sidecar holds. */
function memory(): number {
  const pages = readFileSync(`/proc/${serve.pid ?? 0}/statm`, "utf8").split(" ")[1];
  return (Number(pages) * 4096) / 1e6;
}

/** Does something every so often until the end, and waits for what it began. */
async function every(milliseconds: number, until: number, act: () => unknown): Promise<void> {
  while (Date.now() + milliseconds < until) {
    await new Promise((done) => setTimeout(done, milliseconds));
    await act();
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

function readTrail(): AuditEntry[] {
  const db = new Database(join(desk.folder, ".govern/store.db"), { readonly: true });
  const texts = db
    .prepare("SELECT entry FROM audit_entries ORDER BY seq")
    .pluck()
    .all() as string[];
  db.close();
  return texts.map((text) => JSON.parse(text) as AuditEntry);
}

/** The text that is a call's own, in its entry. */
function idIn({ operation, arguments: args, outcome }: AuditEntry): string {
  if (operation === mark.id) return (args as { values: { mark: string } }).values.mark;
  if (operation !== null) return (args as { path?: { ticketId: string } }).path?.ticketId ?? "";
  const path = (outcome as { request?: { path: string } } | null)?.request?.path ?? "";
  return path.split("/").at(-1) ?? "";
}

it(
  "stays flat and right, and loses nothing",
  async () => {
    const until = Date.now() + seconds * 1000;
    const samples: number[] = [];
    await Promise.all([
      ...Array.from({ length: lanes }, () => lane(until)),
      every(1000, until, () => samples.push(memory())),
      every(Math.min(15_000, seconds * 250), until, () => postgres.restart()),
    ]);
    const finished = memory();
    serve.kill("SIGTERM");
    await once(serve, "exit");

    expect(wrong).toEqual([]);
    expect(made.filter(({ status }) => status === 200).length).toBeGreaterThan(made.length / 2);

    const entries = readTrail();
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index));
    const types = new Map<string, string[]>();
    for (const entry of entries) {
      const id = idIn(entry);
      types.set(id, [...(types.get(id) ?? []), entry.type]);
    }
    const expected: Readonly<Record<Kind, readonly string[]>> = {
      read: ["read"],
      label: ["intent", "outcome"],
      mark: ["intent", "outcome"],
      known: [],
      refused: ["refused"],
    };
    const lost = made.filter(
      ({ kind, id }) => kind !== "known" && String(types.get(id)) !== String(expected[kind]),
    );
    expect(lost).toEqual([]);
    const knownReads = entries.filter(({ operation }) => operation === known.id).length;
    expect(knownReads).toBe(made.filter(({ kind }) => kind === "known").length);

    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query<{ mark: string }>("SELECT mark FROM marks");
    await client.end();
    const marks = new Set(rows.map((row) => row.mark));
    const untrue = made.filter(({ kind, id, status }) => {
      const ran = kind === "mark" ? Number(marks.has(id)) : (labels.get(id) ?? 0);
      if (kind !== "mark" && kind !== "label") return false;
      return status === 200 ? ran !== 1 : status === 409 ? ran > 1 : ran !== 0;
    });
    expect(untrue).toEqual([]);

    const verified = await govern(desk.folder, "audit", "verify");
    expect(verified.stdout + verified.stderr).toMatch(/verif/i);
    expect(verified.status).toBe(0);

    const quarter = Math.floor(samples.length / 4);
    const early = median(samples.slice(quarter, 2 * quarter));
    const late = median(samples.slice(-quarter));
    const byStatus = new Map<number, number>();
    for (const { status } of made) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
    process.stdout.write(
      `${made.length} calls in ${seconds} s: ${[...byStatus].map(([status, count]) => `${count} × ${status}`).join(", ")}; ` +
        `memory ${early.toFixed(0)} MB in the second quarter, ${late.toFixed(0)} MB in the last, ${finished.toFixed(0)} MB at the end\n`,
    );
    expect(late).toBeLessThan(early * 1.2 + 24);
  },
  seconds * 1000 + 300_000,
);
