/** Which statements may run at all: by their first word, as the server's own lexer finds it. */

/** Blanks, opening parentheses and comments; a comment inside a comment is not skipped, so its statement is refused. */
const firstWord =
  /^(?:[ \t\n\r\f\v(]|--[^\r\n]*[\r\n]|\/\*(?:(?!\/\*)[\s\S])*?\*\/)*([a-z]+)(?![\w$\u0080-\uffff])/i;

const readWords = new Set(["SELECT", "VALUES", "TABLE", "WITH", "SHOW", "EXPLAIN"]);
const writeWords = new Set([
  ...readWords,
  "INSERT",
  "UPDATE",
  "DELETE",
  "MERGE",
  "TRUNCATE",
  "CREATE",
  "ALTER",
  "DROP",
  "REFRESH",
  "CALL",
  "DO",
]);

/**
 * Whether a statement may be sent under an access. A read-only transaction alone is not enough: `SET TRANSACTION READ
 * WRITE` as its first statement ends it. What is not listed is refused: SET, transaction control, COPY, LISTEN, LOCK.
 */
export function isStatementAllowed(statement: string, access: "read" | "write"): boolean {
  // The protocol ends a text at its first zero byte.
  if (statement.includes("\0")) return false;
  const word = firstWord.exec(statement)?.[1]?.toUpperCase();
  return word !== undefined && (access === "read" ? readWords : writeWords).has(word);
}
