/** Functions that make clients and services: what they are given is part of every request of what they make. */
import { isFunction, type FunctionNode, type Node } from "../modules/syntax.ts";
import { returnsOf } from "./bodies.ts";

const known = new WeakMap<FunctionNode, boolean>();

/** A function, or one that a compiler wraps where it stands. */
function isFunctionLike(node: Node | null | undefined): boolean {
  if (isFunction(node)) return true;
  return node?.type === "CallExpression" && isFunction(node.callee);
}

function holdsFunctions(node: Node): boolean {
  switch (node.type) {
    case "SequenceExpression":
      return holdsFunctions(node.expressions.at(-1) as Node);
    case "ConditionalExpression":
      return holdsFunctions(node.consequent) || holdsFunctions(node.alternate);
    case "NewExpression":
      return node.callee.type === "Identifier";
    case "ObjectExpression":
      return node.properties.some((one) =>
        one.type === "ObjectProperty" ? isFunctionLike(one.value) : one.type === "ObjectMethod",
      );
    default:
      return isFunction(node);
  }
}

/** Whether a function makes other functions, or an object that holds some: a factory or a constructor. */
export function isMaker(fn: FunctionNode): boolean {
  const cached = known.get(fn);
  if (cached !== undefined) return cached;
  const makes =
    (fn.type === "ClassMethod" && fn.kind === "constructor") || returnsOf(fn).some(holdsFunctions);
  known.set(fn, makes);
  return makes;
}
