// Builds what the package ships: dist/ by tsc, and the files that leave it alone by esbuild.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});

const shared = { bundle: true, legalComments: "none", logLevel: "warning" };

/** Node programs that run without node_modules, but for what cannot be bundled. */
const node = {
  ...shared,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["better-sqlite3", "pg-native"],
  // pg takes its native twin, which is not there, where the environment asks for it.
  define: { "process.env.NODE_PG_FORCE_NATIVE": "undefined" },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
};

/** Scripts that run in a page. */
const page = { ...shared, platform: "browser", format: "iife", target: "es2022", minify: true };

const programs = [
  { ...node, entryPoints: ["src/sidecar/main.ts"], outfile: "dist/emit/sidecar.mjs" },
  {
    ...node,
    entryPoints: ["src/sidecar/store/sqlite/writer-thread.ts"],
    outfile: "dist/emit/store-writer.mjs",
  },
  { ...page, entryPoints: ["src/browser/proxy/main.ts"], outfile: "dist/browser/proxy.js" },
];
cpSync("src/bundle/emit/sidecar-files", "dist/emit", { recursive: true });
await Promise.all(programs.filter((p) => existsSync(p.entryPoints[0])).map((p) => build(p)));
