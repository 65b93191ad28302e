import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import type { NewAuditEntry } from "../../../src/contract/audit-entry.ts";
import type { LogVerdict } from "../../../src/sidecar/store/store.ts";
import { verifyLog } from "../../../src/sidecar/store/sqlite/verify-log.ts";
import { parseKey, readSigner, type NoteSigner } from "../../../src/sidecar/audit/signed-note.ts";
import { sampleEntry } from "../store/samples.ts";
import { entriesOf, makeLog, makePem, rewrite, truncate, type TestLog } from "./logs.ts";

const size = 10_000;
/** Entries that a checkpoint was signed for and kept elsewhere: the last ones are not. */
const anchored = 9_950;

describe("a log of 10,000 entries", () => {
  let log: TestLog;
  let anchor: string;

  beforeAll(() => {
    log = makeLog();
    log.append(entriesOf(2_999));
    log.sign();
    log.append(entriesOf(anchored - 3_000, 3_000));
    anchor = log.sign({ keep: false });
    log.append(entriesOf(size - anchored, anchored));
  });
  afterAll(() => log.db.close());

  /** What verifying says of the log after a change, which is then undone. */
  function verdictAfter(change: () => void): LogVerdict {
    log.db.exec("BEGIN");
    try {
      change();
      return verifyLog(log.db, { notes: [{ note: anchor, from: "the anchor" }] });
    } finally {
      log.db.exec("ROLLBACK");
    }
  }

  const column = (name: "entry" | "nodes", seq: number): Buffer =>
    log.db
      .prepare<[number], Buffer>(`SELECT CAST(${name} AS BLOB) FROM audit_entries WHERE seq = ?`)
      .pluck()
      .get(seq) ?? Buffer.alloc(0);

  function flip(name: "entry" | "nodes", seq: number, bit: number): void {
    const bytes = Buffer.from(column(name, seq));
    const at = Math.floor(bit / 8) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
    const value = name === "entry" ? "CAST(? AS TEXT)" : "?";
    log.db.prepare(`UPDATE audit_entries SET ${name} = ${value} WHERE seq = ?`).run(bytes, seq);
  }

  const places = { numRuns: 12 };
  const seq = fc.nat(size - 1);

  it("verifies untouched, with the checkpoints that were compared", () => {
    expect(verdictAfter(() => undefined)).toMatchObject({
      ok: true,
      size,
      checkpoints: 2,
      signed: anchored,
    });
  });

  it("L1: does not with a flipped bit in an entry, and names it", () => {
    fc.assert(
      fc.property(seq, fc.nat(8 * 500), (at, bit) => {
        let verdict: LogVerdict;
        try {
          verdict = verdictAfter(() => flip("entry", at, bit));
        } catch (error) {
          // No JSON any more: the indexes of the table do not take it.
          expect(String(error)).toContain("malformed JSON");
          return;
        }
        expect(verdict).toMatchObject({ ok: false, firstBad: at });
      }),
      places,
    );
  });

  it("does not with a flipped bit in a hash, and names an entry below it", () => {
    fc.assert(
      fc.property(seq, fc.nat(8 * 1000), (at, bit) => {
        const verdict = verdictAfter(() => flip("nodes", at, bit));
        expect(verdict.ok).toBe(false);
        if (!verdict.ok) expect(verdict.firstBad).toBeLessThanOrEqual(at);
      }),
      places,
    );
  });

  it("L1: does not with a deleted entry, and names it", () => {
    fc.assert(
      fc.property(seq, (at) => {
        const verdict = verdictAfter(() => {
          log.db.prepare("DELETE FROM audit_entries WHERE seq = ?").run(at);
        });
        expect(verdict).toMatchObject({ ok: false, firstBad: at });
      }),
      places,
    );
  });

  it("L1: does not with two exchanged entries, and names the first", () => {
    fc.assert(
      fc.property(fc.nat(size - 2), fc.nat(size), (at, by) => {
        const other = at + 1 + (by % (size - 1 - at));
        const verdict = verdictAfter(() => {
          const move = log.db.prepare("UPDATE audit_entries SET seq = ? WHERE seq = ?");
          for (const [to, from] of [
            [size + 1, at],
            [at, other],
            [other, size + 1],
          ] as const) {
            move.run(to, from);
          }
        });
        expect(verdict).toMatchObject({ ok: false, kind: "reordering", firstBad: at });
      }),
      places,
    );
  });

  it("L2: does not with its end cut off, whole tree and head recomputed, against the anchor", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: anchored - 1 }), (left) => {
        const verdict = verdictAfter(() => truncate(log.db, left));
        expect(verdict).toMatchObject({ ok: false, kind: "truncation", firstBad: left });
      }),
      { numRuns: 6 },
    );
  });

  it("L3: does not with a suffix rewritten and recomputed, against the anchor", () => {
    fc.assert(
      fc.property(fc.nat(anchored - 1), (from) => {
        const verdict = verdictAfter(() => {
          rewrite(log.db, from, (text) => text.replace('"subject":"sam"', '"subject":"kim"'));
        });
        const agreed = from >= 3_000 ? 3_000 : 0;
        expect(verdict).toMatchObject({ ok: false, kind: "fork", firstBad: agreed });
      }),
      { numRuns: 6 },
    );
  });
});

describe("L5: a log that was not watched for a while", () => {
  it("is a fork to the anchor, where an older copy was put back and gone on with", () => {
    const log = makeLog();
    log.append(entriesOf(40));
    log.sign();
    log.append(entriesOf(20, 40));
    const anchor = log.sign({ keep: false });
    truncate(log.db, 41);
    log.append(entriesOf(30, 100));
    const verdict = verifyLog(log.db, { notes: [{ note: anchor, from: "the anchor" }] });
    expect(verdict).toMatchObject({ ok: false, kind: "fork", firstBad: 41 });
    log.db.close();
  });

  it("has a gap, where entries of that time were not kept", () => {
    const log = makeLog();
    log.append(entriesOf(40));
    log.db.exec("DELETE FROM audit_entries WHERE seq BETWEEN 10 AND 19");
    expect(verifyLog(log.db)).toMatchObject({ ok: false, kind: "deletion", firstBad: 10 });
    log.db.close();
  });
});

describe("what is signed", () => {
  let log: TestLog;

  const appended = (...entries: NewAuditEntry[]): TestLog => {
    log.append(entries);
    return log;
  };
  beforeAll(() => {
    log = makeLog();
    appended(...entriesOf(30));
    log.sign();
    appended(...entriesOf(5));
  });
  afterAll(() => log.db.close());

  it("by another key says nothing of the log where one key is trusted", () => {
    const other = readSigner(makePem(), log.origin, "a key");
    const note = log.sign({ keep: false, signer: other });
    const verdict = verifyLog(log.db, { notes: [{ note, from: "a friend" }] });
    expect(verdict).toMatchObject({
      ok: true,
      useless: [{ from: "a friend", why: "unknown-key" }],
    });
  });

  it("for another log is told as such", () => {
    const stranger = makeLog();
    const note = stranger.sign({ keep: false });
    const verdict = verifyLog(log.db, { notes: [{ note, from: "a file" }] });
    expect(verdict).toMatchObject({ ok: true, useless: [{ why: "other-log" }] });
    stranger.db.close();
  });

  it("and was changed afterwards is a forgery", () => {
    const note = log.sign({ keep: false }).replace(/^36$/m, "35");
    const verdict = verifyLog(log.db, { notes: [{ note, from: "a file" }] });
    expect(verdict).toMatchObject({ ok: false, kind: "checkpoint" });
  });

  it("verifies with each key that the log records, one after the other", () => {
    const next = readSigner(makePem(), log.origin, "a key");
    const signingKey = `${next.name}+${next.id}+${keyOf(next)}`;
    expect(parseKey(signingKey)?.id).toBe(next.id);
    appended(sampleEntry({ type: "config", decision: { signingKey, previous: null } }));
    log.sign({ signer: next });
    expect(verifyLog(log.db)).toMatchObject({ ok: true, checkpoints: 2, signed: 37, useless: [] });
  });
});

function keyOf(key: NoteSigner): string {
  const raw = key.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return Buffer.concat([Buffer.of(1), raw]).toString("base64");
}
