import { describe, expect, it } from "vitest";
import { readSeeds } from "./mutants/seeds.ts";
import { mutantOf, tryFiles } from "./mutants/trial.ts";

describe("2,000 mutated bundles", () => {
  it("are analyzed, rewritten and verified, or refused with a code; nothing else", async () => {
    const seeds = readSeeds();
    const results = new Map<string, number>();
    const faults: string[] = [];
    for (let number = 0; number < 2000; number += 1) {
      const { result, fault } = await tryFiles(mutantOf(seeds, number));
      results.set(result, (results.get(result) ?? 0) + 1);
      if (fault !== undefined) faults.push(`mutant ${number}: ${fault}`);
    }
    expect(faults).toEqual([]);
    expect(results.get("analyzed")).toBeGreaterThan(1000);
  });
});
