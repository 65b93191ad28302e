// The lockfile of the emitted sidecar: made by npm from its package.json, committed, without a registry's address.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = "src/bundle/emit/sidecar-files";
const native = "better-sqlite3";

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** What of the sidecar's files does not fit the package they ship with, without network; empty when all is in step. */
export function sidecarFaults() {
  const wanted = readJson("package.json").dependencies[native];
  const { dependencies } = readJson(`${folder}/package.json`);
  const faults = [];
  if (dependencies[native] !== wanted)
    faults.push(`${folder}/package.json: ${native} is not ${wanted}`);
  const path = `${folder}/package-lock.json`;
  if (!existsSync(path)) return [...faults, `${path}: missing`];
  const text = readFileSync(path, "utf8");
  const lock = JSON.parse(text);
  if (lock.packages[""].dependencies?.[native] !== dependencies[native]) {
    faults.push(`${path}: locked for another range of ${native}`);
  }
  const tested = readJson("package-lock.json").packages[`node_modules/${native}`].version;
  const locked = lock.packages[`node_modules/${native}`]?.version;
  if (locked !== tested)
    faults.push(`${path}: ${native} ${locked}, but ${tested} is what is tested`);
  if (text.includes('"resolved"')) faults.push(`${path}: names a registry`);
  return faults;
}

/** Makes the lockfile anew, with the version of the native module that the package itself is tested with. */
export function makeSidecarLockfile() {
  const work = mkdtempSync(join(tmpdir(), "govern-lock-"));
  try {
    const tested = readJson("package-lock.json").packages[`node_modules/${native}`].version;
    const npm = (...args) =>
      execFileSync("npm", args, { cwd: work, stdio: ["ignore", "ignore", "inherit"] });
    const flags = [
      "--package-lock-only",
      "--omit-lockfile-registry-resolved",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
    ];
    copyFileSync(`${folder}/package.json`, join(work, "package.json"));
    npm("install", `${native}@${tested}`, "--save-exact", ...flags);
    copyFileSync(`${folder}/package.json`, join(work, "package.json"));
    npm("install", ...flags);
    copyFileSync(join(work, "package-lock.json"), `${folder}/package-lock.json`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
