import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Analysis } from "../../../src/bundle/analysis.ts";
import { mergeSecrets } from "../../../src/bundle/emit/secrets.ts";
import { originId } from "../../../src/contract/operation-id.ts";
import { parseWorkspace } from "../../../src/contract/workspace-file.ts";
import type { HttpOperation } from "../../../src/contract/operation.ts";
import type { Workspace } from "../../../src/contract/workspace.ts";
import { analysisOfApp, importApp, post, select, workspaceWithApp, writeTree } from "./app-of.ts";

function readWorkspace(folder: string): Workspace {
  const file = join(folder, "govern.yaml");
  return parseWorkspace(readFileSync(file, "utf8"), file).workspace;
}

function analysisOf(parts: Partial<Analysis>): Analysis {
  return analysisOfApp({ cuts: [], operations: [], origins: [], ...parts });
}

async function resourcesOf(
  analysis: Analysis,
  upstreams: Record<string, string> = {},
): Promise<[Workspace["resources"], Record<string, string> | undefined]> {
  const folder = workspaceWithApp();
  await importApp(folder, { analysis, upstreams: new Map(Object.entries(upstreams)) });
  const workspace = readWorkspace(folder);
  return [workspace.resources, workspace.apps?.["console"]?.resources];
}

describe("a starter workspace", () => {
  test("takes the address that is given for a SQL client", async () => {
    const [resources, mapped] = await resourcesOf(analysisOfApp(), {
      "sql:neon": "sqlite:./ledger.db",
    });
    expect(resources?.["neon"]).toEqual({ kind: "sqlite", url: "sqlite:./ledger.db" });
    expect(mapped?.["sql:neon"]).toBe("neon");
  });

  test("takes the address that is given for an origin", async () => {
    const [resources] = await resourcesOf(analysisOfApp(), {
      "https://api.acme.example": "http://127.0.0.1:4100",
    });
    expect(resources?.["api-acme-example"]).toMatchObject({ upstream: "http://127.0.0.1:4100" });
  });

  test.each([
    "postgres://me:hunter2hunter2@db.acme.example/x",
    "postgres://me:hunter2/hunter2@db.acme.example/x",
    "postgres://db.acme.example/x?user=me&password=hunter2hunter2",
  ])("keeps the password of %s out of govern.yaml", async (given) => {
    const folder = workspaceWithApp();
    const analysis = analysisOf({ operations: [select("neon")] });
    await importApp(folder, { analysis, upstreams: new Map([["sql:neon", given]]) });
    expect(readWorkspace(folder).resources?.["neon"]).toEqual({
      kind: "postgres",
      url: "${env:NEON_URL}",
    });
    expect(readFileSync(join(folder, ".govern/secrets.env"), "utf8")).toContain(
      `NEON_URL=${given}\n`,
    );
  });

  test("refuses an API's address that holds a credential, without repeating it", async () => {
    const folder = workspaceWithApp();
    const upstreams = new Map([["https://api.acme.example", "https://me:hunter2@10.0.0.7/v1"]]);
    const refusal: unknown = await importApp(folder, { upstreams }).catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: "usage" });
    expect(JSON.stringify(refusal)).not.toContain("hunter2");
    expect(existsSync(join(folder, "govern.yaml"))).toBe(false);
  });

  test("passes a user's own token through instead of lending it a service's", async () => {
    const origin = "https://api.acme.example";
    const [resources] = await resourcesOf(
      analysisOf({ operations: [post(origin, "/x", ["authorization"])] }),
    );
    expect(resources?.["api-acme-example"]).toEqual({
      kind: "http",
      upstream: origin,
      auth: "passthrough",
    });
  });

  test("lets the app sign its users in without approval", async () => {
    const origin = "https://login.acme.example";
    const signIn = post(origin, "/token");
    const folder = workspaceWithApp();
    const analysis = analysisOf({
      operations: [signIn],
      origins: [{ id: originId(origin), origin, class: "auth", why: "it gives tokens" }],
    });
    const { notes } = await importApp(folder, { analysis });
    expect(readWorkspace(folder).approvals?.at(-1)).toEqual({
      match: { operation: `console/${signIn.id}` },
      require: "none",
      reason: "sign-in of the app",
    });
    expect(notes).toEqual([
      `${origin} is auth: it gives tokens.`,
      expect.stringContaining(`without approval, as nobody could approve it: ${signIn.id}.`),
    ]);
  });

  test("keeps passwords out of the trail", async () => {
    const folder = workspaceWithApp();
    const login = post("https://api.acme.example", "/api/login") as HttpOperation;
    const fields = {
      password: "any",
      newPassword: "any",
      "a password": "any",
      note: "any",
    } as const;
    const operation: HttpOperation = { ...login, body: { type: "json", fields, open: false } };
    await importApp(folder, { analysis: analysisOf({ operations: [operation] }) });
    expect(readWorkspace(folder).audit).toEqual({
      redact: ["arguments.body.newPassword", "arguments.body.password"],
    });
  });

  test("reads public files where they are", async () => {
    const origin = "https://cdn.jsdelivr.net";
    const [resources] = await resourcesOf(
      analysisOf({
        operations: [post(origin, "/npm/data")],
        origins: [{ id: originId(origin), origin, class: "external", why: "public files" }],
      }),
    );
    expect(resources).toEqual({
      "cdn-jsdelivr-net": { kind: "http", upstream: origin, auth: "service" },
    });
  });

  test("maps no telemetry", async () => {
    const origin = "https://stats.acme.example";
    const [resources, mapped] = await resourcesOf(
      analysisOf({
        operations: [post(origin, "/event")],
        origins: [{ id: originId(origin), origin, class: "telemetry", why: "a beacon" }],
      }),
    );
    expect([resources, mapped]).toEqual([{}, {}]);
  });

  test.each([
    ["same-origin", post("same-origin", "/api/x"), "--upstream 'same-origin=https://HOST'"],
    ["{base}", post("{base}", "/api/x"), "--upstream '{base}=https://HOST'"],
    ["sql:neon", select("neon"), "--upstream 'sql:neon=postgres://HOST/DATABASE'"],
  ])("asks for the address of %s by the exact flag", async (key, operation, flag) => {
    const folder = workspaceWithApp();
    const analysis = analysisOf({ operations: [operation] });
    await expect(importApp(folder, { analysis })).rejects.toMatchObject({
      code: "upstream-needed",
      next: expect.stringContaining(flag) as string,
      details: { keys: [key] },
    });
    const address = key.startsWith("sql") ? "sqlite:./x.db" : "https://api.acme.example";
    await expect(
      importApp(folder, { analysis, upstreams: new Map([[key, address]]) }),
    ).resolves.toBeDefined();
  });

  test("refuses an address for what the bundle does not call", async () => {
    const folder = workspaceWithApp();
    const upstreams = new Map([["https://api.acme.exmaple", "http://127.0.0.1:1"]]);
    await expect(importApp(folder, { upstreams })).rejects.toMatchObject({ code: "usage" });
  });
});

describe("a workspace that exists", () => {
  const written = `# ours
version: 1 # the only one
resources:
  # the ledger
  neon: { kind: postgres, url: "\${env:LEDGER}" }
apps:
  other: { resources: {} } # another app
permissions:
  - { groups: [support], allow: ["other/read"] }
`;

  test("gets what is missing, and keeps every line of its own", async () => {
    const folder = workspaceWithApp();
    writeTree(folder, { "govern.yaml": written });
    const result = await importApp(folder);
    const text = readFileSync(join(folder, "govern.yaml"), "utf8");
    for (const line of written.trim().split("\n")) expect(text).toContain(line);
    const workspace = readWorkspace(folder);
    expect(workspace.resources?.["neon"]).toEqual({ kind: "postgres", url: "${env:LEDGER}" });
    expect(workspace.resources?.["neon-2"]).toEqual({ kind: "postgres", url: "${env:NEON_2_URL}" });
    expect(workspace.apps?.["console"]?.resources).toEqual({
      "https://api.acme.example": "api-acme-example",
      "sql:neon": "neon-2",
    });
    expect(workspace.permissions).toHaveLength(1);
    expect(result.notes).toEqual([
      expect.stringContaining("No permission in govern.yaml names console"),
    ]);
  });

  test("is not touched when it maps every call, by sql for all clients too", async () => {
    const folder = workspaceWithApp();
    const text = `version:   1
resources: { a: {kind: http, upstream: "https://api.acme.example", auth: service}, b: {kind: sqlite, url: "sqlite:./x"} }
apps: { console: { resources: {"https://api.acme.example": a, sql: b} } }
permissions: [{ groups: [x], allow: [console/read] }]
`;
    writeTree(folder, { "govern.yaml": text });
    const result = await importApp(folder, {
      upstreams: new Map([
        ["sql:neon", "sqlite:./y"],
        ["https://api.acme.example", "https://api.acme.example"],
      ]),
    });
    expect(readFileSync(join(folder, "govern.yaml"), "utf8")).toBe(text);
    expect(result.written).not.toContain("govern.yaml");
    expect(result.secrets).toEqual(["A_AUTHORIZATION", "B_URL"]);
    expect(result.notes).toEqual([expect.stringContaining("maps sql:neon already")]);
  });

  test.each([
    ["an empty file of rules", "version: 1\n"],
    ["no line end", "version: 1\nresources:\n  a: {kind: http, upstream: x, auth: service}"],
    ["braces", "version: 1\nresources: {}\napps: {other: {resources: {}}}\napprovals: []\n"],
    [
      "the app without resources",
      "version: 1\napps:\n  console:\n    resources: {}\n    url: https://a.example\n",
    ],
    [
      "nested last values",
      "apps:\n    other:\n        resources:\n            a: b # last\n\n# rules\napprovals:\n- match: {access: write}\n  require: none\n  reason: |\n    long\n\nversion: 1\n",
    ],
  ])("may have %s", async (_, text) => {
    const folder = workspaceWithApp();
    writeTree(folder, { "govern.yaml": text });
    const origin = "https://login.acme.example";
    const base = analysisOfApp();
    const signIn = post(origin, "/token");
    const analysis = {
      ...base,
      operations: [...base.operations, signIn],
      origins: [...base.origins, { id: originId(origin), origin, class: "auth" as const, why: "" }],
    };
    await importApp(folder, { analysis });
    const { resources, apps, approvals } = readWorkspace(folder);
    expect(Object.keys(resources ?? {})).toEqual(
      expect.arrayContaining(["api-acme-example", "login-acme-example", "neon"]),
    );
    expect(Object.keys(apps?.["console"]?.resources ?? {})).toHaveLength(3);
    const isNew = !text.includes("console");
    expect(approvals?.at(-1)?.match.operation).toBe(isNew ? `console/${signIn.id}` : undefined);
    const after = readFileSync(join(folder, "govern.yaml"), "utf8");
    for (const comment of text.match(/#.*/g) ?? []) expect(after).toContain(comment);
  });

  test("may have only its version", async () => {
    const folder = workspaceWithApp();
    writeTree(folder, { "govern.yaml": "version: 1\n" });
    await importApp(folder);
    expect(Object.keys(readWorkspace(folder).resources ?? {})).toEqual([
      "api-acme-example",
      "neon",
    ]);
  });
});

test("a secret keeps every character in an env file", async () => {
  const { parseEnv } = await import("node:util");
  for (const value of ["plain", "a b", "a#b", 'a"b', "a'b#", "x=y", "$HOME", "ünï", "a\"b'c d"]) {
    expect(parseEnv(mergeSecrets("", [{ name: "S", value }]))["S"]).toBe(value);
  }
});
