/** What the statements room tells of a SQL text. */

export interface StatementFacts {
  /** `invalid`: no statement, or none that the dialect's parser understands; treat it as a write. */
  readonly access: "read" | "write" | "invalid";
  /** The node that decided (`UpdateStmt`), or a reason. Never holds a value of the text. */
  readonly why: string;
  /** Sorted, each once; with their schema unless it is the default one. */
  readonly tables: string[];
  /** Sorted, each once, without table; `*` where all are taken. */
  readonly columns: string[];
  /** A name for each placeholder, in order. */
  readonly parameters: string[];
}

/** The facts of a text that is no statement. */
export function invalidFacts(why: string): StatementFacts {
  return { access: "invalid", why, tables: [], columns: [], parameters: [] };
}
