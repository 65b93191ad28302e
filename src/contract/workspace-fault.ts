/** Faults of govern.yaml, and the one error that reports them: every fault with its place, the first in the message. */
import { GovernError } from "../errors/govern-error.ts";

export type WorkspacePath = readonly (string | number)[];

export interface WorkspacePlace {
  /** As the person named it, e.g. `govern.yaml`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Where a path of the workspace stands; of a path that does not exist, its nearest parent. */
export type LocateWorkspace = (path: WorkspacePath) => WorkspacePlace;

export interface WorkspaceFault {
  readonly place: WorkspacePlace;
  readonly message: string;
}

/** Writes a path as people do: `approvals[0].match`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w-]+$/.test(String(step))) text += text === "" ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text === "" ? "the file" : text;
}

/** The `workspace-invalid` error of one or more faults; `details.faults` holds all of them. */
export function workspaceInvalid(
  first: WorkspaceFault,
  others: readonly WorkspaceFault[] = [],
): GovernError {
  const { file, line, column } = first.place;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new GovernError("workspace-invalid", `${file}:${line}:${column} ${first.message}${more}`, {
    next: `Correct ${file} and run the command again.`,
    details: {
      file,
      line,
      column,
      faults: [first, ...others].map((fault) => ({ ...fault.place, message: fault.message })),
    },
  });
}
