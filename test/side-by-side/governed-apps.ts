/** Apps as they were built and the same apps governed, each with its backend: the import and the sidecar are the real ones. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importBundle, type ImportResult } from "../../src/bundle/import.ts";
import type { Operation } from "../../src/contract/operation.ts";
import type { ApprovalView } from "../../src/contract/approval.ts";
import { govern, root } from "../e2e/governed-console.ts";

export interface AppBundle {
  readonly name: string;
  readonly folder: string;
  /** Address of the backend by what the bundle calls it: an origin, `same-origin`, `{base}`. */
  readonly backends: Readonly<Record<string, string>>;
  /** The database of its SQL clients: `postgres://…`, `sqlite:…`. */
  readonly database?: string;
  /** Calls that wait for a person, as `POST /api/credits`, a document's name, a statement or an id; other writes go through. */
  readonly held?: readonly string[];
  /** Registered by hand. */
  readonly operations?: readonly Operation[];
}

export interface GovernedApps {
  readonly folder: string;
  readonly imports: ReadonlyMap<string, ImportResult>;
  /** The address of an app. */
  url(app: string): string;
  /** Lets ana approve all that is held, once there is something. */
  approve(): Promise<void>;
  stop(): Promise<void>;
}

const quoted = (text: string): string => JSON.stringify(text);

/** A workspace in which sam may call everything, and only named writes are held. */
function workspaceText(apps: readonly AppBundle[], held: readonly string[]): string {
  const lines = ["version: 1", "identity: { dev: { users: { sam: [dev], ana: [leads] } } }"];
  lines.push("groups: { dev: {}, leads: {} }", "resources:");
  for (const { name, backends, database } of apps) {
    for (const [at, address] of Object.values(backends).entries()) {
      lines.push(`  ${name}-${at}: { kind: http, upstream: ${quoted(address)}, auth: service }`);
    }
    if (database !== undefined) {
      const kind = database.startsWith("sqlite:") ? "sqlite" : "postgres";
      lines.push(`  ${name}-sql: { kind: ${kind}, url: ${quoted(database)} }`);
    }
  }
  lines.push("apps:");
  for (const { name, backends, database, operations = [] } of apps) {
    const keys = Object.keys(backends).map((key, at) => `${quoted(key)}: ${name}-${at}`);
    if (database !== undefined) keys.push(`sql: ${name}-sql`);
    const own = JSON.stringify(operations);
    lines.push(`  ${name}: { resources: { ${keys.join(", ")} }, operations: ${own} }`);
  }
  const allowed = apps.flatMap(({ name }) => [`${name}/read`, `${name}/write`]);
  lines.push("permissions:", `  - { groups: [dev], allow: [${allowed.join(", ")}] }`, "approvals:");
  for (const { name } of apps) {
    lines.push(`  - { match: { app: ${name} }, require: none, reason: nobody is there to decide }`);
  }
  for (const id of held) {
    lines.push(
      `  - { match: { operation: ${id} }, approvers: { all: [leads] }, quorum: 1, expiresIn: 1h }`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The operations that a person has to approve. */
function heldOperations({ name, held = [] }: AppBundle, { analysis }: ImportResult): string[] {
  return analysis.operations
    .filter((one) => {
      if (held.includes(one.id)) return true;
      if (one.kind === "graphql") return held.includes(one.operationName ?? "");
      if (one.kind === "sql") return held.includes(one.statement);
      return one.kind === "http" && held.includes(`${one.method} ${one.path}`);
    })
    .map(({ id }) => `${name}/${id}`);
}

/** Serves a workspace under `--dev`: the process, and the addresses of its apps by their names. */
export async function serveWorkspace(
  folder: string,
): Promise<{ child: ChildProcess; urls: Map<string, string> }> {
  const args = ["serve", "--dev", "--json", "--port", "0", "--operator-port", "0"];
  const child = spawn(process.execPath, [join(root, "bin/govern.js"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let seen = "";
  const urls = await new Promise<Map<string, string>>((found, failed) => {
    const read = (text: string): void => {
      seen += text;
      const line = seen.split("\n").find((one) => one.startsWith(`{"apps"`));
      if (line === undefined) return;
      const { apps } = JSON.parse(line) as { apps: Record<string, string> };
      found(new Map(Object.entries(apps)));
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("close", () => failed(new Error(`the sidecar ended:\n${seen}`)));
  });
  return { child, urls };
}

/** Imports apps into one workspace and serves them. */
export async function startGovernedApps(apps: readonly AppBundle[]): Promise<GovernedApps> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-apps-")));
  const workspace = join(folder, "govern.yaml");
  writeFileSync(workspace, workspaceText(apps, []));
  const imports = new Map<string, ImportResult>();
  const held: string[] = [];
  for (const app of apps) {
    const { name, folder: bundle } = app;
    const upstreams = new Map<string, string>();
    const done = await importBundle({ bundle, app: name, workspaceDir: folder, upstreams });
    if (done === null) continue;
    imports.set(name, done);
    held.push(...heldOperations(app, done));
  }
  writeFileSync(workspace, workspaceText(apps, held));
  const { child, urls } = await serveWorkspace(folder);
  return {
    folder,
    imports,
    url: (app) => urls.get(app) ?? "",
    async approve() {
      let waiting: ApprovalView[] = [];
      while (waiting.length === 0) {
        const listed = await govern(folder, "approvals", "list", "--state", "pending", "--json");
        waiting = JSON.parse(listed.stdout) as ApprovalView[];
      }
      for (const { id } of waiting) await govern(folder, "approvals", "approve", id, "--as", "ana");
    },
    async stop() {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
