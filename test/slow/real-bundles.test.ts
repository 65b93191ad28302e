/** Production builds from npm, clicked through as they were built and governed: the page must not tell the difference. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../browser/chromium.ts";
import { compare, newTroubles, type Comparison } from "../side-by-side/compare.ts";
import { dxheroes } from "./bundles/dxheroes.ts";
import { bullBoard } from "./bundles/bull-board.ts";
import { unpack } from "./bundles/corpus.ts";
import { portal } from "./bundles/portal.ts";
import type { RealApp } from "./bundles/real-app.ts";
import { siteboon } from "./bundles/siteboon.ts";
import { verdaccio } from "./bundles/verdaccio.ts";

/** Calls to the app's own backend: those of the original to other origins are answered in the browser. */
const own = (calls: readonly string[]): string[] =>
  [...new Set(calls)].filter((call) => /^\w+ \/(?:api|-|members)\//.test(call));

const apps: readonly RealApp[] = [siteboon, bullBoard, verdaccio, dxheroes, portal];

describe.each(apps)("$name", (app) => {
  const unpacked = unpack(...app.package);
  if (unpacked === null) {
    it.skip("npm cannot give the package", () => undefined);
    return;
  }
  let browser: Browser;
  let seen: Comparison;

  beforeAll(async () => {
    browser = await launchChromium();
    const compared = await compare(browser, [{ ...app, folder: app.folderIn(unpacked) }]);
    seen = compared.get(app.name) as Comparison;
  });
  afterAll(async () => {
    await browser?.close();
  });

  it("has no page error that the original does not have", () => {
    expect(seen.governed.troubles.errors).toEqual(seen.original.troubles.errors);
  });

  it("has no other trouble that the original does not have", () => {
    const found = newTroubles(seen).filter((one) => app.refused?.test(one) !== true);
    expect(found).toEqual([]);
  });

  it("shows nobody an origin that only stands for a base", () => {
    expect([...seen.governed.troubles.sentinels]).toEqual([]);
  });

  it("shows what the original shows", () => {
    expect(Object.fromEntries(seen.governed.looks)).toEqual(
      Object.fromEntries(seen.original.looks),
    );
    expect(seen.governed.looks.size).toBeGreaterThan(4);
  });

  it("asks its backend for the same, through the boundary alone", () => {
    expect([...seen.governed.troubles.origins]).toEqual([]);
    expect(own(seen.governed.calls)).toEqual(own(seen.original.calls));
  });
});
