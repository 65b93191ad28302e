/**
 * Statements in a transaction of their own, by the extended protocol and in one flight: BEGIN, the statements, COMMIT, a
 * single Sync. The server skips the rest after an error, so that nothing is committed then.
 */
import { DatabaseError, type Connection, type Submittable } from "pg";

export interface ExchangeOptions {
  readonly access: "read" | "write";
  readonly statements: readonly {
    readonly text: string;
    readonly values: readonly (string | null)[];
  }[];
  /** Rows of each statement that are fetched at most; all if left out. */
  readonly maxRows?: number;
}

/** What the server gave for one statement. */
export interface Given {
  columns: readonly { readonly name: string; readonly oid: number }[];
  readonly rows: (readonly (string | null)[])[];
  /** The statement's command tag, e.g. `INSERT 0 1`; empty where rows were left unfetched. */
  tag: string;
}

/** How an exchange ended. `lost`: the connection ended before the server's word on it. */
export type ExchangeEnd =
  | { readonly kind: "committed"; readonly given: readonly Readonly<Given>[] }
  | { readonly kind: "refused"; readonly sqlstate: string }
  | { readonly kind: "lost" };

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/** Errors by which the server ends the session, perhaps after its commit: they are no answer to the statement. */
function endsSession(error: DatabaseError): boolean {
  if (error.severity === "FATAL" || error.severity === "PANIC") return true;
  return /^(?:08|57P|25P0[34])/.test(error.code ?? "");
}

/** What pg drives: it is submitted once and told each message of the server. */
export class Exchange implements Submittable {
  readonly ended: Promise<ExchangeEnd>;
  readonly #options: ExchangeOptions;
  /** Of BEGIN, of each statement, of COMMIT. */
  readonly #given: Given[];
  #at = 0;
  #end: (end: ExchangeEnd) => void = () => {};

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const parts = Array.from({ length: options.statements.length + 2 });
    this.#given = parts.map(() => ({ columns: [], rows: [], tag: "" }));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  submit = (connection: Connection): void => {
    const { access, statements, maxRows } = this.#options;
    connection.stream.cork();
    this.#send(connection, access === "read" ? "BEGIN READ ONLY" : "BEGIN READ WRITE", []);
    for (const { text, values } of statements) this.#send(connection, text, values, maxRows);
    this.#send(connection, "COMMIT", []);
    connection.sync();
    connection.stream.uncork();
  };

  // oxlint-disable-next-line max-params -- what the four messages carry
  #send(
    connection: Connection,
    text: string,
    values: readonly (string | null)[],
    rows?: number,
  ): void {
    connection.parse({ name: "", text, types: [] }, true);
    connection.bind({ values: [...values] }, true);
    connection.describe({ type: "P", name: "" }, true);
    connection.execute(rows === undefined ? {} : { rows: String(rows) }, true);
  }

  get #now(): Given | undefined {
    return this.#given[this.#at];
  }

  #next(tag: string): void {
    if (this.#now !== undefined) this.#now.tag = tag;
    this.#at += 1;
  }

  handleRowDescription({ fields }: RowDescription): void {
    if (this.#now !== undefined) {
      this.#now.columns = fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID }));
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
    const isCommitted = this.#given.at(-1)?.tag === "COMMIT";
    this.#end(
      isCommitted
        ? { kind: "committed", given: this.#given.slice(1, -1) }
        : { kind: "refused", sqlstate: "" },
    );
  }
}
