/** The layer rule holds, and would be noticed if it did not. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, mkdirSync, writeFileSync, cpSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Breaches, one per rule family: [file, its import, the rule that must name it]. */
const breaches = [
  ["src/bundle/planted.ts", "../sidecar/planted-target.ts", "layer-bundle"],
  ["src/contract/planted.ts", "../policy/planted-target.ts", "layer-contract"],
  ["src/sidecar/planted.ts", "../cli/planted-target.ts", "layer-sidecar"],
  ["src/browser/planted.ts", "../contract/planted-target.ts", "layer-browser"],
  ["src/sidecar/processors/one.ts", "./two.ts", "siblings-processors"],
  ["src/bundle/recognizers/one/index.ts", "../two/index.ts", "siblings-recognizers"],
] as const;

describe("layers", () => {
  let copy = "";

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "govern-layers-"));
    for (const name of [".dependency-cruiser.cjs", "tsconfig.json", "package.json"]) {
      cpSync(join(root, name), join(copy, name));
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    for (const [file, target] of breaches) {
      const from = join(copy, file);
      const to = join(from, "..", target);
      mkdirSync(join(from, ".."), { recursive: true });
      mkdirSync(join(to, ".."), { recursive: true });
      writeFileSync(to, "export const target = 1;\n");
      writeFileSync(from, `export { target } from "${target}";\n`);
    }
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it("names every planted breach", () => {
    const run = spawnSync(
      process.execPath,
      [
        "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
        "--config",
        ".dependency-cruiser.cjs",
        "src",
      ],
      { cwd: copy, encoding: "utf8" },
    );
    expect(run.status).not.toBe(0);
    for (const [file, , rule] of breaches) {
      expect(run.stdout).toMatch(new RegExp(`${rule}: ${file.replaceAll(".", "\\.")}`));
    }
  });
});
