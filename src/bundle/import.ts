/**
 * The whole of `govern import`: reads a bundle, has it analyzed, asks what only a person knows, and writes the governed
 * directory, govern.yaml and .govern/. Analysis and every check come first; writing comes last, all of it or nothing.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { InspectReport } from "../contract/build.ts";
import { parseWorkspace } from "../contract/workspace-file.ts";
import type { Analysis } from "./analysis.ts";
import { analyzeBundle } from "./analyze.ts";
import { appNameOf } from "./emit/app-name.ts";
import { readAssets, type Assets } from "./emit/assets.ts";
import type { FileCalls } from "./emit/file-changes.ts";
import { importAnalyzed, type ImportResult, type ImportStep } from "./emit/import-analyzed.ts";
import { readSigner } from "./emit/sign.ts";
import { mappedKeys } from "./emit/mappings.ts";
import type { Bundle } from "./files/bundle.ts";
import { readHar } from "./har/read-har.ts";
import { readBundle } from "./files/read-bundle.ts";
import { reportOf } from "./inspect.ts";

export type { ImportResult, ImportStep } from "./emit/import-analyzed.ts";

/** What is known before anybody is asked. A key with an empty address is mapped by the workspace already. */
export interface ImportGiven {
  readonly app?: string | undefined;
  readonly upstreams: Readonly<Record<string, string>>;
}

export interface ImportAnswers {
  readonly app: string;
  readonly upstreams: Readonly<Record<string, string>>;
}

export interface ImportOptions {
  /** Path of a folder or of one script. */
  readonly bundle: string;
  /** The governed directory, relative to the workspace; default `governed`. */
  readonly out?: string | undefined;
  /** Name of the app; found out if left out. */
  readonly app?: string | undefined;
  /** Absolute: the folder of govern.yaml, or where it will be. */
  readonly workspaceDir: string;
  /** Of --upstream: addresses by origin, `same-origin`, `{base}` or `sql:<client>`. */
  readonly upstreams: ReadonlyMap<string, string>;
  /** Paths of recordings (HAR). */
  readonly har?: readonly string[] | undefined;
  /** Refuse to change operations.json. */
  readonly frozen?: boolean | undefined;
  /** Path of a private key (PEM, Ed25519) that signs what is written. */
  readonly signingKey?: string | undefined;
  /** The analysis; analyzeBundle if left out. */
  readonly analyze?: typeof analyzeBundle | undefined;
  /** Asks a person; undefined when they left. Without it safe defaults are taken. */
  readonly choose?:
    | ((report: InspectReport, given: ImportGiven) => Promise<ImportAnswers | undefined>)
    | undefined;
  readonly onProgress?: ((step: ImportStep) => void) | undefined;
  /** Told what the analysis is at, in a few words. */
  readonly onAnalysis?: ((doing: string) => void) | undefined;
  /** The built files to copy; those of the package if left out. */
  readonly assets?: Assets | undefined;
  /** The writing calls; the file system's own if left out. */
  readonly calls?: FileCalls | undefined;
}

async function keysMapped(
  options: ImportOptions,
  app: string,
  analysis: Analysis,
): Promise<string[]> {
  const file = join(options.workspaceDir, "govern.yaml");
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return [];
  const { workspace } = parseWorkspace(text, file);
  return mappedKeys({ app, analysis, workspace, upstreams: options.upstreams });
}

/** What the person says, or what was given; null when the person left. */
async function settle(
  options: ImportOptions,
  app: string,
  bundle: Bundle,
  analysis: Analysis,
): Promise<{ app: string; upstreams: ReadonlyMap<string, string> } | null> {
  if (options.choose === undefined) return { app, upstreams: options.upstreams };
  const mapped = await keysMapped(options, app, analysis);
  const given = {
    app: options.app,
    upstreams: Object.fromEntries([...mapped.map((key) => [key, ""]), ...options.upstreams]),
  };
  const answers = await options.choose(reportOf(app, bundle, analysis), given);
  if (answers === undefined) return null;
  const upstreams = Object.entries(answers.upstreams).filter(([, address]) => address !== "");
  return { app: await appNameOf(bundle.root, answers.app), upstreams: new Map(upstreams) };
}

/**
 * Imports a bundle. When it returns a result, everything is in place (see importAnalyzed); null: the person left, and
 * nothing was written.
 *
 * @throws GovernError `bundle-missing`, `bundle-empty`, `bundle-governed`, `bundle-unparsable`, `key-invalid`, `usage`, and those of
 * importAnalyzed; nothing is written then.
 */
export async function importBundle(options: ImportOptions): Promise<ImportResult | null> {
  options.onProgress?.("read");
  const sign = options.signingKey === undefined ? undefined : await readSigner(options.signingKey);
  const bundle = await readBundle(options.bundle);
  const named = await appNameOf(bundle.root, options.app);
  options.onProgress?.("analyze");
  const recordings = await Promise.all((options.har ?? []).map(readHar));
  const analyze = options.analyze ?? analyzeBundle;
  const analysis = await analyze(bundle, named, {
    recordings,
    marks: true,
    ...(options.onAnalysis === undefined ? {} : { onProgress: options.onAnalysis }),
  });
  const settled = await settle(options, named, bundle, analysis);
  if (settled === null) return null;
  return importAnalyzed(bundle, analysis, {
    app: settled.app,
    out: resolve(options.workspaceDir, options.out ?? "governed"),
    workspaceDir: options.workspaceDir,
    upstreams: settled.upstreams,
    frozen: options.frozen,
    assets: options.assets ?? (await readAssets()),
    sign,
    onProgress: options.onProgress,
    calls: options.calls,
  });
}
