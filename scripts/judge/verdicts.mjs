// Compares what the engine saw with what govern says, and keeps the differences.
import { classifyStatement } from "../../dist/statements/classify.js";

export function createTally(dialect) {
  const seen = new Map();
  return {
    classify: (text) => classifyStatement(text, dialect),
    /** `did`: `read`, `write`, or `nothing` where the engine refused the text. */
    add(text, { facts, did, plain, note }) {
      if (!seen.has(text))
        seen.set(text, { text, access: facts.access, why: facts.why, did, plain, note });
      else if (did === "write") Object.assign(seen.get(text), { did, note });
    },
    report() {
      const all = [...seen.values()];
      const reads = all.filter((one) => one.did === "read" && one.plain !== false);
      const held = reads.filter((one) => one.access !== "read");
      const missed = all.filter((one) => one.did === "write" && one.access === "read");
      return {
        dialect,
        statements: all.length,
        writes: all.filter((one) => one.did === "write").length,
        calledRead: all.filter((one) => one.access === "read").length,
        missed,
        plainReads: reads.length,
        held,
        heldShare: held.length / Math.max(1, reads.length),
      };
    },
  };
}

/** Reasons by how often they hold a read. */
export function reasonsOf(held) {
  const counts = new Map();
  for (const { why } of held) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}
