/**
 * What the log is searched by: for every full block of entries, which of them hold a term. A block is written once, at the
 * end of its table and outside of the appends, so that an append costs the same however long the log is. All of it follows
 * from the entries, and verifying the log compares the two.
 */
import type Database from "better-sqlite3";
import type { EntryQuery } from "../store.ts";

/** Entries of a block. */
export const blockSize = 1024;

/** Kinds of terms, in the order in which a block's entries are read. */
const kinds = ["type", "subject", "operation", "approval", "correlation"] as const;
type Kind = (typeof kinds)[number];

/** Places in a block are kept as characters, from the first printable one on. */
const firstCharacter = 32;

/** Which entries of a block hold a term: a character for each. */
export type Places = string;

function termOf(kind: Kind, value: string): string {
  return `${kind} ${value}`;
}

/** The numbers of the entries that a text stands for, in their order. */
export function entriesAt(first: number, places: Places): number[] {
  return Array.from(places, (character) => first + character.charCodeAt(0) - firstCharacter);
}

/** What a query asks for of each kind, any of which will do; entries must have one of each. */
export function termsOf(query: EntryQuery): readonly (readonly string[])[] {
  const { types, subject, operation, approval, correlation } = query;
  const asked: Readonly<Record<Kind, readonly string[] | string | undefined>> = {
    type: types,
    subject,
    operation,
    approval,
    correlation,
  };
  return kinds.flatMap((kind) => {
    const values = asked[kind];
    return values === undefined ? [] : [[values].flat().map((value) => termOf(kind, value))];
  });
}

/** Reads blocks of entries as the terms in them. */
export class BlockReader {
  readonly #select: Database.Statement<[number, number], string>;

  constructor(db: Database.Database) {
    this.#select = db
      .prepare<[number, number], string>(
        `SELECT json_group_array(json_extract(entry, '$.seq', '$.type', '$.actor.subject',
           '$.operation', '$.approval', '$.correlation'))
         FROM audit_entries WHERE seq >= ? AND seq < ?`,
      )
      .pluck();
  }

  /** Each term of the block that begins there, with its places. Entries that are not there have none. */
  terms(first: number): Map<string, Places> {
    const rows = JSON.parse(
      this.#select.get(first, first + blockSize) ?? "[]",
    ) as readonly (readonly [number, ...(string | null)[]])[];
    const terms = new Map<string, Places>();
    for (const [seq, ...values] of rows) {
      const place = String.fromCharCode(seq - first + firstCharacter);
      for (const [at, kind] of kinds.entries()) {
        const value = values[at];
        if (typeof value !== "string") continue;
        const term = termOf(kind, value);
        terms.set(term, (terms.get(term) ?? "") + place);
      }
    }
    return terms;
  }
}

/** Writes the terms of blocks that are full. */
export class TermWriter {
  readonly #blocks: BlockReader;
  readonly #insert: Database.Statement<[number, string, Places]>;
  readonly #update: Database.Statement<[number]>;
  #indexed: number;

  constructor(db: Database.Database) {
    this.#blocks = new BlockReader(db);
    this.#insert = db.prepare(
      "INSERT OR REPLACE INTO audit_terms (first, term, places) VALUES (?, ?, ?)",
    );
    this.#update = db.prepare("UPDATE audit_head SET indexed = ? WHERE one = 1");
    this.#indexed =
      db.prepare<[], number>("SELECT indexed FROM audit_head WHERE one = 1").pluck().get() ?? 0;
  }

  /** Whether a log of that size has a full block without terms. */
  isDue(size: number): boolean {
    return size - this.#indexed >= blockSize;
  }

  /** Writes the terms of the next block. To be called in a transaction; `written` tells that it was committed. */
  write(): { readonly written: () => void } {
    const first = this.#indexed;
    for (const [term, places] of this.#blocks.terms(first)) this.#insert.run(first, term, places);
    this.#update.run(first + blockSize);
    return {
      written: () => {
        this.#indexed = first + blockSize;
      },
    };
  }
}
