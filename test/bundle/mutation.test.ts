import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isGovernError } from "../../src/errors/govern-error.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { bundleOf } from "./in-memory.ts";

/** Mulberry32: small, seeded, the same everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function scriptsUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return scriptsUnder(path);
    return name.endsWith(".js") ? [readFileSync(path, "utf8")] : [];
  });
}

const texts = [
  ...scriptsUnder("fixtures/recognizers"),
  ...scriptsUnder("fixtures/support-console/dist").filter((text) => text.length < 10_000),
];
const tokens = /[A-Za-z_$][\w$]*|\d+|"[^"\n]*"|`[^`]*`|=>|\.\.\.|[^\s\w]/g;
const keywords =
  /^(?:async|await|break|case|catch|class|const|constructor|default|else|export|extends|finally|for|from|function|if|import|let|new|of|return|super|this|throw|try|typeof|var|void|while)$/;

/** Changes one to three tokens: names and literals mostly for each other, so that most mutants parse. */
function mutate(text: string, random: (below: number) => number): string {
  const found = [...text.matchAll(tokens)];
  const values = found.filter(([token]) => /^[\w$"`]/.test(token) && !keywords.test(token));
  let result = text;
  for (let count = 1 + random(3); count > 0; count -= 1) {
    const isWild = random(8) === 0;
    const pool = isWild ? found : values;
    const one = pool[random(pool.length)];
    const other = pool[random(pool.length)]?.[0] ?? "";
    if (one === undefined) continue;
    const kinds = [other, other, other, isWild ? "" : "fetch", isWild ? one[0] + other : "window"];
    const at = result.indexOf(one[0], random(result.length));
    if (at < 0) continue;
    result =
      result.slice(0, at) + (kinds[random(kinds.length)] ?? "") + result.slice(at + one[0].length);
  }
  return result;
}

describe("analysis of mutated scripts", () => {
  it("never fails with anything but a GovernError, and most mutants are analyzed", async () => {
    const random = randomFrom(20_261_122);
    let analyzed = 0;
    for (let round = 0; round < 300; round += 1) {
      const text = mutate(texts[random(texts.length)] ?? "", random);
      try {
        await analyzeBundle(bundleOf({ "a.js": text }), "mutant");
        analyzed += 1;
      } catch (error) {
        if (!isGovernError(error)) expect.fail(`${String((error as Error).stack)}\n${text}`);
      }
    }
    expect(analyzed).toBeGreaterThan(150);
  });
});
