import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { appNameOf } from "../../../src/bundle/emit/app-name.ts";
import { readAssets, sidecarFileNames } from "../../../src/bundle/emit/assets.ts";
import { importBundle, type ImportOptions } from "../../../src/bundle/import.ts";
import { analysisOfApp, assets, freshFolder, workspaceWithApp, writeTree } from "./app-of.ts";

function options(folder: string, more: Partial<ImportOptions> = {}): ImportOptions {
  return {
    bundle: join(folder, "dist"),
    workspaceDir: folder,
    upstreams: new Map(),
    analyze: () => Promise.resolve(analysisOfApp()),
    assets,
    ...more,
  };
}

describe("importBundle", () => {
  test("names the app, tells its steps and writes into the workspace", async () => {
    const folder = workspaceWithApp();
    writeTree(folder, { "package.json": '{"name":"@acme/Support_Console"}' });
    const steps: string[] = [];
    const result = await importBundle(options(folder, { onProgress: (step) => steps.push(step) }));
    expect(result?.appDir).toBe(join(folder, "governed/apps/support-console"));
    expect(steps).toEqual(["read", "analyze", "rewrite", "verify", "write"]);
  });

  test("takes what a person answers", async () => {
    const folder = workspaceWithApp();
    const result = await importBundle(
      options(folder, {
        upstreams: new Map([["https://api.acme.example", "http://127.0.0.1:1"]]),
        choose: (report, given) =>
          Promise.resolve({
            app: `${report.app}-2`,
            upstreams: { ...given.upstreams, "sql:neon": "sqlite:./ledger.db" },
          }),
      }),
    );
    expect(result).toMatchObject({ app: "dist-2" });
    expect(result?.mappings.map(({ definition }) => definition)).toMatchObject([
      { upstream: "http://127.0.0.1:1" },
      { kind: "sqlite", url: "sqlite:./ledger.db" },
    ]);
  });

  test("asks nothing about what the workspace maps", async () => {
    const folder = workspaceWithApp();
    await importBundle(options(folder));
    const result = await importBundle(
      options(folder, {
        choose: (report, given) => {
          expect(given.upstreams).toEqual({ "https://api.acme.example": "", "sql:neon": "" });
          return Promise.resolve({ app: report.app, upstreams: given.upstreams });
        },
      }),
    );
    expect(result).toMatchObject({ unchanged: true });
  });

  test("writes nothing when the person leaves", async () => {
    const folder = workspaceWithApp();
    const result = await importBundle(
      options(folder, { choose: () => Promise.resolve(undefined) }),
    );
    expect(result).toBeNull();
    expect(readdirSync(folder)).toEqual(["dist"]);
  });

  test("refuses a governed bundle", async () => {
    const folder = workspaceWithApp();
    const result = await importBundle(options(folder));
    const again = options(folder, { bundle: join(result?.appDir ?? "", "web") });
    await expect(importBundle(again)).rejects.toMatchObject({ code: "bundle-governed" });
  });
});

describe("the name of an app", () => {
  test("is the nearest package's without its scope, else the folder's", async () => {
    const folder = freshFolder();
    writeTree(folder, {
      "one/package.json": '{"name":"@acme/ledger.ui"}',
      "one/dist/a.js": "",
      "Two Apps/a.js": "",
    });
    expect(await appNameOf(join(folder, "one/dist"))).toBe("ledger-ui");
    expect(await appNameOf(join(folder, "Two Apps"))).toBe("two-apps");
  });

  test("is refused when it cannot be a name", async () => {
    await expect(appNameOf("/x", "Support Console")).rejects.toMatchObject({ code: "usage" });
  });
});

test("the package has every file that import copies", async () => {
  const { proxies, sidecar, version } = await readAssets();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  for (const proxy of Object.values(proxies)) expect(proxy).toContain("__GOVERN_BUILD__");
  expect([...sidecar.keys()]).toEqual([...sidecarFileNames]);
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  const emitted = JSON.parse(
    Buffer.from(sidecar.get("package.json") ?? []).toString(),
  ) as typeof manifest;
  expect(emitted.dependencies).toEqual({
    "better-sqlite3": manifest.dependencies["better-sqlite3"],
  });
  expect(existsSync("dist/emit/sidecar.mjs")).toBe(true);
});
