/** Builds the support console again from its sources and what its committed source maps hold of its packages. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build, type BuildOptions } from "esbuild";

const fixture = resolve(import.meta.dirname, "../../fixtures/support-console");

export interface Rebuild {
  /** Changes sources, by their paths: `src/api.ts`. */
  readonly change?: Readonly<Record<string, (text: string) => string>>;
  readonly options?: BuildOptions;
}

/** The packages as the maps of a build have them. */
function writePackages(folder: string): void {
  const assets = join(fixture, "dist-esbuild/assets");
  const maps = readdirSync(assets).filter((name) => name.endsWith(".js.map"));
  for (const name of maps) {
    const map = JSON.parse(readFileSync(join(assets, name), "utf8")) as {
      sources: string[];
      sourcesContent: string[];
    };
    for (const [index, source] of map.sources.entries()) {
      const path = source.replace(/^(?:\.\.\/)+/, "");
      if (!path.startsWith("node_modules/")) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), map.sourcesContent[index] ?? "");
    }
  }
  const neon = join(folder, "node_modules/@neondatabase/serverless/package.json");
  writeFileSync(neon, JSON.stringify({ main: "index.mjs" }));
}

/** Writes `dist/` below a folder, which gets the sources too. */
export async function rebuildConsole(folder: string, rebuild: Rebuild = {}): Promise<void> {
  cpSync(join(fixture, "src"), join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "support-console", "private": true }');
  writePackages(folder);
  for (const [path, change] of Object.entries(rebuild.change ?? {})) {
    const before = readFileSync(join(folder, path), "utf8");
    const after = change(before);
    if (after === before) throw new Error(`${path} is not changed`);
    writeFileSync(join(folder, path), after);
  }
  const { metafile } = await build({
    entryPoints: ["src/main.tsx"],
    outdir: "dist",
    absWorkingDir: folder,
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
    logLevel: "silent",
    ...rebuild.options,
  });
  const entry = Object.keys(metafile?.outputs ?? {}).find((name) => /main-\w+\.js$/.test(name));
  const script = (entry ?? "").replace(/^dist\//, "/");
  const page = readFileSync(join(fixture, "index.html"), "utf8").replace("/src/main.tsx", script);
  writeFileSync(join(folder, "dist/index.html"), page);
}
