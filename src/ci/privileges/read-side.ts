/** Reads one side of a comparison: a bundle, a governed app, or an operations file. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { inspectBundle } from "../../bundle/inspect.ts";
import type { Operation } from "../../contract/operation.ts";
import type { LocateWorkspace } from "../../contract/workspace-fault.ts";
import type { Workspace } from "../../contract/workspace.ts";
import { readOperations, readWorkspace } from "../read-files.ts";
import { findWorkspaceRoot } from "../workspace-root.ts";
import type { Side } from "./change.ts";

/** A side with the rules around it, where there are any. */
export interface GovernedSide extends Side {
  readonly workspace?: Workspace | undefined;
  readonly locate?: LocateWorkspace | undefined;
}

/** The operations of an app as they are governed: hand-written ones too, each with its access after `reclassify`. */
export function governedOperations(
  app: string,
  operations: readonly Operation[],
  workspace: Workspace | undefined,
): Operation[] {
  const accesses = new Map(
    // Of two entries for one operation, write wins.
    (workspace?.reclassify ?? [])
      .toSorted((a, b) => (a.access < b.access ? -1 : 1))
      .map(({ operation, access }) => [operation, access] as const),
  );
  const own = workspace?.apps?.[app]?.operations ?? [];
  return [...operations, ...own].map((operation) => ({
    ...operation,
    access: accesses.get(`${app}/${operation.id}`) ?? operation.access,
  }));
}

async function governedApp(name: string, folder: string): Promise<GovernedSide> {
  const { app, operations } = await readOperations(join(folder, "operations.json"));
  const root = findWorkspaceRoot(dirname(folder));
  const parsed = root === undefined ? undefined : await readWorkspace(root);
  const governed = governedOperations(app, operations, parsed?.workspace);
  return { name, app, operations: governed, workspace: parsed?.workspace, locate: parsed?.locate };
}

/**
 * Reads what the person named: a file `….json` is an operations file, a folder with one is a governed app, whose
 * govern.yaml is read too; anything else is a bundle, which is analyzed.
 *
 * @throws GovernError those of inspectBundle, `file-invalid`, `workspace-invalid`.
 */
export async function readSide(name: string, cwd: string): Promise<GovernedSide> {
  const path = resolve(cwd, name);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (isFile && path.endsWith(".json")) {
    const { app, operations } = await readOperations(path);
    return { name, app, operations };
  }
  if (!isFile && existsSync(join(path, "operations.json"))) return governedApp(name, path);
  const { app, operations } = await inspectBundle(path);
  return { name, app, operations };
}
