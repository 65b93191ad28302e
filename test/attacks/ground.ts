/**
 * The ground of the attack suite: a running sidecar before an upstream that writes down every byte that reaches it. Each
 * refusal is checked for both of its halves: nothing reached the upstream, and the trail says so.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import type { AuditEntry } from "../../src/contract/audit-entry.ts";
import type { Operation } from "../../src/contract/operation.ts";
import {
  startSidecar,
  type RunningSidecar,
  type SidecarOptions,
} from "../../src/sidecar/start-sidecar.ts";
import { send, signIn, type Call, type Reply, type Tab } from "../sidecar/client.ts";
import { api, apiPath, writeDesk, type DeskWorkspace } from "../sidecar/desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server that writes down what reaches it; a canary where nothing should. */
export interface Canary {
  readonly port: number;
  readonly arrived: Arrived[];
  /** Connections so far, also those without a request. */
  connections: number;
  /** Bytes so far: a browser may connect before it asks its policy, and says nothing then. */
  bytes(): number;
  answer: (message: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

const echo = (_message: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
};

export async function startCanary(): Promise<Canary> {
  const server: Server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const { method = "", url = "", headers } = message;
      canary.arrived.push({ method, url, headers, body: Buffer.concat(chunks).toString("latin1") });
      canary.answer(message, response);
    });
  });
  const sockets: Socket[] = [];
  server.on("connection", (socket) => {
    canary.connections += 1;
    sockets.push(socket);
  });
  server.on("upgrade", (message, socket) => {
    const { method = "", url = "", headers } = message;
    canary.arrived.push({ method, url, headers, body: "" });
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const canary: Canary = {
    port: (server.address() as AddressInfo).port,
    arrived: [],
    connections: 0,
    bytes: () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    answer: echo,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return canary;
}

const http = { kind: "http", origin: api, why: "planted", headers: [] as string[] } as const;
const closed = { fields: {}, open: false } as const;
const none = { type: "none" } as const;

/** Operations of the attacked app, beside those of the desk; those that write are exempt from approval. */
export const planted = {
  search: {
    ...http,
    id: "get-search-000001",
    access: "read",
    method: "GET",
    path: "/v2/search",
    query: { fields: { q: "string", page: "number", mine: "boolean" }, open: false },
    body: none,
  },
  find: {
    ...http,
    id: "get-find-000002",
    access: "read",
    method: "GET",
    path: "/v2/find",
    query: { fields: {}, open: true },
    body: none,
  },
  note: {
    ...http,
    id: "post-notes-000003",
    access: "write",
    method: "POST",
    path: "/v2/notes",
    query: closed,
    body: { type: "json", fields: { text: "string", rank: "number" }, open: true },
  },
  headers: {
    ...http,
    id: "get-headers-000004",
    access: "read",
    method: "GET",
    path: "/v2/headers",
    query: closed,
    headers: [
      "x-desk-view",
      "x-forwarded-user",
      "x-http-method-override",
      "authorization",
      "cookie",
    ],
    body: none,
  },
  track: {
    ...http,
    id: "get-track-000005",
    access: "write",
    method: "GET",
    path: "/v2/track/{trackId}",
    query: closed,
    body: none,
  },
  file: {
    ...http,
    id: "get-files-000006",
    access: "read",
    method: "GET",
    path: "/v2/files/{rest*}",
    query: closed,
    body: none,
  },
  order: {
    ...http,
    id: "get-people-orders-000007",
    access: "read",
    method: "GET",
    path: "/v2/people/{personId}/orders",
    query: closed,
    body: none,
  },
  list: {
    ...http,
    id: "post-rpc-000008",
    access: "read",
    method: "POST",
    path: "/v2/rpc",
    query: closed,
    body: { type: "json", fields: { method: { literal: "list" } }, open: true },
  },
  drop: {
    ...http,
    id: "post-rpc-000009",
    access: "write",
    method: "POST",
    path: "/v2/rpc",
    query: closed,
    body: { type: "json", fields: { method: { literal: "drop" } }, open: true },
  },
  tickets: {
    id: "query-tickets-00000a",
    kind: "graphql",
    access: "read",
    why: "query",
    origin: api,
    path: "/graphql",
    document: "query Tickets($first: Int!) { tickets(first: $first) { id } }",
    operationName: "Tickets",
    variables: { first: "Int!" },
    headers: [],
  },
  form: {
    ...http,
    id: "post-forms-00000b",
    access: "write",
    method: "POST",
    path: "/v2/forms",
    query: closed,
    body: { type: "form", fields: { name: "string" }, open: true },
  },
} as const satisfies Record<string, Operation>;

/** The desk's govern.yaml with the planted operations, and whatever else is to be changed in it. */
function plantedYaml(
  more: readonly Operation[],
  change: (text: string) => string,
): (text: string) => string {
  return (text) => {
    const written = text
      .replace(
        `{ "${api}": desk, sql: agents }`,
        `{ "${api}": desk, sql: agents }\n    operations: ${JSON.stringify([...Object.values(planted), ...more])}`,
      )
      .replace(
        'allow: ["desk/*"] }\n',
        `allow: ["desk/*"] }\n  - { groups: [dev], deny: ["desk/${planted.order.id}"], when: arguments.path.personId != identity.subject }\n`,
      );
    const exempt = Object.values(planted)
      .filter(({ access }) => access === "write")
      .map(({ id }) => `  - { match: { operation: desk/${id} }, require: none, reason: planted }\n`)
      .join("");
    return change(`${written}${exempt}`);
  };
}

export interface Ground {
  readonly sidecar: RunningSidecar;
  readonly upstream: Canary;
  readonly desk: DeskWorkspace;
  readonly sam: Tab;
  readonly app: { readonly port: number; readonly host: string };
  readonly operator: { readonly port: number; readonly host: string };
  trail(query?: string): Promise<AuditEntry[]>;
  /** Sends bytes as they are, with `host: H` made the app's own, and gives all that comes back until the end. */
  raw(text: string): Promise<string>;
  /** Runs an attack: nothing may reach the upstream, and there must be one new refusal with this code. */
  refuses(attack: () => Promise<unknown>, code: string): Promise<AuditEntry>;
  stop(): Promise<void>;
}

export interface GroundOptions {
  /** Beside the planted ones. */
  readonly operations?: readonly Operation[];
  /** Prepares the workspace's folder before the sidecar starts. */
  readonly prepare?: (folder: string) => void;
  readonly change?: (text: string) => string;
  readonly script?: string;
  readonly sidecar?: Partial<SidecarOptions>;
}

export async function openGround(options: GroundOptions = {}): Promise<Ground> {
  const upstream = await startCanary();
  const desk = writeDesk(
    upstream.port,
    plantedYaml(options.operations ?? [], options.change ?? ((text) => text)),
    options.script,
  );
  options.prepare?.(desk.folder);
  const sidecar = await startSidecar({
    workspaceDir: desk.folder,
    host: "127.0.0.1",
    port: 0,
    operatorPort: 0,
    dev: true,
    storeWriter,
    ...options.sidecar,
  });
  const app = { port: sidecar.port, host: "desk.localhost" };
  const trail = async (query = ""): Promise<AuditEntry[]> => {
    const path = `/api/audit?limit=1000&newest=true${query}`;
    const socket = join(desk.folder, ".govern/control.sock");
    return (await send({ socket }, { path })).json() as AuditEntry[];
  };
  return {
    sidecar,
    upstream,
    desk,
    sam: await signIn(app, "sam"),
    app,
    operator: { port: sidecar.operatorPort, host: "govern.localhost" },
    trail,
    async raw(text) {
      const socket = connect(sidecar.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(
        text.replaceAll(/^(host ?: )H\r$/gim, `$1desk.localhost:${sidecar.port}\r`),
        "latin1",
      );
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      return answer;
    },
    async refuses(attack, code) {
      const before = (await trail("&type=refused"))[0]?.seq ?? -1;
      const connections = upstream.connections;
      const reached = upstream.arrived.length;
      await attack();
      const entries = await trail("&type=refused");
      const fresh = entries.filter(({ seq }) => seq > before);
      expect(fresh.map(({ decision }) => (decision as { refused?: string }).refused)).toEqual([
        code,
      ]);
      expect(upstream.arrived.slice(reached)).toEqual([]);
      expect(upstream.connections).toBe(connections);
      return fresh[0] as AuditEntry;
    },
    async stop() {
      await sidecar.close();
      await upstream.stop();
      desk.remove();
    },
  };
}

/** A governed call of the desk's API. */
export const at = (path: string, more: Omit<Call, "path"> = {}): Call => ({
  path: `${apiPath}${path}`,
  ...more,
});

/** A call with a JSON body. */
export const json = (path: string, body: string, more: Omit<Call, "path" | "body"> = {}): Call =>
  at(path, {
    method: "POST",
    ...more,
    headers: { "content-type": "application/json", ...more.headers },
    body,
  });

export const expectRefusal = (reply: Reply, status: number, code: string): void => {
  expect(reply.headers["govern-error"]).toBe(code);
  expect(reply.status).toBe(status);
};
