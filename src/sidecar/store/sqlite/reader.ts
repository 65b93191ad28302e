/** Reads the store through a read-only handle of its own, so that listing neither waits for the writer nor delays it. */
import { setImmediate as nextTurn } from "node:timers/promises";
import Database from "better-sqlite3";
import type { AuditEntry } from "../../../contract/audit-entry.ts";
import { GovernError } from "../../../errors/govern-error.ts";
import { LogVerifier, type LogHead, type LogRow } from "../../audit/log-verifier.ts";
import type {
  ApprovalQuery,
  ApprovalRecord,
  EntryQuery,
  LogVerdict,
  SessionRecord,
} from "../store.ts";
import { approvalColumns, recordOf, voteReader, type ApprovalRow } from "./approval-rows.ts";
import { sessionOf, type SessionRow } from "./session-rows.ts";
import { migrate, schemaObjects } from "./migrations.ts";

const defaultLimit = 100;
/** Rows that verifying reads before it lets other work run. */
const verifyChunk = 256;

type Value = string | number;

/** Conditions that were asked for, with what they bind. */
class Conditions {
  readonly #terms: string[] = [];
  readonly values: Value[] = [];

  add(term: string, ...values: Value[]): void {
    this.#terms.push(term);
    this.values.push(...values);
  }

  /** Few of a fixed kind: one placeholder each, so that an index serves them. */
  addOneOf(column: string, values: readonly string[] | undefined): void {
    if (values === undefined) return;
    const [only] = values;
    if (values.length === 1 && only !== undefined) this.add(`${column} = ?`, only);
    else this.add(`${column} IN (${values.map(() => "?").join(", ")})`, ...values);
  }

  addEqual(column: string, value: Value | undefined): void {
    if (value !== undefined) this.add(`${column} = ?`, value);
  }

  get where(): string {
    return this.#terms.length === 0 ? "" : `WHERE ${this.#terms.join(" AND ")}`;
  }
}

function approvalConditions(query: ApprovalQuery): Conditions {
  const conditions = new Conditions();
  if (query.ids !== undefined) {
    conditions.add("id IN (SELECT value FROM json_each(?))", JSON.stringify(query.ids));
  }
  conditions.addEqual("operation_digest", query.operationDigest);
  conditions.addEqual("arguments_digest", query.argumentsDigest);
  conditions.addOneOf("state", query.states);
  conditions.addEqual("requester_subject", query.requester?.subject);
  conditions.addEqual("requester_issuer", query.requester?.issuer);
  if (query.detached !== undefined) conditions.addEqual("detached", query.detached ? 1 : 0);
  if (query.since !== undefined) {
    conditions.add("(created_at >= ? OR decided_at >= ?)", query.since, query.since);
  }
  if (query.expiresBy !== undefined) conditions.add("expires_at <= ?", query.expiresBy);
  return conditions;
}

function entryConditions(query: EntryQuery): Conditions {
  const conditions = new Conditions();
  if (query.from !== undefined) conditions.add("seq >= ?", query.from);
  conditions.addOneOf("type", query.types);
  conditions.addEqual("app", query.app);
  conditions.addEqual("subject", query.subject);
  conditions.addEqual("approval", query.approval);
  return conditions;
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

export class Reader {
  readonly #db: Database.Database;
  readonly #key: Uint8Array;
  readonly #votes: ReturnType<typeof voteReader>;
  readonly #statements = new Map<string, Database.Statement<Value[]>>();
  readonly #rows: Database.Statement<[number, number, number], LogRow>;
  readonly #head: Database.Statement<[], LogHead>;
  readonly #note: Database.Statement<[string], string>;

  /** Opens a file that the writer has open. */
  constructor(path: string, key: Uint8Array) {
    this.#db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    this.#key = key;
    this.#votes = voteReader(this.#db);
    this.#rows = this.#db.prepare(
      "SELECT seq, entry, leaf, edge FROM audit_entries WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
    );
    this.#note = this.#db
      .prepare<[string], string>("SELECT value FROM notes WHERE name = ?")
      .pluck();
    this.#head = this.#db.prepare("SELECT size, nodes FROM audit_head WHERE one = 1");
  }

  #all(sql: string, values: readonly Value[]): unknown[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<Value[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement.all(...values);
  }

  approvals(query: ApprovalQuery): readonly ApprovalRecord[] {
    const { where, values } = approvalConditions(query);
    const sql = `SELECT ${approvalColumns} FROM approvals ${where} ORDER BY number DESC LIMIT ?`;
    const rows = this.#all(sql, [...values, query.limit ?? defaultLimit]) as ApprovalRow[];
    return rows.map((row) => recordOf(row, this.#votes(row.id), this.#key));
  }

  note(name: string): string | undefined {
    return this.#note.get(name);
  }

  entries(query: EntryQuery): readonly AuditEntry[] {
    const { where, values } = entryConditions(query);
    const order = query.newestFirst === true ? "DESC" : "ASC";
    const sql = `SELECT entry FROM audit_entries ${where} ORDER BY seq ${order} LIMIT ?`;
    const rows = this.#all(sql, [...values, query.limit ?? defaultLimit]) as { entry: string }[];
    return rows.map((row) => JSON.parse(row.entry) as AuditEntry);
  }

  session(id: string): SessionRecord | undefined {
    const [row] = this.#all("SELECT * FROM sessions WHERE id = ?", [id]) as SessionRow[];
    return row === undefined ? undefined : sessionOf(row, this.#key);
  }

  sessions(person?: {
    readonly subject: string;
    readonly issuer: string;
  }): readonly SessionRecord[] {
    const conditions = new Conditions();
    conditions.addEqual("issuer", person?.issuer);
    conditions.addEqual("subject", person?.subject);
    const sql = `SELECT * FROM sessions ${conditions.where} ORDER BY groups_at, id`;
    const rows = this.#all(sql, conditions.values) as SessionRow[];
    return rows.map((row) => sessionOf(row, this.#key));
  }

  /** Verifies the log as it stands now; entries that are appended meanwhile are left out. */
  async verify(): Promise<LogVerdict> {
    const head = this.#head.get();
    if (head === undefined) throw new GovernError("store-failed", "the log has no head");
    const alien = this.#alienObject();
    if (alien !== undefined) {
      const reason = `the database's schema was changed: ${alien}`;
      return { ok: false, size: head.size, firstBad: 0, reason };
    }
    const verifier = new LogVerifier();
    const end = this.#endOf(head);
    for (let from = 0; from < end;) {
      const rows = this.#rows.all(from, end, verifyChunk);
      const last = rows.at(-1);
      if (last === undefined || !rows.every((row) => verifier.add(row))) break;
      from = last.seq + 1;
      await nextTurn();
    }
    return verifier.finish(head);
  }

  /** Rows behind the stored size are alien too, unless the log has grown since the head was read. */
  #endOf(head: LogHead): number {
    const now = this.#db
      .prepare<[], { size: number; rows: number | null }>(
        "SELECT (SELECT size FROM audit_head) AS size, (SELECT max(seq) + 1 FROM audit_entries) AS rows",
      )
      .get();
    return now?.size === head.size ? Math.max(head.size, now.rows ?? 0) : head.size;
  }

  #alienObject(): string | undefined {
    const expected = expectedSchema();
    const found = schemaObjects(this.#db);
    for (const [name, sql] of found) if (expected.get(name) !== sql) return name;
    for (const name of expected.keys()) if (!found.has(name)) return `${name} is missing`;
    return undefined;
  }

  close(): void {
    this.#db.close();
  }
}
