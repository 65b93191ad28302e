import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { verifyEmitted } from "../../../src/bundle/emit/verify-emitted.ts";
import { readBundle } from "../../../src/bundle/files/read-bundle.ts";
import { buildFileSchema } from "../../../src/contract/build.ts";
import { operationsFileSchema } from "../../../src/contract/operation.ts";
import { parseWorkspace } from "../../../src/contract/workspace-file.ts";
import {
  analysisOfApp,
  importApp,
  key,
  post,
  treeOf,
  url,
  workspaceWithApp,
  writeTree,
} from "./app-of.ts";

function texts(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(treeOf(folder)).map(([path, { text }]) => [path, text]));
}

describe("a first import", () => {
  test("writes the governed directory, the workspace and the private folder", async () => {
    const folder = workspaceWithApp();
    const result = await importApp(folder);
    const paths = Object.keys(treeOf(folder)).filter((path) => !path.startsWith("dist/"));
    expect(paths.map((path) => path.replaceAll(/-\w{8}\.js/g, "-HASH.js"))).toEqual([
      ".govern/.gitignore",
      ".govern/secrets.env",
      "govern.yaml",
      "governed/.gitignore",
      "governed/apps/console/build.json",
      "governed/apps/console/maps/assets/index-HASH.js.map",
      "governed/apps/console/operations.json",
      "governed/apps/console/web/assets/govern-proxy-HASH.js",
      "governed/apps/console/web/assets/index-HASH.js",
      "governed/apps/console/web/index.html",
      "governed/seal.json",
      "governed/sidecar/package.json",
      "governed/sidecar/sidecar.mjs",
    ]);
    expect(result).toMatchObject({
      app: "console",
      isNewWorkspace: true,
      unchanged: false,
      notes: [],
    });
    expect(result.contract.added).toHaveLength(2);
    expect(result.written).toContain("governed/apps/console/");
  });

  test("writes files of the published formats", async () => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    const read = (name: string): unknown => JSON.parse(readFileSync(join(appDir, name), "utf8"));
    expect(operationsFileSchema.parse(read("operations.json")).app).toBe("console");
    expect(buildFileSchema.parse(read("build.json")).bundle.files).toBe(3);
    expect(await verifyEmitted(appDir)).toEqual([]);
  });

  test("leaves no credential in what is governed, and keeps each in secrets.env", async () => {
    const folder = workspaceWithApp();
    const { secrets } = await importApp(folder);
    for (const [path, text] of Object.entries(texts(join(folder, "governed")))) {
      expect(text.includes(key) || text.includes("Zk3vQ8tLw2mN"), path).toBe(false);
    }
    expect(secrets).toEqual(["API_ACME_EXAMPLE_AUTHORIZATION", "NEON_URL"]);
    const env = readFileSync(join(folder, ".govern/secrets.env"), "utf8");
    expect(env).toContain(`API_ACME_EXAMPLE_AUTHORIZATION=${key}\nNEON_URL=${url}\n`);
  });

  test("makes the private folder private", async () => {
    const folder = workspaceWithApp();
    await importApp(folder);
    const mode = (path: string): number => statSync(join(folder, path)).mode & 0o777;
    expect([mode(".govern"), mode(".govern/secrets.env")]).toEqual([0o700, 0o600]);
    expect(readFileSync(join(folder, ".govern/.gitignore"), "utf8")).toBe("*\n");
  });

  test("lets git keep operations.json alone", async () => {
    const folder = workspaceWithApp();
    await importApp(folder);
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: folder, encoding: "utf8" });
    git("init", "-q");
    git("add", "governed", "govern.yaml", ".govern");
    expect(git("diff", "--cached", "--name-only").trim().split("\n")).toEqual([
      "govern.yaml",
      "governed/.gitignore",
      "governed/apps/console/operations.json",
    ]);
  });

  test("is refused for its own output", async () => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    await expect(readBundle(join(appDir, "web"))).rejects.toMatchObject({
      code: "bundle-governed",
    });
  });
});

describe("a second import of the same input", () => {
  test("writes nothing", async () => {
    const folder = workspaceWithApp();
    await importApp(folder);
    const before = treeOf(folder);
    const result = await importApp(folder);
    expect(result).toMatchObject({ unchanged: true, written: [], isNewWorkspace: false });
    expect(result.contract).toEqual({ added: [], removed: [], changed: [] });
    expect(treeOf(folder)).toEqual(before);
  });

  test("gives the same bytes elsewhere", async () => {
    const [one, two] = [workspaceWithApp(), workspaceWithApp()];
    await importApp(one);
    await importApp(two);
    expect(texts(one)).toEqual(texts(two));
  });

  test("puts right what was changed, and keeps what is not its own", async () => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    const before = texts(folder);
    writeTree(join(folder, "governed"), {
      "apps/other/operations.json": "{}",
      "sidecar/.env": "A=1",
      "apps/console/web/extra.js": "1",
    });
    rmSync(join(appDir, "web/index.html"));
    const result = await importApp(folder);
    expect(result.written).toEqual(["governed/apps/console/"]);
    expect(texts(folder)).toEqual({
      ...before,
      "governed/apps/other/operations.json": "{}",
      "governed/sidecar/.env": "A=1",
    });
  });

  test("keeps a rotated secret", async () => {
    const folder = workspaceWithApp();
    await importApp(folder);
    const path = join(folder, ".govern/secrets.env");
    writeFileSync(path, "NEON_URL=postgres://rotated\n");
    chmodSync(path, 0o644);
    await importApp(folder);
    expect(readFileSync(path, "utf8")).toBe(
      `NEON_URL=postgres://rotated\nAPI_ACME_EXAMPLE_AUTHORIZATION=${key}\n`,
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("a frozen import", () => {
  test("passes when the contract stays", async () => {
    const folder = workspaceWithApp();
    await importApp(folder);
    await expect(importApp(folder, { frozen: true })).resolves.toMatchObject({ unchanged: true });
  });

  test("is refused when the contract would change, and writes nothing", async () => {
    const folder = workspaceWithApp();
    await importApp(folder);
    const before = treeOf(folder);
    const added = post("https://api.acme.example", "/api/refunds");
    const base = analysisOfApp();
    const analysis = { ...base, operations: [...base.operations, added] };
    await expect(importApp(folder, { frozen: true, analysis })).rejects.toMatchObject({
      code: "contract-changed",
      details: { added: [added.id] },
    });
    expect(treeOf(folder)).toEqual(before);
  });

  test("is refused when there is no contract yet", async () => {
    const folder = workspaceWithApp();
    await expect(importApp(folder, { frozen: true })).rejects.toMatchObject({
      code: "contract-changed",
    });
    expect(existsSync(join(folder, "governed"))).toBe(false);
  });
});

describe("an output folder", () => {
  test.each([
    ["that is a file", "taken"],
    ["that holds something else", "src"],
    ["inside the bundle", "dist/governed"],
    ["around the bundle", "."],
  ])("%s is refused", async (_, out) => {
    const folder = workspaceWithApp();
    writeTree(folder, { taken: "x", "src/main.ts": "x" });
    const before = treeOf(folder);
    await expect(importApp(folder, { out: join(folder, out) })).rejects.toMatchObject({
      code: "output-conflict",
    });
    expect(treeOf(folder)).toEqual(before);
  });
});

test("two operations of one id stop the import", async () => {
  const folder = workspaceWithApp();
  const one = post("https://api.acme.example", "/api/credits");
  const two = { ...one, access: "read" as const };
  const analysis = analysisOfApp({ operations: [one, two] });
  await expect(importApp(folder, { analysis })).rejects.toMatchObject({
    code: "operation-collision",
  });
});

test("a govern.yaml that is not valid stops the import", async () => {
  const folder = workspaceWithApp();
  writeTree(folder, { "govern.yaml": "version: 1\nappz: {}\n" });
  await expect(importApp(folder)).rejects.toMatchObject({ code: "workspace-invalid" });
  expect(existsSync(join(folder, "governed"))).toBe(false);
});

describe("the emitted files", () => {
  test.each([
    ["a changed file", "web/index.html", "<p>1", "unsealed-output"],
    ["an added file", "web/assets/more.css", "a{}", "unsealed-output"],
    ["an added call", "web/assets/more.js", "fetch('/x')", "unresolved-call"],
    ["a call in a page", "web/more.html", "<script>new WebSocket(u)</script>", "unresolved-call"],
    ["a credential", "web/more.json", `"${url}"`, "hardcoded-credential"],
  ])("do not verify with %s", async (_, path, text, rule) => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    writeTree(appDir, { [path]: text });
    const rules = (await verifyEmitted(appDir)).map((finding) => finding.rule);
    expect(rules).toContain("unsealed-output");
    expect(rules).toContain(rule);
  });

  test("do not verify with a missing file", async () => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    rmSync(join(appDir, "web/index.html"));
    expect(await verifyEmitted(appDir)).toMatchObject([
      { rule: "unsealed-output", file: "web/index.html" },
    ]);
  });

  test.each([
    ["operations.json", "{}"],
    ["maps/assets/more.js.map", "{}"],
    ["../../sidecar/sidecar.mjs", "// another"],
    ["../../.gitignore", ""],
  ])("do not verify with another %s", async (path, text) => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    expect(await verifyEmitted(appDir)).toEqual([]);
    writeTree(appDir, { [path]: text });
    expect(await verifyEmitted(appDir)).toMatchObject([{ rule: "unsealed-output", file: path }]);
  });

  test("may quote the form of a connection string", async () => {
    const folder = workspaceWithApp();
    const { appDir } = await importApp(folder);
    writeTree(appDir, {
      "web/more.txt": "postgresql://user:password@host.tld/db `postgresql://${u}:${p}@${h}`",
    });
    const rules = (await verifyEmitted(appDir)).map((finding) => finding.rule);
    expect(rules).toEqual(["unsealed-output"]);
  });

  test("cannot be verified without their build file", async () => {
    const folder = workspaceWithApp();
    await expect(verifyEmitted(folder)).rejects.toMatchObject({ code: "file-invalid" });
  });
});

test("the workspace that is written can be read", async () => {
  const folder = workspaceWithApp();
  const { workspaceFile } = await importApp(folder);
  const { workspace } = parseWorkspace(readFileSync(workspaceFile, "utf8"), workspaceFile);
  expect(workspace).toMatchInlineSnapshot(`
    {
      "approvals": [
        {
          "approvers": {
            "all": [
              "leads",
            ],
          },
          "expiresIn": "24h",
          "match": {
            "access": "write",
          },
          "quorum": 1,
        },
      ],
      "apps": {
        "console": {
          "resources": {
            "https://api.acme.example": "api-acme-example",
            "sql:neon": "neon",
          },
        },
      },
      "groups": {
        "dev": {},
        "leads": {},
      },
      "identity": {
        "dev": {
          "users": {
            "ana": [
              "leads",
            ],
            "sam": [
              "dev",
            ],
          },
        },
      },
      "permissions": [
        {
          "allow": [
            "console/read",
            "console/write",
          ],
          "groups": [
            "dev",
          ],
        },
        {
          "allow": [
            "console/read",
          ],
          "groups": [
            "leads",
          ],
        },
      ],
      "resources": {
        "api-acme-example": {
          "auth": "service",
          "headers": {
            "authorization": "Bearer \${env:API_ACME_EXAMPLE_AUTHORIZATION}",
          },
          "kind": "http",
          "upstream": "https://api.acme.example",
        },
        "neon": {
          "kind": "postgres",
          "url": "\${env:NEON_URL}",
        },
      },
      "version": 1,
    }
  `);
});
