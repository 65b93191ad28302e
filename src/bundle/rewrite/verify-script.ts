/**
 * An independent look at a rewritten script: its scopes are built anew, and what still reaches the network is told. It
 * knows nothing of the cuts.
 */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Script } from "../files/bundle.ts";
import { parseScript } from "./parse-script.ts";
import { isBanner } from "./proxy-text.ts";
import { traverse } from "./traverse.ts";

const sinks = new Set(["fetch", "XMLHttpRequest", "WebSocket", "EventSource"]);
const globals = new Set(["window", "self", "globalThis"]);

export interface Leftover {
  /** As it is written: `fetch`, `window.fetch`, `navigator.sendBeacon`. */
  readonly sink: string;
  readonly start: number;
}

function isUnbound(path: NodePath, name: string): boolean {
  return !path.scope.hasBinding(name, true);
}

/** Asked about or set, not used. */
function isInert(path: NodePath): boolean {
  const { parent, key } = path;
  if (parent.type === "UnaryExpression")
    return parent.operator === "typeof" || parent.operator === "delete";
  return parent.type === "AssignmentExpression" && key === "left";
}

function propertyName(node: t.MemberExpression | t.OptionalMemberExpression): string | null {
  if (!node.computed) return node.property.type === "Identifier" ? node.property.name : null;
  if (node.property.type === "StringLiteral") return node.property.value;
  const isPlain =
    node.property.type === "TemplateLiteral" && node.property.expressions.length === 0;
  return isPlain ? ((node.property as t.TemplateLiteral).quasis[0]?.value.cooked ?? null) : null;
}

function isGlobalObject(path: NodePath, node: t.Node): boolean {
  return node.type === "Identifier" && globals.has(node.name) && isUnbound(path, node.name);
}

function isNavigator(path: NodePath, node: t.Node): boolean {
  if (node.type === "Identifier") return node.name === "navigator" && isUnbound(path, "navigator");
  const isMember = node.type === "MemberExpression" || node.type === "OptionalMemberExpression";
  return isMember && propertyName(node) === "navigator" && isGlobalObject(path, node.object);
}

function memberSink(
  path: NodePath<t.MemberExpression | t.OptionalMemberExpression>,
): string | null {
  const name = propertyName(path.node);
  if (name === null || isInert(path)) return null;
  if (sinks.has(name) && isGlobalObject(path, path.node.object)) return `window.${name}`;
  const isBeacon = name === "sendBeacon" && isNavigator(path, path.node.object);
  return isBeacon ? "navigator.sendBeacon" : null;
}

/**
 * The sinks of a script that are not behind the proxy, outside the inlined proxy itself.
 * @throws SyntaxError when the script does not parse.
 */
export function findSinks(code: string, type: Script["type"]): Leftover[] {
  const found: Leftover[] = [];
  const visitMember = (path: NodePath<t.MemberExpression | t.OptionalMemberExpression>): void => {
    const sink = memberSink(path);
    if (sink !== null) found.push({ sink, start: path.node.start ?? 0 });
  };
  traverse(parseScript(code, type), {
    Statement(path) {
      if (path.node.leadingComments?.some(({ value }) => isBanner(value))) path.skip();
    },
    ReferencedIdentifier(path: NodePath<t.Identifier | t.JSXIdentifier>) {
      const { name, start } = path.node;
      if (!sinks.has(name) || isInert(path) || !isUnbound(path, name)) return;
      found.push({ sink: name, start: start ?? 0 });
    },
    MemberExpression: visitMember,
    OptionalMemberExpression: visitMember,
  });
  return found;
}

/** The same as messages: `fetch at offset 123`; a syntax error is one. */
export function verifyScript(code: string, type: Script["type"] = "unknown"): string[] {
  try {
    return findSinks(code, type).map(({ sink, start }) => `${sink} at offset ${String(start)}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [`does not parse: ${error.message}`];
  }
}
