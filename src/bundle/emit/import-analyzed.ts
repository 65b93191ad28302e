/**
 * An import from the analysis on: rewrites, verifies, plans the workspace, and writes everything or nothing. Nothing is
 * written before all of it is known to be right.
 */
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { BuildFile, BundleFacts, Finding } from "../../contract/build.ts";
import { operationsFileSchema, type Operation } from "../../contract/operation.ts";
import { parseWorkspace } from "../../contract/workspace-file.ts";
import type { Workspace } from "../../contract/workspace.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Analysis } from "../analysis.ts";
import type { Bundle } from "../files/bundle.ts";
import { signInWrites } from "../origins/origin-class.ts";
import { rewriteBundle } from "../rewrite/rewrite-bundle.ts";
import { bytesOf } from "../rewrite/text.ts";
import { checkStripped, verifyRewritten } from "../rewrite/verify-rewritten.ts";
import type { Assets, ProxyName } from "./assets.ts";
import {
  applyChanges,
  pendingChanges,
  readIfThere,
  recoverChanges,
  type Change,
  type FileCalls,
} from "./file-changes.ts";
import { checkOutput, governedChanges } from "./governed-directory.ts";
import { planMappings, type Mapping, type MappingPlan } from "./mappings.ts";
import { privateChanges, secretsPath, tightenPrivate } from "./secrets.ts";
import { importNotes } from "./import-notes.ts";
import { privateArguments } from "./private-arguments.ts";
import { extendedText, starterText, type WorkspaceAdditions } from "./workspace-text.ts";

export type ImportStep = "read" | "analyze" | "rewrite" | "verify" | "write";

export interface ImportPlanOptions {
  readonly app: string;
  /** Absolute: the governed directory. */
  readonly out: string;
  /** Absolute: the folder of govern.yaml, which exists. */
  readonly workspaceDir: string;
  /** Of --upstream, by key. */
  readonly upstreams: ReadonlyMap<string, string>;
  /** Refuse to change operations.json. */
  readonly frozen?: boolean | undefined;
  readonly assets: Assets;
  /** Signs build.json. */
  readonly sign?: ((build: BuildFile) => BuildFile) | undefined;
  readonly onProgress?: ((step: ImportStep) => void) | undefined;
  /** The writing calls; the file system's own if left out. */
  readonly calls?: FileCalls | undefined;
}

/** Ids of operations against the operations.json that was there. */
export interface ContractChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface ImportResult {
  readonly app: string;
  readonly bundle: BundleFacts;
  readonly analysis: Analysis;
  /** The analysis's, the rewriter's and the verification's. */
  readonly findings: readonly Finding[];
  /** Absolute path of `apps/<app>`. */
  readonly appDir: string;
  readonly workspaceFile: string;
  /** Whether this import made govern.yaml. */
  readonly isNewWorkspace: boolean;
  /** Mappings that this import added to govern.yaml. */
  readonly mappings: readonly Mapping[];
  /** Names of the credentials that are kept in .govern/secrets.env. */
  readonly secrets: readonly string[];
  readonly contract: ContractChanges;
  /** What was written, relative to the workspace, sorted; folders end with `/`. */
  readonly written: readonly string[];
  /** Nothing had to be written. */
  readonly unchanged: boolean;
  /** What the person should know, a sentence each. */
  readonly notes: readonly string[];
}

function checkCollisions(
  operations: readonly Operation[],
  workspace: Workspace | null,
  app: string,
): void {
  const byId = new Map<string, Operation>();
  for (const one of [...operations, ...(workspace?.apps?.[app]?.operations ?? [])]) {
    const known = byId.get(one.id);
    if (known !== undefined && canonicalJson(known) !== canonicalJson(one)) {
      throw new GovernError(
        "operation-collision",
        `Two operations of ${app} have the id ${one.id}.`,
        {
          next: "Report this bundle's shape; a hand-written operation can be given another id.",
        },
      );
    }
    byId.set(one.id, one);
  }
}

async function readContract(appDir: string): Promise<Operation[] | null> {
  const path = join(appDir, "operations.json");
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return operationsFileSchema.parse(JSON.parse(text)).operations;
  } catch (cause) {
    throw new GovernError("file-invalid", `${path} is not an operations file.`, {
      next: "Restore it from git, or remove it and import again.",
      cause,
    });
  }
}

function compareContract(
  before: readonly Operation[],
  after: readonly Operation[],
): ContractChanges {
  const known = new Map(before.map((one) => [one.id, canonicalJson(one)]));
  const ids = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    removed: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    changed: after
      .filter((one) => known.has(one.id) && known.get(one.id) !== canonicalJson(one))
      .map(({ id }) => id),
  };
}

/** @throws GovernError `contract-changed`, naming the operations. */
function checkFrozen(
  path: string,
  before: readonly Operation[] | null,
  changes: ContractChanges,
): void {
  const parts = Object.entries(changes)
    .filter(([, ids]: [string, readonly string[]]) => ids.length > 0)
    .map(([what, ids]: [string, readonly string[]]) => `${what}: ${ids.join(", ")}`);
  if (before !== null && parts.length === 0) return;
  const reason = before === null ? "it does not exist" : parts.join("; ");
  throw new GovernError("contract-changed", `${path} would change: ${reason}.`, {
    next: "Import without --frozen, review operations.json and commit it.",
    details: { ...changes },
  });
}

/** What the import changes in operations.json. @throws GovernError `contract-changed` if it may change nothing. */
async function settleContract(
  appDir: string,
  { frozen }: ImportPlanOptions,
  operations: readonly Operation[],
): Promise<ContractChanges> {
  const before = await readContract(appDir);
  const contract = compareContract(before ?? [], operations);
  if (frozen === true) checkFrozen(join(appDir, "operations.json"), before, contract);
  return contract;
}

interface WorkspaceState {
  readonly file: string;
  readonly bytes: Buffer | null;
  readonly text: string | null;
  readonly workspace: Workspace | null;
}

/** Null for no file. One that cannot be read is not taken for none: it would be overwritten. */
async function readExisting(path: string): Promise<Buffer | null> {
  try {
    return await readIfThere(path);
  } catch (cause) {
    throw new GovernError("file-invalid", `${path} cannot be read.`, {
      next: "Make it a file that this account may read, then import again.",
      cause,
    });
  }
}

async function readWorkspace(workspaceDir: string): Promise<WorkspaceState> {
  const file = join(workspaceDir, "govern.yaml");
  const bytes = await readExisting(file);
  const text = bytes?.toString("utf8") ?? null;
  const workspace = text === null ? null : parseWorkspace(text, file).workspace;
  return { file, bytes, text, workspace };
}

function workspaceText(
  state: WorkspaceState,
  options: ImportPlanOptions,
  added: Pick<WorkspaceAdditions, "signIn"> & {
    readonly plan: MappingPlan;
    readonly analysis: Analysis;
  },
): string {
  const additions = {
    app: options.app,
    mappings: added.plan.mappings,
    signIn: added.signIn,
    redact: privateArguments(added.analysis.operations),
  };
  const text = state.text === null ? starterText(additions) : extendedText(state.text, additions);
  // What import writes, serve must be able to read.
  parseWorkspace(text, state.file);
  return text;
}

function displayPath(change: Change, workspaceDir: string): string {
  const path = relative(workspaceDir, change.path);
  return change.kind === "folder" ? `${path}/` : path;
}

function factsOf({ digest, files, bytes }: Bundle): BundleFacts {
  return { digest, files: files.size, bytes };
}

/**
 * Imports an analyzed bundle. When it returns, the governed directory holds the app as it was verified, govern.yaml maps
 * its calls, and every stripped credential is in .govern/secrets.env; a second import of the same input writes nothing.
 *
 * @throws GovernError `output-conflict`, `operation-collision`, `contract-changed`, `upstream-needed`,
 * `workspace-invalid`, `file-invalid`; nothing is written then.
 */
export async function importAnalyzed(
  bundle: Bundle,
  analysis: Analysis,
  options: ImportPlanOptions,
): Promise<ImportResult> {
  const { app, out, workspaceDir, assets } = options;
  const appDir = join(out, "apps", app);
  await checkOutput(out, bundle.root);
  for (const folder of new Set([dirname(out), workspaceDir])) await recoverChanges(folder);
  const state = await readWorkspace(workspaceDir);
  checkCollisions(analysis.operations, state.workspace, app);
  const contract = await settleContract(appDir, options, analysis.operations);
  const plan = planMappings({
    app,
    analysis,
    workspace: state.workspace,
    upstreams: options.upstreams,
  });
  const signIn = signInWrites(analysis.operations, analysis.origins);
  const text = workspaceText(state, options, { plan, signIn, analysis });
  options.onProgress?.("rewrite");
  const rewritten = rewriteBundle(bundle, analysis, {
    version: assets.version,
    proxy: assets.proxies[proxyNameOf(analysis)],
  });
  options.onProgress?.("verify");
  const left = verifyRewritten(rewritten, analysis);
  const findings = [...analysis.findings, ...left];
  const facts = factsOf(bundle);
  const emitted = { app, analysis, rewritten, bundle: facts, findings, sign: options.sign };
  const changes: Change[] = [
    ...governedChanges(out, emitted, assets),
    {
      kind: "file",
      path: state.file,
      bytes: bytesOf(text),
      beside: workspaceDir,
      from: state.bytes,
    },
    ...privateChanges(workspaceDir, plan.secrets, await readExisting(secretsPath(workspaceDir))),
  ];
  checkGenerated(changes, analysis, state.file);
  options.onProgress?.("write");
  const pending = await write(changes, options);
  return {
    app,
    bundle: facts,
    analysis,
    findings,
    appDir,
    workspaceFile: state.file,
    isNewWorkspace: state.text === null,
    mappings: plan.mappings,
    secrets: plan.secrets.map(({ name }) => name),
    contract,
    written: pending.map((change) => displayPath(change, workspaceDir)).toSorted(),
    unchanged: pending.length === 0,
    notes: importNotes({ workspace: state.workspace, given: options, plan, analysis, signIn }),
  };
}

/** What is generated from the analysis is committed or shown: no credential may have found its way into it. */
function checkGenerated(
  changes: readonly Change[],
  analysis: Analysis,
  workspaceFile: string,
): void {
  const generated = changes.flatMap((change): (readonly [string, Uint8Array])[] => {
    if (change.kind === "file") {
      return change.path === workspaceFile ? [[change.path, change.bytes]] : [];
    }
    return [...change.files].filter(([name]) => !name.includes("/"));
  });
  checkStripped(generated, analysis);
}

/** One proxy for all chunks: the first chunk that runs decides which one stays. */
/** The smallest proxy that stands for every SQL client of the bundle. */
function proxyNameOf({ cuts }: Analysis): ProxyName {
  const drivers = new Set(cuts.flatMap((cut) => (cut.kind === "client" ? [cut.driver] : [])));
  const [only, ...others] = drivers;
  if (only !== undefined && others.length === 0) return only;
  return drivers.size > 0 || cuts.some(({ kind }) => kind === "text") ? "sql" : "plain";
}

async function write(changes: readonly Change[], options: ImportPlanOptions): Promise<Change[]> {
  const pending = await pendingChanges(changes);
  await applyChanges(pending, options.calls);
  await tightenPrivate(options.workspaceDir);
  return pending;
}
