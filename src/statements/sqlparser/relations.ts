/** Which tables and columns a statement's tree names. Names of common table expressions are no tables where they hold. */
import {
  isTreeNode,
  isVariantName,
  nameParts,
  nodeList,
  nodeOf,
  variantOf,
  type TreeNode,
} from "./parser.ts";

export interface Relations {
  /** Sorted, each once; with their schema where one is written. */
  readonly tables: string[];
  /** Sorted, each once, without table; `*` where all are taken. */
  readonly columns: string[];
}

interface Found {
  readonly tables: Set<string>;
  readonly columns: Set<string>;
}

type Scope = ReadonlySet<string>;

function addTable(name: unknown, scope: Scope, found: Found): void {
  const parts = nameParts(name);
  const table = parts.join(".");
  const isCommon = parts.length === 1 && scope.has(table.toLowerCase());
  if (table !== "" && !isCommon) found.tables.add(table);
}

function addColumn(name: unknown, found: Found): void {
  const last = nameParts(name).at(-1);
  // Variables stand where columns do.
  if (last !== undefined && !last.startsWith("@")) found.columns.add(last);
}

const nobody: Scope = new Set();

/** What a variant names by itself. */
const naming: Readonly<Record<string, (content: unknown, scope: Scope, found: Found) => void>> = {
  Identifier: (content, _scope, found) => addColumn([content], found),
  CompoundIdentifier: (content, _scope, found) => addColumn(content, found),
  Wildcard: (_content, _scope, found) => found.columns.add("*"),
  QualifiedWildcard: (_content, _scope, found) => found.columns.add("*"),
  ColumnName: (content, _scope, found) => addColumn(content, found),
  TableName: (content, _scope, found) => addTable(content, nobody, found),
  Table: (content, scope, found) => {
    if (isTreeNode(content) && !isTreeNode(content["args"]))
      addTable(content["name"], scope, found);
  },
  Tuple: (content, _scope, found) => {
    // The columns of `SET (a, b) = …`; a tuple of values holds no plain names.
    if (Array.isArray(content))
      for (const item of content) if (Array.isArray(item)) addColumn(item, found);
  },
  Using: (content, _scope, found) => {
    for (const item of Array.isArray(content) ? content : []) addColumn(item, found);
  },
  Columns: (content, _scope, found) => {
    for (const item of nodeList(content)) addColumn([item], found);
  },
  Insert: (content, _scope, found) => {
    const columns = isTreeNode(content) ? content["columns"] : null;
    for (const item of Array.isArray(columns) ? columns : []) addColumn(item, found);
  },
  Drop: (content, _scope, found) => {
    if (!isTreeNode(content) || !/^(Table|View)$/.test(String(content["object_type"]))) return;
    for (const name of Array.isArray(content["names"]) ? content["names"] : [])
      addTable(name, nobody, found);
  },
  Truncate: (content, _scope, found) => {
    if (!isTreeNode(content)) return;
    for (const table of nodeList(content["table_names"])) addTable(table["name"], nobody, found);
  },
  CreateIndex: (content, _scope, found) => {
    if (isTreeNode(content)) addTable(content["table_name"], nobody, found);
  },
};

for (const type of ["CreateTable", "AlterTable", "CreateView"]) {
  Object.assign(naming, {
    [type]: (content: unknown, _scope: Scope, found: Found) => {
      if (isTreeNode(content)) addTable(content["name"], nobody, found);
    },
  });
}

function commonNames(clause: TreeNode): string[] {
  return nodeList(clause["cte_tables"]).flatMap((table) => {
    const alias = isTreeNode(table["alias"]) ? nameParts([table["alias"]["name"]]) : [];
    return alias.map((name) => name.toLowerCase());
  });
}

/** Walks a WITH and gives the scope that the rest of its statement sees. */
function collectWith(clause: TreeNode, outer: Scope, found: Found): Scope {
  const names = commonNames(clause);
  const whole = new Set([...outer, ...names]);
  for (const [index, table] of nodeList(clause["cte_tables"]).entries()) {
    const seen =
      clause["recursive"] === true ? whole : new Set([...outer, ...names.slice(0, index)]);
    collect(table["query"], seen, found);
  }
  return whole;
}

/** Members whose names are no columns: what an expression, a window or a function is called. */
const silent: ReadonlySet<string> = new Set([
  "alias",
  "charset",
  "collation",
  "data_type",
  "name",
  "named_window",
  "obj_name",
  "over",
  "parent_name",
  "span",
  "table_name",
  "tables",
  "window_name",
]);

function collect(value: unknown, outer: Scope, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, outer, found);
    return;
  }
  if (!isTreeNode(value)) return;
  const clause = value["with"];
  const scope = isTreeNode(clause) ? collectWith(clause, outer, found) : outer;
  for (const [key, child] of Object.entries(value)) {
    if (key === "with") continue;
    if (isVariantName(key)) naming[key]?.(child, scope, found);
    if (key === "over") collect(nodeOf(child, "WindowSpec"), scope, found);
    if (!silent.has(key)) collect(child, scope, found);
  }
}

/** The tables and columns of a statement. */
export function relationsOf(statement: TreeNode): Relations {
  const found: Found = { tables: new Set(), columns: new Set() };
  // What DESCRIBE and SHOW are asked about.
  const [, content] = variantOf(statement) ?? [];
  if (isTreeNode(content)) {
    addTable(content["table_name"] ?? content["obj_name"], nobody, found);
    const options = content["show_options"];
    const within = isTreeNode(options) ? options["show_in"] : null;
    if (isTreeNode(within)) addTable(within["parent_name"], nobody, found);
  }
  collect(statement, nobody, found);
  return { tables: [...found.tables].toSorted(), columns: [...found.columns].toSorted() };
}
