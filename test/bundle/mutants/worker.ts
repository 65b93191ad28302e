/**
 * A process that tries a run of mutants: `FROM COUNT FILE`. The number of the mutant at hand stands in the file, so that a
 * crash or a hang can be told; what came of all goes to stdout as JSON.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { readSeeds } from "./seeds.ts";
import { mutantOf, tryFiles } from "./trial.ts";

/** More CPU seconds than any mutant of a few kilobytes may take. */
const slowest = 10;

const [from = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const file = openSync(process.argv[4] ?? "", "w");
const seeds = readSeeds();
const results: Record<string, number> = {};
const faults: string[] = [];

for (let number = from; number < from + count; number += 1) {
  writeSync(file, `${number} `.padEnd(12), 0);
  const started = process.cpuUsage().user;
  const { result, fault } = await tryFiles(mutantOf(seeds, number));
  const seconds = (process.cpuUsage().user - started) / 1e6;
  results[result] = (results[result] ?? 0) + 1;
  if (fault !== undefined) faults.push(`mutant ${number}: ${fault}`);
  if (seconds > slowest) faults.push(`mutant ${number}: it took ${seconds.toFixed(1)} s`);
}
closeSync(file);
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ results, faults, seconds: (user + system) / 1e6 }));
