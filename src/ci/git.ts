/** Reads files as a git ref has them. Nothing is checked out, fetched or written. */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { relative, sep } from "node:path";
import { promisify } from "node:util";
import { GovernError } from "../errors/govern-error.ts";

const run = promisify(execFile);

const fetchIt =
  "Give a branch, tag or commit that `git rev-parse` knows here; in a shallow clone, fetch it first: git fetch origin main.";

async function git(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", args, {
    cwd,
    maxBuffer: 256 * 1024 * 1024,
    encoding: "utf8",
  });
  return stdout;
}

function unreadable(message: string, cause: unknown): GovernError {
  return new GovernError("ref-unreadable", message, { next: fetchIt, cause });
}

/** A ref that was found, and the repository around it. */
export interface GitRef {
  /** As the person named it. */
  readonly name: string;
  readonly commit: string;
  /** Absolute, without links. */
  readonly top: string;
}

/** Resolves a ref to its commit. @throws GovernError `ref-unreadable`. */
export async function resolveRef(cwd: string, name: string): Promise<GitRef> {
  const top = await git(cwd, ["rev-parse", "--show-toplevel"]).catch((cause: unknown) => {
    throw unreadable(`${cwd} is in no git repository, or git is not installed.`, cause);
  });
  const wanted = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  const commit = await git(cwd, wanted).catch((cause: unknown) => {
    throw unreadable(`git knows no ref ${JSON.stringify(name)} here.`, cause);
  });
  return { name, commit: commit.trim(), top: realpathSync(top.trim()) };
}

/** The text of a file at a ref; undefined where the ref does not have it. @throws GovernError `ref-unreadable`. */
export async function readAt(ref: GitRef, path: string): Promise<string | undefined> {
  const name = relative(ref.top, path).split(sep).join("/");
  if (name.startsWith("../") || name === "..") return undefined;
  try {
    const listed = await git(ref.top, ["ls-tree", "-z", "--name-only", ref.commit, "--", name]);
    if (listed === "") return undefined;
    return await git(ref.top, ["show", `${ref.commit}:${name}`]);
  } catch (cause) {
    throw unreadable(`${name} cannot be read at ${ref.name}.`, cause);
  }
}
