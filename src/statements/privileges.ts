/** Which privileges the statements of a PostgreSQL database need, as far as their texts tell. */
import { loadParser } from "./postgres/parser.ts";
import { postgresNeeds, type StatementNeeds } from "./postgres/privileges.ts";

export type { Privilege, StatementNeeds, TableNeed } from "./postgres/privileges.ts";

/**
 * The needs of each text, in order. Columns are named where a text proves whose they are; what functions, the defaults of columns and
 * views need is not seen.
 */
export async function statementNeeds(texts: readonly string[]): Promise<StatementNeeds[]> {
  await loadParser();
  return texts.map(postgresNeeds);
}
