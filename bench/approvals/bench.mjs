// Approvals under load: from a decision to the page's promise, and whether 10,000 that wait slow anybody down.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { argumentsDigest } from "../../dist/contract/arguments.js";
import { operationDigest, originId } from "../../dist/contract/operation-id.js";
import { digestsOf } from "../../dist/contract/seal.js";
import { loadKey } from "../../dist/sidecar/identity/keys.js";
import { startSidecar } from "../../dist/sidecar/start-sidecar.js";
import { openSqliteStore } from "../../dist/sidecar/store/sqlite/sqlite-store.js";
import { compare } from "../report.mjs";

const api = "https://api.bench.example";
const operation = {
  id: "post-credits-1a2b3c",
  kind: "http",
  access: "write",
  why: "method POST",
  method: "POST",
  origin: api,
  path: "/accounts/{accountId}/credits",
  query: { fields: {}, open: false },
  headers: [],
  body: { type: "json", fields: { amount: "number" }, open: false },
};
const few = 100;
const many = 10_000;
/** A goal that is a time, and no ratio of two. */
const goalMs = 100;
/** A page that polls so often adds next to nothing: the rest is what is measured. */
const pollMs = 2;

const yaml = (port) => `version: 1
server: { pendingPerPerson: 10000 }
identity: { dev: { users: { sam: [dev], ana: [leads] } } }
resources:
  api: { kind: http, upstream: "http://127.0.0.1:${port}", auth: service }
apps:
  bench: { resources: { "${api}": api } }
permissions:
  - { groups: [dev], allow: ["bench/*"] }
approvals:
  - { match: { access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 24h }
`;

function writeWorkspace(folder, port) {
  const app = join(folder, "governed/apps/bench");
  mkdirSync(join(app, "web"), { recursive: true });
  writeFileSync(join(folder, "govern.yaml"), yaml(port));
  const files = {
    "operations.json": JSON.stringify({ version: 1, app: "bench", operations: [operation] }),
    "web/index.html": "<!doctype html><title>bench</title>",
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(app, path), text);
  const emitted = digestsOf(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const bundle = { digest: "b".repeat(64), files: 1, bytes: 10 };
  const seen = { origins: [], sites: [], findings: [], external: [], emitted };
  const build = { version: 1, app: "bench", bundle, ...seen };
  writeFileSync(join(app, "build.json"), JSON.stringify(build));
}

/** One that waits: of one of many people, with arguments of its own. */
function waitingAt(n) {
  const args = {
    path: { accountId: `acc-${n}` },
    query: {},
    headers: {},
    body: { amount: n, note: "a credit that was agreed by phone" },
  };
  return {
    app: "bench",
    operation: operation.id,
    operationDigest: operationDigest(operation),
    summary: `POST ${operation.path}`,
    build: "b".repeat(64),
    policy: "p".repeat(64),
    call: { access: "write", arguments: args, payload: null, contentType: "application/json" },
    argumentsDigest: argumentsDigest(args),
    requester: { subject: `person-${n % 500}`, issuer: "dev", groups: ["dev"], session: "s" },
    resource: "api",
    approvers: { all: ["leads"] },
    quorum: 1,
    rule: null,
    expiresIn: 24 * 3_600_000,
    correlation: `c-${n}`,
  };
}

const heldEntry = {
  type: "held",
  actor: null,
  app: "bench",
  build: null,
  operation: operation.id,
  arguments: null,
  decision: null,
  approval: null,
  policy: null,
  resource: "api",
  outcome: null,
  correlation: "c",
};

async function fill(folder, count) {
  const key = loadKey(join(folder, ".govern/store.key"));
  const store = await openSqliteStore({ path: join(folder, ".govern/store.db"), key });
  for (let n = 0; n < count; n += 250) {
    const some = Array.from({ length: Math.min(250, count - n) }, (_, at) => waitingAt(n + at));
    await Promise.all(some.map((approval) => store.hold(approval, heldEntry)));
  }
  await store.close();
}

function send(to, { method = "GET", path, headers = {}, body }) {
  const where = to.socket ? { socketPath: to.socket } : { host: "127.0.0.1", port: to.port };
  const host = to.socket ? "localhost" : `bench.localhost:${to.port}`;
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, method, path, headers: { host, ...headers } }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        if (answer.statusCode >= 400) reject(new Error(`${path}: ${answer.statusCode} ${text}`));
        else resolve({ headers: answer.headers, text });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A running sidecar with so many approvals that wait. */
async function openBench(count) {
  const upstream = createServer((message, response) => {
    message.resume().on("end", () => response.writeHead(201).end("{}"));
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const folder = mkdtempSync(join(tmpdir(), "govern-bench-"));
  writeWorkspace(folder, upstream.address().port);
  const options = { workspaceDir: folder, host: "127.0.0.1", port: 0, operatorPort: 0, dev: true };
  await (await startSidecar(options)).close();
  await fill(folder, count);
  const sidecar = await startSidecar(options);
  const app = { port: sidecar.port };
  const socket = { socket: join(folder, ".govern/control.sock") };
  const signedIn = await send(app, {
    method: "POST",
    path: "/_govern/login",
    headers: {
      "sec-fetch-site": "same-origin",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "user=sam&return=/",
  });
  const cookie = signedIn.headers["set-cookie"][0].split(";")[0];
  const own = { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" };
  let asked = 0;
  return {
    async hold() {
      asked += 1;
      const path = `/_govern/http/${originId(api)}/accounts/acc-${asked}/credits`;
      const body = JSON.stringify({ amount: count + asked });
      const held = await send(app, { method: "POST", path, headers: own, body });
      return JSON.parse(held.text).ticket;
    },
    decide: (id, decision) =>
      send(socket, {
        method: "POST",
        path: `/api/approvals/${id}/decision`,
        headers: { "content-type": "application/json", "govern-as": "ana" },
        body: JSON.stringify({ decision }),
      }),
    list: (query) => send(socket, { path: `/api/approvals?${query}` }),
    async state(id) {
      const path = `/_govern/tickets?id=${id}`;
      return JSON.parse((await send(app, { path, headers: own })).text)[0].state;
    },
    result: (id) => send(app, { path: `/_govern/tickets/${id}/result`, headers: own }),
    async close() {
      await sidecar.close();
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function rank(times, share) {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)];
}

/** From the decision to the page's answer in hand, for a page that polls all the time: what its interval adds is its own. */
async function decisionTimes(bench, count) {
  const times = [];
  for (let n = 0; n < count; n += 1) {
    const id = await bench.hold();
    times.push(
      await timed(async () => {
        const decided = bench.decide(id, "approve");
        while ((await bench.state(id)) !== "ready") await delay(pollMs);
        await bench.result(id);
        await decided;
      }),
    );
  }
  return times;
}

async function medianOf(count, work) {
  const all = [];
  for (let n = 0; n < count; n += 1) all.push(await timed(work));
  return rank(all, 0.5);
}

async function denyOne(bench) {
  const id = await bench.hold();
  return timed(() => bench.decide(id, "deny"));
}

async function denials(bench, count) {
  const all = [];
  for (let n = 0; n < count; n += 1) all.push(await denyOne(bench));
  return rank(all, 0.5);
}

export const bench = {
  about: "from a decision to the page's promise, and what 10,000 that wait cost",
  async run({ runs = 5, only, progress }) {
    const [small, large] = [await openBench(few), await openBench(many)];
    const measures = [
      {
        what: "decision → the page's answer, p99, over the poll's interval",
        unit: "ms",
        atMost: 1,
        ours: async () => rank(await decisionTimes(large, 200), 0.99),
        peer: async () => goalMs,
      },
      {
        what: `listing 50 of ${many} that wait, against ${few}`,
        unit: "ms",
        atMost: 1.5,
        ours: () => medianOf(50, () => large.list("state=pending&limit=50")),
        peer: () => medianOf(50, () => small.list("state=pending&limit=50")),
      },
      {
        what: `deciding one of ${many}, against ${few}`,
        unit: "ms",
        atMost: 1.5,
        ours: () => denials(large, 50),
        peer: () => denials(small, 50),
      },
      {
        what: `holding one beside ${many}, against ${few}`,
        unit: "ms",
        atMost: 1.5,
        ours: () => medianOf(50, () => large.hold()),
        peer: () => medianOf(50, () => small.hold()),
      },
    ].filter(({ what }) => only === undefined || what.includes(only));
    const rows = [];
    try {
      for (const { ours, peer, ...about } of measures) {
        progress(about.what);
        const [mine, theirs] = [[], []];
        // The first turn warms both sides.
        for (let run = 0; run <= runs; run += 1) {
          const pair = [await ours(), await peer()];
          if (run === 0) continue;
          mine.push(pair[0]);
          theirs.push(pair[1]);
        }
        rows.push(compare({ ...about, ours: mine, peer: theirs }));
      }
    } finally {
      await Promise.all([small.close(), large.close()]);
    }
    return rows;
  },
};
