/** How resources tell, by a trace, what became of a write: PostgreSQL by the number of its transaction, HTTP by a key. */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HttpOperation, SqlOperation } from "../../../src/contract/operation.ts";
import type { Connector, ConnectorCall } from "../../../src/sidecar/connectors/connector.ts";
import { openHttpConnector } from "../../../src/sidecar/connectors/http/connector.ts";
import { openPostgresConnector } from "../../../src/sidecar/connectors/postgres/connector.ts";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";
import { startUpstream, type Upstream } from "../desk-workspace.ts";

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const put: Omit<SqlOperation, "statement" | "parameters"> = {
  id: "insert-parts-000000",
  kind: "sql",
  access: "write",
  why: "InsertStmt",
  dialect: "postgres",
  tables: ["parts"],
  client: "neon",
};

interface Traced {
  readonly call: ConnectorCall;
  readonly traces: string[];
}

function traced(
  operation: ConnectorCall["operation"],
  args: ConnectorCall["arguments"],
  onTrace: () => Promise<void> = async () => undefined,
): Traced {
  const traces: string[] = [];
  const trace = async (text: string): Promise<void> => {
    traces.push(text);
    await onTrace();
  };
  const once = { key: "k-17", trace };
  const plain = { payload: null, contentType: "application/json", access: "write" } as const;
  return { traces, call: { operation, arguments: args, once, ...plain } };
}

const insert = (id: number, onTrace?: () => Promise<void>): Traced =>
  traced(
    { ...put, statement: "INSERT INTO parts VALUES ($1)", parameters: ["id"] },
    { values: { id } },
    onTrace,
  );

describe("PostgreSQL", () => {
  let server: PostgresServer;
  let owner: Client;
  let connector: Connector;

  beforeAll(async () => {
    server = await startPostgres();
    owner = new Client({ connectionString: server.url });
    await owner.connect();
    await owner.query("CREATE TABLE parts (id int PRIMARY KEY)");
    connector = openPostgresConnector({ name: "parts", url: server.url, timeout: 20_000 });
  });
  afterAll(async () => {
    await connector.close();
    await owner.end();
    await server.stop();
  });
  beforeEach(() => owner.query("TRUNCATE parts"));

  const count = async (): Promise<number | null> =>
    (await owner.query("SELECT 1 FROM parts")).rowCount;

  it("tells a write that was committed as done", async () => {
    const { call, traces } = insert(1, async () => expect(await count()).toBe(0));
    expect(await connector.execute(call, signal())).toMatchObject({ kind: "answered" });
    expect(traces).toHaveLength(1);
    expect(await connector.settle(call, traces[0] ?? "", signal())).toEqual({ kind: "done" });
  });

  it("tells one that was undone as failed, and one that is under way as not settled yet", async () => {
    const { call, traces } = insert(2);
    await owner.query("INSERT INTO parts VALUES (2)");
    expect(await connector.execute(call, signal())).toMatchObject({ code: "resource-rejected" });
    expect(await connector.settle(call, traces[0] ?? "", signal())).toMatchObject({
      kind: "failed",
    });
    const { cluster } = JSON.parse(traces[0] ?? "") as { cluster: string };
    await owner.query("BEGIN");
    const { rows } = await owner.query<{ xid: string }>("SELECT pg_current_xact_id()::text AS xid");
    const trace = JSON.stringify({ xid: rows[0]?.xid, cluster });
    expect(await connector.settle(call, trace, signal())).toEqual({ kind: "later" });
    await owner.query("COMMIT");
    expect(await connector.settle(call, trace, signal())).toEqual({ kind: "done" });
  });

  it("does nothing where the trace cannot be kept", async () => {
    const { call } = insert(3, () => Promise.reject(new RangeError("the disk is full")));
    expect(await connector.execute(call, signal())).toMatchObject({
      kind: "failed",
      code: "resource-failed",
    });
    expect(await count()).toBe(0);
  });

  it("believes no number of another cluster, or of another history of this one", async () => {
    const { call, traces } = insert(4);
    await connector.execute(call, signal());
    const { xid, cluster } = JSON.parse(traces[0] ?? "") as { xid: string; cluster: string };
    const [system = ""] = cluster.split("/");
    for (const other of [`${system}/00000002`, "17/00000001", null]) {
      const trace = JSON.stringify({ xid, cluster: other });
      expect(await connector.settle(call, trace, signal())).toMatchObject({ kind: "unknown" });
    }
  });
});

describe("an HTTP resource that knows its writes by their keys", () => {
  const operation: HttpOperation = {
    id: "post-credits-aabbcc",
    kind: "http",
    access: "write",
    why: "method POST",
    method: "POST",
    origin: "https://api.items.example",
    path: "/credits",
    query: { fields: {}, open: false },
    headers: [],
    body: { type: "json", open: true },
  };
  const args = { path: {}, query: {}, headers: {}, body: { amount: 7 } };
  const idempotency = { header: "x-once", keep: 60_000 };
  let upstream: Upstream;
  let connector: Connector;

  beforeEach(async () => {
    upstream = await startUpstream();
    const url = new URL(`http://127.0.0.1:${upstream.port}/base/`);
    connector = openHttpConnector({ name: "items", upstream: url, headers: {}, idempotency });
  });
  afterEach(async () => {
    await connector.close();
    await upstream.stop();
  });

  it("gets the key with the write, and again with the same request when it is asked", async () => {
    const { call, traces } = traced(operation, args);
    await connector.execute(call, signal());
    expect(await connector.settle(call, traces[0] ?? "", signal())).toMatchObject({
      kind: "answered",
      status: 201,
    });
    const [first, second] = upstream.seen;
    expect(first?.headers["x-once"]).toBe("k-17");
    expect({ ...second, headers: null }).toEqual({ ...first, headers: null });
    expect(second?.headers["x-once"]).toBe("k-17");
  });

  it("is not asked about another write, or one that it may have forgotten", async () => {
    const { call } = traced(operation, args);
    for (const trace of [
      { key: "k-17", until: Date.now() - 1 },
      { key: "k-18", until: Date.now() + 60_000 },
    ]) {
      const settled = await connector.settle(call, JSON.stringify(trace), signal());
      expect(settled).toMatchObject({ kind: "unknown" });
    }
    expect(upstream.seen).toEqual([]);
  });

  it("cannot tell yet while it is out of reach", async () => {
    const { call, traces } = traced(operation, args);
    await connector.execute(call, signal());
    upstream.reply = "reset";
    const settled = await connector.settle(call, traces[0] ?? "", signal());
    expect(settled).toEqual({ kind: "later" });
  });

  it("is sent nothing where the trace cannot be kept", async () => {
    const { call } = traced(operation, args, () => Promise.reject(new RangeError("no space")));
    expect(await connector.execute(call, signal())).toMatchObject({ kind: "failed" });
    expect(upstream.seen).toEqual([]);
  });

  it("gets no key with a write that nobody approved", async () => {
    const { once: _, ...call } = traced(operation, args).call;
    await connector.execute(call, signal());
    expect(upstream.seen[0]?.headers["x-once"]).toBeUndefined();
  });
});
