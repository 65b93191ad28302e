/** Reads the log of a store's file: entries by what they say, nodes of its tree, checkpoints, segments. Changes nothing. */
import type Database from "better-sqlite3";
import type { AuditEntry, Digest } from "../../../contract/audit-entry.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import type { LogBatch, LogHead, LogRow } from "../../audit/log-verifier.ts";
import {
  decodeEdge,
  edgeNode,
  emptyEdge,
  treeHead,
  type RightEdge,
} from "../../audit/right-edge.ts";
import type { EntryQuery, Segment, StoredCheckpoint, TreeHead } from "../store.ts";
import { Conditions, Statements } from "./conditions.ts";
import { askedOf } from "./search-terms.ts";
import { findEntries } from "./term-reader.ts";

const defaultLimit = 100;
/** Entries that are read at once, of those that were found. */
const page = 256;

function entryConditions(query: EntryQuery): Conditions {
  const conditions = new Conditions();
  if (query.from !== undefined) conditions.add("seq >= ?", query.from);
  if (query.to !== undefined) conditions.add("seq < ?", query.to);
  if (query.since !== undefined) conditions.add("entry ->> '$.time' >= ?", query.since);
  if (query.until !== undefined) conditions.add("entry ->> '$.time' < ?", query.until);
  conditions.addOneOf("entry ->> '$.type'", query.types);
  conditions.addEqual("entry ->> '$.app'", query.app);
  conditions.addEqual("entry ->> '$.actor.subject'", query.subject);
  conditions.addEqual("entry ->> '$.operation'", query.operation);
  conditions.addEqual("entry ->> '$.approval'", query.approval);
  conditions.addEqual("entry ->> '$.correlation'", query.correlation);
  return conditions;
}

interface SegmentRow extends Omit<Segment, "edge"> {
  readonly nodes: Buffer;
}

interface BatchRow {
  readonly count: number;
  readonly first: number;
  readonly texts: Buffer;
  readonly nodes: Buffer;
}

const damaged = (what: string): GovernError =>
  new GovernError("store-failed", `the log's ${what} is damaged`, {
    next: "Restore the store from a copy.",
  });

export class AuditReader {
  readonly #statements: Statements;
  readonly #name: string;

  constructor(db: Database.Database) {
    this.#statements = new Statements(db);
    this.#name = db.name;
  }

  entries(query: EntryQuery): readonly AuditEntry[] {
    const limit = query.limit ?? defaultLimit;
    const entries: AuditEntry[] = [];
    for (const part of this.#parts(this.#withPlaces(query))) {
      const rest = limit < 0 ? limit : limit - entries.length;
      if (rest === 0) break;
      for (const text of part(rest)) entries.push(JSON.parse(text) as AuditEntry);
    }
    return entries;
  }

  /** The query in pieces, in its order: each gives at most so many texts. */
  *#parts(query: EntryQuery): Generator<(limit: number) => readonly string[]> {
    const asked = askedOf(query);
    if (asked.length === 0) return yield (limit) => this.#scan(query, limit);
    const indexed = this.indexed();
    const { from = 0, to = Infinity, newestFirst = false } = query;
    const rest = { ...query, from: Math.max(from, indexed) };
    if (newestFirst) yield (limit) => this.#scan(rest, limit);
    const end = Math.min(to, indexed);
    for (const found of findEntries(this.#statements, asked, { from, to: end, newestFirst })) {
      for (let at = 0; at < found.length; at += page) {
        yield (limit) => this.#scan(query, limit, found.slice(at, at + page));
      }
    }
    if (!newestFirst) yield (limit) => this.#scan(rest, limit);
    return undefined;
  }

  #scan(query: EntryQuery, limit: number, among?: readonly number[]): readonly string[] {
    const { from: _from, to: _to, ...anywhere } = query;
    const conditions = entryConditions(among === undefined ? query : anywhere);
    if (among !== undefined) {
      conditions.add("seq IN (SELECT value FROM json_each(?))", JSON.stringify(among));
    }
    const order = query.newestFirst === true ? "DESC" : "ASC";
    const rows = this.#statements.all<{ entry: string }>(
      `SELECT entry FROM audit_entries ${conditions.where} ORDER BY seq ${order} LIMIT ?`,
      [...conditions.values, limit],
    );
    return rows.map(({ entry }) => entry);
  }

  /** Bounds of time as places in the log, which is in the order of time but for clocks that went back: no index is needed. */
  #withPlaces(query: EntryQuery): EntryQuery {
    const from = query.since === undefined ? 0 : this.#firstSince(query.since);
    const to = query.until === undefined ? Infinity : this.#firstSince(query.until);
    return {
      ...query,
      ...(from > (query.from ?? 0) ? { from } : {}),
      ...(to < (query.to ?? Infinity) ? { to } : {}),
    };
  }

  /** The first entry at or after a time; the size of the log if there is none. */
  #firstSince(time: string): number {
    const extent = this.extent();
    if (extent === undefined) return 0;
    let [from, to] = [extent.first, extent.last + 1];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const [row] = this.#statements.all<{ time: string }>(
        "SELECT entry ->> '$.time' AS time FROM audit_entries WHERE seq = ?",
        [middle],
      );
      if (row === undefined || row.time < time) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The canonical text of an entry. */
  text(seq: number): string | undefined {
    const [row] = this.#statements.all<{ entry: string }>(
      "SELECT entry FROM audit_entries WHERE seq = ?",
      [seq],
    );
    return row?.entry;
  }

  head(): LogHead {
    const [head] = this.#statements.all<LogHead>(
      "SELECT size, nodes FROM audit_head WHERE one = 1",
      [],
    );
    if (head === undefined) throw damaged("head");
    return head;
  }

  /** How many of the first entries are found by their terms. */
  indexed(): number {
    const [head] = this.#statements.all<{ indexed: number }>(
      "SELECT indexed FROM audit_head WHERE one = 1",
      [],
    );
    return head?.indexed ?? 0;
  }

  origin(): string {
    const [row] = this.#statements.all<{ id: string }>("SELECT id FROM audit_log", []);
    if (row === undefined) throw damaged("name");
    return `govern-audit/${row.id}`;
  }

  treeHead(): TreeHead {
    const { size, nodes } = this.head();
    const edge = decodeEdge(size, nodes);
    if (edge === undefined) throw damaged("head");
    return { origin: this.origin(), size, root: treeHead(edge) };
  }

  checkpoints(): readonly StoredCheckpoint[] {
    return this.#statements.all<StoredCheckpoint>(
      "SELECT size, note FROM audit_checkpoints ORDER BY size",
      [],
    );
  }

  segments(): readonly Segment[] {
    const rows = this.#statements.all<SegmentRow>(
      "SELECT first, size, nodes, note, file, digest FROM audit_segments ORDER BY first",
      [],
    );
    return rows.map(({ nodes, ...row }) => {
      const edge = decodeEdge(row.size, nodes);
      if (edge === undefined) throw damaged(`segment ${row.first}`);
      return { ...row, edge };
    });
  }

  /** The tree over what was archived and dropped: the log that is here begins behind it. */
  start(): RightEdge {
    return this.segments().at(-1)?.edge ?? emptyEdge;
  }

  /** The first and the last row that there are, also such as the head does not know of; undefined without any. */
  extent(): { readonly first: number; readonly last: number } | undefined {
    const [first] = this.#statements.all<{ seq: number }>(
      "SELECT seq FROM audit_entries ORDER BY seq LIMIT 1",
      [],
    );
    const [last] = this.#statements.all<{ seq: number }>(
      "SELECT seq FROM audit_entries ORDER BY seq DESC LIMIT 1",
      [],
    );
    return first === undefined || last === undefined
      ? undefined
      : { first: first.seq, last: last.seq };
  }

  /** The rows [from, end), if they are all there. */
  batch(from: number, end: number): LogBatch | undefined {
    const [row] = this.#statements.all<BatchRow>(
      `SELECT count(*) AS count, min(seq) AS first,
         CAST(group_concat(char(0) || entry, '') AS BLOB) AS texts,
         CAST(group_concat(CAST(nodes AS TEXT), '') AS BLOB) AS nodes
       FROM audit_entries WHERE seq >= ? AND seq < ?`,
      [from, end],
    );
    return row?.count === end - from && row.first === from ? row : undefined;
  }

  /** The first rows from a place on, each for itself. */
  rows(from: number, limit: number): readonly LogRow[] {
    return this.#statements.all<LogRow>(
      `SELECT seq, CAST(entry AS BLOB) AS text, nodes FROM audit_entries
       WHERE seq >= ? ORDER BY seq LIMIT ?`,
      [from, limit],
    );
  }

  /** Gives nodes of the tree, for proofs. One over entries that were dropped is a GovernError `not-found`. */
  nodeReader(): (from: number, size: number) => Digest {
    const start = this.start();
    return (from, size) => {
      const level = Math.round(Math.log2(size));
      const [row] = this.#statements.all<{ node: Buffer }>(
        "SELECT substr(nodes, ?, 32) AS node FROM audit_entries WHERE seq = ?",
        [level * 32 + 1, from + size - 1],
      );
      const digest = row?.node.toString("latin1") ?? edgeNode(start, from, size);
      if (digest?.length === 32) return digest;
      throw new GovernError(
        "not-found",
        `${this.#name} no longer holds what proves entries ${from} to ${from + size - 1}.`,
        { next: "They were archived: prove it from a copy that was taken before." },
      );
    };
  }
}
