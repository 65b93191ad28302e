import { beforeAll, describe, expect, it } from "vitest";
import { inspectReportSchema } from "../../src/contract/build.ts";
import type { Analysis } from "../../src/bundle/analysis.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import type { Bundle } from "../../src/bundle/files/bundle.ts";
import { fileText, readBundle } from "../../src/bundle/files/read-bundle.ts";
import { inspectBundle } from "../../src/bundle/inspect.ts";

const folder = "fixtures/support-console";
let bundle: Bundle;
let vite: Analysis;
let esbuild: Analysis;

beforeAll(async () => {
  bundle = await readBundle(`${folder}/dist`);
  vite = await analyzeBundle(bundle, "support-console");
  esbuild = await analyzeBundle(await readBundle(`${folder}/dist-esbuild`), "support-console");
});

function brief(analysis: Analysis): string[] {
  return analysis.operations
    .map((operation) =>
      operation.kind === "http"
        ? `${operation.access} ${operation.method} ${operation.origin}${operation.path}`
        : operation.kind === "sql"
          ? `${operation.access} ${operation.client} ${operation.statement} (${operation.parameters.join(", ")})`
          : operation.kind,
    )
    .toSorted();
}

describe("the support console", () => {
  it("gives all of its operations with their access", () => {
    const columns = "id, name, plan, status, balance_cents";
    expect(brief(vite)).toEqual([
      "read GET https://api.acme.example/api/accounts/{accountId}",
      "read GET https://api.acme.example/api/credits",
      "read neon SELECT id, kind, amount_cents, description, created_at FROM account_history WHERE account_id = $1 ORDER BY created_at DESC, id DESC (account_id)",
      `read neon SELECT ${columns} FROM accounts ORDER BY name ()`,
      `read neon SELECT ${columns} FROM accounts WHERE lower(name) LIKE $1 OR lower(id) LIKE $1 ORDER BY name (name)`,
      `read neon SELECT ${columns} FROM accounts WHERE status = $1 ORDER BY name (status)`,
      "write POST https://api.acme.example/api/accounts/{accountId}/credits",
      "write neon UPDATE accounts SET status = 'closed', closed_at = $1 WHERE id = $2 (closed_at, id)",
    ]);
  });

  it("knows the body of the credit", () => {
    const credit = vite.operations.find((one) => one.id.startsWith("post-accounts-credits-"));
    expect(credit).toMatchObject({
      body: { type: "json", fields: { amount: "number", reason: "any" }, open: false },
      headers: [],
      encodedSlash: ["accountId"],
    });
  });

  it("gives the same operations from another bundler", () => {
    expect(esbuild.operations).toEqual(vite.operations);
  });

  it.each(["vite", "esbuild"])(
    "leaves no site open and excludes libraries in the %s build",
    (build) => {
      const { sites } = build === "vite" ? vite : esbuild;
      expect(sites.filter((site) => site.status === "open")).toEqual([]);
      const excluded = sites.filter((site) => site.status === "excluded");
      expect(excluded.length).toBe(build === "vite" ? 4 : 3);
      for (const site of excluded) expect(site.reason).toMatch(/database driver|polyfill/);
    },
  );

  it("places sites in the original source", () => {
    const places = vite.sites
      .filter((site) => site.status === "resolved")
      .map(
        (site) => `${site.recognizer} ${String(site.source?.file)}:${String(site.source?.line)}`,
      );
    expect(places).toEqual([
      "neon src/AccountHistory.tsx:12",
      "fetch src/api.ts:23",
      "neon src/db.ts:4",
      "neon src/db.ts:9",
      "neon src/db.ts:19",
      "neon src/db.ts:27",
      "neon src/db.ts:35",
    ]);
  });

  it("reports both credentials and the interpolated statement without any secret", () => {
    const { findings } = vite;
    expect(findings.map((finding) => [finding.rule, finding.source?.file])).toEqual([
      ["hardcoded-credential", "src/api.ts"],
      ["hardcoded-credential", "src/db.ts"],
      ["interpolated-sql", "src/db.ts"],
    ]);
    const secrets = vite.cuts.flatMap((cut) => (cut.kind === "credential" ? [cut.value] : []));
    expect(secrets.length).toBe(2);
    const told = JSON.stringify([vite.findings, vite.sites, vite.operations, vite.origins]);
    for (const secret of [...secrets, "Zk3vQ8tLw2mN"]) expect(told).not.toContain(secret);
  });

  it("cuts what it says it cuts", () => {
    const texts = vite.cuts.map((cut) => {
      const file = bundle.files.get(cut.file);
      return `${cut.kind} ${file === undefined ? "" : fileText(file).slice(cut.start, cut.end)}`;
    });
    expect(texts.filter((text) => text.startsWith("global"))).toEqual([
      "global fetch",
      "global fetch",
      "global WebSocket",
      "global fetch",
      "global fetch",
    ]);
    expect(texts).toContain("credential `acme_live_4f9b2c7d81e34a06b5`");
    expect(texts.find((text) => text.startsWith("client"))).toMatch(
      /^client Pn\(`postgresql:.*`\)$/,
    );
    expect(texts.find((text) => text.startsWith("text"))).toMatch(
      /^text `SELECT .*'\$\{e\}' ORDER BY name`$/,
    );
  });

  it("makes a report that fits its schema, the same each time", async () => {
    const report = await inspectBundle(`${folder}/dist`);
    expect(inspectReportSchema.parse(report)).toEqual(report);
    expect(report.app).toBe("support-console");
    expect(await inspectBundle(`${folder}/dist`)).toEqual(report);
  });
});
