/**
 * Places off this host that checkpoints are given to, so that who owns the host cannot cut or rewrite the log unseen: a
 * file (on another machine's mount), a git tag, a webhook, the sidecar's own output. Nothing is ever taken back there.
 */
import { execFile } from "node:child_process";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { request } from "undici";
import { parseDuration } from "../../contract/duration.ts";
import type { Workspace } from "../../contract/workspace.ts";
import { GovernError } from "../../errors/govern-error.ts";
import type { Checkpoint } from "./signed-note.ts";

const timeout = 10_000;
const run = promisify(execFile);

type AnchorRule = NonNullable<NonNullable<Workspace["audit"]>["anchors"]>[number];

/** A checkpoint and its note. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

export interface Anchor {
  /** As people know it, without secrets: `file /mnt/anchors/govern`. */
  readonly name: string;
  /** Least time between two checkpoints, in milliseconds; the one at the stop is always given. */
  readonly every: number;
  /** Resolves once the checkpoint is there. */
  put(signed: SignedCheckpoint): Promise<void>;
}

export interface AnchorOptions {
  readonly workspaceDir: string;
  /** Resolves references. */
  readonly resolve: (text: string, place: string) => string;
  readonly print: (line: string) => void;
}

/** Appends, and syncs: notes follow each other, parted by an empty line. */
function appendNote(file: string, note: string): void {
  const descriptor = openSync(file, "a", 0o644);
  try {
    writeSync(descriptor, `${note}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** An annotated tag on the note's own blob: a repository without a commit will do. */
async function tagNote(
  repository: string,
  remote: string | undefined,
  { checkpoint, note }: SignedCheckpoint,
): Promise<void> {
  const git = (args: readonly string[], input?: string): Promise<{ stdout: string }> => {
    const pending = run("git", ["-C", repository, ...args], { timeout });
    if (input !== undefined) pending.child.stdin?.end(input);
    return pending;
  };
  const tag = `${checkpoint.origin}/${checkpoint.size}`;
  const { stdout } = await git(["hash-object", "-w", "--stdin"], note);
  const known = await git(["tag", "--list", tag]);
  if (known.stdout.trim() === "") {
    const identity = ["-c", "user.name=govern", "-c", "user.email=govern@localhost"];
    const options = ["--annotate", "--no-sign", "--cleanup=verbatim", "--file=-"];
    await git([...identity, "tag", ...options, tag, stdout.trim()], note);
  }
  if (remote !== undefined) await git(["push", "--quiet", remote, `refs/tags/${tag}`]);
}

async function postNote(url: string, note: string): Promise<void> {
  const { statusCode, body } = await request(url, {
    method: "POST",
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: note,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    signal: AbortSignal.timeout(timeout),
  });
  await body.dump();
  if (statusCode >= 300) {
    throw new GovernError("resource-failed", `the webhook answered ${statusCode}`);
  }
}

function anchorOf(rule: AnchorRule, place: string, options: AnchorOptions): Anchor {
  const every = rule.every === undefined ? 0 : parseDuration(rule.every);
  if ("file" in rule) {
    const file = resolve(options.workspaceDir, options.resolve(rule.file, `${place}.file`));
    return { name: `file ${file}`, every, put: async ({ note }) => appendNote(file, note) };
  }
  if ("git" in rule) {
    const repository = resolve(options.workspaceDir, options.resolve(rule.git, `${place}.git`));
    return {
      name: `git ${repository}`,
      every,
      put: (signed) => tagNote(repository, rule.push, signed),
    };
  }
  if ("webhook" in rule) {
    const url = options.resolve(rule.webhook, `${place}.webhook`);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new GovernError("workspace-invalid", `${place}.webhook is no address.`, {
        next: "Give an http or https address.",
      });
    }
    return { name: `webhook ${new URL(url).host}`, every, put: ({ note }) => postNote(url, note) };
  }
  return {
    name: "printed",
    every,
    put: async ({ note }) => options.print(`checkpoint: ${JSON.stringify(note)}`),
  };
}

/** The anchors of a workspace, none of them tried yet. */
export function openAnchors(
  rules: readonly AnchorRule[],
  options: AnchorOptions,
): readonly Anchor[] {
  return rules.map((rule, index) => anchorOf(rule, `audit.anchors[${index}]`, options));
}
