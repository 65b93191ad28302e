/**
 * The gate of a build: reads a bundle or an emitted app, what people reviewed of it, and says what is wrong. It decides by
 * the tables of this folder alone, writes nothing, and prints nothing.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { verifyEmitted } from "../bundle/emit/verify-emitted.ts";
import { inspectBundle } from "../bundle/inspect.ts";
import { buildFileSchema, type Finding } from "../contract/build.ts";
import { operationsFileSchema, type Operation } from "../contract/operation.ts";
import { parseWorkspace } from "../contract/workspace-file.ts";
import type { Workspace } from "../contract/workspace.ts";
import { GovernError } from "../errors/govern-error.ts";
import type { CheckReport } from "./check-report.ts";
import { governingApp, judgeBundle } from "./judge.ts";
import { countFindings, exitCodeOf, sortFindings } from "./severity.ts";
import { findWorkspaceRoot } from "./workspace-root.ts";

export interface CheckOptions {
  /** The bundle, or `governed/apps/<app>`, as the person named it. */
  readonly path: string;
  /** The workspace is looked for from here up. */
  readonly cwd: string;
  readonly app: string | undefined;
  /** Paths of recordings (HAR). */
  readonly har?: readonly string[] | undefined;
  /** Absolute: the folder that import wrote to; default `governed` in the workspace. */
  readonly governedDir?: string | undefined;
  readonly today: Date;
}

/** Anything with the shape of a zod schema. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false };
}

async function readJson<T>(path: string, schema: Schema<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw unusable(path, cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unusable(path);
}

function unusable(path: string, cause?: unknown): GovernError {
  return new GovernError("file-invalid", `${path} is missing or not what import writes.`, {
    next: "Restore it from git, or import the bundle again.",
    cause,
  });
}

async function readWorkspace(root: string): Promise<Workspace> {
  const file = join(root, "govern.yaml");
  return parseWorkspace(await readFile(file, "utf8"), file).workspace;
}

async function readReviewed(
  governedDir: string,
  app: string,
): Promise<readonly Operation[] | undefined> {
  const path = join(governedDir, "apps", app, "operations.json");
  return existsSync(path) ? (await readJson(path, operationsFileSchema)).operations : undefined;
}

/** Only operations.json is kept in git: a fresh clone has an emitted app without its other files. */
function isEmitted(folder: string): boolean {
  const inApps = basename(dirname(folder)) === "apps";
  return ["build.json", "operations.json"].some(
    (name, index) => existsSync(join(folder, name)) && (index === 0 || inApps),
  );
}

function concluded(
  report: Omit<CheckReport, "counts" | "passed">,
  findings: readonly Finding[],
): CheckReport {
  const counts = countFindings(findings);
  return { ...report, findings: [...findings], counts, passed: exitCodeOf(counts) === 0 };
}

async function checkEmitted(options: CheckOptions, folder: string): Promise<CheckReport> {
  const build = await readJson(join(folder, "build.json"), buildFileSchema);
  const { operations } = await readJson(join(folder, "operations.json"), operationsFileSchema);
  const findings = sortFindings(await verifyEmitted(folder));
  const { version, app, bundle, sites } = build;
  const { path } = options;
  const facts = { version, app, operations, bundle, sites, findings, path };
  return concluded({ ...facts, target: "emitted", governed: true }, findings);
}

/**
 * Checks a bundle against the workspace around `cwd`, or the emitted files of an app against what import wrote. When it
 * returns, every script was analyzed or is named in a finding. Throws a GovernError for what cannot be checked at all: a
 * bundle that is missing, empty or governed already, a govern.yaml or generated file that is not valid.
 */
export async function checkBundle(options: CheckOptions): Promise<CheckReport> {
  const folder = resolve(options.cwd, options.path);
  if (isEmitted(folder)) return checkEmitted(options, folder);
  const root = findWorkspaceRoot(options.cwd);
  const workspace = root === undefined ? undefined : await readWorkspace(root);
  const named = options.app === undefined ? {} : { app: options.app };
  const report = await inspectBundle(folder, { ...named, har: options.har ?? [] });
  const governedDir = options.governedDir ?? (root === undefined ? root : join(root, "governed"));
  const judged = {
    report,
    bundlePath: options.path,
    workspace,
    reviewed: governedDir === undefined ? undefined : await readReviewed(governedDir, report.app),
    today: options.today.toISOString().slice(0, 10),
  };
  const { origins: _origins, external: _external, ...facts } = report;
  const governed = governingApp(judged) !== undefined;
  const checked = { ...facts, path: options.path, target: "bundle", governed } as const;
  return concluded(checked, judgeBundle(judged));
}
