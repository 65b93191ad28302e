/** Where the workspace of the current folder is. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { GovernError } from "../errors/govern-error.ts";

/** The folder of govern.yaml: the nearest ancestor of `from` that holds one, itself included. */
export function findWorkspaceRoot(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "govern.yaml"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Like findWorkspaceRoot; throws `workspace-missing`. */
export function requireWorkspaceRoot(from: string): string {
  const root = findWorkspaceRoot(from);
  if (root !== undefined) return root;
  throw new GovernError(
    "workspace-missing",
    `Neither ${from} nor a folder above it has a govern.yaml.`,
    {
      next: "Go to the folder of your govern.yaml, or make one with `govern import <bundle>`.",
    },
  );
}
