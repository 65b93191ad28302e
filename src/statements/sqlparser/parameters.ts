/** The places of a statement's placeholders in its tree, and the column that each of them meets there. */
import { isTreeNode, nameParts, nodeList, nodeOf, type TreeNode } from "./parser.ts";

/** A node or list with its way up. */
export interface Place {
  /** Where it stands in its parent: the member or variant, and the index in a list. */
  readonly key: string;
  readonly index: number;
  readonly node: unknown;
  readonly parent: Place | null;
}

/** How a placeholder met what names it: beside a column, assigned to one, as LIMIT or OFFSET. */
export interface Meeting {
  readonly name: string;
  readonly how: "beside" | "assigned" | "subselect" | "limit";
}

/** `{Value: {value: {Placeholder}, span}}` in expressions; in AGAINST the inner part alone. */
function isPlaceholder(place: Place): boolean {
  return place.key === "Placeholder" && typeof place.node === "string";
}

interface Walk {
  readonly found: { readonly place: Place; readonly column: number }[];
  /** Of the last span that was met. */
  column: number;
}

function spanColumn(node: TreeNode): number | null {
  const span = node["span"];
  const start = isTreeNode(span) ? span["start"] : null;
  const column = isTreeNode(start) ? start["column"] : null;
  return typeof column === "number" ? column : null;
}

/** The expression that a placeholder is. */
function expressionOf(place: Place): Place {
  const value = place.parent?.key === "value" ? place.parent.parent : place.parent;
  return value ?? place;
}

function collectPlaces(at: Place, walk: Walk): void {
  const { node } = at;
  if (isPlaceholder(at)) walk.found.push({ place: expressionOf(at), column: walk.column });
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries())
      collectPlaces({ key: at.key, index, node: item, parent: at }, walk);
    return;
  }
  if (!isTreeNode(node)) return;
  walk.column = spanColumn(node) ?? walk.column;
  for (const [key, child] of Object.entries(node)) {
    if (key === "span") continue;
    collectPlaces({ key, index: 0, node: child, parent: at }, walk);
  }
}

/** The places of all placeholders, in the order of the text, which the parser was given on one line. */
export function parameterPlaces(statement: TreeNode): Place[] {
  const walk: Walk = { found: [], column: 0 };
  collectPlaces({ key: "", index: 0, node: statement, parent: null }, walk);
  return walk.found.toSorted((a, b) => a.column - b.column).map(({ place }) => place);
}

/** The first column named in a part of an expression, not looking into queries. */
function firstColumn(value: unknown): string | null {
  if (Array.isArray(value)) {
    for (const item of value) {
      const name = firstColumn(item);
      if (name !== null) return name;
    }
    return null;
  }
  if (!isTreeNode(value)) return null;
  const name =
    nameParts([nodeOf(value, "Identifier")]).at(-1) ??
    nameParts(value["CompoundIdentifier"]).at(-1);
  if (name !== undefined) return name.startsWith("@") ? null : name;
  if ("Query" in value || "Subquery" in value || "body" in value) return null;
  const call = nodeOf(value, "Function");
  return firstColumn(call === null ? Object.values(value) : call["args"]);
}

const meet = (name: string | null | undefined, how: Meeting["how"]): Meeting | null =>
  name === null || name === undefined ? null : { name, how };

/** What a step upwards finds: a meeting, an end without one (null), or nothing yet (undefined). */
type Step = (parent: Place, child: Place, row: number | null) => Meeting | null | undefined;

/** The other members of a comparison; of a row, the one at the same position. */
function besideOf(parent: Place, child: Place, row: number | null): Meeting | null {
  const node = isTreeNode(parent.node) ? parent.node : {};
  const others = Object.entries(node).filter(([key]) => key !== child.key);
  const values = others.map(([, value]) => {
    const tuple = row !== null && isTreeNode(value) ? value["Tuple"] : null;
    return Array.isArray(tuple) ? tuple[row ?? 0] : value;
  });
  return meet(firstColumn(values), "beside");
}

const compare: Step = (parent, child, row) => besideOf(parent, child, row) ?? undefined;
const end: Step = () => null;

function subqueryColumn(query: unknown): string | null {
  const body = isTreeNode(query) ? query["body"] : null;
  return firstColumn(nodeList(nodeOf(body, "Select")?.["projection"])[0]);
}

/** The INSERT whose VALUES or SELECT a query's body is. */
export function insertAbove(place: Place | null): TreeNode | null {
  for (let at = place; at !== null; at = at.parent) {
    if (at.key === "Insert") return isTreeNode(at.node) ? at.node : null;
    if (!/^(|source|body|Values|Select|rows|content|projection|UnnamedExpr|Query)$/.test(at.key))
      return null;
  }
  return null;
}

function insertColumn(insert: TreeNode | null, index: number): Meeting | null {
  const columns = insert?.["columns"];
  return meet(Array.isArray(columns) ? nameParts(columns[index]).at(-1) : null, "assigned");
}

const steps: Readonly<Record<string, Step>> = {
  BinaryOp: (parent, child, row) => {
    const op = isTreeNode(parent.node) ? parent.node["op"] : null;
    return op === "And" || op === "Or" || op === "Xor" ? null : compare(parent, child, row);
  },
  Between: compare,
  InList: compare,
  Like: compare,
  RLike: compare,
  MatchAgainst: (parent) => {
    const columns = isTreeNode(parent.node) ? parent.node["columns"] : null;
    return meet(Array.isArray(columns) ? nameParts(columns[0]).at(-1) : null, "beside");
  },
  InSubquery: (parent) => {
    const query = isTreeNode(parent.node) ? parent.node["subquery"] : null;
    return meet(subqueryColumn(query), "subselect");
  },
  Case: (parent, child) => {
    const operand = isTreeNode(parent.node) ? parent.node["operand"] : null;
    return child.key === "conditions" ? meet(firstColumn(operand), "beside") : undefined;
  },
  assignments: (parent, child, row) => {
    const list = Array.isArray(parent.node) ? parent.node : [];
    return assigned(list[child.index], row);
  },
  DuplicateKeyUpdate: (parent, child, row) => {
    const list = Array.isArray(parent.node) ? parent.node : [];
    return assigned(list[child.index], row);
  },
  content: (parent, child) =>
    Array.isArray(parent.node) ? insertColumn(insertAbove(parent), child.index) : undefined,
  projection: (parent, child) => insertColumn(insertAbove(parent), child.index),
  limit: () => ({ name: "limit", how: "limit" }),
  offset: () => ({ name: "offset", how: "limit" }),
  IsNull: end,
  IsNotNull: end,
  order_by: end,
  group_by: end,
  On: end,
};

function assigned(assignment: unknown, row: number | null): Meeting | null {
  const target = isTreeNode(assignment) ? assignment["target"] : null;
  if (!isTreeNode(target)) return null;
  const tuple = target["Tuple"];
  const name = Array.isArray(tuple) ? tuple[row ?? 0] : target["ColumnName"];
  return meet(nameParts(name).at(-1), "assigned");
}

/** The column that a placeholder meets on its way up, nearest first; null if none. */
export function meetingOf(place: Place): Meeting | null {
  let row: number | null = null;
  let child = place;
  for (let parent = place.parent; parent !== null; parent = parent.parent) {
    const isItem = Array.isArray(parent.node);
    // A list and the item in it have the same key: the step belongs to the list.
    const found =
      isItem || !Array.isArray(parent.parent?.node)
        ? steps[parent.key]?.(parent, child, row)
        : undefined;
    if (found !== undefined) return found;
    if (isItem && parent.key === "Tuple") row = child.index;
    child = parent;
  }
  return null;
}
