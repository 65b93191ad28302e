/** Where the workspace of a folder is. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of govern.yaml: the nearest ancestor of `from` that holds one, itself included. */
export function findWorkspaceRoot(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "govern.yaml"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
