/** Reads the store through a read-only handle of its own, so that listing neither waits for the writer nor delays it. */
import Database from "better-sqlite3";
import type { ApprovalQuery, ApprovalRecord, SessionRecord } from "../store.ts";
import { approvalColumns, recordOf, voteReader, type ApprovalRow } from "./approval-rows.ts";
import { AuditReader } from "./audit-reader.ts";
import { Conditions, Statements } from "./conditions.ts";
import { sessionOf, type SessionRow } from "./session-rows.ts";

const defaultLimit = 100;

function approvalConditions(query: ApprovalQuery): Conditions {
  const conditions = new Conditions();
  if (query.ids !== undefined) {
    conditions.add("id IN (SELECT value FROM json_each(?))", JSON.stringify(query.ids));
  }
  if (query.prefix !== undefined) {
    // In the order of bytes, "~" is behind every character of an id.
    conditions.add("id >= ? AND id < ?", query.prefix, `${query.prefix}~`);
  }
  if (query.before !== undefined) {
    conditions.add("number < (SELECT number FROM approvals WHERE id = ?)", query.before);
  }
  if (query.unreviewed === true) {
    conditions.add("release IS NOT NULL AND release ->> '$.review' IS NULL");
  }
  if (query.unresolved === true) conditions.add("state = 'unknown' AND resolution IS NULL");
  conditions.addEqual("app", query.app);
  conditions.addEqual("operation", query.operation);
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

export class Reader {
  readonly audit: AuditReader;
  readonly #db: Database.Database;
  readonly #key: Uint8Array;
  readonly #votes: ReturnType<typeof voteReader>;
  readonly #statements: Statements;

  /** Opens a file that the writer has open. */
  constructor(path: string, key: Uint8Array) {
    this.#db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    this.#key = key;
    this.#votes = voteReader(this.#db);
    this.#statements = new Statements(this.#db);
    this.audit = new AuditReader(this.#db);
  }

  approvals(query: ApprovalQuery): readonly ApprovalRecord[] {
    const { where, values } = approvalConditions(query);
    const sql = `SELECT ${approvalColumns} FROM approvals ${where} ORDER BY number DESC LIMIT ?`;
    const rows = this.#statements.all<ApprovalRow>(sql, [...values, query.limit ?? defaultLimit]);
    return rows.map((row) => recordOf(row, this.#votes(row.id), this.#key));
  }

  countApprovals(query: ApprovalQuery): number {
    const { where, values } = approvalConditions(query);
    const sql = `SELECT count(*) AS count FROM approvals ${where}`;
    return this.#statements.all<{ count: number }>(sql, values)[0]?.count ?? 0;
  }

  note(name: string): string | undefined {
    const [row] = this.#statements.all<{ value: string }>(
      "SELECT value FROM notes WHERE name = ?",
      [name],
    );
    return row?.value;
  }

  session(id: string): SessionRecord | undefined {
    const [row] = this.#statements.all<SessionRow>("SELECT * FROM sessions WHERE id = ?", [id]);
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
    const rows = this.#statements.all<SessionRow>(sql, conditions.values);
    return rows.map((row) => sessionOf(row, this.#key));
  }

  close(): void {
    this.#db.close();
  }
}
