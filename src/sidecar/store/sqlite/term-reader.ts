/** Finds entries by the terms of full blocks. Changes nothing. */
import type { Statements } from "./conditions.ts";
import { blockSize, type Asked, type Places } from "./search-terms.ts";

/** Blocks that are looked through at once. */
const window = 64;

interface TermRow {
  readonly first: number;
  readonly term: string;
  readonly places: Places;
}

/** Which part of the log to look through, and from which end. */
export interface SearchRange {
  readonly from: number;
  readonly to: number;
  readonly newestFirst: boolean;
}

function windowStarts({ from, to, newestFirst }: SearchRange): number[] {
  const span = window * blockSize;
  const starts: number[] = [];
  for (let start = Math.floor(from / blockSize) * blockSize; start < to; start += span) {
    starts.push(start);
  }
  return newestFirst ? starts.toReversed() : starts;
}

/** The entries that are in all that was asked. */
function intersect(rows: readonly TermRow[], asked: readonly Asked[]): Set<number> {
  const [some = new Set<number>(), ...others] = asked.map(
    ({ terms, entriesAt }) =>
      new Set(
        rows.flatMap(({ first, term, places }) =>
          terms.includes(term) ? entriesAt(first, places) : [],
        ),
      ),
  );
  for (const other of others) {
    for (const seq of some) if (!other.has(seq)) some.delete(seq);
  }
  return some;
}

/** Gives the numbers of entries that are in all that was asked, in their order, some at a time. */
export function* findEntries(
  statements: Statements,
  asked: readonly Asked[],
  range: SearchRange,
): Generator<readonly number[]> {
  const terms = JSON.stringify(asked.flatMap((one) => one.terms));
  for (const start of windowStarts(range)) {
    const firsts = Array.from({ length: window }, (_, block) => start + block * blockSize);
    const rows = statements.all<TermRow>(
      `SELECT first, term, places FROM json_each(?) AS blocks CROSS JOIN json_each(?) AS asked
       CROSS JOIN audit_terms ON first = blocks.value AND term = asked.value`,
      [JSON.stringify(firsts), terms],
    );
    const found = [...intersect(rows, asked)]
      .filter((seq) => seq >= range.from && seq < range.to)
      .toSorted((a, b) => (range.newestFirst ? b - a : a - b));
    if (found.length > 0) yield found;
  }
}
