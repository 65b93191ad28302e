import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckReport } from "../../src/ci/check-report.ts";
import { inspectReportSchema } from "../../src/contract/build.ts";
import { operationsFileSchema } from "../../src/contract/operation.ts";
import { runGovern, type Run } from "./run-govern.ts";

const dist = fileURLToPath(new URL("../../fixtures/support-console/dist", import.meta.url));
const secrets = ["acme_live_4f9b2c7d81e34a06b5", "Zk3vQ8tLw2mN"];
const upstreams = ["--upstream", "sql:neon=sqlite:./ledger.db"];

function makeFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "govern-bundle-")));
}

function expectRefusal(run: Run, code: string): void {
  expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 2, stdout: "" });
  expect(run.stderr).toMatch(/^error\[[a-z-]+\]: [^\n]*\n→ [^\n]*\n$/);
  expect(run.stderr).toContain(`error[${code}]`);
}

describe("the commands over the support console", () => {
  let folder: string;
  const govern = (...args: string[]): Promise<Run> => runGovern(args, { cwd: folder });
  const outputs: string[] = [];
  const spoken = async (...args: string[]): Promise<Run> => {
    const run = await govern(...args);
    outputs.push(run.stdout, run.stderr);
    return run;
  };

  beforeAll(() => {
    folder = makeFolder();
    cpSync(dist, join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "name": "support-console" }\n');
    // An empty file is an empty database.
    writeFileSync(join(folder, "ledger.db"), "");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("inspects: exit 0 with findings, JSON of the published shape, nothing written", async () => {
    const { code, stdout } = await spoken("inspect", "dist", "--json");
    const report = inspectReportSchema.parse(JSON.parse(stdout));
    expect(code).toBe(0);
    expect(report.app).toBe("support-console");
    expect(report.findings.length).toBeGreaterThan(0);
    expect(readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "dist",
      "ledger.db",
      "package.json",
    ]);
  });

  it("fails the check before the import, and says why in every format", async () => {
    const both = ["--format", "json", "--output", "check.json", "--format", "human"];
    const { code, stdout } = await spoken("check", "dist", ...both);
    expect(code).toBe(1);
    expect(stdout).toMatch(/error\[ungated-write\] src\/CreditForm\.tsx:\d+:\d+\n/);
    expect(stdout).toMatch(/error\[hardcoded-credential\] src\/api\.ts:4:\d+\n/);
    expect(stdout).toMatch(/error\[interpolated-sql\] src\/db\.ts:\d+:\d+\n/);
    const report = JSON.parse(readFileSync(join(folder, "check.json"), "utf8")) as CheckReport;
    expect(report).toMatchObject({ passed: false, governed: false, target: "bundle" });
    rmSync(join(folder, "check.json"));
  });

  it("does not import without a terminal and without --yes", async () => {
    expectRefusal(await spoken("import", "dist"), "usage");
    expect(existsSync(join(folder, "governed"))).toBe(false);
  });

  it("imports, and then both checks pass", async () => {
    const imported = await spoken("import", "dist", "--yes", ...upstreams);
    expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: "" });
    const checked = await spoken("check", "dist", "--json");
    expect(checked).toMatchObject({ code: 0 });
    expect(JSON.parse(checked.stdout)).toMatchObject({ passed: true, governed: true });
    expect(await spoken("check", "governed/apps/support-console")).toMatchObject({ code: 0 });
    const again = await spoken("import", "dist", "--frozen");
    expect(again.stdout).toContain("nothing changed");
  });

  it("looks where another --out was written, when it is told", async () => {
    const elsewhere = await spoken("import", "dist", "--yes", "--out", "boundary", ...upstreams);
    expect(elsewhere.stdout).toContain("govern serve --governed boundary");
    const told = await spoken("check", "dist", "--governed", "boundary", "--format", "json");
    expect(told).toMatchObject({ code: 0 });
    expect(await spoken("check", "dist", "--governed", "nowhere")).toMatchObject({ code: 1 });
    expect(await spoken("serve", "--governed", "nowhere", "--dev")).toMatchObject({ code: 2 });
    rmSync(join(folder, "boundary"), { recursive: true });
  });

  it("fails on a write that nobody reviewed", async () => {
    const path = join(folder, "governed/apps/support-console/operations.json");
    const text = readFileSync(path, "utf8");
    const file = operationsFileSchema.parse(JSON.parse(text));
    const operations = file.operations.filter((operation) => operation.access === "read");
    writeFileSync(path, JSON.stringify({ ...file, operations }));
    const { code, stdout } = await spoken("check", "dist");
    expect(code).toBe(1);
    expect(stdout).toContain("it is not in the reviewed operations.json");
    writeFileSync(path, text);
  });

  it("fails on an emitted file that was changed", async () => {
    const path = join(folder, "governed/apps/support-console/web/index.html");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, `${text}<!-- -->`);
    const { code, stdout } = await spoken("check", "governed/apps/support-console");
    expect(code).toBe(1);
    expect(stdout).toContain("error[unsealed-output] web/index.html:1:1");
    writeFileSync(path, text);
  });

  it("does not take an emitted app without its build file for a good one", async () => {
    const path = join(folder, "governed/apps/support-console/build.json");
    const text = readFileSync(path, "utf8");
    rmSync(path);
    expectRefusal(await spoken("check", "governed/apps/support-console"), "file-invalid");
    writeFileSync(path, text);
  });

  it("refuses to import what is governed already", async () => {
    const web = "governed/apps/support-console/web";
    expectRefusal(await spoken("import", web, "--yes"), "bundle-governed");
  });

  it("does not serve without a way to know who is calling, nor on a port in use", async () => {
    expectRefusal(await spoken("serve"), "identity-missing");
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const ports = ["--port", String(port), "--operator-port", "0"];
    expectRefusal(await spoken("serve", "--dev", ...ports), "port-in-use");
    taken.close();
    expectRefusal(await spoken("serve", "--dev", "--port", "many"), "usage");
  });

  it("never prints a secret", () => {
    expect(outputs.length).toBeGreaterThan(10);
    for (const text of outputs) {
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });
});

describe("bad input", () => {
  let folder: string;
  const govern = (...args: string[]): Promise<Run> => runGovern(args, { cwd: folder });

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([["inspect"], ["check"], ["import"]])(
    "%s refuses a bundle that is not there",
    async (command) => {
      const yes = command === "import" ? ["--yes"] : [];
      expectRefusal(await govern(command, "nowhere", ...yes), "bundle-missing");
      mkdirSync(join(folder, "empty"));
      expectRefusal(await govern(command, "empty", ...yes), "bundle-empty");
      expect(readdirSync(folder)).toEqual(["empty"]);
    },
  );

  it("refuses a bundle that does not parse", async () => {
    writeFileSync(join(folder, "app.js"), "function ( {{{");
    expectRefusal(await govern("inspect", "app.js"), "bundle-unparsable");
  });

  it("names the place in govern.yaml and the nearest key, and writes nothing", async () => {
    writeFileSync(join(folder, "govern.yaml"), "version: 1\nresorces:\n  a: 1\n");
    cpSync(dist, join(folder, "dist"), { recursive: true });
    for (const args of [
      ["check", "dist"],
      ["import", "dist", "--yes", ...upstreams],
      ["serve", "--dev"],
    ]) {
      const run = await govern(...args);
      expectRefusal(run, "workspace-invalid");
      expect(run.stderr).toMatch(/govern\.yaml:2:1 /);
      expect(run.stderr).toContain("`resources`");
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("governed"))).toEqual([]);
  });

  it.each([
    [["check", "dist", "--format", "xml"]],
    [["check", "dist", "--update-baseline"]],
    [["check", "dist", "--format", "sarif", "--output", "a", "--format", "junit", "--output", "a"]],
    [["check", "dist", "--format", "human", "--format", "human"]],
    [["import", "dist", "--yes", "--upstream", "sql:neon"]],
    [["serve", "--dev", "--port", "70000"]],
  ])("refuses %j", async (args) => {
    expectRefusal(await govern(...args), "usage");
  });
});
