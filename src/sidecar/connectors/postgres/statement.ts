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
 * Functions whose effect no read-only transaction holds back and no session ends: large objects, notices to others, the
 * server's log, slots and files, other sessions, other servers. Import calls each a write; none may come as a read by mistake.
 * A name with escapes in it could be any of them.
 */
const outlasting =
  /\b(?:lo_\w+|lowrite|pg_notify|pg_switch_wal|pg_create_\w+|pg_drop_\w+|pg_copy_\w+_slot|pg_replication_\w+|pg_logical_\w+|pg_(?:terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile\w*|pg_promote|pg_wal_replay_\w+|pg_file_\w+|pg_stat_reset\w*|pg_export_snapshot|dblink\w*)\b|\bU&"/i;

/**
 * Whether a statement may be sent under an access. A read-only transaction alone is not enough: `SET TRANSACTION READ
 * WRITE` as its first statement ends it. What is not listed is refused: SET, transaction control, COPY, LISTEN, LOCK.
 */
export function isStatementAllowed(statement: string, access: "read" | "write"): boolean {
  // The protocol ends a text at its first zero byte.
  if (statement.includes("\0")) return false;
  const word = firstWord.exec(statement)?.[1]?.toUpperCase();
  if (word === undefined) return false;
  return access === "read"
    ? readWords.has(word) && !outlasting.test(statement)
    : writeWords.has(word);
}
