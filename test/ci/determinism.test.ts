/** The same build gives the same report, byte for byte, in whatever order its files are met. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import type { Bundle } from "../../src/bundle/files/bundle.ts";
import { inspectBundle, reportOf } from "../../src/bundle/inspect.ts";
import { readBundle } from "../../src/bundle/files/read-bundle.ts";
import { checkBundle } from "../../src/ci/check.ts";
import type { CheckReport } from "../../src/ci/check-report.ts";
import { renderers } from "../../src/ci/formats/formats.ts";
import { renderCheck } from "../../src/cli/report-view.ts";
import { pipeLook } from "../cli/looks.ts";

const files: Readonly<Record<string, string>> = {
  "index.html": `<!doctype html><script src="https://cdn.acme.example/a.js"></script><script type="module" src="main.js"></script><iframe src="https://map.example/x"></iframe>`,
  "main.js": `import { send } from "./api.js"; import("./late.js"); send("/api/notes", "POST"); send("/api/notes/" + id, "PUT"); eval("fetch('/x')");`,
  "api.js": `const key = "sk_live_51H8xQ2eZvKYlo2C8aBcDeFgH"; export const send = (path, method) => fetch(path, { method, headers: { authorization: "Bearer " + key } });`,
  "late.js": `fetch(location.hash); fetch("/api/a/delete"); new RTCPeerConnection(); navigator.serviceWorker.register("/sw.js");`,
  "other.js": `fetch("/api/notes", { method: "POST" }); new WebSocket("wss://live.example/feed"); fetch(window.base + "/x", { method: "DELETE" });`,
  "style.css": `@import "https://fonts.example/a.css";`,
};

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-order-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "dist", path), text);
  }
  writeFileSync(join(folder, "package.json"), '{ "name": "notes" }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A shuffle that is another one for each seed, and the same for the same. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const keyed = list.map(
    (one, index) => [one, Math.sin((index + 1) * (seed + 1) * 12.9898) * 1e4] as const,
  );
  return keyed
    .toSorted(([, a], [, b]) => a - Math.floor(a) - (b - Math.floor(b)))
    .map(([one]) => one);
}

function shuffledBundle(bundle: Bundle, seed: number): Bundle {
  return {
    ...bundle,
    files: new Map(shuffled([...bundle.files], seed)),
    scripts: shuffled(bundle.scripts, seed + 100),
  };
}

const check = (seed: number): Promise<CheckReport> =>
  checkBundle({
    path: "dist",
    cwd: folder,
    today: new Date("2026-05-04"),
    async inspect(path) {
      const bundle = shuffledBundle(await readBundle(path), seed);
      return reportOf("notes", bundle, await analyzeBundle(bundle, "notes"));
    },
  });

describe("ten runs over shuffled files", () => {
  let reports: CheckReport[];
  beforeAll(async () => {
    reports = [];
    for (let seed = 0; seed < 10; seed += 1) reports.push(await check(seed));
  });

  it("meet the files in different orders, and find enough to be told in different orders", () => {
    const orders = [0, 1, 2, 3].map((seed) => shuffled(Object.keys(files), seed).join());
    expect(new Set(orders).size).toBeGreaterThan(2);
    const rules = new Set(reports[0]?.findings.map(({ rule }) => rule));
    expect([...rules].toSorted()).toEqual([
      "bypass",
      "external-script",
      "hardcoded-credential",
      "mutating-get",
      "ungated-write",
      "unresolved-call",
    ]);
  });

  it.each(Object.entries(renderers))("give one text as %s", (_name, render) => {
    expect(new Set(reports.map(render)).size).toBe(1);
  });

  it("give one text for people", () => {
    expect(new Set(reports.map((report) => renderCheck(report, pipeLook))).size).toBe(1);
  });
});

describe("the cost of a check", () => {
  it("is one inspection", async () => {
    const inspect = vi.fn(inspectBundle);
    await checkBundle({ path: "dist", cwd: folder, today: new Date(), inspect });
    expect(inspect).toHaveBeenCalledTimes(1);
  });
});
