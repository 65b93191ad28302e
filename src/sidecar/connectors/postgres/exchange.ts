/**
 * Statements in one flight by the extended protocol, a single Sync at their end: the server skips the rest after an error,
 * so that a COMMIT among them is not reached then.
 */
import { DatabaseError, type Connection, type Submittable } from "pg";

export interface Part {
  readonly text: string;
  readonly values: readonly (string | null)[];
  /** Rows that are fetched at most; all if left out. */
  readonly maxRows?: number;
  /** Nobody looks at what it gives: its columns are not asked for. */
  readonly silent?: true;
}

/** What sets settings of the session, or of its transaction alone, with names and values bound. */
export function settingsPart(
  settings: readonly (readonly [name: string, value: string])[],
  scope: "session" | "transaction",
): Part {
  const isLocal = String(scope === "transaction");
  const calls = settings.map(
    (_, at) => `pg_catalog.set_config($${at * 2 + 1}, $${at * 2 + 2}, ${isLocal})`,
  );
  return { text: `SELECT ${calls.join(", ")}`, values: settings.flat(), silent: true };
}

/** Of one that is computed, table and place are 0. */
export interface GivenColumn {
  readonly name: string;
  readonly oid: number;
  readonly table: number;
  readonly place: number;
}

/** What the server gave for one statement. */
export interface Given {
  columns: readonly GivenColumn[];
  readonly rows: (readonly (string | null)[])[];
  /** The statement's command tag, e.g. `INSERT 0 1`; empty where rows were left unfetched. */
  tag: string;
}

/** How an exchange ended. `lost`: the connection ended before the server's word on it. */
export type ExchangeEnd =
  | { readonly kind: "ended"; readonly given: readonly Readonly<Given>[] }
  | { readonly kind: "refused"; readonly sqlstate: string }
  | { readonly kind: "lost" };

interface RowDescription {
  readonly fields: readonly {
    readonly name: string;
    readonly dataTypeID: number;
    readonly tableID: number;
    readonly columnID: number;
  }[];
}

/** Errors by which the server ends the session, perhaps after its commit: they are no answer to the statement. */
function endsSession(error: DatabaseError): boolean {
  if (error.severity === "FATAL" || error.severity === "PANIC") return true;
  return /^(?:08|57P|25P0[34])/.test(error.code ?? "");
}

/** What pg drives: it is submitted once and told each message of the server. */
export class Exchange implements Submittable {
  readonly ended: Promise<ExchangeEnd>;
  readonly #parts: readonly Part[];
  readonly #given: Given[];
  #at = 0;
  #end: (end: ExchangeEnd) => void = () => {};

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.#given = parts.map(() => ({ columns: [], rows: [], tag: "" }));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  submit = (connection: Connection): void => {
    connection.stream.cork();
    for (const { text, values, maxRows, silent } of this.#parts) {
      connection.parse({ name: "", text, types: [] }, true);
      connection.bind({ values: [...values] }, true);
      if (silent !== true) connection.describe({ type: "P", name: "" }, true);
      connection.execute(maxRows === undefined ? {} : { rows: String(maxRows) }, true);
    }
    connection.sync();
    connection.stream.uncork();
  };

  get #now(): Given | undefined {
    return this.#given[this.#at];
  }

  #next(tag: string): void {
    if (this.#now !== undefined) this.#now.tag = tag;
    this.#at += 1;
  }

  handleRowDescription({ fields }: RowDescription): void {
    if (this.#now !== undefined) {
      this.#now.columns = fields.map(({ name, dataTypeID, tableID, columnID }) => ({
        name,
        oid: dataTypeID,
        table: tableID,
        place: columnID,
      }));
    }
  }

  handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
    this.#now?.rows.push(fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#next(text);
  }

  handlePortalSuspended(): void {
    this.#next("");
  }

  handleEmptyQuery(): void {
    this.#next("");
  }

  /** COPY is never sent; a server that asks for its data all the same is not talked to. */
  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy();
  }

  handleCopyData(_message: unknown, connection: Connection): void {
    connection.stream.destroy();
  }

  handleError(error: Error): void {
    if (error instanceof DatabaseError && !endsSession(error)) {
      this.#end({ kind: "refused", sqlstate: error.code ?? "" });
    } else {
      this.#end({ kind: "lost" });
    }
  }

  handleReadyForQuery(): void {
    this.#end({ kind: "ended", given: this.#given });
  }
}
