// Servers in processes of their own, what they used, and the load on them.
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Starts a program that prints one line of JSON once it is ready; gives that and its end. */
export async function start(args, { cwd } = {}) {
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let seen = "";
  child.stderr.on("data", (chunk) => (seen += chunk));
  const told = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      seen += chunk;
      const line = seen.split("\n").find((text) => /^\{.*\}$/.test(text));
      if (line !== undefined) resolve(JSON.parse(line));
    });
    child.once("exit", () => reject(new Error(`${args.join(" ")} ended: ${seen}`)));
  });
  return { ...told, pid: child.pid, stop: () => stop(child) };
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port) {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error("nginx does not answer.");
}

/** nginx as a proxy with kept connections; undefined where it is not installed. */
export async function startNginx(folder, upstreamPort) {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  const text = `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 512; }
http { access_log off; ${temporary}
  upstream api { server 127.0.0.1:${upstreamPort}; keepalive 64; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`;
  writeFileSync(join(folder, "nginx.conf"), text);
  const child = spawn("nginx", ["-c", join(folder, "nginx.conf"), "-p", folder], {
    stdio: "ignore",
  });
  await answers(port);
  return { port, pid: child.pid, stop: () => stop(child) };
}

const ticks = 100;

function ticksOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  );
}

/** Seconds of CPU that a process and its children used, all threads. */
export function cpuOf(pid) {
  const all = [pid, ...childrenOf(pid)];
  return all.reduce((sum, one) => sum + ticksOf(one), 0) / ticks;
}

const script = ({ method, path, headers, body }) => `
wrk.method = ${JSON.stringify(method)}
wrk.path = ${JSON.stringify(path)}
${body === undefined ? "" : `wrk.body = ${JSON.stringify(body)}`}
${Object.entries(headers)
  .map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  .join("\n")}
done = function(summary) io.write("\\n{\\"requests\\":" .. summary.requests .. ",\\"failed\\":" .. (summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.connect) .. "}\\n") end
`;

/** Loads a server for some seconds; gives its requests and the CPU of each, in microseconds. */
export async function load({ pid, port }, request, { folder, seconds, connections = 32 }) {
  const file = join(folder, "request.lua");
  writeFileSync(file, script(request));
  const before = cpuOf(pid);
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", file, `http://127.0.0.1:${port}`];
  const wrk = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  wrk.stdout.on("data", (chunk) => (out += chunk));
  await once(wrk, "close");
  const { requests, failed } = JSON.parse(out.split("\n").findLast((line) => line.startsWith("{")));
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed:\n${out}`);
  return ((cpuOf(pid) - before) * 1e6) / requests;
}
