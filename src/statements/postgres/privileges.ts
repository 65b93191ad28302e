/**
 * Which privileges a statement needs, as far as its tree tells. Columns are named where the tree proves whose they are (one
 * query over tables, every column plain or qualified); else the whole table is. Functions, sequences behind defaults and what a
 * view reads are not seen.
 */
import { isTreeNode, nodeList, nodeOf, parseText, type TreeNode } from "./parser.ts";

export type Privilege = "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE";

export interface TableNeed {
  /** Null: the one that the search path finds. */
  readonly schema: string | null;
  readonly table: string;
  readonly privilege: Privilege;
  /** Null: all of the table. */
  readonly columns: readonly string[] | null;
}

export interface StatementNeeds {
  readonly needs: readonly TableNeed[];
  /** What no grant on a table gives, by its node (`CreateStmt`); null where there is nothing like that. */
  readonly beyond: string | null;
}

interface Range {
  readonly schema: string | null;
  readonly table: string;
  readonly alias: string;
}

interface Found {
  readonly ranges: Range[];
  readonly references: (readonly string[])[];
  readonly needs: TableNeed[];
  readonly common: Set<string>;
  /** Names that the query itself gives: a reference to one of them may be no column. */
  readonly given: Set<string>;
  isNested: boolean;
}

const textOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null;

function rangeOf(node: TreeNode): Range {
  const table = textOf(node["relname"]) ?? "";
  const alias = isTreeNode(node["alias"]) ? textOf(node["alias"]["aliasname"]) : null;
  return { schema: textOf(node["schemaname"]), table, alias: alias ?? table };
}

function targetNames(value: unknown): string[] {
  return nodeList(value).flatMap((item) => textOf(nodeOf(item, "ResTarget")?.["name"]) ?? []);
}

/** A `*` stands as such. */
function referenceOf(node: TreeNode): string[] {
  return nodeList(node["fields"]).map((field) => textOf(nodeOf(field, "String")?.["sval"]) ?? "*");
}

function addWrite(node: TreeNode, privilege: Privilege, columns: string[], found: Found): void {
  const relation = node["relation"];
  if (!isTreeNode(relation)) return;
  const range = rangeOf(relation);
  found.ranges.push(range);
  const { schema, table } = range;
  const isWhole = columns.length === 0;
  found.needs.push({ schema, table, privilege, columns: isWhole ? null : columns });
}

function addInsert(node: TreeNode, found: Found): void {
  addWrite(node, "INSERT", targetNames(node["cols"]), found);
  const conflict = node["onConflictClause"];
  // One that gives nothing back reads nothing of its table.
  if (!isTreeNode(conflict) && nodeList(node["returningList"]).length === 0) found.ranges.pop();
  if (!isTreeNode(conflict)) return;
  const columns = targetNames(conflict["targetList"]);
  if (columns.length > 0) addWrite(node, "UPDATE", columns, found);
  const infer = conflict["infer"];
  if (!isTreeNode(infer)) return;
  for (const item of nodeList(infer["indexElems"])) {
    const name = textOf(nodeOf(item, "IndexElem")?.["name"]);
    if (name !== null) found.references.push([name]);
  }
}

function addTruncate(node: TreeNode, found: Found): void {
  for (const item of nodeList(node["relations"])) {
    const range = nodeOf(item, "RangeVar");
    if (range === null) continue;
    const { schema, table } = rangeOf(range);
    found.needs.push({ schema, table, privilege: "TRUNCATE", columns: null });
  }
}

function addMerge(node: TreeNode, found: Found): void {
  for (const privilege of ["SELECT", "INSERT", "UPDATE", "DELETE"] as const) {
    addWrite(node, privilege, [], found);
  }
  found.isNested = true;
}

function addSelect(node: TreeNode, found: Found): void {
  for (const name of targetNames(node["targetList"])) found.given.add(name);
  if (node["op"] !== undefined && node["op"] !== "SETOP_NONE") found.isNested = true;
}

const visitors: Readonly<Record<string, (node: TreeNode, found: Found) => void>> = {
  SelectStmt: addSelect,
  InsertStmt: addInsert,
  UpdateStmt: (node, found) => addWrite(node, "UPDATE", targetNames(node["targetList"]), found),
  DeleteStmt: (node, found) => addWrite(node, "DELETE", [], found),
  MergeStmt: addMerge,
  TruncateStmt: addTruncate,
  RangeVar: (node, found) => void found.ranges.push(rangeOf(node)),
  ColumnRef: (node, found) => void found.references.push(referenceOf(node)),
  CommonTableExpr(node, found) {
    found.common.add(textOf(node["ctename"]) ?? "");
    found.isNested = true;
  },
  JoinExpr(node, found) {
    if (node["isNatural"] === true || nodeList(node["usingClause"]).length > 0)
      found.isNested = true;
  },
  SubLink: (_, found) => void (found.isNested = true),
  RangeSubselect: (_, found) => void (found.isNested = true),
  RangeFunction: (_, found) => void (found.isNested = true),
};

function collect(type: string, node: TreeNode, found: Found): void {
  visitors[type]?.(node, found);
  if (type === "TruncateStmt") return;
  for (const [key, child] of Object.entries(node)) {
    if (key === "lockedRels") continue;
    if (Array.isArray(child)) for (const item of nodeList(child)) collect(key, item, found);
    else if (isTreeNode(child)) collect(key, child, found);
  }
}

/** Whose column a reference is: null where the tree does not prove it. */
function ownerOf(parts: readonly string[], { ranges, given }: Found): Range | null {
  const column = parts.at(-1) ?? "*";
  // What was to be inserted is read under the privileges of its table.
  const owner = parts.at(-2) === "excluded" ? undefined : parts.at(-2);
  if (column === "*") return null;
  if (owner !== undefined) return ranges.find(({ alias }) => alias === owner) ?? null;
  const [only = null] = ranges;
  const isOne = ranges.every(({ table, alias }) => table === only?.table && alias === only.alias);
  // A name that the query gives may be meant, or the row as a whole.
  return isOne && !given.has(column) && column !== only?.alias ? only : null;
}

/** The columns of each range that are read; undefined where the tree does not prove whose a column is. */
function readColumns(found: Found): Map<Range, string[]> | undefined {
  if (found.isNested) return undefined;
  const columns = new Map<Range, string[]>();
  for (const parts of found.references) {
    const range = ownerOf(parts, found);
    if (range === null) return undefined;
    columns.set(range, [...(columns.get(range) ?? []), parts.at(-1) ?? ""]);
  }
  return columns;
}

function addReads(found: Found, isRead: (range: Range) => boolean): void {
  const columns = readColumns(found);
  for (const range of found.ranges) {
    const { schema, table } = range;
    const named = columns?.get(range);
    if (columns !== undefined && named === undefined && !isRead(range)) continue;
    found.needs.push({ schema, table, privilege: "SELECT", columns: named ?? null });
  }
}

/** Of a locked row, any one column may be updated: which, the statement does not say. */
function addLocks(statement: TreeNode, found: Found): void {
  const select = nodeOf(statement, "SelectStmt");
  if (select === null || nodeList(select["lockingClause"]).length === 0) return;
  for (const { schema, table } of found.ranges) {
    found.needs.push({ schema, table, privilege: "UPDATE", columns: null });
  }
}

const granted =
  /^(?:SelectStmt|InsertStmt|UpdateStmt|DeleteStmt|MergeStmt|TruncateStmt|ExplainStmt)$/;

function needsOfTree(statement: TreeNode): StatementNeeds {
  const [type = ""] = Object.keys(statement);
  if (!granted.test(type)) return { needs: [], beyond: type };
  const found: Found = {
    ranges: [],
    references: [],
    needs: [],
    common: new Set(),
    given: new Set(),
    isNested: false,
  };
  collect("", statement, found);
  const known = found.ranges.filter(
    ({ schema, table }) => schema !== null || !found.common.has(table),
  );
  const written = new Set(found.needs.map(({ table }) => table));
  addReads({ ...found, ranges: known }, ({ table }) => !written.has(table));
  addLocks(statement, { ...found, ranges: known });
  return { needs: found.needs, beyond: null };
}

/** The needs of one text; needs the parser loaded. A text that is no single statement is beyond any grant. */
export function postgresNeeds(text: string): StatementNeeds {
  const parsed = parseText(text);
  const [statement, ...others] = parsed.ok ? parsed.statements : [];
  if (statement === undefined || others.length > 0) return { needs: [], beyond: "no statement" };
  return needsOfTree(statement);
}
