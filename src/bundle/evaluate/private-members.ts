/** Private members as compilers write them for older browsers: objects as keys of weak maps and sets. */
import { isMember, memberName, type CallNode, type Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { onlyValue } from "./only-value.ts";
import { isThis } from "./super-calls.ts";

/** `new WeakMap`, or a variable that holds one. */
function isWeak(evaluation: Evaluation, node: Node | null | undefined): boolean {
  if (node?.type === "AssignmentExpression") return isWeak(evaluation, node.right);
  if (node?.type === "NewExpression") {
    return node.callee.type === "Identifier" && /^Weak(?:Map|Set)$/.test(node.callee.name);
  }
  const value = node && onlyValue(evaluation, node);
  return value !== undefined && value !== null && isWeak(evaluation, value);
}

/** `map.get(object)`, and a helper that is given the map and `this`: an object that is a key stays what it was. */
export function isPrivateKey(
  evaluation: Evaluation,
  call: Exclude<CallNode, { type: "TaggedTemplateExpression" }>,
  given: { readonly node: Node; readonly index: number },
): boolean {
  const { callee } = call;
  if (isMember(callee) && /^(?:get|set|has|add|delete)$/.test(memberName(callee) ?? "")) {
    return given.index === 0 && isWeak(evaluation, callee.object);
  }
  if (!isThis(evaluation, given.node)) return false;
  return (call.arguments as Node[]).some((one) => isWeak(evaluation, one));
}
