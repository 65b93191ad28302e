/**
 * What the rules of a workspace are judged by: govern.yaml and the committed operations of its apps, from a folder or from
 * a commit. Nothing that import generates beside them is needed.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { readAt, resolveRef } from "../ci/git.ts";
import { operationsFileSchema, type Operation } from "../contract/operation.ts";
import type { LocateWorkspace } from "../contract/workspace-fault.ts";
import { parseWorkspace } from "../contract/workspace-file.ts";
import type { Workspace } from "../contract/workspace.ts";
import { GovernError } from "../errors/govern-error.ts";
import { requireWorkspaceRoot } from "./workspace-root.ts";

export interface PolicyWorkspace {
  readonly workspace: Workspace;
  readonly locate: LocateWorkspace;
  readonly apps: ReadonlyMap<string, readonly Operation[]>;
}

/** Gives the text of a file by its path in the workspace; undefined if there is none. */
type ReadText = (path: string) => Promise<string | undefined>;

function readOperations(text: string, file: string, app: string): readonly Operation[] {
  const next = `Run govern import again: govern import <bundle> --app ${app}.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GovernError("file-invalid", `${file} is no JSON.`, { next, cause: error });
  }
  const parsed = operationsFileSchema.safeParse(value);
  if (parsed.success) return parsed.data.operations;
  const [issue] = parsed.error.issues;
  const fault = `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`;
  throw new GovernError("file-invalid", `${file} is not valid: ${fault}`, { next });
}

async function load(read: ReadText, where: string, governed: string): Promise<PolicyWorkspace> {
  const text = await read("govern.yaml");
  if (text === undefined) {
    throw new GovernError("workspace-missing", `There is no govern.yaml in ${where}.`, {
      next: "Give the folder of a govern.yaml, or a git revision in which it stands there.",
    });
  }
  const { workspace, locate } = parseWorkspace(text, "govern.yaml");
  const apps = new Map<string, readonly Operation[]>();
  for (const [app, rule] of Object.entries(workspace.apps ?? {})) {
    const file = `${governed}/apps/${app}/operations.json`;
    const operations = await read(file);
    if (operations !== undefined) apps.set(app, readOperations(operations, file, app));
    else if (rule.operations === undefined) {
      throw new GovernError("file-invalid", `${file} does not exist in ${where}.`, {
        next: `Import the app, and keep operations.json in git: govern import <bundle> --app ${app}.`,
      });
    }
  }
  return { workspace, locate, apps };
}

function fromFolder(folder: string, governed: string): Promise<PolicyWorkspace> {
  const read: ReadText = async (path) => {
    const file = resolve(folder, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  return load(read, folder, governed);
}

async function fromCommit(root: string, name: string, governed: string): Promise<PolicyWorkspace> {
  const ref = await resolveRef(root, name);
  const top = realpathSync(root);
  return load((path) => readAt(ref, resolve(top, path)), name, governed);
}

/** The `--governed` folder as a path in the workspace. */
function governedIn(root: string, cwd: string, governed: string | undefined): string {
  if (governed === undefined) return "governed";
  return relative(root, resolve(cwd, governed)).replaceAll("\\", "/");
}

/** The workspace around `cwd`. */
export function currentPolicy(cwd: string, governed: string | undefined): Promise<PolicyWorkspace> {
  const root = requireWorkspaceRoot(cwd);
  return fromFolder(root, governedIn(root, cwd, governed));
}

/** The workspace in a folder, or the one around `cwd` as it was at a git revision. */
export function policyAt(
  cwd: string,
  where: string,
  governed: string | undefined,
): Promise<PolicyWorkspace> {
  const folder = resolve(cwd, where);
  if (existsSync(join(folder, "govern.yaml"))) {
    return fromFolder(folder, governedIn(folder, folder, governed));
  }
  const root = requireWorkspaceRoot(cwd);
  return fromCommit(root, where, governedIn(root, cwd, governed));
}
