/** Every route of the sidecar by every role, from the table that the listeners themselves go by. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestsOf } from "../../src/contract/seal.ts";
import { startSidecar, type RunningSidecar } from "../../src/sidecar/main.ts";
import { appRoutes, operatorRoutes, type Route } from "../../src/sidecar/routes/route-table.ts";
import { send, signIn } from "./client.ts";
import { startUpstream, writeDesk, type DeskWorkspace, type Upstream } from "./desk-workspace.ts";

const storeWriter = new URL("../../dist/sidecar/store/sqlite/writer-thread.js", import.meta.url);

/**
 * `user`: sam in the app; `other`: sam in another app; `requester`: sam on the operator origin; `approver`: ana there;
 * `outsider`: lou there, who is in no group; `approverInApp`: ana in the app.
 */
const roles = [
  "anonymous",
  "user",
  "other",
  "approverInApp",
  "requester",
  "outsider",
  "approver",
] as const;
type Role = (typeof roles)[number];

/** By role in the order above. */
const expected: Readonly<Record<string, readonly number[]>> = {
  "app GET /_govern/me": [401, 200, 401, 200, 401, 401, 401],
  "app GET /_govern/tickets": [401, 200, 401, 200, 401, 401, 401],
  "app GET /_govern/requests": [303, 200, 303, 200, 303, 303, 303],
  "app GET /_govern/login": [200, 200, 200, 200, 200, 200, 200],
  "app GET /_govern/signed-out": [200, 200, 200, 200, 200, 200, 200],
  "operator GET /_govern/login": [200, 200, 200, 200, 200, 200, 200],
  "operator GET /_govern/signed-out": [200, 200, 200, 200, 200, 200, 200],
  "operator GET /healthz": [200, 200, 200, 200, 200, 200, 200],
  "operator GET /readyz": [200, 200, 200, 200, 200, 200, 200],
  "operator GET /.well-known/jwks.json": [200, 200, 200, 200, 200, 200, 200],
  "app POST /_govern/login": [401, 401, 401, 401, 401, 401, 401],
  "operator POST /_govern/login": [401, 401, 401, 401, 401, 401, 401],
  "app POST /_govern/logout": [303, 303, 303, 303, 303, 303, 303],
  "operator POST /_govern/logout": [303, 303, 303, 303, 303, 303, 303],
  "app GET /_govern/callback": [403, 403, 403, 403, 403, 403, 403],
  "app GET /_govern/device": [403, 403, 403, 403, 403, 403, 403],
  "app DELETE /_govern/tickets/{id}": [401, 404, 401, 404, 401, 401, 401],
  "app GET /_govern/tickets/{id}/result": [401, 409, 401, 409, 401, 401, 401],
  "app POST /_govern/reports": [401, 400, 401, 400, 401, 401, 401],
  "app * /_govern/http/{rest*}": [401, 403, 401, 403, 401, 401, 401],
  "app * /_govern/sql/{rest*}": [401, 403, 401, 403, 401, 401, 401],
  "app * /{rest*}": [401, 403, 401, 403, 401, 401, 401],
  "operator GET /_govern/me": [401, 401, 401, 401, 200, 200, 200],
  "operator GET /approvals/{id}": [303, 303, 303, 303, 200, 200, 200],
  "operator GET /api/approvals/events": [401, 401, 401, 401, 200, 200, 200],
  "operator GET /api/approvals/figures": [401, 401, 401, 401, 403, 403, 200],
  "operator GET /api/status": [401, 401, 401, 401, 200, 200, 200],
  "operator GET /api/approvals": [401, 401, 401, 401, 200, 200, 200],
  "operator GET /_govern/callback": [401, 401, 401, 401, 404, 404, 404],
  "operator GET /_govern/device": [401, 401, 401, 401, 404, 404, 404],
  "operator GET /api/approvals/{id}": [401, 401, 401, 401, 404, 404, 404],
  "operator POST /api/approvals/{id}/cancel": [401, 401, 401, 401, 404, 404, 404],
  "operator GET /api/approvals/{id}/preview": [401, 401, 401, 401, 404, 404, 404],
  "operator POST /api/approvals/{id}/break-glass": [401, 401, 401, 401, 404, 404, 404],
  "operator POST /api/approvals/{id}/review": [401, 401, 401, 401, 404, 404, 404],
  "operator POST /api/approvals/{id}/resolve": [401, 401, 401, 401, 400, 400, 400],
  "operator GET /": [303, 303, 303, 303, 200, 200, 200],
  "operator POST /api/approvals/{id}/decision": [401, 401, 401, 401, 400, 400, 400],
  "operator GET /audit": [303, 303, 303, 303, 200, 200, 200],
  "operator GET /assets/{file}": [401, 401, 401, 401, 404, 404, 404],
  "operator GET /api/audit/status": [401, 401, 401, 401, 403, 403, 200],
  "operator GET /api/audit": [401, 401, 401, 401, 403, 403, 200],
  "operator GET /api/audit/verify": [401, 401, 401, 401, 403, 403, 200],
};

const nameOf = (at: string, { method, path }: Route): string => `${at} ${method} ${path}`;
const all = [
  ...appRoutes.map((route) => ({ at: "app" as const, route })),
  ...operatorRoutes.map((route) => ({ at: "operator" as const, route })),
];

let upstream: Upstream;
let desk: DeskWorkspace;
let sidecar: RunningSidecar;
let cookies: Record<Role, string>;

/** A second app, with the files of the first and no operation. */
function addTill(folder: string): void {
  const app = join(folder, "governed/apps/till");
  mkdirSync(join(app, "web"), { recursive: true });
  const files = new Map([
    ["operations.json", JSON.stringify({ version: 1, app: "till", operations: [] })],
    ["web/index.html", "<!doctype html><title>till</title>"],
  ]);
  for (const [path, text] of files) writeFileSync(join(app, path), text);
  const source = readFileSync(join(folder, "governed/apps/desk/build.json"), "utf8");
  const emitted = digestsOf([...files].map(([path, text]) => [path, Buffer.from(text)] as const));
  const build = { ...(JSON.parse(source) as object), app: "till", emitted };
  writeFileSync(join(app, "build.json"), JSON.stringify(build));
}

const cookieOf = async (...args: Parameters<typeof signIn>): Promise<string> =>
  (await signIn(...args)).cookie;

beforeAll(async () => {
  upstream = await startUpstream();
  desk = writeDesk(upstream.port, (text) =>
    text.replace("apps:\n", "apps:\n  till: { resources: {} }\n"),
  );
  addTill(desk.folder);
  const options = { host: "127.0.0.1", port: 0, operatorPort: 0, dev: true, storeWriter };
  sidecar = await startSidecar({ workspaceDir: desk.folder, ...options });
  const app = { port: sidecar.port, host: "desk.localhost" };
  const operator = { port: sidecar.operatorPort, host: "govern.localhost" };
  cookies = {
    anonymous: "",
    user: await cookieOf(app, "sam"),
    other: await cookieOf({ ...app, host: "till.localhost" }, "sam"),
    approverInApp: await cookieOf(app, "ana"),
    requester: await cookieOf(operator, "sam"),
    outsider: await cookieOf(operator, "lou"),
    approver: await cookieOf(operator, "ana"),
  };
});
afterAll(async () => {
  await sidecar?.close();
  await upstream.stop();
  desk.remove();
});

function statusOfStream(
  { port, host }: { port: number; host: string },
  { path, headers }: { path: string; headers: Readonly<Record<string, string>> },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const named = { ...headers, host: `${host}:${port}` };
    const sent = request({ host: "127.0.0.1", port, path, headers: named }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function statusOf(at: "app" | "operator", route: Route, role: Role): Promise<number> {
  const address =
    at === "app"
      ? { port: sidecar.port, host: "desk.localhost" }
      : { port: sidecar.operatorPort, host: "govern.localhost" };
  const path = route.path.replace("{rest*}", "nothing").replace("{id}", "nothing");
  const method = route.method === "*" ? "POST" : route.method;
  // Signing out is tried with a copy of nobody's session: the others are needed.
  const cookie =
    path === "/_govern/logout" ? {} : cookies[role] === "" ? {} : { cookie: cookies[role] };
  const headers = {
    "sec-fetch-site": "same-origin",
    "sec-fetch-dest": "empty",
    "content-type": "application/json",
    ...cookie,
  };
  const body = method === "POST" ? "{}" : "";
  const call = { method, path, headers, body };
  // A stream has no end.
  return path === "/api/approvals/events"
    ? statusOfStream(address, call)
    : (await send(address, call)).status;
}

describe("every route by every role", () => {
  it("is in the table below, and nothing else is", () => {
    expect(Object.keys(expected).toSorted()).toEqual(
      all.map(({ at, route }) => nameOf(at, route)).toSorted(),
    );
  });

  it.each(all.map((one) => [nameOf(one.at, one.route), one] as const))("%s", async (name, one) => {
    const got: number[] = [];
    for (const role of roles) got.push(await statusOf(one.at, one.route, role));
    expect(got).toEqual(expected[name]);
  });
});
