// Rebuilds the committed builds of fixtures/minified from the app beside them: bundled once, then minified by esbuild, terser
// and swc. Two runs give the same bytes.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const root = fileURLToPath(new URL("../fixtures/minified", import.meta.url));
const app = join(root, "app");
if (!existsSync(join(app, "node_modules"))) {
  execFileSync("npm", ["install", "--no-audit", "--no-package-lock", "--ignore-scripts"], {
    cwd: app,
    stdio: "inherit",
  });
}
const load = createRequire(join(app, "package.json"));

const { outputFiles } = await build({
  entryPoints: [join(app, "src/main.ts")],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2020",
});
const [{ text }] = outputFiles;

const minifiers = {
  esbuild: async () => (await transform(text, { minify: true, format: "esm" })).code,
  terser: async () =>
    (await load("terser").minify(text, { module: true, compress: { passes: 2 } })).code,
  swc: async () =>
    (await load("@swc/core").minify(text, { module: true, compress: true, mangle: true })).code,
};

for (const [name, minify] of Object.entries(minifiers)) {
  mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, name, "main.js"), `${(await minify()).trimEnd()}\n`);
}
