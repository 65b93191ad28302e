/** `govern audit verify` and `govern audit key`: read the store's file itself, so that they need no sidecar, and trust none. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { GovernError } from "../../errors/govern-error.ts";
import type { NamedNote } from "../../sidecar/audit/checkpoint-judge.ts";
import { findNotes } from "../../sidecar/audit/proof-file.ts";
import { recordedKeys } from "../../sidecar/audit/recorded-keys.ts";
import { keyText, parseKey, type NoteKey } from "../../sidecar/audit/signed-note.ts";
import type { LogVerdict } from "../../sidecar/store/store.ts";
import { openTrailFile, type TrailFile } from "../../sidecar/store/sqlite/trail-file.ts";
import { verifySteps } from "../../sidecar/store/sqlite/verify-log.ts";
import type { CommandContext, ExitCode } from "../command.ts";
import { counted, visibleText } from "../text.ts";
import { requireWorkspaceRoot } from "../workspace-root.ts";

export interface StoreFlags {
  readonly store?: string;
  readonly json?: boolean;
}
export interface VerifyFlags extends StoreFlags {
  readonly against: readonly string[];
  readonly key: readonly string[];
}

type Good = Extract<LogVerdict, { ok: true }>;

/** Runs with the log of `--store`, else with that of the workspace around. A damaged page is a `store-failed`. */
export function withTrail<T>(cwd: string, { store }: StoreFlags, run: (trail: TrailFile) => T): T {
  const path =
    store === undefined
      ? join(requireWorkspaceRoot(cwd), ".govern", "store.db")
      : resolve(cwd, store);
  const trail = openTrailFile(path);
  try {
    return run(trail);
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === "SqliteError")) throw cause;
    throw new GovernError("store-failed", `${path} is damaged: ${cause.message}.`, {
      next: "Keep the file as it is, and restore a copy that verifies. `govern doctor` says more.",
      cause,
    });
  } finally {
    trail.close();
  }
}

/** Verifier keys, each as its text or in a file. */
export function readKeys(cwd: string, given: readonly string[]): readonly NoteKey[] {
  return given.map((one) => {
    const file = resolve(cwd, one);
    const text = existsSync(file) ? readFileSync(file, "utf8") : one;
    const key = parseKey(text);
    if (key !== undefined) return key;
    throw new GovernError("audit-key-invalid", `--key ${visibleText(one)} is no verifier key.`, {
      next: "`govern audit key` prints the key of a log: name+id+base64, as one argument or in a file.",
    });
  });
}

function readTags(repository: string): string {
  try {
    const args = ["-C", repository, "for-each-ref", "--format=%(contents)", "refs/tags"];
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (cause) {
    throw new GovernError("checkpoint-invalid", `${repository} is no git repository.`, {
      next: "Give --against a file with checkpoints, or a repository that holds them as tags.",
      cause,
    });
  }
}

/** The checkpoints in a file, or in the tags of a git repository. */
export function readNotes(cwd: string, path: string): readonly NamedNote[] {
  const place = resolve(cwd, path);
  const facts = statSync(place, { throwIfNoEntry: false });
  const shown = visibleText(path);
  if (facts === undefined) {
    throw new GovernError("checkpoint-invalid", `${shown} does not exist.`, {
      next: "Give a file with checkpoints, or a git repository that holds them as tags.",
    });
  }
  const notes = findNotes(facts.isDirectory() ? readTags(place) : readFileSync(place, "utf8"));
  if (notes.length > 0) return notes.map((note) => ({ note, from: shown }));
  throw new GovernError("checkpoint-invalid", `${shown} holds no checkpoint.`, {
    next: "A checkpoint is a signed note: origin, size and root, an empty line, signatures.",
  });
}

function verify(context: CommandContext, trail: TrailFile, flags: VerifyFlags): LogVerdict {
  const { output, cwd } = context;
  const keys = readKeys(cwd, flags.key);
  const notes = flags.against.flatMap((path) => readNotes(cwd, path));
  const steps = verifySteps(trail.db, { notes, ...(keys.length === 0 ? {} : { keys }) });
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (step.value % 65_536 === 0) output.progress(`verified ${step.value} entries`);
    }
  } finally {
    output.endProgress();
  }
}

function entries(count: number): string {
  return counted(count, "entry").replace("entrys", "entries");
}

/** What was given must be of use: a wrong key or another log's checkpoint proves nothing. */
function refuseUseless(verdict: Good, flags: VerifyFlags): void {
  const [useless] = verdict.useless.filter(({ from }) => from !== "the store");
  if (useless?.why === "unknown-key" || (flags.key.length > 0 && verdict.checkpoints === 0)) {
    const message =
      useless?.detail ?? "no checkpoint of this log is signed by a key that was given";
    throw new GovernError("audit-key-invalid", `${message}.`, {
      next: "`govern audit key` shows which keys the log names; ask who keeps the checkpoints for theirs.",
    });
  }
  if (useless === undefined) return;
  throw new GovernError("checkpoint-invalid", `${useless.detail}.`, {
    next: "Give the checkpoints of this very log: the first line of each names it.",
  });
}

function printGood({ output }: CommandContext, verdict: Good): void {
  const { paint } = output.look;
  output.print(`${paint.green("✓")} log verifies: ${entries(verdict.size)}, root ${verdict.root}`);
  if (verdict.first > 0) {
    output.print(
      `  entries 0 to ${verdict.first - 1} were archived; their checkpoint stands for them`,
    );
  }
  const signed =
    verdict.checkpoints === 0
      ? "no checkpoint was compared: whoever owns this host could have rewritten it all"
      : `${counted(verdict.checkpoints, "checkpoint")} agree, the last signs ${entries(verdict.signed)}`;
  output.print(`  ${signed}`);
  if (verdict.clockBack !== null) {
    const text = `the clock went back before entry ${verdict.clockBack}: order is by number`;
    output.print(`${paint.yellow("!")} ${text}`);
  }
  const unknown = verdict.useless.length;
  if (unknown > 0) {
    output.print(
      `${paint.yellow("!")} not compared: ${counted(unknown, "checkpoint")} of other keys`,
    );
  }
}

function tampered(verdict: Extract<LogVerdict, { ok: false }>): GovernError {
  const { firstBad, kind, reason } = verdict;
  const message = `Entry ${firstBad} is the first bad one (${kind}): ${visibleText(reason)}.`;
  return new GovernError("audit-tampered", message, {
    next: `Trust nothing from entry ${firstBad} on; compare with a copy: \`govern audit show ${firstBad}\`.`,
    details: { firstBad, kind },
  });
}

export async function runVerify(context: CommandContext, flags: VerifyFlags): Promise<ExitCode> {
  const verdict = withTrail(context.cwd, flags, (trail) => verify(context, trail, flags));
  if (verdict.ok) refuseUseless(verdict, flags);
  if (flags.json === true) {
    context.output.printJson(verdict);
    return verdict.ok ? 0 : 1;
  }
  if (!verdict.ok) throw tampered(verdict);
  printGood(context, verdict);
  return 0;
}

/** Prints the keys that signed, newest last: what an outsider verifies with, once they know it to be the right one. */
export async function runKey(
  { output, cwd }: CommandContext,
  flags: StoreFlags,
): Promise<ExitCode> {
  const found = withTrail(cwd, flags, ({ reader }) =>
    recordedKeys(reader.entries({ types: ["config"], limit: -1 })).map(keyText),
  );
  const keys = [...new Set(found)];
  if (flags.json === true) output.printJson(keys);
  else if (keys.length === 0) output.print("No key has signed this log.");
  else for (const key of keys) output.print(key);
  return 0;
}
