/**
 * The gate of a build: reads a bundle or an emitted app, what people reviewed of it, and says what is wrong. It decides by
 * the tables of this folder alone, writes nothing but the baseline it is asked to update, and prints nothing.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { verifyEmitted } from "../bundle/emit/verify-emitted.ts";
import { inspectBundle } from "../bundle/inspect.ts";
import type { Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { WorkspacePlace } from "../contract/workspace-fault.ts";
import { GovernError } from "../errors/govern-error.ts";
import { markKnown, readBaseline, updatedBaseline, writeBaseline } from "./baseline.ts";
import type { CheckFinding, CheckReport, WriteCounts } from "./check-report.ts";
import { fingerprintsOf } from "./fingerprint.ts";
import { judgeBundle, type JudgedFinding } from "./judge/judge.ts";
import { governingApp, type Judged } from "./judge/judged.ts";
import { lostGovernance, wideningFaults } from "./judge/widening.ts";
import { bundleFolder, Locator, repositoryRoot } from "./locations.ts";
import { sideAt } from "./privileges/against.ts";
import { comparePrivileges } from "./privileges/compare.ts";
import { governedOperations } from "./privileges/read-side.ts";
import { readBuild, readOperations, readReviewed, readWorkspace } from "./read-files.ts";
import { countFindings, exitCodeOf, sortFindings } from "./severity.ts";
import { findWorkspaceRoot } from "./workspace-root.ts";

export interface CheckOptions {
  /** The bundle, or `governed/apps/<app>`, as the person named it. */
  readonly path: string;
  /** The workspace is looked for from here up. */
  readonly cwd: string;
  readonly app?: string | undefined;
  /** Paths of recordings (HAR). */
  readonly har?: readonly string[] | undefined;
  /** Absolute: the folder that import wrote to; default `governed` in the workspace. */
  readonly governedDir?: string | undefined;
  /** Absolute: the file of known findings. */
  readonly baseline?: string | undefined;
  /** A git ref: only what is wider than there counts then. */
  readonly against?: string | undefined;
  /** Makes the baseline where there is none, else takes out of it what is fixed. */
  readonly updateBaseline?: boolean | undefined;
  readonly today: Date;
  /** The analysis; inspectBundle if left out. It is asked once: a check costs no more than an inspection. */
  readonly inspect?: typeof inspectBundle | undefined;
}

/** Only operations.json is kept in git: a fresh clone has an emitted app without its other files. */
function isEmitted(folder: string): boolean {
  const inApps = basename(dirname(folder)) === "apps";
  return ["build.json", "operations.json"].some(
    (name, index) => existsSync(join(folder, name)) && (index === 0 || inApps),
  );
}

type Facts = Omit<
  CheckReport,
  "counts" | "passed" | "writes" | "known" | "suppressed" | "findings"
> & { readonly findings: readonly JudgedFinding[] };

function operationsOf(findings: readonly CheckFinding[]): number {
  return new Set(findings.map(({ operation }) => operation)).size;
}

function writeCounts({ operations }: Facts, findings: readonly CheckFinding[]): WriteCounts {
  const ungated = findings.filter(({ rule }) => rule === "ungated-write");
  return {
    total: operations.filter(({ access }) => access === "write").length,
    ungated: operationsOf(ungated),
    known: operationsOf(ungated.filter(({ state }) => state === "known")),
  };
}

async function settleBaseline(
  { baseline: path, updateBaseline: update = false }: CheckOptions,
  app: string,
  findings: readonly CheckFinding[],
): Promise<readonly CheckFinding[]> {
  if (path === undefined) return findings;
  const before = await readBaseline(path, app, update);
  if (!update) return markKnown(findings, before);
  const after = updatedBaseline(app, before, findings);
  await writeBaseline(path, after);
  return markKnown(findings, after);
}

async function concluded(
  options: CheckOptions,
  facts: Facts,
  locator: Locator,
): Promise<CheckReport> {
  const prints = fingerprintsOf(facts.app, facts.findings);
  const located = facts.findings.map((finding, index): CheckFinding => ({
    ...finding,
    fingerprint: prints[index] as string,
    state: finding.suppressed === undefined ? "new" : "suppressed",
    ...locator.locate(finding),
  }));
  const findings = await settleBaseline(options, facts.app, located);
  const counts = countFindings(findings.filter(({ state }) => state === "new"));
  return {
    ...facts,
    findings,
    writes: writeCounts(facts, findings),
    counts,
    known: findings.filter(({ state }) => state === "known").length,
    suppressed: findings.filter(({ state }) => state === "suppressed").length,
    passed: exitCodeOf(counts) === 0,
  };
}

function locatorOf(
  options: CheckOptions,
  bundle: string,
  [workspaceFile, contract]: readonly [string, string],
): Locator {
  return new Locator({
    repository: repositoryRoot(options.cwd),
    bundle,
    homes: { "govern.yaml": workspaceFile, "operations.json": contract },
  });
}

/** Emitted files are what import wrote or not: there is nothing to compare with. */
function checkEmittedOptions({ against, path }: CheckOptions): void {
  if (against === undefined) return;
  throw new GovernError("usage", `${path} is a governed app, and --against compares a bundle.`, {
    next: "Give the bundle; or compare two governed apps with `govern diff`.",
  });
}

async function checkEmitted(options: CheckOptions, folder: string): Promise<CheckReport> {
  const build = await readBuild(join(folder, "build.json"));
  const { operations } = await readOperations(join(folder, "operations.json"));
  const findings = sortFindings(await verifyEmitted(folder));
  const { version, app, bundle, sites } = build;
  const { path } = options;
  const facts = { version, app, operations, bundle, sites, findings, path };
  const homes = [join(options.cwd, "govern.yaml"), join(folder, "operations.json")] as const;
  return concluded(
    options,
    { ...facts, target: "emitted", governed: true },
    locatorOf(options, folder, homes),
  );
}

/** What a bundle is judged by, and where it was read. */
interface Inputs {
  readonly judged: Judged;
  /** Absolute, there or not. */
  readonly contract: string;
  readonly workspaceFile: string;
}

const unlocated = (): WorkspacePlace => ({ file: "govern.yaml", line: 1, column: 1 });

/** The contracts of the workspace's other apps: rules may name their operations. */
async function readOthers(
  governedDir: string,
  app: string,
  workspace: Workspace | undefined,
): Promise<Map<string, readonly Operation[]>> {
  const names = Object.keys(workspace?.apps ?? {}).filter((name) => name !== app);
  const read = names.map(async (name): Promise<[string, readonly Operation[]]> => {
    const file = await readReviewed(join(governedDir, "apps", name, "operations.json"));
    return [name, file?.operations ?? []];
  });
  return new Map(await Promise.all(read));
}

async function readInputs(options: CheckOptions, folder: string): Promise<Inputs> {
  const found = findWorkspaceRoot(options.cwd);
  const parsed = found === undefined ? undefined : await readWorkspace(found);
  const root = found ?? options.cwd;
  const named = options.app === undefined ? {} : { app: options.app };
  const inspect = options.inspect ?? inspectBundle;
  const report = await inspect(folder, { ...named, har: options.har ?? [] });
  const governedDir = options.governedDir ?? join(root, "governed");
  const contract = join(governedDir, "apps", report.app, "operations.json");
  const judged = {
    report,
    bundlePath: options.path,
    workspace: parsed?.workspace,
    locate: parsed?.locate ?? unlocated,
    reviewed: (await readReviewed(contract))?.operations,
    others: await readOthers(governedDir, report.app, parsed?.workspace),
    today: options.today.toISOString().slice(0, 10),
  };
  return { judged, contract, workspaceFile: join(root, "govern.yaml") };
}

/** What is wider than at the ref, before all else; what else is wrong does not count then. */
async function findingsAgainst(
  { against: ref, cwd }: CheckOptions,
  { judged, contract, workspaceFile }: Inputs,
): Promise<JudgedFinding[]> {
  if (ref === undefined) return judgeBundle(judged);
  const { app, operations } = judged.report;
  const { workspace, locate } = judged;
  const now = governedOperations(app, operations, workspace);
  const old = await sideAt({ cwd, ref, app, contract, workspace: workspaceFile });
  const { changes } = await comparePrivileges(old, {
    name: judged.bundlePath,
    app,
    operations: now,
    workspace,
    locate,
  });
  const wider = [
    ...lostGovernance(judged, old.workspace, ref),
    ...wideningFaults(judged, changes, ref),
  ];
  const others = judgeBundle(judged).map((finding): JudgedFinding => {
    return finding.severity === "error" ? { ...finding, severity: "warning" } : finding;
  });
  return sortFindings([
    ...wider.map((fault): JudgedFinding => ({ ...fault, severity: "error" })),
    ...others,
  ]);
}

/**
 * Checks a bundle against the workspace around `cwd`, or the emitted files of an app against what import wrote. When it
 * returns, every script was analyzed or is named in a finding. Throws a GovernError for what cannot be checked at all: a
 * bundle that is missing, empty or governed already, a govern.yaml, generated file or baseline that is not valid, a git
 * ref that cannot be read.
 */
export async function checkBundle(options: CheckOptions): Promise<CheckReport> {
  const folder = resolve(options.cwd, options.path);
  if (isEmitted(folder)) {
    checkEmittedOptions(options);
    return checkEmitted(options, folder);
  }
  const inputs = await readInputs(options, folder);
  const { judged, contract, workspaceFile } = inputs;
  const { origins: _origins, external: _external, ...facts } = judged.report;
  const checked = {
    ...facts,
    path: options.path,
    target: "bundle",
    governed: governingApp(judged) !== undefined,
    ...(options.against === undefined ? {} : { against: options.against }),
    findings: await findingsAgainst(options, inputs),
  } as const;
  const locator = locatorOf(options, bundleFolder(folder), [workspaceFile, contract]);
  return concluded(options, checked, locator);
}
