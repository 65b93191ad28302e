/**
 * Whether a statement's tree can only read. Every variant and every member of it must be listed here, every function and
 * operator known to be harmless: what is not known is a write.
 */
import { isHarmlessFunction, isHarmlessTable } from "./harmless.ts";
import type { LexedDialect } from "./lexer.ts";
import {
  isTreeNode,
  isVariantName,
  nameParts,
  nodeList,
  nodeOf,
  variantOf,
  type TreeNode,
} from "./parser.ts";

function words(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(" ")));
}

/** A statement that only asks; the body of an EXPLAIN must be one as well. */
const statements = words([
  "Query Explain ExplainTable",
  "ShowTables ShowColumns ShowCreate ShowDatabases ShowProcessList ShowStatus ShowVariable ShowVariables ShowCollation",
]);

const variants = words([
  // queries
  "Query Select SetOperation Values Table Derived NestedJoin JsonTable Named NamedWindow WindowSpec",
  "LimitOffset OffsetCommaLimit OrderBy Expressions Wildcard QualifiedWildcard ObjectName UnnamedExpr ExprWithAlias",
  // joins
  "Join Inner Left LeftOuter Right RightOuter FullOuter CrossJoin StraightJoin On Using",
  // expressions
  "Identifier CompoundIdentifier Value BinaryOp UnaryOp Nested Tuple Subquery Exists InList InSubquery Between Like ILike",
  "RLike IsNull IsNotNull IsTrue IsNotTrue IsFalse IsNotFalse IsUnknown IsNotUnknown IsDistinctFrom IsNotDistinctFrom",
  "AllOp AnyOp Case Cast Convert Ceil Floor Collate Extract Interval Position Substring Trim Overlay MatchAgainst",
  "TypedString Prefixed Expr Unnamed List Separator Preceding Following DateTimeField Suffix Where",
  // constants
  "Number SingleQuotedString DoubleQuotedString NationalStringLiteral HexStringLiteral SingleQuotedByteStringLiteral",
  "Boolean Placeholder",
  // types: none of these engines runs code for one
  "Char Character Varchar CharacterVarying Nvarchar Binary Varbinary Blob Decimal Dec Numeric Int Integer BigInt Float",
  "Double Date Datetime Time Timestamp Signed Unsigned Text Custom IntegerLength PrecisionAndScale Precision None",
]);

/** Members that a read may have; every other one must be absent: `into`, `locks`, whatever a later parser adds. */
const members = words([
  "alias analyze any args array asc at body charset clause clauses cluster_by collation columns compare_op condition",
  "conditions connect_by content cte_tables data_type describe_alias distinct distribute_by duplicate_treatment else_result",
  "end_bound escape_char estimate exists explicit explicit_row expr extended external fetch field filter filter_position",
  "flavor format fractional_seconds_precision from full global group_by has_table_keyword having high history hive_format",
  "implicit in index_hints index_names index_type interpolate is_eq is_some is_try join_operator joins json_expr json_path kind",
  "last_field lateral lateral_views leading_field leading_precision left length limit limit_by limit_clause list low",
  "match_value materialized name named_window negated null_treatment nulls_first obj_name obj_type of offset on_empty",
  "on_error op operand opt_alias opt_except opt_exclude opt_ilike opt_rename opt_replace opt_search_modifier options order_by",
  "over parameters parent_name parent_type partition_by partitions path pattern prefix projection qualify query query_plan",
  "quantity quote_style recursive relation result right rows sample select_modifiers selection session set_quantifier",
  "shorthand show_in show_options sort_by special sql_no_cache sql_calc_found_rows sql_small_result sql_big_result",
  "sql_buffer_result table_with_joins high_priority straight_join start_bound starts_with statement style styles subquery substring_for",
  "substring_from syntax table table_name target target_before_value terse top top_before_distinct trim_characters trim_what",
  "trim_where type unit units uses_odbc_syntax value value_table_mode variable verbose window_before_qualify window_frame",
  "regexp window_name with with_fill with_hints with_ordinality within_group rollup cube hint_type for_clause span format_json",
]);

const operators = words([
  "Plus Minus Multiply Divide Modulo MyIntegerDivide StringConcat Gt Lt GtEq LtEq Spaceship Eq NotEq And Or Xor Not",
  "BitwiseOr BitwiseAnd BitwiseXor PGBitwiseNot BitwiseNot Arrow LongArrow Union Except Intersect",
]);

/** SQLite's REGEXP calls a function of the application's; MATCH is the full-text index. */
const dialectOperators: Readonly<Record<LexedDialect, ReadonlySet<string>>> = {
  mysql: new Set(["Regexp"]),
  sqlite: new Set(["Match"]),
};

function callFault(content: unknown, dialect: LexedDialect): string | null {
  if (!isTreeNode(content)) return "Function";
  const parts = nameParts(content["name"]);
  const quoted = nodeList(content["name"]).some(
    (part) => typeof (nodeOf(part, "Identifier") ?? part)["quote_style"] === "string",
  );
  return !quoted && isHarmlessFunction(parts, dialect)
    ? null
    : `function ${parts.join(".")} is not known to be harmless`;
}

function tableFault(content: unknown, dialect: LexedDialect): string | null {
  if (!isTreeNode(content) || !Array.isArray(content["name"])) return null;
  const parts = nameParts(content["name"]);
  return isHarmlessTable(parts, isTreeNode(content["args"]), dialect)
    ? null
    : `table function ${parts.join(".")} is not known to be harmless`;
}

/** MariaDB's `s.nextval`, where the server speaks Oracle's SQL. */
function sequenceFault(content: unknown, dialect: LexedDialect): string | null {
  return dialect === "mysql" && /^nextval$/i.test(nameParts(content).at(-1) ?? "")
    ? "a column nextval may be a sequence's next value"
    : null;
}

/** An operator is a word, or a variant that holds words. */
function operatorFault(value: unknown, dialect: LexedDialect): string | null {
  const name = typeof value === "string" ? value : (variantOf(value)?.[0] ?? "");
  return operators.has(name) || dialectOperators[dialect].has(name)
    ? null
    : `operator ${name} is not known to be harmless`;
}

function memberFault(key: string, value: unknown, dialect: LexedDialect): string | null {
  if (isVariantName(key)) {
    if (key === "Function") return callFault(value, dialect);
    if (!variants.has(key)) return key;
    if (key === "CompoundIdentifier") return sequenceFault(value, dialect);
    return key === "Table" ? tableFault(value, dialect) : null;
  }
  if (key === "op" || key === "compare_op") return operatorFault(value, dialect);
  return members.has(key) ? null : `a query with ${key}`;
}

function firstFault(value: unknown, dialect: LexedDialect): string | null {
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = firstFault(item, dialect);
      if (fault !== null) return fault;
    }
    return null;
  }
  if (!isTreeNode(value)) return null;
  for (const [key, child] of Object.entries(value)) {
    if (key === "span") continue;
    const fault = memberFault(key, child, dialect) ?? firstFault(child, dialect);
    if (fault !== null) return fault;
  }
  return null;
}

/** What in a statement may write, or null. */
export function writeFault(statement: TreeNode, dialect: LexedDialect): string | null {
  const [type, content] = variantOf(statement) ?? ["an unknown statement", null];
  // `EXPLAIN t` tells of a table in MySQL alone: SQLite takes `REINDEX` there for the statement.
  if (!statements.has(type) || (type === "ExplainTable" && dialect === "sqlite")) return type;
  if (type !== "Explain" || !isTreeNode(content)) return firstFault(content, dialect);
  const { statement: explained, format: _format, ...rest } = content;
  const inner = isTreeNode(explained) ? writeFault(explained, dialect) : "Explain";
  return inner ?? firstFault(rest, dialect);
}

/** The statement's type, for the reason of a read. */
export function statementType(statement: TreeNode): string {
  return variantOf(statement)?.[0] ?? "";
}
