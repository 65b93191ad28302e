/** What an app was at a git ref: its operations.json and govern.yaml there. */
import { join } from "node:path";
import { parseWorkspace } from "../../contract/workspace-file.ts";
import { readAt, resolveRef } from "../git.ts";
import { parseOperations } from "../read-files.ts";
import { governedOperations, type GovernedSide } from "./read-side.ts";

export interface ReviewedAt {
  readonly cwd: string;
  readonly ref: string;
  readonly app: string;
  /** Absolute paths of today's files. */
  readonly contract: string;
  readonly workspace: string;
}

/**
 * The app as it was reviewed at a ref; without operations where the ref has none of it yet.
 * @throws GovernError `ref-unreadable`, `file-invalid`, `workspace-invalid`.
 */
export async function sideAt({ cwd, ref, app, ...paths }: ReviewedAt): Promise<GovernedSide> {
  const found = await resolveRef(cwd, ref);
  const contract = await readAt(found, paths.contract);
  const rules = await readAt(found, paths.workspace);
  const parsed = rules === undefined ? undefined : parseWorkspace(rules, `${ref}:govern.yaml`);
  const name = `${ref}:${join("apps", app, "operations.json")}`;
  const reviewed = contract === undefined ? [] : parseOperations(contract, name).operations;
  return {
    name: ref,
    app,
    operations: governedOperations(app, reviewed, parsed?.workspace),
    workspace: parsed?.workspace,
    locate: parsed?.locate,
  };
}
