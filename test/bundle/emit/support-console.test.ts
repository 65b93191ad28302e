import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { verifyEmitted } from "../../../src/bundle/emit/verify-emitted.ts";
import { importBundle, type ImportResult } from "../../../src/bundle/import.ts";
import { operationsFileSchema } from "../../../src/contract/operation.ts";
import { freshFolder, treeOf } from "./app-of.ts";

const fixture = new URL("../../../fixtures/support-console", import.meta.url).pathname;

async function importConsole(workspaceDir: string, build: string): Promise<ImportResult> {
  const upstreams = new Map([["sql:neon", "sqlite:./ledger.db"]]);
  const result = await importBundle({ bundle: join(fixture, build), workspaceDir, upstreams });
  if (result === null) throw new TypeError("nobody was asked");
  return result;
}

/** What its own source says and any string of the built app that must not come out again. */
const secrets = [
  ...readFileSync(join(fixture, "src/api.ts"), "utf8").matchAll(/acme_live_\w+/g),
  ...readFileSync(join(fixture, "src/db.ts"), "utf8").matchAll(/(?<=console_app:)\w+/g),
].map(([secret]) => secret);

describe.each(["dist", "dist-esbuild"])("the support console's %s", (build) => {
  test("is imported, verifies, and a second import changes nothing", async () => {
    const folder = freshFolder();
    const { appDir, app, findings } = await importConsole(folder, build);
    expect(app).toBe("support-console");
    expect(findings.map(({ rule }) => rule)).not.toContain("unresolved-call");
    expect(await verifyEmitted(appDir)).toEqual([]);
    const before = treeOf(folder);
    expect(await importConsole(folder, build)).toMatchObject({ unchanged: true, notes: [] });
    expect(treeOf(folder)).toEqual(before);
  });

  test("comes out without its credentials, maps included", async () => {
    const folder = freshFolder();
    await importConsole(folder, build);
    expect(secrets).toHaveLength(2);
    for (const [path, { text }] of Object.entries(treeOf(join(folder, "governed")))) {
      for (const secret of secrets) expect(text.includes(secret), path).toBe(false);
    }
  });
});

test("both builds of the support console have one contract", async () => {
  const contracts = [];
  for (const build of ["dist", "dist-esbuild"]) {
    const { appDir } = await importConsole(freshFolder(), build);
    const text = readFileSync(join(appDir, "operations.json"), "utf8");
    contracts.push(operationsFileSchema.parse(JSON.parse(text)).operations.map(({ id }) => id));
  }
  expect(contracts[0]).toEqual(contracts[1]);
});
