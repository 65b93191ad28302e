/** What a log of several blocks is searched by: it finds what reading every entry finds, and cannot be changed unseen. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Database from "better-sqlite3";
import type { AuditEntry, NewAuditEntry } from "../../../src/contract/audit-entry.ts";
import type { EntryQuery } from "../../../src/sidecar/store/store.ts";
import { AuditReader } from "../../../src/sidecar/store/sqlite/audit-reader.ts";
import { AuditWriter } from "../../../src/sidecar/store/sqlite/audit-writer.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { sampleEntry } from "../store/samples.ts";
import { makeLog, type TestLog } from "./logs.ts";

const subjects = ["sam", "ana", 'o"brien\\', "zoë\n", "\u0000\u2028", ""];
const operations = ["get-a-1", "post-a-2", 'x","operation":"get-a-1', "ü"];
const decoy = { actor: { subject: "ana" }, operation: "get-a-1", type: "held", v: 1 };

/** Entries whose arguments look like other entries, and whose values look like JSON. */
function entryAt(n: number): NewAuditEntry {
  const subject = subjects[n % subjects.length] ?? "";
  return sampleEntry({
    type: (["read", "intent", "outcome", "refused"] as const)[n % 4] ?? "read",
    actor: n % 5 === 0 ? null : { subject, issuer: "dev", groups: ["]", "g"], session: null },
    operation: n % 7 === 0 ? null : (operations[n % operations.length] ?? null),
    approval: n % 500 === 0 ? `approval ${n % 1000}` : null,
    correlation: n % 3 === 0 ? `call\n"${n >> 3}"` : `call-${n >> 3}`,
    arguments: n % 2 === 0 ? { ...decoy, correlation: `call-${n}` } : [JSON.stringify(decoy)],
    outcome: n % 11 === 0 ? { operation: "post-a-2", outcome: null } : null,
  });
}

const size = 3400;
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

describe("searching a log of several blocks", () => {
  let log: TestLog;
  let all: readonly AuditEntry[];
  beforeAll(() => {
    log = makeLog();
    log.append(Array.from({ length: size - 1 }, (_, n) => entryAt(n)));
    const texts = log.db.prepare<[], string>("SELECT entry FROM audit_entries").pluck().all();
    all = texts.map((text) => JSON.parse(text) as AuditEntry);
  });
  afterAll(() => log.db.close());

  /** The same by reading every entry. */
  function expected(query: EntryQuery): readonly number[] {
    const found = all.filter(
      (entry) =>
        (query.types?.includes(entry.type) ?? true) &&
        (query.subject === undefined || entry.actor?.subject === query.subject) &&
        (query.operation === undefined || entry.operation === query.operation) &&
        (query.approval === undefined || entry.approval === query.approval) &&
        (query.correlation === undefined || entry.correlation === query.correlation) &&
        entry.seq >= (query.from ?? 0) &&
        entry.seq < (query.to ?? Infinity) &&
        (query.since === undefined || entry.time >= query.since),
    );
    const numbers = found.map(({ seq }) => seq);
    return (query.newestFirst === true ? numbers.toReversed() : numbers).slice(0, query.limit);
  }

  it("has a search of each full block, and none of the last entries", () => {
    expect(new AuditReader(log.db).indexed()).toBe(3072);
  });

  it("finds what reading every entry finds, in the order that was asked for", () => {
    const reader = new AuditReader(log.db);
    const query = fc.record({
      types: optional(
        fc.uniqueArray(fc.constantFrom("read" as const, "refused" as const, "held" as const)),
      ),
      subject: optional(fc.constantFrom(...subjects, "nobody")),
      operation: optional(fc.constantFrom(...operations, "none")),
      approval: optional(fc.constantFrom("approval 0", "approval 500", "none")),
      correlation: optional(fc.constantFrom("call-9", 'call\n"9"', "call-384", "call", "none")),
      from: optional(fc.nat(size)),
      to: optional(fc.nat(size)),
      limit: fc.constantFrom(1, 7, 300, 5000),
      newestFirst: fc.boolean(),
    });
    fc.assert(
      fc.property(query, (fields) => {
        const asked = Object.fromEntries(
          Object.entries(fields).filter(([, value]) => value !== undefined),
        ) as EntryQuery;
        expect(reader.entries(asked).map(({ seq }) => seq)).toEqual(expected(asked));
      }),
      { numRuns: 300 },
    );
  });

  it("verifies untouched", () => {
    expect(verifyLog(log.db)).toMatchObject({ ok: true, size });
  });

  it.each([
    [
      "a term was taken away",
      1024,
      "DELETE FROM audit_terms WHERE first = 1024 AND term = 'subject sam'",
    ],
    ["a term was added", 0, "INSERT INTO audit_terms VALUES (0, 'subject kim', char(33))"],
    [
      "an entry was taken from a term",
      2048,
      "UPDATE audit_terms SET places = substr(places, 2) WHERE first = 2048 AND term = 'type refused'",
    ],
    [
      "a call was renamed",
      1024,
      "UPDATE audit_terms SET places = replace(places, 'call-200', 'call-201') WHERE first = 1024",
    ],
    ["a block was dropped", 2048, "DELETE FROM audit_terms WHERE first = 2048"],
    ["fewer blocks are said to be searched", 1024, "UPDATE audit_head SET indexed = 1024"],
    ["more entries are said to be searched", size, "UPDATE audit_head SET indexed = 4096"],
  ])("does not verify when %s", (_, firstBad, change) => {
    const verdictAfter = (db: Database.Database): ReturnType<typeof verifyLog> => {
      db.exec("BEGIN");
      db.exec(change);
      const verdict = verifyLog(db);
      db.exec("ROLLBACK");
      return verdict;
    };
    expect(verdictAfter(log.db)).toMatchObject({ ok: false, kind: "search", firstBad });
  });

  it("goes on, and verifies, where a block's first entries were archived", () => {
    const rest = makeLog();
    rest.append(Array.from({ length: 1499 }, (_, n) => entryAt(n)));
    const note = rest.sign();
    rest.append(Array.from({ length: 1900 }, (_, n) => entryAt(1499 + n)));
    const segment = { first: 0, size: 1500, note, file: "a.jsonl", digest: "" };
    new AuditWriter(rest.db).dropArchived(segment);
    const found = new AuditReader(rest.db).entries({ subject: "sam", limit: size });
    expect(found.map(({ seq }) => seq)).toEqual(
      expected({ subject: "sam" }).filter((seq) => seq >= 1500),
    );
    expect(verifyLog(rest.db, { keys: [rest.signer] })).toMatchObject({
      ok: true,
      first: 1500,
      size,
    });
    rest.db.exec("DELETE FROM audit_terms WHERE first = 1024 AND term = 'subject sam'");
    expect(verifyLog(rest.db, { keys: [rest.signer] })).toMatchObject({
      ok: false,
      kind: "search",
      firstBad: 1024,
    });
    rest.db.close();
  });
});
