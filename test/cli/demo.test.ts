import { existsSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { runGovern } from "./run-govern.ts";

function isAnswered(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port: new URL(url).port })
      .on("response", () => resolve(true))
      .on("error", () => resolve(false))
      .end();
  });
}

describe("govern demo", () => {
  it("plays the whole story, and leaves no folder and no process", async () => {
    const { code, stdout, stderr } = await runGovern(["demo"], { cwd: tmpdir() });
    expect({ code, stderr }, stdout + stderr).toEqual({ code: 0, stderr: "" });
    for (const command of [
      "$ govern check dist",
      "$ govern import dist --yes",
      "$ govern check governed/apps/support-console",
      "$ govern serve --dev",
      "--as sam",
      "--as ana",
      "$ govern audit list",
      "$ govern audit verify",
    ]) {
      expect(stdout).toContain(command);
    }
    expect(stdout).toContain("log verifies");
    expect(stdout).toContain("The story came out as told.");
    const folder = /A fresh workspace: (\S+)/.exec(stdout)?.[1] ?? "";
    expect(folder).not.toBe("");
    expect(existsSync(folder)).toBe(false);
    const app = /the app is at (\S+)/.exec(stdout)?.[1] ?? "";
    expect(await isAnswered(app)).toBe(false);
  });
});
