import * as nodeFiles from "node:fs/promises";
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileCalls } from "../../../src/bundle/emit/file-changes.ts";
import {
  analysisOfApp,
  app,
  assets as built,
  importApp,
  post,
  treeOf,
  workspaceWithApp,
  writeTree,
} from "./app-of.ts";

/** File calls of which the nth fails, and how many were made. */
function failingAt(nth: number): { calls: FileCalls; made: () => number } {
  let made = 0;
  const wrap = <F extends (...args: never[]) => unknown>(call: F): F =>
    ((...args: never[]) => {
      made += 1;
      return made === nth ? Promise.reject(new Error("ENOSPC: no space left")) : call(...args);
    }) as F;
  const { mkdir, writeFile, rename, copyFile, rm, rmdir } = nodeFiles;
  const calls = {
    mkdir: wrap(mkdir),
    writeFile: wrap(writeFile),
    rename: wrap(rename),
    copyFile: wrap(copyFile),
    rm: wrap(rm),
    rmdir: wrap(rmdir),
  };
  return { calls, made: () => made };
}

function texts(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(treeOf(folder)).map(([path, { text }]) => [path, text]));
}

/** Another build of the app, which changes every file that import writes. */
async function importChanged(folder: string, calls?: FileCalls): Promise<unknown> {
  const base = analysisOfApp();
  const operations = [...base.operations, post("https://new.acme.example", "/x")];
  const sidecar = new Map([
    ["sidecar.mjs", new TextEncoder().encode("// newer\n")],
    ["added.mjs", new TextEncoder().encode("// added\n")],
  ]);
  const proxies = { ...built.proxies, plain: "0", sql: "0" };
  const assets = { version: "9.8.8", proxies, sidecar };
  return importApp(folder, { analysis: { ...base, operations }, assets, calls });
}

async function failEverywhere(prepare: (folder: string) => Promise<unknown>): Promise<number> {
  for (let nth = 1; ; nth += 1) {
    const folder = workspaceWithApp();
    await prepare(folder);
    const before = texts(folder);
    const names = readdirSync(folder);
    const { calls, made } = failingAt(nth);
    const outcome = await importChanged(folder, calls).catch((error: unknown) => error);
    // Only removing the temporary folder may fail without consequence: everything is in place then.
    if (!(outcome instanceof Error)) return made();
    expect(outcome, `call ${String(nth)}`).toMatchObject({ code: "output-conflict" });
    expect(texts(folder), `call ${String(nth)}`).toEqual(before);
    expect(readdirSync(folder), `call ${String(nth)}`).toEqual(names);
  }
}

test("a failure at any point of an import leaves the old output as it was", async () => {
  expect(await failEverywhere((folder) => importApp(folder))).toBeGreaterThan(15);
});

test("a failure at any point of a first import leaves nothing", async () => {
  expect(await failEverywhere(() => Promise.resolve())).toBeGreaterThan(15);
});

test("an import that was killed between its moves is put right by the next", async () => {
  const folder = workspaceWithApp();
  const { appDir } = await importApp(folder);
  const before = texts(folder);
  // A process id that no process can have.
  const staging = join(folder, ".govern-import-4194999-0a1b2c3d");
  mkdirSync(join(staging, "old"), { recursive: true });
  renameSync(appDir, join(staging, "old", "0"));
  writeFileSync(
    join(staging, "journal.json"),
    JSON.stringify([{ target: appDir, old: join(staging, "old", "0") }]),
  );
  await expect(importApp(folder)).resolves.toMatchObject({ unchanged: true });
  expect(texts(folder)).toEqual(before);
});

test("another build replaces the app and keeps nothing of the old one", async () => {
  const folder = workspaceWithApp();
  await importApp(folder);
  const old = Object.keys(treeOf(join(folder, "governed/apps/console")));
  const code = app["assets/index-Ab3dE9fg.js"];
  writeTree(join(folder, "dist"), {
    "assets/index-Ab3dE9fg.js": code.replace("credits", "Credits"),
  });
  await importApp(folder);
  const fresh = Object.keys(treeOf(join(folder, "governed/apps/console")));
  expect(fresh).toHaveLength(old.length);
  expect(fresh.filter((path) => old.includes(path))).toEqual([
    "build.json",
    "operations.json",
    "web/index.html",
  ]);
});

test("an import that was killed while it wrote its journal is no obstacle to the next", async () => {
  const folder = workspaceWithApp();
  await importApp(folder);
  const staging = join(folder, ".govern-import-4194999-0a1b2c3d");
  mkdirSync(staging);
  writeFileSync(join(staging, "journal.json"), '[{"target":');
  await expect(importApp(folder)).resolves.toMatchObject({ unchanged: true });
  expect(readdirSync(folder)).not.toContain(".govern-import-4194999-0a1b2c3d");
});

test("what somebody else wrote while an import ran stays, and nothing else is written", async () => {
  for (const name of ["govern.yaml", ".govern/secrets.env"]) {
    const folder = workspaceWithApp();
    let written = false;
    const calls: FileCalls = {
      ...nodeFiles,
      mkdir: ((...args: Parameters<typeof nodeFiles.mkdir>) => {
        if (!written) writeTree(folder, { [name]: "# by somebody else\n" });
        written = true;
        return nodeFiles.mkdir(...args);
      }) as FileCalls["mkdir"],
    };
    await expect(importApp(folder, { calls })).rejects.toMatchObject({
      code: "output-conflict",
      message: expect.stringContaining(`${name} was changed while the import ran`) as string,
    });
    const left = Object.entries(texts(folder)).filter(([path]) => !path.startsWith("dist/"));
    expect(left).toEqual([[name, "# by somebody else\n"]]);
  }
});

test("an import that comes second puts back what the first one wrote", async () => {
  const folder = workspaceWithApp();
  const calls: FileCalls = {
    ...nodeFiles,
    // Everything is staged then, and nothing is in place.
    writeFile: (async (...args: Parameters<typeof nodeFiles.writeFile>) => {
      const [path] = args;
      if (typeof path === "string" && path.endsWith("journal.json"))
        await importApp(folder, { app: "first" });
      return nodeFiles.writeFile(...args);
    }) as FileCalls["writeFile"],
  };
  const second = importApp(folder, { app: "second", calls });
  await expect(second).rejects.toMatchObject({ code: "output-conflict" });
  await expect(importApp(folder, { app: "first" })).resolves.toMatchObject({ unchanged: true });
});

test("a govern.yaml that cannot be read is not taken for none", async () => {
  const folder = workspaceWithApp();
  mkdirSync(join(folder, "govern.yaml"));
  await expect(importApp(folder)).rejects.toMatchObject({ code: "file-invalid" });
});
