/** Builds the package before any test unless nothing has changed, so that tests that spawn it run what the sources say. */
import { execFileSync } from "node:child_process";

export function setup(): void {
  execFileSync(process.execPath, ["scripts/build.mjs", "--if-changed"], { stdio: "inherit" });
}
