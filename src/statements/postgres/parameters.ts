/** The places of a statement's parameters in its tree, and the column that each of them meets there. */
import { freeName, isHazardous } from "../parameter-names.ts";
import { isTreeNode, nodeList, nodeOf, unwrapNode, type TreeNode } from "./parser.ts";

/** A node with its way up. */
export interface Place {
  /** The node's type, or the key it stands under. */
  readonly type: string;
  readonly node: TreeNode;
  /** Where it stands in its parent: the key, and the index in a list. */
  readonly key: string;
  readonly index: number;
  readonly parent: Place | null;
}

/** How a parameter met what names it: beside a column, assigned to one, as LIMIT or OFFSET. */
export interface Meeting {
  readonly name: string;
  readonly how: "beside" | "assigned" | "subselect" | "limit";
}

function collectPlaces(value: unknown, at: Omit<Place, "node" | "type">, found: Place[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collectPlaces(item, { ...at, index }, found);
    return;
  }
  if (!isTreeNode(value)) return;
  const [type, node] = unwrapNode(value) ?? [at.key, value];
  const place: Place = { ...at, type, node };
  if (type === "ParamRef") found.push(place);
  for (const [key, child] of Object.entries(node)) {
    if (typeof child === "object") collectPlaces(child, { key, index: 0, parent: place }, found);
  }
}

/** The places of all parameters, in the tree's order. */
export function parameterPlaces(statement: TreeNode): Place[] {
  const found: Place[] = [];
  collectPlaces(statement, { key: "", index: 0, parent: null }, found);
  return found;
}

/** The number of the parameter at a place; 0 for `$0`, which no server takes. */
export function parameterNumber(place: Place): number {
  const number = place.node["number"];
  return typeof number === "number" ? number : 0;
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
  const reference = nodeOf(value, "ColumnRef");
  if (reference !== null) {
    const name = nodeOf(nodeList(reference["fields"]).at(-1), "String")?.["sval"];
    return typeof name === "string" ? name : null;
  }
  return "SubLink" in value ? null : firstColumn(Object.values(value));
}

/** The column of the other side; of a row, the one at the same position. */
function columnBeside(other: unknown, rowIndex: number | null): string | null {
  const row = rowIndex === null ? null : nodeOf(other, "RowExpr");
  return firstColumn(row === null ? other : nodeList(row["args"])[rowIndex ?? 0]);
}

function targetName(list: unknown, index: number): string | null {
  const name = nodeOf(nodeList(list)[index], "ResTarget")?.["name"];
  return typeof name === "string" ? name : null;
}

const meet = (name: string | null, how: Meeting["how"]): Meeting | null =>
  name === null ? null : { name, how };

/** The INSERT that a query feeds directly. */
function insertOf(query: Place | null): TreeNode | null {
  const parent = query?.type === "SelectStmt" && query.key === "selectStmt" ? query.parent : null;
  return parent?.type === "InsertStmt" ? parent.node : null;
}

function meetTarget(target: Place): Meeting | null {
  const owner = target.parent;
  if (owner === null || target.key !== "targetList") return null;
  if (/^(UpdateStmt|MergeWhenClause|onConflictClause)$/.test(owner.type)) {
    return meet(typeof target.node["name"] === "string" ? target.node["name"] : null, "assigned");
  }
  const insert = insertOf(owner);
  return insert === null ? null : meet(targetName(insert["cols"], target.index), "assigned");
}

function meetSelect(key: string): Meeting | null {
  if (key === "limitCount") return { name: "limit", how: "limit" };
  if (key === "limitOffset") return { name: "offset", how: "limit" };
  return null;
}

function meetSublink(link: TreeNode, key: string): Meeting | null {
  const query = nodeOf(link["subselect"], "SelectStmt");
  const first = nodeOf(nodeList(query?.["targetList"])[0], "ResTarget");
  return key === "testexpr" ? meet(firstColumn(first?.["val"]), "subselect") : null;
}

/** What a step upwards finds: a meeting, an end without one (null), or nothing yet (undefined). */
type Step = (parent: Place, child: Place, rowIndex: number | null) => Meeting | null | undefined;

const sibling: Step = (parent) => meet(firstColumn(parent.node["args"]), "beside") ?? undefined;
const end: Step = () => null;

const steps: Readonly<Record<string, Step>> = {
  A_Expr: (parent, child, rowIndex) => {
    const other = parent.node[child.key === "lexpr" ? "rexpr" : "lexpr"];
    return meet(columnBeside(other, rowIndex), "beside") ?? undefined;
  },
  CoalesceExpr: sibling,
  MinMaxExpr: sibling,
  CaseWhen: (parent, child) => {
    if (child.key !== "expr") return undefined;
    return meet(firstColumn(parent.parent?.node["arg"]), "beside");
  },
  List: (parent, child) => {
    if (parent.key !== "valuesLists") return undefined;
    const insert = insertOf(parent.parent);
    return insert === null ? null : meet(targetName(insert["cols"], child.index), "assigned");
  },
  MultiAssignRef: (parent, _child, rowIndex) =>
    // Every column of `(a, b) = (…)` holds the whole row: only one of them is this parameter's.
    rowIndex === null || parent.node["colno"] === rowIndex + 1 ? undefined : null,
  ResTarget: (parent) => meetTarget(parent),
  MergeWhenClause: (parent, child) =>
    child.key === "values"
      ? meet(targetName(parent.node["targetList"], child.index), "assigned")
      : null,
  SelectStmt: (_parent, child) => meetSelect(child.key),
  SubLink: (parent, child) => meetSublink(parent.node, child.key),
  BoolExpr: end,
  NullTest: end,
  BooleanTest: end,
  JoinExpr: end,
  SortBy: end,
};

/** The column that a parameter meets on its way up, nearest first; null if none. */
export function meetingOf(place: Place): Meeting | null {
  let rowIndex: number | null = null;
  let child = place;
  for (let parent = place.parent; parent !== null; parent = parent.parent) {
    const found = steps[parent.type]?.(parent, child, rowIndex);
    if (found !== undefined) return found;
    if (parent.type === "RowExpr") rowIndex = child.index;
    child = parent;
  }
  return null;
}

/** A name for each of `$1…$n`: the column it meets, else `p` and its number; a repeated name gets 2, 3. */
export function parameterNames(places: readonly Place[]): string[] {
  const met = new Map<number, string>();
  for (const place of places) {
    const number = parameterNumber(place);
    const name = met.has(number) ? undefined : meetingOf(place)?.name;
    if (name !== undefined && !isHazardous(name)) met.set(number, name);
  }
  const names = new Set<string>();
  const count = Math.max(0, ...places.map(parameterNumber));
  for (let number = 1; number <= count; number += 1) {
    names.add(freeName(met.get(number) ?? `p${number}`, names));
  }
  return [...names];
}
