// What all benches say in the same way: samples with their spread, ratios with their goal, and the machine.
import { availableParallelism, cpus, platform, release, totalmem } from "node:os";

/** The median of some numbers, with their least and greatest. */
export function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: round(median), least: round(sorted[0]), greatest: round(sorted.at(-1)) };
}

function round(number) {
  return Number(number.toPrecision(4));
}

/**
 * One row of a bench: ours against the peer, as the ratio of the pairs that ran one after the other.
 * @param {{ what: string, unit: string, atMost?: number, atLeast?: number, ours: number[], peer: number[] }} measured
 */
export function compare({ what, unit, atMost, atLeast, ours, peer }) {
  const ratio = spread(ours.map((value, at) => value / peer[at]));
  const met =
    (atMost === undefined || ratio.median <= atMost) &&
    (atLeast === undefined || ratio.median >= atLeast);
  const goal = atMost === undefined ? { atLeast } : { atMost };
  return { what, unit, ours: spread(ours), peer: spread(peer), ratio, ...goal, met };
}

export function machine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}

/** A row without a goal is there to be seen. */
function goalOf({ atLeast, atMost }) {
  if (atMost !== undefined) return `≤ ${atMost}`;
  return atLeast === undefined ? "none" : `≥ ${atLeast}`;
}

/** A bench's result as a table for people. */
export function table({ bench, machine: host, rows }) {
  const cells = rows.map((row) => [
    row.what,
    `${row.ours.median} ${row.unit}`,
    `${row.peer.median} ${row.unit}`,
    `${row.ratio.median.toFixed(2)} (${row.ratio.least.toFixed(2)}-${row.ratio.greatest.toFixed(2)})`,
    goalOf(row),
    row.met ? "met" : "MISSED",
  ]);
  const all = [["", "ours", "peer", "ratio (spread)", "goal", ""], ...cells];
  const widths = all[0].map((_, at) => Math.max(...all.map((line) => line[at].length)));
  const lines = all.map((line) => line.map((cell, at) => cell.padEnd(widths[at])).join("  "));
  const { cpu, cores, memoryGb, system, node } = host;
  return [
    `${bench}: ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}`,
    ...lines.map((line) => line.trimEnd()),
  ].join("\n");
}
