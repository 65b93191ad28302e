/** Sees to a Chromium before any test: pages are tested in a real one or not at all. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const chromium = "/usr/bin/chromium";
const install = "apt-get update && apt-get install -y chromium";

function isDebian(): boolean {
  return (
    existsSync("/etc/os-release") &&
    /^ID(_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

export function setup(): void {
  if (existsSync(chromium)) return;
  if (process.getuid?.() !== 0 || !isDebian()) {
    throw new Error(`The tests need Chromium at ${chromium}. Install it: sudo sh -c '${install}'`);
  }
  process.stderr.write(`Chromium is missing; installing it: ${install}\n`);
  execFileSync("sh", ["-c", `${install} >&2`], {
    stdio: "inherit",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
