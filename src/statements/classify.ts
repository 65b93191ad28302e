/**
 * Statements: a SQL text → read or write, its tables, columns and parameter names. Judged by the parser of the text's
 * dialect alone, and fail closed: what is not known to be harmless is a write. No I/O besides loading a parser; no
 * knowledge of bundles, rules or databases.
 */
import type { Dialect } from "../contract/operation.ts";
import { postgresFacts } from "./postgres/facts.ts";
import { loadParser } from "./postgres/parser.ts";
import { invalidFacts, type StatementFacts } from "./statement-facts.ts";

export type { StatementFacts } from "./statement-facts.ts";

/**
 * Classifies one text. Never throws for any text. A `read` has been walked whole: no node, function, operator or type in
 * it is unknown. `mysql` and `sqlite` have no parser here: every text of theirs is `invalid`.
 *
 * @example
 * await classifyStatement("UPDATE accounts SET balance = balance + $1 WHERE id = $2", "postgres");
 * // { access: "write", why: "UpdateStmt", tables: ["accounts"], columns: ["balance", "id"], parameters: ["balance", "id"] }
 */
export async function classifyStatement(text: string, dialect: Dialect): Promise<StatementFacts> {
  if (dialect !== "postgres") return invalidFacts(`the dialect ${dialect} has no parser yet`);
  await loadParser();
  return postgresFacts(text);
}
