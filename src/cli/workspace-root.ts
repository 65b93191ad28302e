/** The workspace that a command needs. */
import { findWorkspaceRoot } from "../ci/workspace-root.ts";
import { GovernError } from "../errors/govern-error.ts";

/** The folder of the govern.yaml that is nearest above `from`. Throws `workspace-missing`. */
export function requireWorkspaceRoot(from: string): string {
  const root = findWorkspaceRoot(from);
  if (root !== undefined) return root;
  throw new GovernError(
    "workspace-missing",
    `Neither ${from} nor a folder above it has a govern.yaml.`,
    { next: "Go to the folder of your govern.yaml, or make one with `govern import <bundle>`." },
  );
}
