import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Analysis } from "../../../src/bundle/analysis.ts";
import { casesIn, expectCase } from "../fixture-case.ts";

const root = "fixtures/modules";

/** One app, built by each bundler: what it asks for does not depend on who bundled it. */
const builds = [
  "webpack/modern",
  "webpack/es5",
  "webpack/module",
  "webpack/version4",
  "webpack/federated",
  "rspack/modern",
  "rspack/es5",
  "rspack/federated",
  "esbuild/iife",
  "esbuild/splitting",
  "rolldown/chunks",
  "parcel/chunks",
  "turbopack/chunks",
  "turbopack/tables",
];

async function idsOf(build: string): Promise<string[]> {
  const text = await readFile(join(root, build, "expected.json"), "utf8");
  return (JSON.parse(text) as Pick<Analysis, "operations">).operations.map(({ id }) => id);
}

describe("module system fixtures", () => {
  it.each(casesIn(root))("%s", (name) => expectCase(join(root, name)));

  it.each(builds)("%s asks for what the same app asks for elsewhere", async (build) => {
    expect(await idsOf(build)).toEqual(await idsOf("webpack/modern"));
    expect(await idsOf(build)).toHaveLength(6);
  });
});
