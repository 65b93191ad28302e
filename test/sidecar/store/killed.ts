/** Kills a process that appends, at random points, and looks whether it kept what it promised. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { openTrailFile } from "../../../src/sidecar/store/sqlite/trail-file.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { sampleEntry } from "./samples.ts";
import { builtWriter } from "./sqlite-setup.ts";

const builtStore = new URL("./sqlite-store.js", builtWriter).href;

/** A program that appends as fast as it can, several at a time, and tells each entry that it was promised. */
export const appender = (path: string): string => `
  const { openSqliteStore } = await import(${JSON.stringify(builtStore)});
  const store = await openSqliteStore({ path: ${JSON.stringify(path)}, key: new Uint8Array(32).fill(7) });
  const entry = ${JSON.stringify(sampleEntry())};
  const one = async (lane) => {
    for (let n = 0; ; n += 1) {
      const { seq } = await store.append({ ...entry, correlation: lane + "-" + n });
      process.stdout.write(seq + " " + lane + "-" + n + "\\n");
    }
  };
  for (const lane of ["a", "b", "c", "d", "e", "f"]) one(lane);
`;

/** Lets one process append until it has told so many lines, and kills it. Gives what it told, by number. */
async function killOne(path: string, lines: number): Promise<ReadonlyMap<number, string>> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", appender(path)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const told = new Map<number, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [seq, correlation] = line.split(" ");
    if (correlation !== undefined) told.set(Number(seq), correlation);
    if (told.size >= lines) child.kill("SIGKILL");
  }
  await exit;
  return told;
}

export interface Survey {
  readonly promised: number;
  /** Entries that were promised and are not there. */
  readonly lost: readonly string[];
  /** What verifying said after each kill, where it was not good. */
  readonly bad: readonly unknown[];
}

/** Kills so many processes one after the other on one store; `random` gives numbers from 0 to 1. */
export async function killRounds(
  path: string,
  rounds: number,
  random: () => number,
): Promise<Survey> {
  const lost: string[] = [];
  const bad: unknown[] = [];
  let promised = 0;
  for (let round = 0; round < rounds; round += 1) {
    const told = await killOne(path, 1 + Math.floor(random() * 200));
    promised += told.size;
    const trail = openTrailFile(path);
    const verdict = verifyLog(trail.db);
    if (!verdict.ok) bad.push(verdict);
    for (const [seq, correlation] of told) {
      if (trail.reader.text(seq)?.includes(`"correlation":"${correlation}"`) !== true) {
        lost.push(`${seq} ${correlation}`);
      }
    }
    trail.close();
  }
  return { promised, lost, bad };
}
