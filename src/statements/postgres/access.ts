/**
 * Whether a statement's tree can only read. Every node of it must be of a type listed here, every function, operator and
 * type known to be harmless: what is not known is a write.
 */
import {
  isHarmlessFunction,
  isHarmlessOperator,
  isHarmlessSampling,
  isHarmlessType,
} from "./harmless.ts";
import { isTreeNode, nameParts, type TreeNode } from "./parser.ts";

const harmlessNodes: ReadonlySet<string> = new Set(
  [
    // statements; the body of an EXPLAIN is walked like any other part
    "SelectStmt ExplainStmt VariableShowStmt DefElem",
    // names and constants
    "String Integer Float Boolean BitString A_Const A_Star ColumnRef ParamRef List Alias",
    // expressions
    "A_Expr BoolExpr NullTest BooleanTest FuncCall NamedArgExpr TypeCast TypeName CollateClause SubLink CaseExpr CaseWhen",
    "CoalesceExpr MinMaxExpr RowExpr A_ArrayExpr A_Indirection A_Indices SQLValueFunction GroupingFunc XmlExpr XmlSerialize",
    // clauses
    "ResTarget SortBy GroupingSet WindowDef WithClause CommonTableExpr CTESearchClause CTECycleClause",
    // what a FROM holds
    "RangeVar RangeSubselect RangeFunction RangeTableSample RangeTableFunc RangeTableFuncCol JoinExpr ColumnDef",
    // SQL/JSON
    "JsonValueExpr JsonObjectConstructor JsonArrayConstructor JsonArrayQueryConstructor JsonKeyValue JsonAggConstructor",
    "JsonObjectAgg JsonArrayAgg JsonIsPredicate JsonParseExpr JsonScalarExpr JsonSerializeExpr JsonFuncExpr JsonArgument",
    "JsonBehavior JsonOutput JsonReturning JsonFormat JsonTable JsonTableColumn JsonTablePathSpec",
  ].flatMap((line) => line.split(" ")),
);

const statementTypes: ReadonlySet<string> = new Set([
  "SelectStmt",
  "ExplainStmt",
  "VariableShowStmt",
]);

function unknownPart(kind: string, parts: readonly string[]): string {
  return `${kind} ${parts.join(".")} is not known to be harmless`;
}

function operatorFault(value: unknown): string | null {
  const parts = nameParts(value);
  return parts.length === 0 || isHarmlessOperator(parts) ? null : unknownPart("operator", parts);
}

function functionFault(node: TreeNode): string | null {
  const parts = nameParts(node["funcname"]);
  return isHarmlessFunction(parts) ? null : unknownPart("function", parts);
}

function samplingFault(node: TreeNode): string | null {
  const parts = nameParts(node["method"]);
  return isHarmlessSampling(parts) ? null : unknownPart("sampling method", parts);
}

function nodeFault(type: string, node: TreeNode): string | null {
  if (!harmlessNodes.has(type)) return type;
  if (type === "FuncCall") return functionFault(node);
  if (type === "A_Expr") return operatorFault(node["name"]);
  if (type === "SubLink") return operatorFault(node["operName"]);
  if (type === "SortBy") return operatorFault(node["useOp"]);
  if (type === "RangeTableSample") return samplingFault(node);
  return null;
}

function memberFault(key: string, child: TreeNode): string | null {
  if (/^[A-Z]/.test(key)) return nodeFault(key, child);
  if (key === "intoClause") return "SelectStmt INTO";
  if (key !== "typeName") return null;
  const parts = nameParts(child["names"]);
  return parts.length === 0 || isHarmlessType(parts) ? null : unknownPart("type", parts);
}

function firstFault(value: unknown): string | null {
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = firstFault(item);
      if (fault !== null) return fault;
    }
    return null;
  }
  if (!isTreeNode(value)) return null;
  for (const [key, child] of Object.entries(value)) {
    const fault = (isTreeNode(child) ? memberFault(key, child) : null) ?? firstFault(child);
    if (fault !== null) return fault;
  }
  return null;
}

/** `FOR UPDATE` and `FOR SHARE` take row locks: LockingClause is no harmless node. */
export function writeFault(statement: TreeNode): string | null {
  const [type] = Object.keys(statement);
  if (type === undefined) return "an empty statement";
  if (!statementTypes.has(type)) return type;
  return firstFault(statement);
}

/** The statement's type, for the reason of a read. */
export function statementType(statement: TreeNode): string {
  return Object.keys(statement)[0] ?? "";
}
