/** What stands in a function's own body, nested functions left out; arrows may be let in, which share its `this`. */
import {
  childAt,
  isClass,
  isFunction,
  keysOf,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";

const owned = new WeakMap<FunctionNode, Node[]>();
const returns = new WeakMap<FunctionNode, Node[]>();

function collect(
  fn: FunctionNode,
  enter: (node: Node) => boolean,
  take: (node: Node) => void,
): void {
  const waiting: Node[] = [fn.body];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    take(node);
    if (node !== fn.body && !enter(node)) continue;
    for (const key of keysOf(node)) {
      const child = childAt(node, key);
      if (Array.isArray(child))
        for (const one of child as (Node | null)[]) if (one) waiting.push(one);
      if (child && !Array.isArray(child)) waiting.push(child as Node);
    }
  }
}

function sharesThis(node: Node): boolean {
  return (!isFunction(node) || node.type === "ArrowFunctionExpression") && !isClass(node);
}

/** All nodes of a function that share its `this`, in no order. */
export function ownedNodes(fn: FunctionNode): readonly Node[] {
  const known = owned.get(fn);
  if (known !== undefined) return known;
  const nodes: Node[] = [];
  collect(fn, sharesThis, (node) => {
    if (/^(?:Assignment|Call|This|Super|Return)/.test(node.type)) nodes.push(node);
  });
  nodes.sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
  owned.set(fn, nodes);
  return nodes;
}

/** The expressions that a function returns, in source order. */
export function returnsOf(fn: FunctionNode): readonly Node[] {
  const known = returns.get(fn);
  if (known !== undefined) return known;
  const found: Node[] = [];
  if (fn.body.type !== "BlockStatement") found.push(fn.body);
  else {
    collect(
      fn,
      (node) => !isFunction(node) && !isClass(node),
      (node) => {
        if (node.type === "ReturnStatement" && node.argument) found.push(node.argument);
      },
    );
  }
  found.sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
  returns.set(fn, found);
  return found;
}
