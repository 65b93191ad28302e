// The one gate: every check of the project in order, stopping at nothing, so that one run shows all that is wrong.
import { spawnSync } from "node:child_process";

const root = new URL("..", import.meta.url).pathname;
const bin = (name) => `node_modules/.bin/${name}`;
const compiler = "node_modules/typescript-native/bin/tsc";

/** @type {[string, string, string[]][]} what each proves, command, arguments */
const checks = [
  ["format", bin("oxfmt"), ["--check", "."]],
  [
    "lint",
    bin("oxlint"),
    ["--type-aware", "--deny-warnings", "src", "test", "scripts", "bench", "bin"],
  ],
  ["types", compiler, ["-p", "tsconfig.json"]],
  ["types of the page", compiler, ["-p", "src/browser/tsconfig.json"]],
  ["types of the page's tests", compiler, ["-p", "test/browser/tsconfig.json"]],
  ["types of the browser tests", compiler, ["-p", "test/e2e/tsconfig.json"]],
  ["layers", bin("depcruise"), ["--config", ".dependency-cruiser.cjs", "src"]],
  ["build", process.execPath, ["scripts/build.mjs"]],
  ["generated files", process.execPath, ["scripts/generate.mjs", "--check"]],
  ["dead code", bin("knip"), []],
  ["package", bin("publint"), ["--strict"]],
  ["tests", bin("vitest"), ["run"]],
];

const only = process.argv.slice(2);
const failed = [];
let passed = 0;
for (const [name, command, args] of checks) {
  if (only.length > 0 && !only.includes(name)) continue;
  const started = Date.now();
  process.stdout.write(
    `\n── ${name}: ${[command, ...args].join(" ").replaceAll("node_modules/.bin/", "")}\n`,
  );
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status === 0) passed += 1;
  else failed.push(name);
  console.log(
    `── ${name}: ${status === 0 ? "ok" : "FAILED"} in ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
}

if (failed.length > 0) console.log(`\nfailed: ${failed.join(", ")}`);
console.log(`\n${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
