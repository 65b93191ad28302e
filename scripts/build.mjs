// Builds what the package ships: dist/ by tsc; the program that bin/ runs, and the files that leave the package alone, by
// esbuild. With --if-changed, only when some file that goes into it has changed since the last build.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { build } from "esbuild";
import { minify } from "terser";
import ts from "typescript";

const root = new URL("..", import.meta.url).pathname;
process.chdir(root);

const stampFile = "dist/.built-from";
const inputs = ["package-lock.json", "scripts/build.mjs", "tsconfig.json", "tsconfig.build.json"];

function stamp() {
  const sources = readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`);
  return [...inputs, ...sources.toSorted()]
    .map((file) => {
      const { mtimeMs, size } = statSync(file);
      return `${file} ${size} ${mtimeMs}\n`;
    })
    .join("");
}

const now = stamp();
if (process.argv.includes("--if-changed")) {
  const last = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (last === now) process.exit(0);
}
rmSync("dist", { recursive: true, force: true });

const compiler = "node_modules/typescript-native/bin/tsc";
execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit" });

// The one module that is imported from outside has its types.
const plugin = "src/cli/vite-plugin.ts";
const { outputText } = ts.transpileDeclaration(readFileSync(plugin, "utf8"), { fileName: plugin });
writeFileSync("dist/cli/vite-plugin.d.ts", outputText);

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

/**
 * The command line, in few files: what a command does not need is not loaded, and loading hundreds of modules takes longer
 * than importing a small bundle. Not minified, so that stack traces can be read. Packages that find files of their own
 * beside them stay outside.
 */
const program = {
  ...node,
  splitting: true,
  outdir: "dist/program",
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  external: [...node.external, "libpg-query", "@guanmingchiu/sqlparser-ts"],
};

/**
 * Names of members that never leave the proxy module: it stands in every chunk, so that its bytes count. None of them may
 * be one of the page's objects, of what is sent, or of a driver.
 */
const privateNames =
  "appendTo asArrays cross flatten holes initial label login logout rounds route run shown site sync tickets waitsFor";

/** Scripts that run in a page. */
const page = {
  ...shared,
  platform: "browser",
  format: "iife",
  target: "es2022",
  minify: true,
  mangleProps: new RegExp(`^(?:${privateNames.replaceAll(" ", "|")})$`),
};

/** Makes a script smaller once more than esbuild does: it stands in every page. */
async function pack(file) {
  const compress = { passes: 3, ecma: 2022, pure_getters: true, keep_fargs: false };
  const { code } = await minify(readFileSync(file, "utf8"), { compress, ecma: 2022 });
  writeFileSync(file, `${code}\n`);
}

const programs = [
  { ...program, entryPoints: ["src/cli/main.ts"] },
  { ...node, entryPoints: ["src/sidecar/main.ts"], outfile: "dist/emit/sidecar.mjs" },
  {
    ...node,
    entryPoints: ["src/sidecar/store/sqlite/writer-thread.ts"],
    outfile: "dist/emit/store-writer.mjs",
  },
  {
    ...page,
    mangleProps: undefined,
    entryPoints: ["src/browser/console/main.ts"],
    outfile: "dist/emit/console.js",
  },
  {
    ...page,
    mangleProps: undefined,
    jsx: "automatic",
    jsxImportSource: "preact",
    entryPoints: ["src/browser/inbox/main.tsx"],
    outfile: "dist/emit/inbox.js",
  },
  { ...page, entryPoints: ["src/browser/proxy/main.ts"], outfile: "dist/browser/proxy.js" },
  ...["libsql", "mysql2", "neon", "pg", "planetscale", "postgres", "sql"].map((clients) => ({
    ...page,
    entryPoints: [`src/browser/proxy/main-${clients}.ts`],
    outfile: `dist/browser/proxy-${clients}.js`,
  })),
];
cpSync("src/bundle/emit/sidecar-files", "dist/emit", { recursive: true });
cpSync("src/browser/console/console.css", "dist/emit/console.css");
await Promise.all(programs.filter((p) => existsSync(p.entryPoints[0])).map((p) => build(p)));
await Promise.all(
  readdirSync("dist/browser")
    .filter((file) => file.startsWith("proxy"))
    .map((file) => pack(`dist/browser/${file}`)),
);
writeFileSync(stampFile, now);
