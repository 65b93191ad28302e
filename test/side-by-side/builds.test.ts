/** Small apps as bundlers build them: governed they do in a browser what they did before. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../browser/chromium.ts";
import { writeTree } from "../bundle/emit/app-of.ts";
import { compare, newTroubles, type ComparedApp, type Comparison, type Visit } from "./compare.ts";
import { features } from "./features.ts";

const builds: Readonly<Record<string, string>> = {
  "webpack/es5": '<script src="main.js"></script>',
  "webpack/version4": '<script src="main.js"></script>',
  "rspack/federated": '<script src="main.js"></script>',
  "rspack/modern": '<script src="main.js"></script>',
  "esbuild/splitting": '<script type="module" src="main.js"></script>',
  "rolldown/chunks": '<script type="module" src="main.js"></script>',
  "parcel/chunks":
    '<script type="importmap">{"imports":{"l0qvP":"./page.2420c015.js"}}</script><script type="module" src="psrc.30090707.js"></script>',
};

/** Clicks everything: reads, writes, lazy chunks. The last button takes the others away. */
async function clickThrough({ page, home }: Visit): Promise<void> {
  await page.goto(`${home}#7`);
  for (const [button, expected] of Object.entries({ a: 1, c: 1, d: 1, b: 4 })) {
    let left = expected;
    const answered = page.waitForEvent("response", {
      predicate: (one) => /\/(?:api|ping|whole)\//.test(one.url()) && --left === 0,
    });
    await Promise.all([answered, page.locator(`#${button}`).click()]);
  }
}

const nameOf = (build: string): string => build.replace("/", "-");

function builtApp(folder: string, build: string, scripts: string): ComparedApp {
  const target = join(folder, nameOf(build));
  cpSync(join("fixtures/modules", build, "input"), target, { recursive: true });
  const buttons = ["a", "b", "c", "d"].map((id) => `<button id="${id}">${id}</button>`).join("");
  const page = `<!doctype html><link rel="icon" href="data:,"><body>${buttons}${scripts}`;
  writeFileSync(join(target, "index.html"), page);
  return {
    name: nameOf(build),
    folder: target,
    keys: ["same-origin"],
    answers: () => ({ body: { ok: true } }),
    script: clickThrough,
  };
}

let folder: string;
let browser: Browser;
let seen: Map<string, Comparison>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "govern-builds-"));
  browser = await launchChromium();
  const apps = Object.entries(builds).map(([build, scripts]) => builtApp(folder, build, scripts));
  for (const { files, ...feature } of features) {
    writeTree(join(folder, feature.name), files);
    apps.push({ ...feature, folder: join(folder, feature.name) });
  }
  seen = await compare(browser, apps);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the app sends where the page's hash is cut off its address: a hole without a value, which is refused. */
const withoutValue = /\/(?:users|ping|whole)\/(?: 403)?$/;

describe.each(Object.keys(builds))("the app built by %s", (build) => {
  it("does what the original does", () => {
    const { original, governed } = seen.get(nameOf(build)) as Comparison;
    expect(governed.troubles.errors).toEqual([]);
    const found = newTroubles({ original, governed }).filter((one) => !withoutValue.test(one));
    expect(found).toEqual([]);
    expect(governed.calls).toEqual(original.calls.filter((call) => !withoutValue.test(call)));
    expect(new Set(governed.calls).size).toBe(4);
  });
});

describe.each(features.map(({ name }) => name))("an app with %s", (name) => {
  it("does what the original does", () => {
    const { original, governed } = seen.get(name) as Comparison;
    expect(newTroubles({ original, governed })).toEqual([]);
    expect(governed.troubles.errors).toEqual([]);
    expect([...governed.troubles.origins]).toEqual([]);
    expect(original.looks.get("done")).toContain("done");
    expect(governed.looks).toEqual(original.looks);
    expect(governed.calls).toEqual(original.calls);
    expect(governed.calls).not.toEqual([]);
  });
});
