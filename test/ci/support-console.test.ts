/** What a check says of the support console: raw, reviewed, built again, changed. */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { importBundle } from "../../src/bundle/import.ts";
import { checkBundle, type CheckOptions } from "../../src/ci/check.ts";
import type { CheckReport } from "../../src/ci/check-report.ts";
import { rebuildConsole, type Rebuild } from "./rebuilt-console.ts";

// Each builds and analyzes the whole console, some of them twice.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const fixture = resolve(import.meta.dirname, "../../fixtures/support-console");
const sources = join(fixture, "src");

/** The line of a source on which a text first stands. */
function lineOf(file: string, text: string): number {
  const lines = readFileSync(join(sources, file), "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** Every fault that the console was given: rule, file and line as its author sees them. */
const planted = [
  `hardcoded-credential src/api.ts:${lineOf("api.ts", "acme_live_")}`,
  `hardcoded-credential src/db.ts:${lineOf("db.ts", "postgresql://")}`,
  `interpolated-sql src/db.ts:${lineOf("db.ts", "'${status}'")}`,
  `ungated-write src/CreditForm.tsx:${lineOf("CreditForm.tsx", "await issueCredit(")}`,
  `ungated-write src/AccountDetail.tsx:${lineOf("AccountDetail.tsx", "await closeAccount(")}`,
].toSorted();

const folders: string[] = [];
function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "govern-console-")));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const check = (folder: string, more: Partial<CheckOptions> = {}): Promise<CheckReport> =>
  checkBundle({ path: "dist", cwd: folder, today: new Date("2026-05-04"), ...more });

const told = ({ findings }: CheckReport): string[] =>
  findings
    .map(
      ({ rule, source, file, line }) => `${rule} ${source?.file ?? file}:${source?.line ?? line}`,
    )
    .toSorted();
const errors = ({ findings }: CheckReport): string[] =>
  findings.filter(({ severity }) => severity === "error").map(({ message }) => message);
const prints = ({ findings }: CheckReport): string[] =>
  findings.map(({ rule, fingerprint }) => `${rule} ${fingerprint}`).toSorted();

const moved = (text: string): string => `// One line more.\n\n${text}`;

const importInto = (folder: string, frozen = false) =>
  importBundle({
    bundle: join(folder, "dist"),
    workspaceDir: folder,
    upstreams: new Map([["sql:neon", "sqlite:./ledger.db"]]),
    frozen,
  });

/** Another build of the console beside what was reviewed. */
async function rebuiltBeside(reviewed: string, rebuild: Rebuild): Promise<string> {
  const folder = freshFolder();
  await rebuildConsole(folder, rebuild);
  cpSync(join(reviewed, "govern.yaml"), join(folder, "govern.yaml"));
  cpSync(join(reviewed, "governed"), join(folder, "governed"), { recursive: true });
  return folder;
}

describe("the support console without a workspace", () => {
  let vite: CheckReport;
  beforeAll(async () => {
    const folder = freshFolder();
    cpSync(join(fixture, "dist"), join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "name": "support-console" }');
    vite = await check(folder);
  });

  it("fails, naming each planted fault with its file and line in the source", () => {
    expect(vite).toMatchObject({ passed: false, governed: false });
    expect(told(vite)).toEqual(planted);
    expect(errors(vite)).toHaveLength(planted.length);
    expect(vite.writes).toEqual({ total: 2, ungated: 2, known: 0 });
  });

  it("has the same fingerprints from another bundler, another minifier, and with moved lines", async () => {
    const folder = freshFolder();
    await rebuildConsole(folder, {
      change: { "src/db.ts": moved, "src/api.ts": moved, "src/CreditForm.tsx": moved },
    });
    const rebuilt = await check(folder);
    expect(told(rebuilt)).not.toEqual(planted);
    expect(prints(rebuilt)).toEqual(prints(vite));
    const plain = freshFolder();
    await rebuildConsole(plain, { options: { minify: false } });
    expect(prints(await check(plain))).toEqual(prints(vite));
  });

  it("passes by a baseline, which counts its writes all the same", async () => {
    const folder = freshFolder();
    cpSync(join(fixture, "dist"), join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "name": "support-console" }');
    const baseline = join(folder, "baseline.json");
    const made = await check(folder, { baseline, updateBaseline: true });
    expect(made).toMatchObject({ passed: true, known: planted.length });
    expect(made.writes).toEqual({ total: 2, ungated: 2, known: 2 });
    expect(made.findings.every(({ state }) => state === "known")).toBe(true);
  });
});

describe("the support console, imported and reviewed", () => {
  let reviewed: string;
  beforeAll(async () => {
    reviewed = freshFolder();
    await rebuildConsole(reviewed);
    await importInto(reviewed);
  });

  it("passes, and so do the emitted files", async () => {
    const report = await check(reviewed);
    expect(report).toMatchObject({ passed: true, governed: true });
    expect(report.counts.error).toBe(0);
    expect(report.writes).toEqual({ total: 2, ungated: 0, known: 0 });
    const emitted = await check(reviewed, { path: "governed/apps/support-console" });
    expect(emitted).toMatchObject({ passed: true, target: "emitted", findings: [] });
  });

  it("gives exactly one finding more for one new write in the source", async () => {
    const folder = await rebuiltBeside(reviewed, {
      change: {
        "src/db.ts": (text) =>
          `${text}\nexport async function reopenAccount(id: string): Promise<void> {\n  await sql\`UPDATE accounts SET status = 'open' WHERE id = \${id}\`;\n}\n`,
        "src/App.tsx": (text) =>
          `import { reopenAccount } from "./db";\n${text}\nObject.assign(window, { reopenAccount });\n`,
      },
    });
    const report = await check(folder);
    const before = new Set(prints(await check(reviewed)));
    const added = report.findings.filter(
      ({ rule, fingerprint }) => !before.has(`${rule} ${fingerprint}`),
    );
    expect(added).toMatchObject([
      { rule: "ungated-write", severity: "error", source: { file: "src/db.ts" } },
    ]);
    expect(errors(report)).toHaveLength(1);
    expect(report.writes).toEqual({ total: 3, ungated: 1, known: 0 });
    await expect(importInto(folder, true)).rejects.toMatchObject({ code: "contract-changed" });
  });

  it.each<[string, Rebuild]>([
    ["without a minifier", { options: { minify: false } }],
    ["in one chunk", { options: { splitting: false } }],
    [
      "with renamed variables and moved lines",
      {
        change: {
          "src/db.ts": (text) => `\n\n\n${text.replaceAll("closedAt", "momentOfClosing")}`,
          "src/api.ts": (text) =>
            `\n${text.replaceAll("accountId", "customer").replaceAll("API_URL", "HOME")}`,
        },
      },
    ],
  ])("still passes built %s, and --frozen too", async (_how, rebuild) => {
    const folder = await rebuiltBeside(reviewed, rebuild);
    const report = await check(folder);
    expect(errors(report)).toEqual([]);
    await expect(importInto(folder, true)).resolves.toMatchObject({
      contract: { added: [], removed: [], changed: [] },
    });
  });
});

describe("the same console with plain fetch, reading only", () => {
  const plain: Rebuild = {
    change: {
      "src/db.ts": () => `import type { AccountStatus, AccountSummary } from "./types";
const list = async (query = ""): Promise<AccountSummary[]> =>
  (await fetch("/api/accounts" + query)).json();
export const sql = async (..._all: unknown[]): Promise<never[]> => [];
export const listAccounts = () => list();
export const searchAccounts = (term: string) => list("?term=" + encodeURIComponent(term));
export const listAccountsByStatus = (status: AccountStatus) => list("?status=" + status);
export const closeAccount = async (_id: string): Promise<void> => undefined;
`,
      "src/api.ts": (text) =>
        text
          .replace(/const API_URL = .*/, 'const API_URL = "";')
          .replace(/const API_KEY = .*\n/, "")
          .replace(/ *Authorization: .*\n/, "")
          .replace(
            /return request<IssueCreditResult>[^;]+;/,
            "throw new Error(`${accountId} ${amount} ${reason}`);",
          ),
    },
  };

  it("passes once it is reviewed", async () => {
    const folder = freshFolder();
    await rebuildConsole(folder, plain);
    const raw = await check(folder);
    expect(raw.writes.total).toBe(0);
    await importBundle({
      bundle: join(folder, "dist"),
      workspaceDir: folder,
      upstreams: new Map([["same-origin", "http://127.0.0.1:9"]]),
    });
    const report = await check(folder);
    expect(report).toMatchObject({ passed: true, governed: true, findings: [] });
    expect(report.operations.length).toBeGreaterThan(2);
  });
});
