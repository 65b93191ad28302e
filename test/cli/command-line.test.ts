import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGovern } from "./run-govern.ts";

let empty: string;
let workspace: string;

beforeAll(() => {
  empty = realpathSync(mkdtempSync(join(tmpdir(), "govern-cli-")));
  workspace = realpathSync(mkdtempSync(join(tmpdir(), "govern-cli-")));
  writeFileSync(join(workspace, "govern.yaml"), "version: 1\n");
});
afterAll(() => {
  rmSync(empty, { recursive: true });
  rmSync(workspace, { recursive: true });
});

describe("usage", () => {
  it("prints the version and the help on stdout", async () => {
    const version = await runGovern(["--version"], { cwd: empty });
    expect(version).toMatchObject({ code: 0, stderr: "" });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await runGovern([], { cwd: empty });
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("approvals");
  });

  it.each([
    [["aproovals"], "approvals"],
    [["approvals", "lst"], "list"],
    [["doctor", "--jsn"], "--json"],
  ])("refuses %j and names the nearest", async (args, nearest) => {
    const { code, stdout, stderr } = await runGovern(args, { cwd: empty });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error\[usage\]: .*\n→ .*\n$/);
    expect(stderr).toContain(`\`${nearest}\``);
  });

  it.each([
    [["approvals"]],
    [["approvals", "show"]],
    [["audit", "show", "x"]],
    [["completion", "sh"]],
    [["help", "nothing"]],
    [["inspect", "dist", "--app", "../other"]],
  ])("refuses %j in two lines", async (args) => {
    const { code, stderr } = await runGovern(args, { cwd: workspace });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[usage\]: .*\n→ .*\n$/);
  });
});

describe("without a sidecar", () => {
  it("says that there is no workspace", async () => {
    const { code, stderr } = await runGovern(["approvals", "list"], { cwd: empty });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[workspace-missing\]: .*\n→ .*\n$/);
  });

  it("says that nothing runs, and how to start it", async () => {
    for (const args of [
      ["approvals", "list"],
      ["audit", "list"],
    ]) {
      const { code, stderr } = await runGovern(args, { cwd: workspace });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error\[sidecar-not-running\]: /);
      expect(stderr).toContain("govern serve");
    }
  });

  it("gives the failure as JSON with --json", async () => {
    const { code, stderr } = await runGovern(["audit", "list", "--json"], { cwd: workspace });
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "sidecar-not-running" } });
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
    const { code, stdout } = await runGovern(["completion", shell], { cwd: empty });
    expect(code).toBe(0);
    expect(stdout).toContain("govern complete --");
  });

  it("completes commands and options", async () => {
    const command = await runGovern(["complete", "--", "approvals", "app"], { cwd: empty });
    expect(command.stdout).toContain("approve");
    const option = await runGovern(["complete", "--", "approvals", "list", "--st"], { cwd: empty });
    expect(option.stdout).toContain("--state");
  });
});
