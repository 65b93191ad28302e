/** Keys that stand literally or evaluate to one text. */
import { memberName, type MemberNode } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Frame } from "./frame.ts";
import { plainText } from "./values.ts";

/** The one name of a member access, or undefined. */
export function staticKey(
  evaluation: Evaluation,
  node: MemberNode,
  frame: Frame,
): string | undefined {
  const name = memberName(node);
  if (name !== undefined || !node.computed) return name;
  const [value, ...others] = evaluation.evaluate(node.property, frame);
  if (value === undefined || others.length > 0) return undefined;
  if (value.kind === "literal" && typeof value.value === "number") return String(value.value);
  return plainText(value);
}
