/** Verifies the log of a store's file from its bytes: rows, tree, schema, checkpoints. Changes nothing. */
import Database from "better-sqlite3";
import {
  CheckpointJudge,
  judgeNote,
  type NamedNote,
  type UselessNote,
} from "../../audit/checkpoint-judge.ts";
import { LogVerifier, type LogFault, type LogHead } from "../../audit/log-verifier.ts";
import { recordedKeys } from "../../audit/recorded-keys.ts";
import { hexOf, treeHead, type RightEdge } from "../../audit/right-edge.ts";
import type { Checkpoint, NoteKey } from "../../audit/signed-note.ts";
import type { LogVerdict, StoredCheckpoint } from "../store.ts";
import { AuditReader } from "./audit-reader.ts";
import { migrate, schemaObjects } from "./migrations.ts";
import { TermCheck } from "./term-check.ts";

/** Rows that are read at a time. */
const batchRows = 256;

export interface VerifyOptions {
  /** Checkpoints that were kept elsewhere. */
  readonly notes?: readonly NamedNote[];
  /** The only keys that are trusted; default: those that the log itself says signed it. */
  readonly keys?: readonly NoteKey[];
}

/** What the schema of this version is, made afresh. */
function expectedSchema(): ReadonlyMap<string, string> {
  const db = new Database(":memory:");
  try {
    migrate(db);
    return schemaObjects(db);
  } finally {
    db.close();
  }
}

function schemaFault(db: Database.Database): LogFault | undefined {
  const expected = expectedSchema();
  const found = schemaObjects(db);
  const alien = [...found].find(([name, sql]) => expected.get(name) !== sql)?.[0];
  const missing = [...expected.keys()].find((name) => !found.has(name));
  const what = alien ?? (missing === undefined ? undefined : `${missing} is missing`);
  if (what === undefined) return undefined;
  return { kind: "schema", firstBad: 0, reason: `the database's schema was changed: ${what}` };
}

interface Judged {
  readonly checkpoints: readonly { readonly checkpoint: Checkpoint; readonly from: string }[];
  readonly useless: readonly UselessNote[];
  readonly forged: LogFault | undefined;
}

class LogCheck {
  readonly #db: Database.Database;
  readonly #reader: AuditReader;
  readonly #origin: string;
  readonly #head: LogHead;
  readonly #indexed: number;
  readonly #stored: readonly StoredCheckpoint[];
  readonly #options: VerifyOptions;

  constructor(db: Database.Database, options: VerifyOptions) {
    this.#db = db;
    this.#reader = new AuditReader(db);
    this.#origin = this.#reader.origin();
    // Before the checkpoints: one that is made meanwhile is of entries that are left out.
    this.#stored = this.#reader.checkpoints();
    this.#indexed = this.#reader.indexed();
    this.#head = this.#reader.head();
    this.#options = options;
  }

  #judge(): Judged {
    const keys =
      this.#options.keys ?? recordedKeys(this.#reader.entries({ types: ["config"], limit: -1 }));
    const trusted = { origin: this.#origin, keys };
    const stored = this.#stored.map(({ note }) => judgeNote({ note, from: "the store" }, trusted));
    const given = (this.#options.notes ?? []).map((note) => judgeNote(note, trusted));
    const all = [...stored, ...given];
    const useless = all.flatMap((one) => (!one.ok && "useless" in one ? [one.useless] : []));
    return {
      checkpoints: all.flatMap((one) => (one.ok ? [one] : [])),
      useless,
      forged: all.flatMap((one) => (!one.ok && "forged" in one ? [one.forged] : []))[0],
    };
  }

  #bad(fault: LogFault): LogVerdict {
    return { ok: false, origin: this.#origin, size: this.#head.size, ...fault };
  }

  /** What stands for archived entries must be what was signed for them. */
  #startFault(start: RightEdge, { checkpoints }: Judged): LogFault | undefined {
    if (start.size === 0) return undefined;
    const first = this.#reader.extent()?.first ?? start.size;
    if (first < start.size) {
      const reason = `entry ${first} stands where entries 0 to ${start.size - 1} were archived`;
      return { kind: "addition", firstBad: first, reason };
    }
    const root = treeHead(start);
    const own = checkpoints.filter(({ checkpoint }) => checkpoint.size === start.size);
    if (own.length > 0 && own.every(({ checkpoint }) => checkpoint.root === root)) return undefined;
    const reason = `what stands for the archived entries 0 to ${start.size - 1} is not what their checkpoint was signed for`;
    return { kind: "checkpoint", firstBad: 0, reason };
  }

  /** Rows behind the stored size are alien too, unless the log has grown since the head was read. */
  #end(): number {
    const last = this.#reader.extent()?.last ?? -1;
    return this.#reader.head().size === this.#head.size
      ? Math.max(this.#head.size, last + 1)
      : this.#head.size;
  }

  *#rows(verifier: LogVerifier, judge: CheckpointJudge): Generator<number, LogFault | undefined> {
    const met = judge.meet(verifier.size, verifier.root);
    if (met !== undefined) return met;
    const extent = { start: verifier.size, indexed: this.#indexed };
    const terms = new TermCheck(this.#db, extent);
    const end = this.#end();
    while (verifier.size < end) {
      const until = Math.min(
        verifier.size + batchRows,
        end,
        Math.max(judge.next, verifier.size + 1),
      );
      const batch = this.#reader.batch(verifier.size, until);
      if (batch === undefined || !verifier.take(batch)) {
        const fault = this.#explain(verifier, until, terms);
        if (fault !== undefined) return fault;
        if (verifier.size < until) break;
      } else {
        terms.take(batch.texts);
      }
      const fault =
        verifier.size === judge.next ? judge.meet(verifier.size, verifier.root) : undefined;
      if (fault !== undefined) return fault;
      yield verifier.size;
    }
    const isGrowing = this.#reader.indexed() !== this.#indexed;
    return (
      verifier.finish(this.#head) ??
      judge.finish(verifier.size) ??
      terms.finish(verifier.size, isGrowing)
    );
  }

  #explain(verifier: LogVerifier, until: number, terms: TermCheck): LogFault | undefined {
    while (verifier.size < until) {
      const [row] = this.#reader.rows(verifier.size, 1);
      const fault = row === undefined ? undefined : verifier.explain(row);
      if (row === undefined || fault !== undefined) return fault;
      terms.take(Buffer.concat([Buffer.of(0), row.text]));
    }
    return undefined;
  }

  *run(): Generator<number, LogVerdict> {
    const alien = schemaFault(this.#db);
    if (alien !== undefined) return this.#bad(alien);
    const judged = this.#judge();
    const start = this.#reader.start();
    const early = judged.forged ?? this.#startFault(start, judged);
    if (early !== undefined) return this.#bad(early);
    const verifier = new LogVerifier(start);
    const judge = new CheckpointJudge(judged.checkpoints);
    const fault = yield* this.#rows(verifier, judge);
    if (fault !== undefined) return this.#bad(fault);
    return {
      ok: true,
      origin: this.#origin,
      size: verifier.size,
      root: hexOf(verifier.root),
      first: start.size,
      clockBack: verifier.clockBack,
      checkpoints: judged.checkpoints.length,
      signed: judge.agreed,
      useless: judged.useless,
    };
  }
}

/** Verifies as the log stands now, in steps that give how far they are; entries that are appended meanwhile are left out. */
export function verifySteps(
  db: Database.Database,
  options: VerifyOptions = {},
): Generator<number, LogVerdict> {
  return new LogCheck(db, options).run();
}

/** All the steps at once. */
export function verifyLog(db: Database.Database, options: VerifyOptions = {}): LogVerdict {
  const steps = verifySteps(db, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
