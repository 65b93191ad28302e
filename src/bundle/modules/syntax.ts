/** The syntax tree as the analysis sees it: which keys hold children, and small questions about single nodes. */
import type * as t from "@babel/types";

export type Node = t.Node;
export type FunctionNode =
  | t.FunctionDeclaration
  | t.FunctionExpression
  | t.ArrowFunctionExpression
  | t.ObjectMethod
  | t.ClassMethod
  | t.ClassPrivateMethod;
export type ClassNode = t.ClassDeclaration | t.ClassExpression;
export type CallNode =
  | t.CallExpression
  | t.OptionalCallExpression
  | t.NewExpression
  | t.TaggedTemplateExpression;
export type MemberNode = t.MemberExpression | t.OptionalMemberExpression;

/** Keys of child nodes in source order, for every node type of a script without type annotations and JSX. */
export const childKeys: Readonly<Record<string, readonly string[]>> = {
  ArrayExpression: ["elements"],
  ArrayPattern: ["elements"],
  ArrowFunctionExpression: ["params", "body"],
  AssignmentExpression: ["left", "right"],
  AssignmentPattern: ["left", "right"],
  AwaitExpression: ["argument"],
  BinaryExpression: ["left", "right"],
  BlockStatement: ["directives", "body"],
  BreakStatement: ["label"],
  CallExpression: ["callee", "arguments"],
  CatchClause: ["param", "body"],
  ClassAccessorProperty: ["key", "value"],
  ClassBody: ["body"],
  ClassDeclaration: ["id", "superClass", "body"],
  ClassExpression: ["id", "superClass", "body"],
  ClassMethod: ["key", "params", "body"],
  ClassPrivateMethod: ["key", "params", "body"],
  ClassPrivateProperty: ["key", "value"],
  ClassProperty: ["key", "value"],
  ConditionalExpression: ["test", "consequent", "alternate"],
  ContinueStatement: ["label"],
  Directive: ["value"],
  DoWhileStatement: ["body", "test"],
  ExportAllDeclaration: ["source", "attributes"],
  ExportDefaultDeclaration: ["declaration"],
  ExportNamedDeclaration: ["declaration", "specifiers", "source", "attributes"],
  ExportNamespaceSpecifier: ["exported"],
  ExportSpecifier: ["local", "exported"],
  ExpressionStatement: ["expression"],
  File: ["program"],
  ForInStatement: ["left", "right", "body"],
  ForOfStatement: ["left", "right", "body"],
  ForStatement: ["init", "test", "update", "body"],
  FunctionDeclaration: ["id", "params", "body"],
  FunctionExpression: ["id", "params", "body"],
  IfStatement: ["test", "consequent", "alternate"],
  ImportAttribute: ["key", "value"],
  ImportDeclaration: ["specifiers", "source", "attributes"],
  ImportDefaultSpecifier: ["local"],
  ImportExpression: ["source", "options"],
  ImportNamespaceSpecifier: ["local"],
  ImportSpecifier: ["imported", "local"],
  LabeledStatement: ["label", "body"],
  LogicalExpression: ["left", "right"],
  MemberExpression: ["object", "property"],
  MetaProperty: ["meta", "property"],
  NewExpression: ["callee", "arguments"],
  ObjectExpression: ["properties"],
  ObjectMethod: ["key", "params", "body"],
  ObjectPattern: ["properties"],
  ObjectProperty: ["key", "value"],
  OptionalCallExpression: ["callee", "arguments"],
  OptionalMemberExpression: ["object", "property"],
  ParenthesizedExpression: ["expression"],
  PrivateName: ["id"],
  Program: ["directives", "body"],
  RestElement: ["argument"],
  ReturnStatement: ["argument"],
  SequenceExpression: ["expressions"],
  SpreadElement: ["argument"],
  StaticBlock: ["body"],
  SwitchCase: ["test", "consequent"],
  SwitchStatement: ["discriminant", "cases"],
  TaggedTemplateExpression: ["tag", "quasi"],
  TemplateLiteral: ["quasis", "expressions"],
  ThrowStatement: ["argument"],
  TryStatement: ["block", "handler", "finalizer"],
  UnaryExpression: ["argument"],
  UpdateExpression: ["argument"],
  VariableDeclaration: ["declarations"],
  VariableDeclarator: ["id", "init"],
  WhileStatement: ["test", "body"],
  WithStatement: ["object", "body"],
  YieldExpression: ["argument"],
};

const none: readonly string[] = [];

/** What stands under a child key: a node, a list with holes, or nothing. */
export function childAt(
  node: Node,
  key: string,
): Node | readonly (Node | null)[] | null | undefined {
  return (node as unknown as Record<string, Node | readonly (Node | null)[] | null | undefined>)[
    key
  ];
}

export function keysOf(node: Node): readonly string[] {
  return childKeys[node.type] ?? none;
}

export function isFunction(node: Node | null | undefined): node is FunctionNode {
  switch (node?.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ObjectMethod":
    case "ClassMethod":
    case "ClassPrivateMethod":
      return true;
    default:
      return false;
  }
}

export function isClass(node: Node | null | undefined): node is ClassNode {
  return node?.type === "ClassDeclaration" || node?.type === "ClassExpression";
}

export function isMember(node: Node | null | undefined): node is MemberNode {
  return node?.type === "MemberExpression" || node?.type === "OptionalMemberExpression";
}

export function isCall(
  node: Node | null | undefined,
): node is t.CallExpression | t.OptionalCallExpression | t.NewExpression {
  return (
    node?.type === "CallExpression" ||
    node?.type === "OptionalCallExpression" ||
    node?.type === "NewExpression"
  );
}

/**
 * The text of a literal without holes: a string, or the template that some minifiers print instead. Undefined for
 * anything else. A lone surrogate is replaced, as it is wherever a text leaves a page.
 */
export function literalText(node: Node | null | undefined): string | undefined {
  if (node?.type === "StringLiteral") return node.value.toWellFormed();
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked?.toWellFormed();
}

/** The name that a key or member has before anything is evaluated: an identifier, a literal, or `#private`. */
export function plainKey(key: Node, computed: boolean): string | undefined {
  if (key.type === "PrivateName") return `#${key.id.name}`;
  if (key.type === "Identifier" && !computed) return key.name;
  if (key.type === "NumericLiteral") return String(key.value);
  return literalText(key);
}

/** The name of a member access, if it stands there literally. */
export function memberName(node: MemberNode): string | undefined {
  return plainKey(node.property, node.computed);
}

export function start(node: Node): number {
  return node.start ?? 0;
}

export function end(node: Node): number {
  return node.end ?? 0;
}

/** A list as the arguments of a call that is made with it: `f.apply(self, list)`. It stands where the list does. */
export function spreadOf(list: Node): t.SpreadElement {
  const { start: from, end: to, loc } = list;
  return {
    type: "SpreadElement",
    argument: list as t.Expression,
    start: from,
    end: to,
    loc,
  } as t.SpreadElement;
}
