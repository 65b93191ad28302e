// A governed call with everything on, against proxies that check nothing, by the CPU that a request costs.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare } from "../report.mjs";
import { load, start, startNginx } from "./processes.mjs";
import { writeWorkspace } from "./workspace.mjs";

const here = import.meta.dirname;
const root = join(here, "../..");

/** The peers, installed once into a cache. */
function installPeers(progress) {
  const cache = process.env.GOVERN_BENCH_CACHE ?? join(tmpdir(), "govern-bench-cache");
  const folder = join(cache, "sidecar-peers");
  if (existsSync(join(folder, "node_modules/@fastify/http-proxy"))) return folder;
  progress("installing the peers");
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(here, "package.json"), join(folder, "package.json"));
  const options = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
  execFileSync("npm", options, { cwd: folder, stdio: "ignore" });
  return folder;
}

async function signIn(port) {
  const { request } = await import("node:http");
  const headers = {
    host: `desk.localhost:${port}`,
    "sec-fetch-site": "same-origin",
    "content-type": "application/x-www-form-urlencoded",
  };
  return await new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      path: "/_govern/login",
      headers,
    });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      answer.resume();
      resolve(answer.headers["set-cookie"][0].split(";")[0]);
    });
    sent.end("user=sam&return=/");
  });
}

async function startSides(folder, peers) {
  const upstream = await start([join(here, "upstream.mjs")]);
  writeWorkspace(folder, upstream.port);
  const serve = ["serve", "--dev", "--json", "--port", "0", "--operator-port", "0"];
  const sidecar = await start([join(root, "bin/govern.js"), ...serve], { cwd: folder });
  const fastify = await start([join(here, "fastify-proxy.mjs"), peers, String(upstream.port)]);
  const nginx = await startNginx(folder, upstream.port);
  return { upstream, sidecar, fastify, nginx };
}

/** The requests, with what a page sends along. */
async function requestsOf({ port }) {
  const own = {
    // wrk sends a Host of its own under another spelling.
    Host: `desk.localhost:${port}`,
    cookie: await signIn(port),
    "sec-fetch-site": "same-origin",
    "sec-fetch-dest": "empty",
    "user-agent":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0",
  };
  const body = JSON.stringify({ label: "vip", note: "a".repeat(170) });
  const json = { ...own, "content-type": "application/json" };
  return [
    { what: "read", atLeast: 1, method: "GET", path: "/api/tickets/t-17", headers: own },
    {
      what: "write",
      atLeast: 0.9,
      method: "PUT",
      path: "/api/tickets/t-17/label",
      headers: json,
      body,
    },
  ];
}

/** Rounds until all is compiled. */
const warmUps = 2;

/** Requests that one second of CPU serves, of each side in turn. */
async function measure(sides, request, { folder, runs, seconds, progress }) {
  const rates = { sidecar: [], fastify: [], nginx: [] };
  for (let run = 1 - warmUps; run <= runs; run += 1) {
    for (const name of Object.keys(rates)) {
      if (sides[name] === undefined) continue;
      const each = await load(sides[name], request, {
        folder,
        seconds: run > 0 ? seconds : 2 * seconds,
      });
      progress(
        `${request.what} ${run <= 0 ? "(warming up) " : ""}${name}: ${each.toFixed(1)} µs a request`,
      );
      if (run > 0) rates[name].push(1e6 / each);
    }
  }
  return rates;
}

export const bench = {
  about:
    "a governed call, with identity, policy and durable audit, against proxies that check nothing",
  async run({ runs = 3, only = "", progress }) {
    const folder = mkdtempSync(join(tmpdir(), "govern-bench-sidecar-"));
    const sides = await startSides(folder, installPeers(progress));
    const rows = [];
    try {
      for (const request of await requestsOf(sides.sidecar)) {
        if (!request.what.includes(only)) continue;
        const rates = await measure(sides, request, { folder, runs, seconds: 4, progress });
        const { what, atLeast } = request;
        const row = { unit: "/s of CPU", ours: rates.sidecar };
        rows.push(
          compare({ what: `${what} : @fastify/http-proxy`, ...row, atLeast, peer: rates.fastify }),
        );
        if (sides.nginx !== undefined)
          rows.push(compare({ what: `${what} : nginx`, ...row, peer: rates.nginx }));
      }
    } finally {
      for (const side of Object.values(sides)) await side?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
    return rows;
  },
};
