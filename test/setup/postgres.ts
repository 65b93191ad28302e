/** Sees to PostgreSQL's server before any test: the connector is tested against a real one or not at all. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { postgresPrograms } from "../postgres-programs.ts";

const install = "apt-get update && apt-get install -y postgresql";

function isDebian(): boolean {
  return (
    existsSync("/etc/os-release") &&
    /^ID(_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

export function setup(): void {
  if (postgresPrograms() !== undefined) return;
  if (process.getuid?.() !== 0 || !isDebian()) {
    throw new Error(`The tests need PostgreSQL's server. Install it: sudo sh -c '${install}'`);
  }
  process.stderr.write(`PostgreSQL is missing; installing it: ${install}\n`);
  execFileSync("sh", ["-c", `${install} >&2`], {
    stdio: "inherit",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
