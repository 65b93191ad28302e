/** Mutants of the texts that people and browsers write: govern.yaml and recordings. */
import { hostileNames, hostileTexts } from "./hostile.ts";
import { roughen } from "./mutate-script.ts";
import type { Random } from "./random.ts";

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  "",
  [],
  {},
  [[]],
  [null],
  ...hostileTexts,
  "${env:X",
  "${file:/etc/passwd}",
  "x".repeat(5000),
];

function anyValue(random: Random): unknown {
  return random.oneIn(6) ? { [random.pick(hostileNames)]: random.pick(odd) } : random.pick(odd);
}

/** The same data with one thing changed somewhere in it: taken away, replaced, or put under a hostile name. */
function mutateData(random: Random, data: unknown): unknown {
  if (random.oneIn(6) || typeof data !== "object" || data === null) return anyValue(random);
  if (Array.isArray(data)) {
    if (data.length === 0) return [anyValue(random)];
    const at = random.below(data.length);
    return data.map((one: unknown, index) => (index === at ? mutateData(random, one) : one));
  }
  const entries = Object.entries(data);
  if (entries.length === 0 || random.oneIn(8)) {
    entries.push([random.pick(hostileNames), anyValue(random)]);
    return Object.fromEntries(entries);
  }
  const at = random.below(entries.length);
  return Object.fromEntries(
    entries.flatMap(([key, value], index) => {
      if (index !== at) return [[key, value]];
      if (random.oneIn(8)) return [];
      return [[random.oneIn(10) ? random.pick(hostileNames) : key, mutateData(random, value)]];
    }),
  );
}

/** A text of one of the two ways: its data changed and printed again, or its characters. */
export function mutateText(
  random: Random,
  text: string,
  format: { parse(text: string): unknown; print(data: unknown): string },
): string {
  if (random.oneIn(3)) return roughen(random, text);
  let data = format.parse(text);
  for (let count = random.size(6); count > 0; count -= 1) data = mutateData(random, data);
  return format.print(data);
}
