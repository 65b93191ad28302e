/** `@dxheroes/local-mcp-frontend`: profiles of tool servers (vite; its sign-in client builds paths by a proxy object). */
import { join } from "node:path";
import { operationId, type UnnamedOperation } from "../../../src/contract/operation-id.ts";
import type { HttpOperation } from "../../../src/contract/operation.ts";
import type { Asked, Given } from "../../side-by-side/upstream.ts";
import type { RealApp } from "./real-app.ts";

const organization = { id: "o1", name: "Acme", slug: "acme", createdAt: "2026-01-05T10:00:00Z" };
const time = "2026-01-05T10:00:00.000Z";
const server = {
  id: "m1",
  name: "Ledger tools",
  type: "remote_http",
  config: { url: "https://tools.acme.example/mcp" },
  userId: "u1",
  createdAt: 1_767_607_200_000,
  updatedAt: 1_767_607_200_000,
};

const answers: Readonly<Record<string, unknown>> = {
  "GET /api/auth/get-session": {
    session: { id: "s1", userId: "u1", activeOrganizationId: "o1", expiresAt: "2030-01-05" },
    user: { id: "u1", name: "Sam", email: "sam@acme.example", emailVerified: true },
  },
  "GET /api/auth/organization/list": [organization],
  "GET /api/auth/organization/get-full-organization": {
    ...organization,
    members: [
      {
        id: "mb1",
        userId: "u1",
        role: "owner",
        createdAt: time,
        user: { id: "u1", name: "Sam", email: "sam@acme.example" },
      },
    ],
    invitations: [],
  },
  "GET /api/auth/organization/list-members": { members: [], total: 0 },
  "GET /api/auth/organization/list-invitations": [],
  "GET /api/organization-domains": [],
  "GET /api/health/auth-config": { emailPassword: true, google: false },
  "GET /api/profiles": [
    { id: "p1", name: "support", description: "Tools of the desk", userId: "u1" },
  ],
  "GET /api/profiles/p1/info": {
    tools: [{ name: "refund" }],
    serverStatus: { total: 1, connected: 1, status: { m1: true } },
  },
  "GET /api/settings/default-gateway-profile": { profileName: "support" },
  "GET /api/sharing/summary/profile": {},
  "GET /api/sharing/summary/mcp_server": {},
  "GET /api/mcp-servers": [server],
  "GET /api/mcp-servers/presets": [],
  "GET /api/mcp-servers/m1": server,
  "GET /api/mcp-servers/m1/status": { status: "connected", error: null },
  "GET /api/mcp-servers/m1/tools": { tools: [{ name: "refund", description: "Gives it back" }] },
  "GET /api/mcp-servers/m1/tool-configs": { tools: [] },
  "GET /api/debug/logs": { logs: [], total: 0, page: 1, limit: 100, totalPages: 1 },
  "POST /api/profiles": { id: "p2", name: "billing" },
  "DELETE /api/profiles/p1": {},
};

function answer({ method, url }: Asked): Given | undefined {
  const body = answers[`${method} ${url.replace(/\?.*$/, "")}`];
  return body === undefined ? undefined : { body };
}

/** What no analysis sees: a person registers it by hand. */
function signInRead(name: string): HttpOperation {
  const unnamed = {
    kind: "http",
    access: "read",
    why: "method GET",
    method: "GET",
    origin: "same-origin",
    path: `/api/auth/${name}`,
    query: { fields: {}, open: true },
    headers: [],
    body: { type: "none" },
  } satisfies UnnamedOperation;
  return { id: operationId(unnamed), ...unnamed };
}

export const dxheroes: RealApp = {
  name: "dxheroes",
  package: ["@dxheroes/local-mcp-frontend", "0.16.0"],
  folderIn: (unpacked) => join(unpacked, "dist"),
  keys: ["{base}", "same-origin"],
  operations: [
    "get-session",
    "organization/list",
    "organization/get-full-organization",
    "organization/list-members",
    "organization/list-invitations",
  ].map(signInRead),
  answers: answer,
  async script({ page, home, look }) {
    const shown = (text: string) => page.locator(`text=${text} >> visible=true`).first();
    await page.goto(home);
    await shown("1/1 servers").waitFor();
    await look("profiles");
    await page.getByRole("link", { name: "MCP Servers" }).click();
    await shown("Ledger tools").waitFor();
    await look("servers");
    await shown("View").click();
    await look("server");
    await page.getByRole("link", { name: "Debug Logs" }).click();
    await look("logs");
    await page.getByRole("link", { name: "Docs" }).click();
    await look("docs");
    await page.getByRole("link", { name: "Organizations" }).click();
    await look("organizations");
    await page.getByRole("link", { name: "Profiles" }).click();
    await shown("1/1 servers").waitFor();
    await page
      .getByRole("button", { name: /new|create/i })
      .first()
      .click();
    await look("form");
    await page.getByLabel("Name").fill("billing");
    await page
      .getByRole("button", { name: /^(?:create|save)/i })
      .last()
      .click();
    await look("created");
  },
};
