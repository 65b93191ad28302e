// The whole import against a no-op round trip of the same scripts through Babel.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyzeBundle } from "../../dist/bundle/analyze.js";
import { readBundle } from "../../dist/bundle/files/read-bundle.js";
import { measure } from "../measure.mjs";
import { compare } from "../report.mjs";
import { bundleOf, packages } from "./packages.mjs";

const govern = new URL("../../bin/govern.js", import.meta.url).pathname;
const roundTrip = new URL("round-trip.mjs", import.meta.url).pathname;

/** Writes the scripts that the import will analyze as files, with a list of them. */
function listScripts(bundle, folder) {
  const list = bundle.scripts.map(({ code, type }, at) => {
    const file = join(folder, `${at}.js`);
    writeFileSync(file, code);
    return { file, type };
  });
  const path = join(folder, "scripts.json");
  writeFileSync(path, JSON.stringify(list));
  return path;
}

/** An address for everything that the bundle calls without saying where it is. */
function upstreamsOf({ operations }) {
  const keys = operations.map((one) => one.origin ?? `sql:${one.client}`);
  return [...new Set(keys)].flatMap((key) => ["--upstream", `${key}=http://127.0.0.1:9`]);
}

function importOnce(bundle, upstreams) {
  const workspace = mkdtempSync(join(tmpdir(), "govern-bench-"));
  const used = measure([govern, "import", bundle, "--yes", "--app", "bench", ...upstreams], {
    cwd: workspace,
  });
  rmSync(workspace, { recursive: true });
  return used;
}

const valuesOf = (side, key) => side.map((sample) => sample[key]);

function rowsOf(what, megabytes, { ours, peer }) {
  return [
    compare({
      what: `${what} CPU`,
      unit: "s",
      atMost: 0.5,
      ours: valuesOf(ours, "cpu"),
      peer: valuesOf(peer, "cpu"),
    }),
    compare({
      what: `${what} memory`,
      unit: "MB",
      atMost: 0.6,
      ours: valuesOf(ours, "memory"),
      peer: valuesOf(peer, "memory"),
    }),
  ].map((row) => ({ ...row, megabytes, seconds: Math.max(...valuesOf(ours, "wall")) }));
}

async function runPackage(given, { runs, progress }) {
  const folder = mkdtempSync(join(tmpdir(), "govern-bench-"));
  try {
    const path = bundleOf(given);
    const bundle = await readBundle(path);
    const upstreams = upstreamsOf(await analyzeBundle(bundle, "bench"));
    const list = listScripts(bundle, folder);
    const size = bundle.scripts.reduce((sum, { code }) => sum + code.length, 0) / 1e6;
    const samples = { ours: [], peer: [] };
    for (let run = 1; run <= runs; run += 1) {
      progress(`${given.name}: run ${run} of ${runs}`);
      samples.ours.push(importOnce(path, upstreams));
      samples.peer.push(measure([roundTrip, list]));
    }
    return rowsOf(`${given.name} (${size.toFixed(1)} MB)`, Number(size.toFixed(2)), samples);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const bench = {
  about: "govern import against a no-op Babel round trip of the same scripts: CPU, peak memory",
  async run({ runs = 5, only = "", progress }) {
    const rows = [];
    for (const given of packages.filter(({ name }) => name.includes(only))) {
      rows.push(...(await runPackage(given, { runs, progress })));
    }
    return rows;
  },
};
