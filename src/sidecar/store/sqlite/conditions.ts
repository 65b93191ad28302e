/** Queries that are put together from what was asked for, and the statements that were prepared for them. */
import type Database from "better-sqlite3";

type Value = string | number;

/** Conditions with what they bind. */
export class Conditions {
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

export class Statements {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Database.Statement<Value[]>>();

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Rows of a query whose columns are those of `T`. */
  all<T>(sql: string, values: readonly Value[]): T[] {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<Value[]>(sql);
      this.#prepared.set(sql, statement);
    }
    return statement.all(...values) as T[];
  }
}
