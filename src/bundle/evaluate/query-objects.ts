/**
 * Queries of TanStack Query, known by the names of their options: `queryFn` is called with the `queryKey` that stands beside it,
 * and the one of the defaults with every key that has none beside it.
 */
import type * as t from "@babel/types";
import {
  childAt,
  isCall,
  isMember,
  keysOf,
  memberName,
  plainKey,
  type Node,
} from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";

export const queryFunction = "queryFn";
const queryKey = "queryKey";

/** Methods of the client that take a key and send nothing of themselves. */
const quiet = /^(?:invalidate|cancel|remove|reset|refetch|set|get|is|default|find)[A-Z]/;

/** Members of the objects that the client makes for itself. */
const ownNames = ["queryHash", "client", "signal", "pageParam"];

type QueryCall = t.CallExpression | t.OptionalCallExpression | t.NewExpression;

const known = new WeakMap<Evaluation, readonly Node[]>();

function member(object: t.ObjectExpression, key: string): Node | undefined {
  const found = object.properties.find(
    (one) => one.type === "ObjectProperty" && plainKey(one.key, one.computed) === key,
  );
  return found?.type === "ObjectProperty" ? found.value : undefined;
}

/** The keys that the function of a query's options is called with; undefined if the object is none of a query. */
export function keysFor(evaluation: Evaluation, options: Node): readonly Node[] | undefined {
  if (options.type !== "ObjectExpression") return undefined;
  const own = member(options, queryKey);
  if (own !== undefined) return [own];
  return isDefault(evaluation, options) ? bareKeys(evaluation) : undefined;
}

function isNamed(node: Node | undefined, key: string): boolean {
  return node?.type === "ObjectProperty" && plainKey(node.key, node.computed) === key;
}

/** `{ defaultOptions: { queries: { queryFn } } }`. */
function isDefault({ program }: Evaluation, options: Node): boolean {
  const queries = program.parentOf(options);
  const defaults = queries && program.parentOf(queries);
  const around = defaults && program.parentOf(defaults);
  return isNamed(queries, "queries") && isNamed(around, "defaultOptions");
}

/** The keys of queries that have no function of their own, found once per evaluation. */
function bareKeys(evaluation: Evaluation): readonly Node[] {
  const cached = known.get(evaluation);
  if (cached !== undefined) return cached;
  const found = evaluation.program.units
    .filter((unit) => unit.script.code.includes(queryKey))
    .flatMap((unit) => keysIn(unit.tree.program));
  known.set(evaluation, found);
  return found;
}

function keysIn(program: Node): Node[] {
  const found: Node[] = [];
  const waiting: (Node | null)[] = [program];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === null) continue;
    const key = isCall(node) ? bareKey(node) : undefined;
    if (key !== undefined) found.push(key);
    for (const name of keysOf(node)) {
      const child = childAt(node, name);
      if (Array.isArray(child)) for (const one of child) waiting.push(one as Node | null);
      else if (child) waiting.push(child as Node);
    }
  }
  return found;
}

/** `useQuery({ queryKey })`: the key. */
function bareKey({ callee, arguments: given }: QueryCall): Node | undefined {
  const [options] = given;
  if (options?.type !== "ObjectExpression") return undefined;
  if ([queryFunction, ...ownNames].some((key) => member(options, key))) return undefined;
  const last = callee.type === "SequenceExpression" ? callee.expressions.at(-1) : callee;
  const name = last && isMember(last) ? memberName(last) : undefined;
  return name !== undefined && quiet.test(name) ? undefined : member(options, queryKey);
}
