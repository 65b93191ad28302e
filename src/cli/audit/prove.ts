/** `govern audit prove`: proofs that somebody without this host checks, and the check. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { GovernError } from "../../errors/govern-error.ts";
import {
  checkProofFile,
  consistencyFile,
  inclusionFile,
  type ProofVerdict,
} from "../../sidecar/audit/proof-file.ts";
import { consistencyProof, inclusionProof } from "../../sidecar/audit/proofs.ts";
import { parseCheckpoint, readNote, type Checkpoint } from "../../sidecar/audit/signed-note.ts";
import type { StoredCheckpoint } from "../../sidecar/store/store.ts";
import type { TrailFile } from "../../sidecar/store/sqlite/trail-file.ts";
import type { CommandContext, ExitCode } from "../command.ts";
import { usageError } from "../failure.ts";
import { visibleText } from "../text.ts";
import { readKeys, readNotes, withTrail, type StoreFlags } from "./verify.ts";

export interface ProveFlags extends StoreFlags {
  readonly from?: string;
  readonly check?: string;
  readonly out?: string;
  readonly key: readonly string[];
}

/** The largest of the checkpoints in a file. */
function readOlder(cwd: string, path: string): Checkpoint {
  const found = readNotes(cwd, path).flatMap(({ note }) => {
    const text = readNote(note)?.text;
    const checkpoint = text === undefined ? undefined : parseCheckpoint(text);
    return checkpoint === undefined ? [] : [checkpoint];
  });
  const [largest] = found.toSorted((a, b) => b.size - a.size);
  if (largest !== undefined) return largest;
  throw new GovernError("checkpoint-invalid", `${visibleText(path)} holds no checkpoint.`);
}

function lastCheckpoint(trail: TrailFile, least: number): StoredCheckpoint {
  const last = trail.reader.checkpoints().at(-1);
  if (last !== undefined && last.size >= least) return last;
  throw new GovernError("not-found", `No checkpoint signs the first ${least} entries yet.`, {
    next: "The sidecar signs one from time to time, and when it stops: try again then.",
  });
}

function proveInclusion(trail: TrailFile, text: string): string {
  if (!/^\d{1,15}$/.test(text)) {
    throw usageError(`"${text}" is not the number of an entry.`, "`govern audit list` shows them.");
  }
  const index = Number(text);
  const entry = trail.reader.text(index);
  if (entry === undefined) {
    throw new GovernError("not-found", `The trail has no entry ${index}.`, {
      next: "`govern audit list` shows the entries there are.",
    });
  }
  const { size, note } = lastCheckpoint(trail, index + 1);
  return inclusionFile({
    entry,
    index,
    path: inclusionProof(trail.reader.nodeReader(), index, size),
    note,
  });
}

function proveConsistency(trail: TrailFile, older: Checkpoint): string {
  const origin = trail.reader.origin();
  if (older.origin !== origin) {
    const message = `That is a checkpoint of another log, ${visibleText(older.origin)}; this one is ${origin}.`;
    throw new GovernError("checkpoint-invalid", message, {
      next: "Give a checkpoint of this very log: its first line names it.",
    });
  }
  const { size, note } = lastCheckpoint(trail, older.size);
  const path = consistencyProof(trail.reader.nodeReader(), older.size, size);
  return consistencyFile({ before: older.size, path, note });
}

function printVerdict({ output }: CommandContext, verdict: ProofVerdict): ExitCode {
  if (!verdict.ok) {
    if (verdict.why === "wrong") {
      throw new GovernError("audit-tampered", `The proof does not hold: ${verdict.reason}.`, {
        next: "What it claims is not so, or somebody changed it: ask for it again.",
      });
    }
    const code = verdict.why === "unsigned" ? "audit-key-invalid" : "checkpoint-invalid";
    throw new GovernError(code, `The proof cannot be checked: ${verdict.reason}.`, {
      next: "`govern audit prove --help` shows what a proof is checked with.",
    });
  }
  const mark = output.look.paint.green("✓");
  const { origin, size } = verdict.checkpoint;
  if (verdict.kind === "consistency") {
    output.print(
      `${mark} the log ${origin} of ${size} entries begins with the ${verdict.before} of the older checkpoint`,
    );
    return 0;
  }
  output.print(`${mark} entry ${verdict.index} is in the log ${origin} of ${size} entries:`);
  output.print(visibleText(verdict.entry));
  return 0;
}

function runCheck(context: CommandContext, check: string, flags: ProveFlags): ExitCode {
  const { cwd, output } = context;
  const keys = readKeys(cwd, flags.key);
  if (keys.length === 0) {
    throw usageError(
      "A proof is checked with the key of its log.",
      "Give --key what `govern audit key` printed when you trusted that host.",
    );
  }
  let text: string;
  try {
    text = readFileSync(resolve(cwd, check), "utf8");
  } catch (cause) {
    throw new GovernError("checkpoint-invalid", `${visibleText(check)} cannot be read.`, { cause });
  }
  const older = flags.from === undefined ? {} : { older: readOlder(cwd, flags.from) };
  const verdict = checkProofFile(text, { keys, ...older });
  if (flags.json !== true || !verdict.ok) return printVerdict(context, verdict);
  const { origin, size } = verdict.checkpoint;
  const what =
    verdict.kind === "inclusion"
      ? { index: verdict.index, entry: verdict.entry }
      : { before: verdict.before };
  output.printJson({ ok: true, kind: verdict.kind, origin, size, ...what });
  return 0;
}

export async function runProve(
  context: CommandContext,
  number: string | undefined,
  flags: ProveFlags,
): Promise<ExitCode> {
  const { check, from } = flags;
  if (check !== undefined) return runCheck(context, check, flags);
  if ((number === undefined) === (from === undefined)) {
    throw usageError(
      "A proof is of one entry, or --from an older checkpoint.",
      "Give the number of an entry, or --from FILE.",
    );
  }
  const proof = withTrail(context.cwd, flags, (trail) =>
    from === undefined
      ? proveInclusion(trail, number ?? "")
      : proveConsistency(trail, readOlder(context.cwd, from)),
  );
  if (flags.out === undefined) process.stdout.write(proof);
  else writeFileSync(resolve(context.cwd, flags.out), proof);
  return 0;
}
