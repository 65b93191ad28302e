/** Which tables and columns a statement's tree names. Names of common table expressions are no tables where they hold. */
import { isTreeNode, nameParts, nodeList, nodeOf, type TreeNode } from "./parser.ts";

export interface Relations {
  /** Sorted, each once; with their schema unless it is public. */
  readonly tables: string[];
  /** Sorted, each once, without table; `*` where all are taken. */
  readonly columns: string[];
}

interface Found {
  readonly tables: Set<string>;
  readonly columns: Set<string>;
}

type Scope = ReadonlySet<string>;

function textOf(node: TreeNode, key: string): string | null {
  const value = node[key];
  return typeof value === "string" && value !== "" ? value : null;
}

function qualify(parts: readonly string[]): string {
  return (parts.length === 2 && parts[0] === "public" ? parts.slice(1) : parts).join(".");
}

function addTable(range: TreeNode, found: Found): void {
  const parts = ["catalogname", "schemaname", "relname"].map((key) => textOf(range, key));
  found.tables.add(qualify(parts.filter((part) => part !== null)));
}

function addName(node: TreeNode | null, found: Found): void {
  const name = node === null ? null : textOf(node, "name");
  if (name !== null) found.columns.add(name);
}

function addColumn(reference: TreeNode, found: Found): void {
  const last = nodeList(reference["fields"]).at(-1);
  const name = nodeOf(last, "String")?.["sval"];
  if (typeof name === "string") found.columns.add(name);
  else if (nodeOf(last, "A_Star") !== null) found.columns.add("*");
}

/** Lists whose ResTargets are columns that are written, not names that a query gives. */
function addWritten(key: string, owner: string, value: unknown, found: Found): void {
  const written =
    (key === "cols" && owner === "InsertStmt") ||
    (key === "targetList" && /^(UpdateStmt|MergeWhenClause|onConflictClause)$/.test(owner));
  if (written) for (const item of nodeList(value)) addName(nodeOf(item, "ResTarget"), found);
}

function addDropped(drop: TreeNode, found: Found): void {
  if (!/TABLE|VIEW/.test(String(drop["removeType"]))) return;
  for (const item of nodeList(drop["objects"])) {
    found.tables.add(qualify(nameParts(nodeOf(item, "List")?.["items"])));
  }
}

/** Adds what one node names by itself. `type` is its type, or the key it stands under. */
function addNode(type: string, node: TreeNode, scope: Scope, found: Found): void {
  if (type === "ColumnRef") addColumn(node, found);
  else if (type === "IndexElem") addName(node, found);
  else if (type === "DropStmt") addDropped(node, found);
  else if (type === "JoinExpr")
    for (const name of nameParts(node["usingClause"])) found.columns.add(name);
  if (textOf(node, "relname") === null) return;
  // Only a wrapped RangeVar can mean a common table expression: the target of a write is always a table.
  const name = textOf(node, "relname") ?? "";
  const common = type === "RangeVar" && textOf(node, "schemaname") === null && scope.has(name);
  if (!common) addTable(node, found);
}

/** Walks a WITH and gives the scope that the rest of its statement sees. */
function collectWith(clause: TreeNode, scope: Scope, found: Found): Scope {
  const expressions = nodeList(clause["ctes"])
    .map((item) => nodeOf(item, "CommonTableExpr"))
    .filter((item) => item !== null);
  const names = expressions.map((item) => textOf(item, "ctename") ?? "");
  const whole = new Set([...scope, ...names]);
  for (const [index, expression] of expressions.entries()) {
    const visible =
      clause["recursive"] === true ? whole : new Set([...scope, ...names.slice(0, index)]);
    collect("CommonTableExpr", expression, visible, found);
  }
  return whole;
}

function collect(type: string, node: TreeNode, outer: Scope, found: Found): void {
  const clause = node["withClause"];
  const scope = isTreeNode(clause) ? collectWith(clause, outer, found) : outer;
  addNode(type, node, scope, found);
  for (const [key, child] of Object.entries(node)) {
    // The names in FOR UPDATE OF are aliases.
    if (key === "withClause" || key === "lockedRels") continue;
    addWritten(key, type, child, found);
    if (Array.isArray(child)) for (const item of nodeList(child)) collect(type, item, scope, found);
    else if (isTreeNode(child)) collect(key, child, scope, found);
  }
}

/** The tables and columns of a statement. */
export function relationsOf(statement: TreeNode): Relations {
  const found: Found = { tables: new Set(), columns: new Set() };
  collect("", statement, new Set(), found);
  found.tables.delete("");
  return { tables: [...found.tables].toSorted(), columns: [...found.columns].toSorted() };
}
