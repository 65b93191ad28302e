// Runs one bench: `npm run bench NAME -- [--runs N] [--only WORD]`. Prints what it measured and keeps it in results/.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { machine, table } from "./report.mjs";

process.chdir(new URL("..", import.meta.url).pathname);

async function load(name) {
  const { bench } = await import(new URL(`${name}/bench.mjs`, import.meta.url).href);
  return bench;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string" }, only: { type: "string" } },
});
const names = readdirSync("bench").filter((name) => existsSync(`bench/${name}/bench.mjs`));
const [name] = positionals;

if (name === undefined || !names.includes(name)) {
  for (const one of names) console.log(`${one.padEnd(12)} ${(await load(one)).about}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const bench = await load(name);
  const started = new Date().toISOString();
  const rows = await bench.run({
    runs: values.runs === undefined ? undefined : Number(values.runs),
    only: values.only,
    progress: (text) => console.error(text),
  });
  const result = { bench: name, about: bench.about, started, machine: machine(), rows };
  console.log(table(result));
  // A part of a bench is a look at it, not its result.
  if (values.only === undefined) {
    mkdirSync("bench/results", { recursive: true });
    writeFileSync(`bench/results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (rows.some(({ met }) => !met)) process.exitCode = 1;
}
