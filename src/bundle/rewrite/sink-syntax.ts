/** Small questions about syntax, for the two looks at what reaches the network. */
import type * as t from "@babel/types";

/** The name of a member, if it stands there literally. */
export function propertyName(node: t.MemberExpression | t.OptionalMemberExpression): string | null {
  if (!node.computed) return node.property.type === "Identifier" ? node.property.name : null;
  if (node.property.type === "StringLiteral") return node.property.value;
  if (node.property.type !== "TemplateLiteral" || node.property.expressions.length > 0) return null;
  return node.property.quasis[0]?.value.cooked ?? null;
}

/** What a tree holds beside its nodes. */
const besides = new Set(["leadingComments", "innerComments", "trailingComments", "comments"]);

function isNode(value: unknown): value is t.Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** The nodes right under a node, whatever its type is, in no order. */
export function childNodes(node: t.Node): t.Node[] {
  const found: t.Node[] = [];
  for (const key in node) {
    const value = node[key as keyof t.Node] as unknown;
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value) && !besides.has(key)) {
      for (const one of value as unknown[]) if (isNode(one)) found.push(one);
    }
  }
  return found;
}

/** Whether an operator asks about its operand, or takes it away, and does not use it. */
export function isInertOperator(operator: string): boolean {
  return operator === "typeof" || operator === "delete";
}
