// Rebuilds the committed builds of fixtures/support-console from its source: dist/ by the app's own
// Vite, dist-esbuild/ by esbuild. Two runs give the same bytes.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const app = fileURLToPath(new URL("../fixtures/support-console", import.meta.url));
process.chdir(app);

const entryPoint = "src/main.tsx";
const outdir = "dist-esbuild";

function buildWithVite() {
  rmSync("dist", { recursive: true, force: true });
  // A NODE_ENV of the caller (a test runner's, say) would give a development build of React.
  const env = { ...process.env, NODE_ENV: "production" };
  execFileSync("npm", ["run", "--silent", "build", "--", "--logLevel", "warn"], {
    stdio: "inherit",
    env,
  });
}

async function buildWithEsbuild() {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [entryPoint],
    outdir,
    absWorkingDir: app,
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    sourcemap: true,
    metafile: true,
    entryNames: "assets/[name]-[hash]",
    chunkNames: "assets/[name]-[hash]",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
  });
  const [script, output] = Object.entries(metafile.outputs).find(
    ([, candidate]) => candidate.entryPoint === entryPoint,
  );
  writePage(basename(script), basename(output.cssBundle));
  cpSync("public", outdir, { recursive: true });
}

/** Points a copy of the app's page at the hashed entry and its stylesheet. */
function writePage(script, stylesheet) {
  const page = readFileSync("index.html", "utf8")
    .replace(`/${entryPoint}`, `/assets/${script}`)
    .replace("  </head>", `    <link rel="stylesheet" href="/assets/${stylesheet}" />\n  </head>`);
  writeFileSync(`${outdir}/index.html`, page);
}

if (!existsSync("node_modules")) execFileSync("npm", ["ci", "--no-audit"], { stdio: "inherit" });
buildWithVite();
await buildWithEsbuild();
