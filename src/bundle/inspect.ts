/** `inspect`: the analysis of a bundle as it is printed. Writes nothing. */
import type { InspectReport } from "../contract/build.ts";
import { analyzeBundle, type AnalyzeOptions } from "./analyze.ts";
import type { Analysis } from "./analysis.ts";
import type { Bundle } from "./files/bundle.ts";
import { appNameOf } from "./emit/app-name.ts";
import { readHar } from "./har/read-har.ts";
import { readBundle } from "./files/read-bundle.ts";

export interface InspectOptions extends AnalyzeOptions {
  /** Name of the app; default: that of the nearest package.json, else the folder's. */
  readonly app?: string;
  /** Paths of recordings (HAR). */
  readonly har?: readonly string[];
}

/** What `inspect --json` prints of an analyzed bundle. */
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
    ...(analysis.observations === undefined ? {} : { observations: analysis.observations }),
  };
}

/**
 * Reads and analyzes the bundle at a path.
 *
 * @throws GovernError `bundle-missing`, `bundle-empty`, `bundle-governed`, `bundle-unparsable`, `operation-collision`,
 * `har-invalid`, `usage` for a name that is none.
 */
export async function inspectBundle(
  path: string,
  options: InspectOptions = {},
): Promise<InspectReport> {
  const bundle = await readBundle(path);
  const app = await appNameOf(bundle.root, options.app);
  const recordings = await Promise.all((options.har ?? []).map(readHar));
  return reportOf(app, bundle, await analyzeBundle(bundle, app, { ...options, recordings }));
}
