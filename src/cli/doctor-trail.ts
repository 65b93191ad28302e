/** What `govern doctor` says of the trail: can it be read, written, trusted; why calls may be refused with 503. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { isGovernError } from "../errors/govern-error.ts";
import { openTrailFile, type TrailFile } from "../sidecar/store/sqlite/trail-file.ts";
import type { Check } from "./doctor-check.ts";

const megabyte = 2 ** 20;
/** Below this the next entries may not fit. */
const leastFree = 64 * megabyte;
/** Larger files are not read whole here. */
const largest = 4096 * megabyte;
/** Milliseconds that two clocks may differ. */
const tolerance = 60_000;

function checkDisk(folder: string): Check {
  const name = "disk";
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${Math.floor(free / megabyte)} MB free for the trail`;
  if (free >= leastFree) return { name, state: "good", found };
  const remedy =
    "Free some space: calls are refused with 503 while the trail takes no entry, and go on by themselves after.";
  return { name, state: "bad", found, remedy };
}

function checkWritable(folder: string, file: string): Check {
  const name = "writable";
  try {
    for (const path of [folder, file]) accessSync(path, constants.R_OK | constants.W_OK);
    return { name, state: "good", found: "this account may write the store" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const isReadOnly = code === "EROFS";
    return {
      name,
      state: "bad",
      found: isReadOnly
        ? "the store is on a read-only disk"
        : `the store may not be written (${code})`,
      remedy: isReadOnly
        ? "Mount it writable; a disk that turned read-only has usually failed: look at the system's log."
        : `Give ${folder} and ${file} to the account that runs the sidecar.`,
    };
  }
}

function checkPages(db: Database.Database, file: string): Check {
  const name = "pages";
  if (statSync(file).size > largest) {
    return { name, state: "off", found: "not looked at: the store is large" };
  }
  const found = String(db.pragma("integrity_check(1)", { simple: true }));
  if (found === "ok") return { name, state: "good", found: "every page of the store is sound" };
  return {
    name,
    state: "bad",
    found: found.split("\n", 1)[0] ?? "damaged",
    remedy:
      "Stop the sidecar and keep the file. `govern audit verify` says how far the log is good; restore a copy from before.",
  };
}

function checkClock({ reader }: TrailFile): Check {
  const name = "clock";
  const [last] = reader.entries({ newestFirst: true, limit: 1 });
  const ahead = last === undefined ? 0 : Date.parse(last.time) - Date.now();
  return ahead <= tolerance
    ? { name, state: "good", found: "not behind the trail's last entry" }
    : {
        name,
        state: "bad",
        found: `${Math.round(ahead / 1000)} s behind the trail's last entry`,
        remedy:
          "Set the clock. Entries keep their order; `govern audit verify` names where it went back.",
      };
}

function checkSigned({ reader }: TrailFile): Check {
  const name = "checkpoints";
  const { size } = reader.head();
  const last = reader.checkpoints().at(-1);
  return last === undefined
    ? {
        name,
        state: "off",
        found: "none: whoever owns this host could rewrite the trail",
        remedy: "Start the sidecar; set audit.signingKey and audit.anchors in govern.yaml.",
      }
    : { name, state: "good", found: `${last.size} of ${size} entries are signed` };
}

function unreadable(error: unknown): Check {
  const facts = isGovernError(error) ? error : undefined;
  const found = facts?.message ?? (error instanceof Error ? error.message : String(error));
  const remedy = facts?.next ?? "Stop the sidecar, keep the file, and restore a copy from before.";
  return { name: "trail", state: "bad", found, remedy };
}

/** Looks at the workspace's trail through the file itself; nothing to say where there is none yet. */
export function checkTrail(root: string): readonly Check[] {
  const folder = join(root, ".govern");
  const file = join(folder, "store.db");
  if (!existsSync(file)) return [];
  const outer = [checkDisk(folder), checkWritable(folder, file)];
  try {
    const trail = openTrailFile(file);
    try {
      return [...outer, checkPages(trail.db, file), checkClock(trail), checkSigned(trail)];
    } finally {
      trail.close();
    }
  } catch (error) {
    return [...outer, unreadable(error)];
  }
}
