/** Small questions about syntax, for the two looks at what reaches the network. */
import type * as t from "@babel/types";

/** The name of a member, if it stands there literally. */
export function propertyName(node: t.MemberExpression | t.OptionalMemberExpression): string | null {
  if (!node.computed) return node.property.type === "Identifier" ? node.property.name : null;
  if (node.property.type === "StringLiteral") return node.property.value;
  if (node.property.type !== "TemplateLiteral" || node.property.expressions.length > 0) return null;
  return node.property.quasis[0]?.value.cooked ?? null;
}

/** Whether an operator asks about its operand, or takes it away, and does not use it. */
export function isInertOperator(operator: string): boolean {
  return operator === "typeof" || operator === "delete";
}
