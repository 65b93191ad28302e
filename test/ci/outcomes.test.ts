/** Every way in which a check or a comparison ends: its exit code, and that no report is left that could be taken for a pass. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorCodes, type ErrorFacts } from "../../src/errors/codes.ts";
import { exitCodes } from "../../src/errors/exit-codes.ts";
import { GovernError } from "../../src/errors/govern-error.ts";
import type { GovernErrorCode } from "../../src/errors/codes.ts";
import { makeSampleRepo, reads, write, type SampleRepo } from "./sample-repo.ts";

const app = "governed/apps/desk";
const reviewed = reads + write("/api/tickets/close");

let repo: SampleRepo;
let contract: string;
let workspace: string;
beforeAll(async () => {
  repo = makeSampleRepo();
  await repo.review();
  contract = readFileSync(join(repo.folder, app, "operations.json"), "utf8");
  workspace = readFileSync(join(repo.folder, "govern.yaml"), "utf8");
  writeFileSync(join(repo.folder, "before.json"), contract);
});
afterAll(() => repo.remove());
beforeEach(() => {
  repo.write("dist/app.js", reviewed);
  repo.write("govern.yaml", workspace);
  repo.write(`${app}/operations.json`, contract);
  rmSync(join(repo.folder, "baseline.json"), { force: true });
});

const suppress = (rule: string): string =>
  `${workspace}suppress: [{ rule: ${rule}, file: a.js, reason: later, until: 2027-01-01 }]\n`;
const widen = (): void => repo.write("dist/app.js", reviewed + write("/api/tickets/refund"));

describe("the table of exit codes", () => {
  it("has three, and every failure takes one of the last two", () => {
    expect(exitCodes).toEqual({ good: 0, findings: 1, cannotRun: 2 });
    for (const [code, facts] of Object.entries(errorCodes) as [GovernErrorCode, ErrorFacts][]) {
      const { exitCode } = new GovernError(code, "");
      expect([exitCodes.findings, exitCodes.cannotRun]).toContain(exitCode);
      expect(exitCode).toBe(facts.exit ?? exitCodes.cannotRun);
    }
  });
});

describe("exit 0: nothing is wrong", () => {
  it.each([
    [["check", "dist"]],
    [["check", app]],
    [["check", "dist", "--against", "HEAD"]],
    [["diff", "before.json", "dist"]],
    [["diff", app, "before.json"]],
  ])("%j", async (args) => {
    const run = await repo.govern(...args);
    expect(run, run.stderr).toMatchObject({ code: exitCodes.good, stderr: "" });
  });
});

describe("exit 1: there are findings", () => {
  it.each<[readonly string[], () => void, RegExp]>([
    [["check", "dist"], widen, /error\[ungated-write\] app\.js:5:\d+\n/],
    [
      ["check", "dist", "--against", "HEAD"],
      widen,
      /error\[widened-access\][^]*warning\[ungated-write\]/,
    ],
    [["diff", "before.json", "dist"], widen, /\+ wider post-tickets-refund-[0-9a-f]{6}/],
    [
      ["check", "dist", "--against", "HEAD"],
      () =>
        repo.write(
          "govern.yaml",
          workspace
            .replace("quorum: 1", "quorum: 1 ")
            .replace(
              "approvals:\n",
              "approvals:\n  - { match: { app: desk }, require: none, reason: trust }\n",
            ),
        ),
      /error\[widened-access\] govern\.yaml:\d+:\d+\n.*exempt from approval/,
    ],
    [
      ["check", "dist", "--against", "HEAD"],
      () => rmSync(join(repo.folder, "govern.yaml")),
      /error\[widened-access\] govern\.yaml:1:1\n.*governed the app desk there, and now there is no workspace/,
    ],
    [
      ["check", "dist", "--against", "HEAD"],
      () => repo.write("govern.yaml", "version: 1\n"),
      /error\[widened-access\] govern\.yaml:1:1\n.*governed the app desk there, and now it has no such app/,
    ],
  ])("%j", async (args, change, told) => {
    change();
    const run = await repo.govern(...args);
    expect(run, run.stderr).toMatchObject({ code: exitCodes.findings, stderr: "" });
    expect(run.stdout).toMatch(told);
  });

  it("a known write does not fail, is counted, and leaves the baseline once it is gone", async () => {
    widen();
    const baseline = ["--baseline", "baseline.json"];
    const made = await repo.govern("check", "dist", ...baseline, "--update-baseline");
    expect(made).toMatchObject({ code: exitCodes.good });
    expect(made.stdout).toContain("2 writes, 1 ungated (1 of them known in the baseline)");
    repo.write("dist/app.js", reviewed + write("/api/tickets/refund") + write("/api/tickets/void"));
    const failed = await repo.govern("check", "dist", ...baseline, "--update-baseline");
    expect(failed).toMatchObject({ code: exitCodes.findings });
    expect(failed.stdout).toContain("✗ failed with 1 error, 1 known");
    repo.write("dist/app.js", reviewed);
    await repo.govern("check", "dist", ...baseline, "--update-baseline");
    const left = JSON.parse(readFileSync(join(repo.folder, "baseline.json"), "utf8")) as object;
    expect(left).toMatchObject({ version: 1, app: "desk", findings: [] });
  });
});

describe("exit 2: it cannot be said", () => {
  it.each<[string, readonly string[], () => void, string, RegExp]>([
    [
      "an unknown format",
      ["check", "dist", "--format", "sarf"],
      () => undefined,
      "usage",
      /"sarf" is not a format\. Did you mean sarif\?/,
    ],
    ["an unknown option", ["check", "dist", "--strict"], () => undefined, "usage", /--strict/],
    ["a name that is none", ["check", "dist", "--app", "A b"], () => undefined, "usage", /A b/],
    ["no old version", ["diff"], () => undefined, "usage", /missing required argument 'old'/i],
    [
      "an unknown rule",
      ["check", "dist"],
      () => repo.write("govern.yaml", suppress("mutating-got")),
      "workspace-invalid",
      /govern\.yaml:\d+:\d+ suppress\[0\]\.rule/,
    ],
    [
      "a rule that nothing may suppress",
      ["check", "dist"],
      () => repo.write("govern.yaml", suppress("ungated-write")),
      "workspace-invalid",
      /govern\.yaml:\d+:\d+ suppress\[0\]\.rule/,
    ],
    [
      "no baseline",
      ["check", "dist", "--baseline", "baseline.json"],
      () => undefined,
      "baseline-invalid",
      /There is no baseline at .*baseline\.json/,
    ],
    [
      "a malformed baseline",
      ["check", "dist", "--baseline", "baseline.json"],
      () => repo.write("baseline.json", `{ "version": 1,`),
      "baseline-invalid",
      /baseline\.json is not JSON: .*(?:position|line) \d+/,
    ],
    [
      "a malformed baseline that is to be updated",
      ["check", "dist", "--baseline", "baseline.json", "--update-baseline"],
      () => repo.write("baseline.json", `{ "version": 1, "app": "desk", "findings": [{}] }`),
      "baseline-invalid",
      /baseline\.json is not valid: findings\.0\.fingerprint/,
    ],
    [
      "a baseline of another version",
      ["check", "dist", "--baseline", "baseline.json"],
      () => repo.write("baseline.json", `{ "version": 2 }`),
      "baseline-invalid",
      /baseline\.json is of version 2; this govern reads version 1/,
    ],
    [
      "a baseline of another app",
      ["check", "dist", "--baseline", "baseline.json"],
      () => repo.write("baseline.json", `{ "version": 1, "app": "x", "findings": [] }`),
      "baseline-invalid",
      /is the baseline of x, not of desk/,
    ],
    [
      "an unknown ref",
      ["check", "dist", "--against", "nowhere"],
      () => undefined,
      "ref-unreadable",
      /git knows no ref "nowhere" here/,
    ],
    [
      "a ref that is an option",
      ["check", "dist", "--against=--all"],
      () => undefined,
      "ref-unreadable",
      /git knows no ref "--all" here/,
    ],
    [
      "an operations file of another version",
      ["check", "dist"],
      () => repo.write(`${app}/operations.json`, contract.replace(`"version": 1`, `"version": 7`)),
      "file-invalid",
      /operations\.json is of version 7; this govern reads version 1/,
    ],
    [
      "a malformed operations file",
      ["check", "dist"],
      () => repo.write(`${app}/operations.json`, "{"),
      "file-invalid",
      /operations\.json is not JSON: /,
    ],
    [
      "a comparison with an operations file of another version",
      ["diff", "before.json", `${app}/operations.json`],
      () => repo.write(`${app}/operations.json`, `{ "version": "2" }`),
      "file-invalid",
      /operations\.json is of version "2"/,
    ],
    ["no bundle", ["check", "nowhere"], () => undefined, "bundle-missing", /nowhere/],
  ])("%s", async (...[, args, prepare, code, message]) => {
    prepare();
    const before = existsSync(join(repo.folder, "baseline.json"))
      ? readFileSync(join(repo.folder, "baseline.json"), "utf8")
      : null;
    const report = join(repo.folder, "report.out");
    writeFileSync(report, "a report of an earlier run");
    const json = args.includes("--format") ? [] : ["--format", "markdown"];
    const run = await repo.govern(...args, ...json, "--output", "report.out");
    expect(run).toMatchObject({ code: exitCodes.cannotRun, stdout: "" });
    expect(run.stderr).toContain(code);
    expect(run.stderr).toMatch(message);
    expect(existsSync(report)).toBe(false);
    if (before !== null)
      expect(readFileSync(join(repo.folder, "baseline.json"), "utf8")).toBe(before);
  });

  it("a report that cannot be written", async () => {
    const run = await repo.govern(
      "check",
      "dist",
      "--format",
      "sarif",
      "--output",
      "no/such/a.sarif",
      "--format",
      "human",
    );
    expect(run).toMatchObject({ code: exitCodes.cannotRun, stdout: "" });
    expect(run.stderr).toMatch(/error\[usage\]: --output .*a\.sarif cannot be written/);
  });
});
