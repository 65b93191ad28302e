/** Finds entries by the terms of full blocks, and compares those terms with the entries. Changes nothing. */
import type Database from "better-sqlite3";
import type { LogFault } from "../../audit/log-verifier.ts";
import type { Statements } from "./conditions.ts";
import { BlockReader, blockSize, entriesAt, type Places } from "./search-terms.ts";

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

/** The entries that hold one term of each kind. */
function intersect(rows: readonly TermRow[], kinds: readonly (readonly string[])[]): Set<number> {
  const ofKind = (terms: readonly string[]): Set<number> =>
    new Set(
      rows
        .filter(({ term }) => terms.includes(term))
        .flatMap(({ first, places }) => entriesAt(first, places)),
    );
  const [some = new Set<number>(), ...others] = kinds.map(ofKind);
  for (const other of others) {
    for (const seq of some) if (!other.has(seq)) some.delete(seq);
  }
  return some;
}

/** Gives the numbers of entries that hold one term of each kind, in their order, some at a time. */
export function* findEntries(
  statements: Statements,
  kinds: readonly (readonly string[])[],
  range: SearchRange,
): Generator<readonly number[]> {
  const terms = JSON.stringify(kinds.flat());
  for (const start of windowStarts(range)) {
    const firsts = Array.from({ length: window }, (_, block) => start + block * blockSize);
    const rows = statements.all<TermRow>(
      `SELECT first, term, places FROM json_each(?) AS blocks CROSS JOIN json_each(?) AS asked
       JOIN audit_terms ON first = blocks.value AND term = asked.value`,
      [JSON.stringify(firsts), terms],
    );
    const found = [...intersect(rows, kinds)]
      .filter((seq) => seq >= range.from && seq < range.to)
      .toSorted((a, b) => (range.newestFirst ? b - a : a - b));
    if (found.length > 0) yield found;
  }
}

/** Compares the terms of blocks with the entries, which were found good. */
export class TermCheck {
  readonly #blocks: BlockReader;
  readonly #select: Database.Statement<[number], [string, Places]>;
  readonly #beyond: Database.Statement<[number], number>;
  /** The first entry that there is: what is before it was archived. */
  readonly #start: number;

  constructor(db: Database.Database, start: number) {
    this.#blocks = new BlockReader(db);
    this.#select = db.prepare<[number], [string, Places]>(
      "SELECT term, places FROM audit_terms WHERE first = ?",
    );
    this.#select.raw();
    this.#beyond = db
      .prepare<[number], number>("SELECT first FROM audit_terms WHERE first >= ? LIMIT 1")
      .pluck();
    this.#start = start;
  }

  /** What is left of places when those of archived entries are taken away. */
  #present(first: number, places: Places): Places {
    if (first >= this.#start) return places;
    const gone = entriesAt(first, places).filter((seq) => seq < this.#start).length;
    return places.slice(gone);
  }

  /** The first block that has terms and an entry that is there. */
  get firstBlock(): number {
    return Math.floor(this.#start / blockSize) * blockSize;
  }

  /** What is wrong with where the terms end, for a log of that size. */
  end(indexed: number, size: number): LogFault | undefined {
    const fits = indexed % blockSize === 0 && indexed <= size;
    const beyond = this.#beyond.get(indexed);
    return fits && beyond === undefined ? undefined : this.#fault(Math.min(indexed, size));
  }

  /** What is wrong with the block that begins there. */
  block(first: number): LogFault | undefined {
    const expected = this.#terms(first);
    if (expected === undefined) return this.#fault(first);
    for (const [term, places] of this.#select.all(first)) {
      const present = this.#present(first, places);
      if (present !== "" && expected.get(term) !== present) return this.#fault(first);
      expected.delete(term);
    }
    return expected.size === 0 ? undefined : this.#fault(first);
  }

  /** Undefined where an entry is no JSON: it was appended by somebody else. */
  #terms(first: number): Map<string, Places> | undefined {
    try {
      return this.#blocks.terms(first);
    } catch (error) {
      if (error instanceof Error && error.message === "malformed JSON") return undefined;
      throw error;
    }
  }

  #fault(first: number): LogFault {
    const reason = `entries ${first} to ${first + blockSize - 1} are not found by what they say: the terms that they are searched by were changed`;
    return { kind: "search", firstBad: first, reason };
  }
}
