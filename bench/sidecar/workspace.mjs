// A workspace of one app with a read and a write that needs no approval, as import would have written it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestsOf } from "../../dist/contract/seal.js";

const common = {
  kind: "http",
  origin: "same-origin",
  query: { fields: {}, open: false },
  headers: [],
};
const operations = [
  {
    ...common,
    id: "get-tickets-1a2b3c",
    access: "read",
    why: "method GET",
    method: "GET",
    path: "/api/tickets/{ticketId}",
    body: { type: "none" },
  },
  {
    ...common,
    id: "put-tickets-label-7a8b9c",
    access: "write",
    why: "method PUT",
    method: "PUT",
    path: "/api/tickets/{ticketId}/label",
    body: { type: "json", fields: { label: "string", note: "string" }, open: false },
  },
];

const yaml = (port) => `version: 1
identity: { dev: { users: { sam: [dev], ana: [leads] } } }
resources:
  desk: { kind: http, upstream: "http://127.0.0.1:${port}", auth: service, headers: { authorization: "Bearer bench" } }
apps:
  desk: { resources: { same-origin: desk } }
permissions:
  - { groups: [dev], allow: ["desk/*"], when: size(arguments.path.ticketId) < 40 }
approvals:
  - { match: { access: write }, approvers: { all: [leads] }, quorum: 1, expiresIn: 24h }
  - { match: { operation: desk/put-tickets-label-7a8b9c }, require: none, reason: labels move nothing }
`;

/** Writes the workspace before an upstream. */
export function writeWorkspace(folder, upstreamPort) {
  const app = join(folder, "governed/apps/desk");
  mkdirSync(join(app, "web"), { recursive: true });
  writeFileSync(join(folder, "govern.yaml"), yaml(upstreamPort));
  const files = new Map([
    ["operations.json", JSON.stringify({ version: 1, app: "desk", operations })],
    ["web/index.html", "<!doctype html><title>desk</title>"],
  ]);
  for (const [path, text] of files) writeFileSync(join(app, path), text);
  const emitted = digestsOf([...files].map(([path, text]) => [path, Buffer.from(text)]));
  const bundle = { digest: "b".repeat(64), files: 1, bytes: 34 };
  const seen = { origins: [], sites: [], findings: [], external: [] };
  const build = { version: 1, app: "desk", bundle, ...seen, emitted };
  writeFileSync(join(app, "build.json"), JSON.stringify(build));
}
