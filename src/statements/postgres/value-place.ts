/**
 * Whether a parameter that took the place of a hole surely stands where a value does. The grammar takes a parameter in
 * places that a column, a condition or a list would take as well: a text like `ORDER BY ${column}` must not become a sort
 * by a constant. Anything doubtful is refused.
 */
import { meetingOf, type Place } from "./parameters.ts";
import { nodeList, nodeOf, type TreeNode } from "./parser.ts";

const transparent: ReadonlySet<string> = new Set(["TypeCast", "CollateClause"]);
const sortKeys: ReadonlySet<string> = new Set([
  "groupClause",
  "distinctClause",
  "partitionClause",
  "orderClause",
]);
const conditionKeys: ReadonlySet<string> = new Set([
  "whereClause",
  "havingClause",
  "quals",
  "agg_filter",
  "joinCondition",
  "condition",
]);
/** Operators that compare one column with a pattern or a range: what stands left of them is the column. */
const leftIsColumn: ReadonlySet<string> = new Set([
  "AEXPR_LIKE",
  "AEXPR_ILIKE",
  "AEXPR_SIMILAR",
  "AEXPR_IN",
  "AEXPR_BETWEEN",
  "AEXPR_NOT_BETWEEN",
  "AEXPR_BETWEEN_SYM",
  "AEXPR_NOT_BETWEEN_SYM",
]);

/** The place itself or the cast around it, whose parent is what the value stands in. */
function outermost(place: Place): Place {
  let at = place;
  while (at.parent !== null && transparent.has(at.parent.type) && at.key === "arg") at = at.parent;
  return at;
}

function isOnlyItem(list: TreeNode | undefined, key: string): boolean {
  return nodeList(list?.[key]).length === 1;
}

/** `VALUES (${list})` into several columns, or into nobody knows how many. */
function isRowOfValues(list: Place): boolean {
  if (list.key !== "valuesLists" || !isOnlyItem(list.node, "items")) return false;
  const insert = list.parent?.parent;
  const columns = insert?.type === "InsertStmt" ? nodeList(insert.node["cols"]) : [];
  return columns.length !== 1;
}

/** A whole list may have been joined into the hole. */
function isListPlace(at: Place): boolean {
  const parent = at.parent;
  if (parent === null) return false;
  if (parent.type === "A_ArrayExpr") return isOnlyItem(parent.node, "elements");
  if (parent.type === "RowExpr") return isOnlyItem(parent.node, "args");
  if (parent.type !== "List") return false;
  if (isRowOfValues(parent)) return true;
  return parent.parent?.node["kind"] === "AEXPR_IN" && isOnlyItem(parent.node, "items");
}

function isCondition(at: Place): boolean {
  if (conditionKeys.has(at.key) || at.parent?.type === "BoolExpr") return true;
  const branch = at.parent?.type === "CaseWhen" && at.key === "expr" ? at.parent.parent : null;
  return branch !== null && branch?.node["arg"] === undefined;
}

/** The output of a query; only an INSERT from a query without tables takes values there. */
function isSelectedColumn(at: Place): boolean {
  const owner = at.parent?.type === "ResTarget" ? at.parent.parent : null;
  if (owner === null) return false;
  const query = owner.type === "SelectStmt" && at.parent?.key === "targetList" ? owner : null;
  if (query === null) return at.parent?.key === "exprs";
  const feedsInsert = query.parent?.type === "InsertStmt" && query.key === "selectStmt";
  return !feedsInsert || query.node["fromClause"] !== undefined;
}

/** libpg-query's grammar also reads `name $1` as a constant of that type, which no server does. */
function isAfterName(place: Place): boolean {
  return place.parent?.type === "TypeCast" && place.parent.node["location"] === -1;
}

/** What a place is when it is no value's, quoted or not. */
function structuralFault(at: Place): string | null {
  if (at.parent?.type === "SortBy" || sortKeys.has(at.key)) return "a sort or group key";
  if (isListPlace(at)) return "a list";
  return isCondition(at) ? "a condition" : null;
}

/** Whether a column could be named here: some query or statement around has tables. */
function hasColumnsInReach(place: Place): boolean {
  for (let at = place.parent; at !== null; at = at.parent) {
    if (/^(UpdateStmt|DeleteStmt|MergeStmt|onConflictClause|returningClause)$/.test(at.type)) {
      return true;
    }
    if (at.type === "SelectStmt" && at.node["fromClause"] !== undefined) return true;
  }
  return false;
}

const operandFaults: Readonly<Record<string, string>> = {
  A_Indirection: "part of a name",
  NullTest: "an operand of IS",
  BooleanTest: "an operand of IS",
};

function isLeftOfColumnTest(at: Place): boolean {
  const kind = at.parent?.type === "A_Expr" && at.key === "lexpr" ? at.parent.node["kind"] : null;
  return leftIsColumn.has(String(kind));
}

function bareFault(place: Place, at: Place): string | null {
  const operand = operandFaults[at.parent?.type ?? ""];
  if (operand !== undefined) return operand;
  if (isSelectedColumn(at)) return "a selected column";
  const meeting = meetingOf(place);
  if (isLeftOfColumnTest(at) || meeting?.how === "subselect")
    return "the left side of a comparison";
  return meeting === null && hasColumnsInReach(place) ? "a place that a column may take" : null;
}

/** Null when a value surely stands at the place, else what does. `quoted`: the hole stood in a literal, which proves much. */
export function valuePlaceFault(place: Place, quoted: boolean): string | null {
  if (isAfterName(place)) return "a keyword or a piece of SQL";
  const at = outermost(place);
  return structuralFault(at) ?? (quoted ? null : bareFault(place, at));
}

const statementsWithValues: readonly string[] = [
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "CallStmt",
];

/** Whether a server takes parameters in a statement of this kind. */
export function takesValues(statement: TreeNode): boolean {
  return statementsWithValues.some((type) => nodeOf(statement, type) !== null);
}
