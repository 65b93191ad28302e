/**
 * What the log is searched by: for every full block of entries, which of them hold a term. A block is written once, at the
 * end of its table and outside of the appends, so that an append costs the same however long the log is. All of it follows
 * from the entries, and verifying the log compares the two.
 */
import type Database from "better-sqlite3";
import type { AuditEntry } from "../../../contract/audit-entry.ts";
import type { EntryQuery } from "../store.ts";

/** Entries of a block. */
export const blockSize = 1024;

const kinds = ["type", "subject", "operation", "approval"] as const;
type Kind = (typeof kinds)[number];
/** The row of a block that has the correlation of each of its entries, a line each: hardly one stands there twice. */
const correlations = "correlations";

/** Places in a block are kept as characters, from the first printable one on. */
const firstCharacter = 32;

/** Which entries of a block hold a term: a character for each. */
export type Places = string;

function termOf(kind: Kind, value: string): string {
  return `${kind} ${value}`;
}

/** The numbers of the entries that a text stands for, in their order. */
function entriesAt(first: number, places: Places): number[] {
  return Array.from(places, (character) => first + character.charCodeAt(0) - firstCharacter);
}

/** A text as a line of its own. */
function lineOf(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** One thing that a query asks of entries: rows of a block, and which of its entries a row stands for. */
export interface Asked {
  readonly terms: readonly string[];
  readonly entriesAt: (first: number, places: Places) => readonly number[];
}

/** What a query asks for; entries must be in all of it. */
export function askedOf(query: EntryQuery): readonly Asked[] {
  const { types, subject, operation, approval, correlation } = query;
  const values = { type: types, subject, operation, approval };
  const asked = Object.entries(values).flatMap(([kind, some]): Asked[] => {
    if (some === undefined) return [];
    return [{ terms: [some].flat().map((value) => termOf(kind as Kind, value)), entriesAt }];
  });
  if (correlation === undefined) return asked;
  return [...asked, { terms: [correlations], entriesAt: linesOf(lineOf(correlation)) }];
}

/** Gives the entries whose line is that one. */
function linesOf(line: string): Asked["entriesAt"] {
  return (first, lines) =>
    lines.includes(line)
      ? lines.split("\n").flatMap((one, offset) => (one === line ? [first + offset] : []))
      : [];
}

const plain = String.raw`null|"[^"\\]*"`;
/** The beginning of a canonical entry, where its texts hold no escapes: subject and approval. */
const beginning = new RegExp(
  String.raw`^\{"actor":(?:null|\{"groups":\[[^\]]*\],"issuer":"[^"\\]*","session":(?:${plain}),"subject":"([^"\\]*)"\}),"app":(?:${plain}),"approval":(${plain}),"arguments":`,
);
const ending = '","v":1}';
const typeName = '"type":"';

/** The value of a member whose name stands in the text once: a quote within a text has a backslash before it. */
function onlyValue(text: string, name: string, from: number): string | null | undefined {
  const at = text.indexOf(name, from);
  if (at < 0 || text.includes(name, at + 1)) return undefined;
  const start = at + name.length;
  if (text[start] !== '"') return text.startsWith("null", start) ? null : undefined;
  const value = text.slice(start + 1, text.indexOf('"', start + 1));
  return value.includes("\\") ? undefined : value;
}

type Values = readonly [
  type: string | null | undefined,
  subject: string | null | undefined,
  operation: string | null | undefined,
  approval: string | null | undefined,
  line: string,
];

/** What a canonical entry is found by, where no part of it could be taken for another one's; else undefined. */
function quickValues(text: string): Values | undefined {
  const front = beginning.exec(text);
  const end = text.length - ending.length;
  const type = text.lastIndexOf(typeName, end);
  if (front === null || type < 0 || !text.endsWith(ending)) return undefined;
  const from = front[0].length;
  const operation = onlyValue(text, ',"operation":', from);
  const correlation = onlyValue(text, ',"correlation":', from);
  if (operation === undefined || correlation === undefined) return undefined;
  const approval = front[2] === "null" ? null : front[2]?.slice(1, -1);
  return [
    text.slice(type + typeName.length, end),
    front[1] ?? null,
    operation,
    approval,
    correlation ?? "",
  ];
}

/** The same by parsing. Throws a `SyntaxError` for what is no JSON. */
function parsedValues(text: string): Values {
  const { type, actor, operation, approval, correlation } = JSON.parse(text) as Partial<AuditEntry>;
  return [type, actor?.subject, operation, approval, lineOf(correlation ?? "")];
}

function put(places: Map<string, number[]>, value: string | null | undefined, place: number): void {
  if (typeof value !== "string") return;
  const some = places.get(value);
  if (some === undefined) places.set(value, [place]);
  else some.push(place);
}

/** The terms of a block as they gather, each with its places. */
export class BlockTerms {
  readonly #types = new Map<string, number[]>();
  readonly #subjects = new Map<string, number[]>();
  readonly #operations = new Map<string, number[]>();
  readonly #approvals = new Map<string, number[]>();
  readonly #correlations: string[] = [];

  /** Throws a `SyntaxError` for what is no JSON. */
  add(offset: number, text: string): void {
    const [type, subject, operation, approval, line] = quickValues(text) ?? parsedValues(text);
    const place = offset + firstCharacter;
    put(this.#types, type, place);
    put(this.#subjects, subject, place);
    put(this.#operations, operation, place);
    put(this.#approvals, approval, place);
    this.#correlations[offset] = line;
  }

  /** All rows of the block. */
  rows(): ReadonlyMap<string, Places> {
    const rows = new Map([[correlations, this.#correlations.join("\n")]]);
    const gathered = {
      type: this.#types,
      subject: this.#subjects,
      operation: this.#operations,
      approval: this.#approvals,
    };
    for (const kind of kinds) {
      for (const [value, places] of gathered[kind]) {
        rows.set(termOf(kind, value), String.fromCharCode(...places));
      }
    }
    return rows;
  }
}

/** What is left of a row when the first entries of its block were archived. */
export function withoutArchived(term: string, places: Places, archived: number): Places {
  if (archived <= 0) return places;
  if (term === correlations) {
    return places
      .split("\n")
      .map((line, offset) => (offset < archived ? "" : line))
      .join("\n");
  }
  return places.slice(entriesAt(0, places).filter((offset) => offset < archived).length);
}

/** Writes the terms of blocks that are full. */
export class TermWriter {
  readonly #select: Database.Statement<[number, number], { first: number; texts: string | null }>;
  readonly #insert: Database.Statement<[number, string, Places]>;
  readonly #update: Database.Statement<[number]>;
  #indexed: number;

  constructor(db: Database.Database) {
    this.#select = db.prepare(
      "SELECT min(seq) AS first, group_concat(entry, char(0)) AS texts FROM audit_entries WHERE seq >= ? AND seq < ?",
    );
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

  /**
   * Writes the terms of the next block. To be called in a transaction; `written` tells that it was committed. Throws a
   * `SyntaxError` where an entry is no JSON.
   */
  write(): { readonly written: () => void } {
    const first = this.#indexed;
    const block = new BlockTerms();
    // The first entries of a block may be archived; between two of them none is missing.
    const { first: there = first, texts = null } = this.#select.get(first, first + blockSize) ?? {};
    for (const [index, text] of texts?.split("\u0000").entries() ?? []) {
      block.add(there - first + index, text);
    }
    for (const [term, places] of block.rows()) this.#insert.run(first, term, places);
    this.#update.run(first + blockSize);
    return {
      written: () => {
        this.#indexed = first + blockSize;
      },
    };
  }
}
