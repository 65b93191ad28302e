/**
 * Statements: a SQL text → read or write, its tables, columns and parameter names. Judged by the parser of the text's
 * dialect alone, and fail closed: what is not known to be harmless is a write. No I/O besides loading a parser; no
 * knowledge of bundles, rules or databases.
 */
import type { Dialect } from "../contract/operation.ts";
import { postgresFacts } from "./postgres/facts.ts";
import { loadParser as loadPostgresParser } from "./postgres/parser.ts";
import { lexedFacts } from "./sqlparser/facts.ts";
import { loadParser as loadSqlParser } from "./sqlparser/parser.ts";
import type { StatementFacts } from "./statement-facts.ts";

export type { StatementFacts } from "./statement-facts.ts";

/**
 * Classifies one text. Never throws for any text. A `read` has been walked whole: no node, function, operator or type in
 * it is unknown. The parser of MySQL and SQLite is no engine's own: of their texts it refuses some that the engine takes.
 *
 * @example
 * await classifyStatement("UPDATE accounts SET balance = balance + $1 WHERE id = $2", "postgres");
 * // { access: "write", why: "UpdateStmt", tables: ["accounts"], columns: ["balance", "id"], parameters: ["balance", "id"] }
 */
export async function classifyStatement(text: string, dialect: Dialect): Promise<StatementFacts> {
  if (dialect === "postgres") {
    await loadPostgresParser();
    return postgresFacts(text);
  }
  await loadSqlParser();
  return lexedFacts(text, dialect);
}
