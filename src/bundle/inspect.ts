/** `inspect`: the analysis of a bundle as it is printed. Writes nothing. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { InspectReport } from "../contract/build.ts";
import { analyzeBundle, type AnalyzeOptions } from "./analyze.ts";
import type { Analysis } from "./analysis.ts";
import type { Bundle } from "./files/bundle.ts";
import { readBundle } from "./files/read-bundle.ts";

export interface InspectOptions extends AnalyzeOptions {
  /** Name of the app; default: see `appNameFor`. */
  readonly app?: string;
}

function nameFrom(text: string): string {
  return text
    .replace(/^@[^/]*\//, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

async function packageName(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
  if (text !== null) {
    try {
      const { name } = JSON.parse(text) as { name?: unknown };
      return typeof name === "string" ? nameFrom(name) : null;
    } catch {
      return null;
    }
  }
  const parent = dirname(folder);
  return parent === folder ? null : packageName(parent);
}

/** The name of an app: the nearest package.json's without its scope, else the folder's. */
export async function appNameFor(path: string): Promise<string> {
  const folder = resolve(path);
  return (
    (await packageName(folder)) || nameFrom(basename(folder).replace(/\.[cm]?js$/, "")) || "app"
  );
}

/** The report of an analysis. */
export function reportOf(app: string, bundle: Bundle, analysis: Analysis): InspectReport {
  const { operations, origins, sites, findings, external } = analysis;
  return {
    version: 1,
    app,
    operations: [...operations],
    bundle: { digest: bundle.digest, files: bundle.files.size, bytes: bundle.bytes },
    origins: [...origins],
    sites: [...sites],
    findings: [...findings],
    external: [...external],
  };
}

/**
 * Reads and analyzes the bundle at a path.
 *
 * @throws GovernError `bundle-missing`, `bundle-empty`, `bundle-governed`, `bundle-unparsable`, `operation-collision`.
 */
export async function inspectBundle(
  path: string,
  options: InspectOptions = {},
): Promise<InspectReport> {
  const bundle = await readBundle(path);
  const app = options.app ?? (await appNameFor(path));
  return reportOf(app, bundle, await analyzeBundle(bundle, app, options));
}
