/** The governed directory as files: what is written where for one app. */
import { lstat, readdir, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type * as z from "zod";
import type { BuildFile, BundleFacts, Finding } from "../../contract/build.ts";
import type { OperationsFile } from "../../contract/operation.ts";
import { digestsOf, type sealFileSchema } from "../../contract/seal.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Analysis } from "../analysis.ts";
import type { RewrittenBundle } from "../rewrite/rewrite-bundle.ts";
import { bytesOf } from "../rewrite/text.ts";
import type { Assets } from "./assets.ts";
import type { Change } from "./file-changes.ts";

const gitignore = `# Written by govern import. Only the reviewed contract of each app is kept in git; the rest is generated.
*
!.gitignore
!apps/
!apps/*/
!apps/*/operations.json
`;

function jsonFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The text of an app's operations.json. */
function operationsText(app: string, analysis: Analysis): string {
  const file: OperationsFile = { version: 1, app, operations: [...analysis.operations] };
  return jsonFile(file);
}

export interface EmittedApp {
  readonly app: string;
  readonly analysis: Analysis;
  readonly rewritten: RewrittenBundle;
  readonly bundle: BundleFacts;
  /** All of the import, the analysis's and the rewriter's. */
  readonly findings: readonly Finding[];
  /** Signs what it is given, if the person gave a key. */
  readonly sign?: ((build: BuildFile) => BuildFile) | undefined;
}

type Files = ReadonlyMap<string, Uint8Array>;

function buildText(emitted: EmittedApp, files: Files): string {
  const { app, analysis, bundle, findings, sign = (build) => build } = emitted;
  const file: BuildFile = {
    version: 1,
    app,
    bundle,
    origins: [...analysis.origins],
    sites: [...analysis.sites],
    findings: [...findings],
    external: [...analysis.external],
    ...(analysis.observations === undefined ? {} : { observations: analysis.observations }),
    emitted: digestsOf(files),
  };
  return jsonFile(sign(file));
}

function appFiles(emitted: EmittedApp): Map<string, Uint8Array> {
  const { app, analysis, rewritten } = emitted;
  const files = new Map([
    ["operations.json", bytesOf(operationsText(app, analysis))],
    ...[...rewritten.files].map(([path, bytes]) => [`web/${path}`, bytes] as const),
    ...[...rewritten.maps].map(([path, bytes]) => [`maps/${path}`, bytes] as const),
  ]);
  return files.set("build.json", bytesOf(buildText(emitted, files)));
}

/** The files that belong to no app, by their paths in the governed directory, and their seal. */
function sharedFiles(assets: Assets): Files {
  const files = new Map([
    [".gitignore", bytesOf(gitignore)],
    ...[...assets.sidecar].map(([name, bytes]) => [`sidecar/${name}`, bytes] as const),
  ]);
  const seal: z.infer<typeof sealFileSchema> = { version: 1, files: digestsOf(files) };
  return files.set("seal.json", bytesOf(jsonFile(seal)));
}

/** The changes that make `out` the governed directory of this app; other apps in it stay. */
export function governedChanges(out: string, emitted: EmittedApp, assets: Assets): Change[] {
  const beside = dirname(out);
  // One by one: the folder of the sidecar also holds what its owner put there, a .env and node_modules.
  const shared = [...sharedFiles(assets)].map(([name, bytes]): Change => ({
    kind: "file",
    path: join(out, name),
    bytes,
    beside,
  }));
  return [
    ...shared,
    { kind: "folder", path: join(out, "apps", emitted.app), files: appFiles(emitted), beside },
  ];
}

async function realOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => null);
  return (
    real ??
    join(
      dirname(path) === path ? path : await realOf(dirname(path)),
      path.slice(dirname(path).length),
    )
  );
}

/**
 * Checks that `out` may become a governed directory.
 * @throws GovernError `output-conflict` when it is a file, holds something else, or lies in the bundle or around it.
 */
export async function checkOutput(out: string, bundleRoot: string): Promise<void> {
  const real = `${await realOf(out)}${sep}`;
  const root = `${await realOf(bundleRoot)}${sep}`;
  if (real.startsWith(root) || root.startsWith(real)) {
    throw new GovernError(
      "output-conflict",
      `The output ${out} and the bundle lie in each other.`,
      {
        next: "Give another folder with --out, beside the bundle.",
      },
    );
  }
  const info = await lstat(out).catch(() => null);
  if (info === null) return;
  const names = info.isDirectory() ? await readdir(out) : null;
  if (names !== null && (names.length === 0 || names.includes("apps"))) return;
  throw new GovernError("output-conflict", `${out} is not a governed directory.`, {
    next: "Give an empty or new folder with --out.",
  });
}
