/** Input too large for any app: told or bounded, and the rest is analyzed. */
import { describe, expect, it } from "vitest";
import type { Analysis } from "../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { bundleFrom } from "../../src/bundle/files/read-bundle.ts";

const good = `fetch("/api/good");`;

function analyzed(input: Readonly<Record<string, string>>): Promise<Analysis> {
  const files = Object.entries(input).map(([path, text]) => [path, Buffer.from(text)] as const);
  return analyzeBundle(bundleFrom("/bundle", files), "app");
}

function list(count: number, give: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => give(at)).join("");
}

describe("large input", () => {
  it("a script of 100 MB is told, and the one beside it analyzed", async () => {
    const large = `var x = "${"a b ".repeat(25 * 1024 * 1024)}";`;
    const { findings, operations } = await analyzed({ "large.js": large, "good.js": good });
    expect(findings).toEqual([
      expect.objectContaining({ rule: "unreadable-file", file: "large.js" }),
    ]);
    expect(operations).toHaveLength(1);
  });

  it("a map of 200 MB of mappings is as good as none", async () => {
    const map = `{"version":3,"sources":["a.ts"],"names":[],"mappings":"${"AAAA,".repeat(40 * 1024 * 1024)}"}`;
    const { sites } = await analyzed({ "a.js": good, "a.js.map": map });
    expect(sites).toHaveLength(1);
    expect(sites[0]).not.toHaveProperty("source");
  });

  it("2,000 callers of 2,000 calls are bounded: past the bound open, with the reason", async () => {
    const calls = list(2000, (at) => `fetch(u + "/p${at}", o);`);
    const callers = list(2000, (at) => `w("/c${at}", { method: "POST" });`);
    const { sites } = await analyzed({ "a.js": `function w(u, o) { ${calls} } ${callers}` });
    expect(sites).toHaveLength(2000);
    const reason = "it is reached in too many ways";
    for (const site of sites) expect(site).toMatchObject({ status: "open", reason });
  });
});
