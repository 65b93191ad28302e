/**
 * An independent look at a rewritten script: its scopes are built anew, and what still reaches the network is told. It
 * knows nothing of the cuts.
 */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Script } from "../files/bundle.ts";
import { parseScript } from "./parse-script.ts";
import { isBanner } from "./proxy-text.ts";
import { childNodes, isInertOperator, propertyName } from "./sink-syntax.ts";
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
  if (parent.type === "UnaryExpression") return isInertOperator(parent.operator);
  if (parent.type === "UpdateExpression") return true;
  if (parent.type === "ForInStatement" || parent.type === "ForOfStatement") return key === "left";
  return parent.type === "AssignmentExpression" && key === "left";
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

function isInlinedProxy(statement: t.Statement): boolean {
  return statement.leadingComments?.some(({ value }) => isBanner(value)) ?? false;
}

/** `new __govern.XMLHttpRequest("s1")` constructs what should have been asked for the class. */
function misread(node: t.Node): number | null {
  if (node.type !== "NewExpression" || node.callee.type !== "MemberExpression") return null;
  const { object } = node.callee;
  return object.type === "Identifier" && object.name === "__govern" ? (node.start ?? 0) : null;
}

/** The name a node gives to a property or method of its own: no reference. */
function ownKey(node: t.Node): t.Node | null {
  switch (node.type) {
    case "ObjectProperty":
      return node.computed || node.shorthand ? null : node.key;
    case "ObjectMethod":
    case "ClassMethod":
    case "ClassProperty":
      return node.computed ? null : node.key;
    default:
      return null;
  }
}

/** Whether a member may be a sink, going by names alone. */
function mayBeSink(node: t.MemberExpression | t.OptionalMemberExpression): boolean {
  const name = propertyName(node);
  const object = node.object.type === "Identifier" ? node.object.name : null;
  if (name === "sendBeacon") return object !== "__govern";
  return name !== null && sinks.has(name) && object !== null && globals.has(object);
}

/** Classes of the proxy that are constructed instead of asked for. */
export function misreadIn(program: t.Program): readonly Leftover[] {
  return lookOver(program).misread;
}

interface FirstLook {
  /** Whether any name of a sink stands where it may be one; only then scopes matter, which are dear to build. */
  readonly names: boolean;
  readonly misread: readonly Leftover[];
}

/** Parents before children, and without recursion: chains of members and operators are longer than the stack is deep. */
function walk(root: t.Node, visit: (node: t.Node) => void): void {
  const waiting: t.Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    visit(node);
    for (const child of childNodes(node)) waiting.push(child);
  }
}

function lookOver(program: t.Program): FirstLook {
  let names = false;
  const found: Leftover[] = [];
  const keys = new Set<t.Node>();
  const visit = (node: t.Node): void => {
    const key = ownKey(node);
    if (key !== null) keys.add(key);
    if (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") {
      if (!node.computed) keys.add(node.property);
      names ||= mayBeSink(node);
    }
    if (node.type === "Identifier" && sinks.has(node.name)) names ||= !keys.has(node);
    const start = misread(node);
    if (start !== null) found.push({ sink: "new __govern", start });
  };
  for (const statement of program.body) {
    if (!isInlinedProxy(statement)) walk(statement, visit);
  }
  return { names, misread: found };
}

/** Whether an error says that the stack does not suffice: parser and traversal recurse. */
export function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

/**
 * The sinks of a script that are not behind the proxy, outside the inlined proxy itself.
 * @throws SyntaxError when the script does not parse, RangeError when it is nested too deep.
 */
export function findSinks(code: string, type: Script["type"]): Leftover[] {
  const found: Leftover[] = [];
  const visitMember = (path: NodePath<t.MemberExpression | t.OptionalMemberExpression>): void => {
    const sink = memberSink(path);
    if (sink !== null) found.push({ sink, start: path.node.start ?? 0 });
  };
  const file = parseScript(code, type);
  const look = lookOver(file.program);
  if (!look.names) return [...look.misread];
  traverse(file, {
    Statement(path) {
      if (isInlinedProxy(path.node)) path.skip();
    },
    ReferencedIdentifier(path: NodePath<t.Identifier | t.JSXIdentifier>) {
      const { name, start } = path.node;
      if (!sinks.has(name) || isInert(path) || !isUnbound(path, name)) return;
      found.push({ sink: name, start: start ?? 0 });
    },
    MemberExpression: visitMember,
    OptionalMemberExpression: visitMember,
  });
  return [...look.misread, ...found];
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
