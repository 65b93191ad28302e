/** Interpolated texts: each hole becomes a parameter where its place proves that a value stands there. */
import type { Dialect } from "../contract/operation.ts";
import type { BoundText } from "./bound-text.ts";
import { bindPostgres } from "./postgres/bind.ts";
import { loadParser as loadPostgresParser } from "./postgres/parser.ts";
import { bindLexed } from "./sqlparser/bind.ts";
import { loadParser as loadSqlParser } from "./sqlparser/parser.ts";

export type { BoundText } from "./bound-text.ts";

/**
 * Binds the holes of an interpolated text. `parts` are the static pieces around them, one more than there are holes. When
 * the answer is ok, `statement` parses to one statement in which parameter `holes[i]` stands where hole i stood, as a value: beside
 * or into a column, in LIMIT or OFFSET, or within quotes; parameters that the text had keep their numbers. Everything
 * else is refused with what stands there: names, keywords, operators, conditions, lists, comments. Never throws for any
 * text.
 *
 * @example
 * await bindInterpolated(["SELECT * FROM accounts WHERE name ILIKE '%", "%'"], "postgres");
 * // { ok: true, statement: "SELECT * FROM accounts WHERE name ILIKE ('%' || $1 || '%')", holes: [1] }
 */
export async function bindInterpolated(
  parts: readonly string[],
  dialect: Dialect,
): Promise<BoundText> {
  if (dialect === "postgres") {
    await loadPostgresParser();
    return bindPostgres(parts);
  }
  await loadSqlParser();
  return bindLexed(parts, dialect);
}
