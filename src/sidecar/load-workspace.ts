/** Reads a workspace from disk: govern.yaml, and what import wrote for each app. Opens nothing and starts nothing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type * as z from "zod";
import { buildFileSchema, type External, type Origin, type Site } from "../contract/build.ts";
import { sha256Hex } from "../contract/canonical-json.ts";
import { operationsFileSchema, type Operation } from "../contract/operation.ts";
import type { Workspace } from "../contract/workspace.ts";
import type { LocateWorkspace } from "../contract/workspace-fault.ts";
import { parseWorkspace } from "../contract/workspace-file.ts";
import { GovernError } from "../errors/govern-error.ts";
import { checkSeal, checkSignature } from "./seal.ts";

/** One app as import wrote it. */
interface AppFiles {
  readonly name: string;
  readonly operations: readonly Operation[];
  /** Digest of the bundle. */
  readonly build: string;
  readonly web: string;
  readonly origins: readonly Origin[];
  /** What the bundle takes from elsewhere. */
  readonly external: readonly External[];
  readonly sites: readonly Site[];
}

export interface LoadedWorkspace {
  readonly workspace: Workspace;
  readonly locate: LocateWorkspace;
  /** SHA-256 of govern.yaml. */
  readonly digest: string;
  readonly apps: readonly AppFiles[];
}

function readWorkspaceText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new GovernError("workspace-missing", `${file} cannot be read.`, {
      next: "Run govern import, which writes it, or change to the folder that holds it.",
      cause: error,
    });
  }
}

function readGenerated<S extends z.ZodType>(file: string, schema: S, app: string): z.infer<S> {
  const next = `Run govern import again: govern import <bundle> --app ${app}.`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new GovernError("file-invalid", `${file} cannot be read.`, { next, cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new GovernError("file-invalid", `${file} is not valid: ${where} ${issue?.message ?? ""}`, {
    next,
  });
}

function uniqueOperations(operations: readonly Operation[], app: string): readonly Operation[] {
  const seen = new Set<string>();
  for (const { id } of operations) {
    if (seen.has(id)) {
      throw new GovernError("operation-collision", `Two operations of ${app} have the id ${id}.`, {
        next: `Remove one of them from apps.${app}.operations.`,
      });
    }
    seen.add(id);
  }
  return operations;
}

function loadApp(governedDir: string, name: string, workspace: Workspace): AppFiles {
  const folder = join(governedDir, "apps", name);
  const file = readGenerated(join(folder, "operations.json"), operationsFileSchema, name);
  const build = readGenerated(join(folder, "build.json"), buildFileSchema, name);
  const web = join(folder, "web");
  if (!existsSync(web)) {
    throw new GovernError("file-invalid", `${web} does not exist.`, {
      next: `Run govern import again: govern import <bundle> --app ${name}.`,
    });
  }
  checkSignature(name, build, workspace.server?.trustedKeys);
  checkSeal(folder, name, build);
  const { bundle, origins, external, sites } = build;
  const own = workspace.apps?.[name]?.operations ?? [];
  return {
    name,
    operations: uniqueOperations([...file.operations, ...own], name),
    build: bundle.digest,
    web,
    origins,
    external,
    sites,
  };
}

/** Loads and checks everything that govern.yaml names; without an app there is nothing to serve. */
export function loadWorkspace(workspaceDir: string, governedDir: string): LoadedWorkspace {
  const text = readWorkspaceText(join(workspaceDir, "govern.yaml"));
  const { workspace, locate } = parseWorkspace(text, "govern.yaml");
  const names = Object.keys(workspace.apps ?? {});
  if (names.length === 0) {
    throw new GovernError(
      "workspace-invalid",
      "govern.yaml names no app: there is nothing to serve.",
      {
        next: "Run govern import <bundle>.",
      },
    );
  }
  const apps = names.map((name) => loadApp(governedDir, name, workspace));
  return { workspace, locate, digest: sha256Hex(text), apps };
}
