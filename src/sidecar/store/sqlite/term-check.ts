/** Compares what the log is searched by with its entries, as they are read and found good. Changes nothing. */
import { isAscii } from "node:buffer";
import type Database from "better-sqlite3";
import type { LogFault } from "../../audit/log-verifier.ts";
import { blockSize, BlockTerms, withoutArchived, type Places } from "./search-terms.ts";

export class TermCheck {
  readonly #select: Database.Statement<[number], string | null>;
  readonly #rows: Database.Statement<[number], { readonly term: string; readonly places: Places }>;
  readonly #beyond: Database.Statement<[number], number>;
  /** The first entry that there is: what is before it was archived. */
  readonly #start: number;
  /** How many of the first entries have terms. */
  readonly #indexed: number;
  #block = new BlockTerms();
  #next: number;
  #fault: LogFault | undefined;

  constructor(db: Database.Database, extent: { readonly start: number; readonly indexed: number }) {
    this.#select = db
      .prepare<[number], string | null>(
        "SELECT group_concat(term || char(0) || places, char(0)) FROM audit_terms WHERE first = ?",
      )
      .pluck();
    this.#rows = db.prepare("SELECT term, places FROM audit_terms WHERE first = ?");
    this.#beyond = db
      .prepare<[number], number>("SELECT first FROM audit_terms WHERE first >= ? LIMIT 1")
      .pluck();
    this.#start = extent.start;
    this.#indexed = extent.indexed;
    this.#next = extent.start;
  }

  /** Takes the next entries' texts, each with a NUL before it. */
  take(texts: Uint8Array): void {
    if (this.#next >= this.#indexed || this.#fault !== undefined) return;
    const bytes = Buffer.from(texts.buffer, texts.byteOffset, texts.byteLength);
    // Bytes of ASCII are read faster as what they are.
    const all = bytes.toString(isAscii(bytes) ? "latin1" : "utf8", 1);
    for (const text of all.split("\u0000")) this.#add(text);
  }

  #add(text: string): void {
    const offset = this.#next % blockSize;
    try {
      this.#block.add(offset, text);
    } catch {
      this.#blame(this.#next - offset);
    }
    this.#next += 1;
    if (offset < blockSize - 1) return;
    const first = this.#next - blockSize;
    if (first < this.#indexed && !this.#isRight(first)) this.#blame(first);
    this.#block = new BlockTerms();
  }

  #isRight(first: number): boolean {
    const terms = this.#block.rows();
    const sorted = [...terms.keys()].toSorted();
    const expected = sorted.map((term) => `${term}\u0000${terms.get(term)}`).join("\u0000");
    if (this.#select.get(first) === expected) return true;
    // Another order, by bytes, or a block whose beginning was archived.
    const rest = new Map(terms);
    for (const { term, places } of this.#rows.all(first)) {
      const present = withoutArchived(term, places, this.#start - first);
      if (present !== "" && rest.get(term) !== present) return false;
      rest.delete(term);
    }
    return rest.size === 0;
  }

  #blame(first: number): void {
    const reason = `entries ${first} to ${first + blockSize - 1} are not found by what they say: the terms that they are searched by were changed`;
    this.#fault ??= { kind: "search", firstBad: first, reason };
  }

  /** What is wrong, once a log of that size was taken; `isGrowing` if more was written meanwhile. */
  finish(size: number, isGrowing: boolean): LogFault | undefined {
    if (isGrowing) return this.#fault;
    const isAligned = this.#indexed % blockSize === 0 && this.#indexed <= size;
    const isEnd = isAligned && this.#beyond.get(this.#indexed) === undefined;
    if (!isEnd) this.#blame(Math.min(this.#indexed, size));
    return this.#fault;
  }
}
