/**
 * The sinks of a parsed script, counted before anything is cut, by a walk that knows nothing of the analysis: it keeps only
 * the few names that matter, with the ranges in which something in the script declares them.
 */
import type * as t from "@babel/types";
import { childNodes, isInertOperator, propertyName } from "./sink-syntax.ts";

/** A reference that reaches the network, by its offsets in the script. */
export interface Sink {
  /** As it is written: `fetch`, `window.fetch`, `navigator.sendBeacon`. */
  readonly sink: string;
  readonly start: number;
  readonly end: number;
}

const sinks = new Set(["fetch", "XMLHttpRequest", "WebSocket", "EventSource"]);
const globals = new Set(["window", "self", "globalThis"]);
const declared = new Set([...sinks, ...globals, "navigator"]);

/** How an identifier stands where it is met. */
type Stance = "reference" | "written" | "lexical" | "hoisted";

interface Candidate extends Sink {
  /** The name that must not be declared around it. */
  readonly name: string;
}

interface Declaration {
  readonly name: string;
  /** Where it holds. */
  readonly within: t.Node;
}

type Member = t.MemberExpression | t.OptionalMemberExpression;

function isMember(node: t.Node): node is Member {
  return node.type === "MemberExpression" || node.type === "OptionalMemberExpression";
}

/** The global that an expression must be unbound as, to be the page's navigator. */
function navigatorRoot(node: t.Node): string | null {
  if (node.type === "Identifier") return node.name === "navigator" ? "navigator" : null;
  return isMember(node) && propertyName(node) === "navigator" ? globalRoot(node.object) : null;
}

function globalRoot(node: t.Node): string | null {
  return node.type === "Identifier" && globals.has(node.name) ? node.name : null;
}

class Census {
  readonly candidates: Candidate[] = [];
  readonly declarations: Declaration[] = [];
  private readonly nodes: t.Node[] = [];
  private readonly stances: Stance[] = [];
  private readonly functions: t.Node[] = [];
  private readonly blocks: t.Node[] = [];
  private fn: t.Node;
  private block: t.Node;

  constructor(program: t.Program) {
    this.fn = program;
    this.block = program;
    this.all(program.body);
    for (let node = this.nodes.pop(); node !== undefined; node = this.nodes.pop()) {
      const stance = this.stances.pop() as Stance;
      this.fn = this.functions.pop() as t.Node;
      this.block = this.blocks.pop() as t.Node;
      this.visit(node, stance);
    }
  }

  private push(node: t.Node | null | undefined, stance: Stance = "reference"): void {
    if (!node) return;
    this.nodes.push(node);
    this.stances.push(stance);
    this.functions.push(this.fn);
    this.blocks.push(this.block);
  }

  private all(nodes: readonly (t.Node | null)[], stance: Stance = "reference"): void {
    for (const node of nodes) this.push(node, stance);
  }

  private declare(name: string, within: t.Node): void {
    if (declared.has(name)) this.declarations.push({ name, within });
  }

  private visit(node: t.Node, stance: Stance): void {
    if (node.type === "Identifier") return this.identifier(node, stance);
    const handler = handlers[node.type];
    if (handler !== undefined) return handler(this, node as never, stance);
    this.children(node);
  }

  private children(node: t.Node): void {
    this.all(childNodes(node));
  }

  private identifier({ name, start, end }: t.Identifier, stance: Stance): void {
    if (stance === "lexical") this.declare(name, this.block);
    else if (stance === "hoisted") this.declare(name, this.fn);
    else if (stance === "reference" && sinks.has(name)) {
      this.candidates.push({ sink: name, name, start: start ?? 0, end: end ?? 0 });
    }
  }

  private static candidate(node: Member): Candidate | null {
    const name = propertyName(node);
    if (name === null) return null;
    const isBeacon = name === "sendBeacon";
    if (!isBeacon && !sinks.has(name)) return null;
    const root = isBeacon ? navigatorRoot(node.object) : globalRoot(node.object);
    const sink = isBeacon ? "navigator.sendBeacon" : `window.${name}`;
    if (root === null) return null;
    return { sink, name: root, start: node.start ?? 0, end: node.end ?? 0 };
  }

  member(node: Member, stance: Stance): void {
    const found = stance === "written" ? null : Census.candidate(node);
    if (found !== null) this.candidates.push(found);
    this.push(node.object);
    if (node.computed) this.push(node.property);
  }

  /** `typeof x`, `x = …`, `x++`: asked about or set, not used. */
  touched(node: t.Node, rest: t.Node | null = null): void {
    this.push(node, "written");
    this.push(rest);
  }

  declaration(node: t.VariableDeclaration): void {
    const stance = node.kind === "var" ? "hoisted" : "lexical";
    for (const { id, init } of node.declarations) {
      this.push(id, stance);
      this.push(init);
    }
  }

  /** A function: its parameters, its name, its body; a name that it takes in the scope around it. */
  enter(node: t.Function): void {
    if (node.type === "FunctionDeclaration" && node.id) this.declare(node.id.name, this.block);
    if ("key" in node && "computed" in node && node.computed) this.push(node.key);
    const { fn, block } = this;
    this.fn = node;
    this.block = node;
    if (node.type === "FunctionExpression" && node.id) this.declare(node.id.name, node);
    this.all(node.params, "hoisted");
    this.push(node.body);
    this.fn = fn;
    this.block = block;
  }

  class(node: t.Class): void {
    if (node.type === "ClassDeclaration" && node.id) this.declare(node.id.name, this.block);
    else if (node.id) this.declare(node.id.name, node);
    this.push(node.superClass);
    this.push(node.body);
  }

  keyed(node: t.ObjectProperty | t.ClassProperty | t.ClassAccessorProperty, stance: Stance): void {
    if (node.computed) this.push(node.key);
    this.push(node.value, stance);
  }

  /** What is declared in a node holds in it alone. */
  inside(node: t.Node): void {
    const { block } = this;
    this.block = node;
    this.children(node);
    this.block = block;
  }

  /** The block of a class takes `var` as a function does. */
  static(node: t.StaticBlock): void {
    const { fn } = this;
    this.fn = node;
    this.inside(node);
    this.fn = fn;
  }

  caught(node: t.CatchClause): void {
    const { block } = this;
    this.block = node;
    this.push(node.param, "lexical");
    this.push(node.body);
    this.block = block;
  }

  /** `for (x of …)`: x is set. */
  loop(node: t.ForInStatement | t.ForOfStatement): void {
    const { block } = this;
    this.block = node;
    this.push(node.left, node.left.type === "VariableDeclaration" ? "reference" : "written");
    this.push(node.right);
    this.push(node.body);
    this.block = block;
  }

  pattern(parts: readonly (t.Node | null)[], stance: Stance): void {
    this.all(parts, stance);
  }

  imported(node: t.ImportDeclaration): void {
    for (const specifier of node.specifiers) this.declare(specifier.local.name, this.fn);
  }

  exported(node: t.ExportNamedDeclaration): void {
    this.push(node.declaration);
    if (node.source) return;
    for (const one of node.specifiers) if (one.type === "ExportSpecifier") this.push(one.local);
  }

  fallback(node: t.AssignmentPattern, stance: Stance): void {
    this.push(node.left, stance);
    this.push(node.right);
  }
}

type Handler = (census: Census, node: never, stance: Stance) => void;

const member: Handler = (census, node: Member, stance) => census.member(node, stance);
const enter: Handler = (census, node: t.Function) => census.enter(node);
const keyed: Handler = (census, node: t.ClassProperty, stance) => census.keyed(node, stance);
const inside: Handler = (census, node: t.Node) => census.inside(node);
const loop: Handler = (census, node: t.ForOfStatement) => census.loop(node);
const classLike: Handler = (census, node: t.Class) => census.class(node);
const nothing: Handler = () => undefined;

const handlers: Readonly<Record<string, Handler | undefined>> = {
  MemberExpression: member,
  OptionalMemberExpression: member,
  UnaryExpression: (census, node: t.UnaryExpression) =>
    census.pattern([node.argument], isInertOperator(node.operator) ? "written" : "reference"),
  UpdateExpression: (census, node: t.UpdateExpression) => census.touched(node.argument),
  AssignmentExpression: (census, node: t.AssignmentExpression) =>
    census.touched(node.left, node.right),
  VariableDeclaration: (census, node: t.VariableDeclaration) => census.declaration(node),
  FunctionDeclaration: enter,
  FunctionExpression: enter,
  ArrowFunctionExpression: enter,
  ObjectMethod: enter,
  ClassMethod: enter,
  ClassPrivateMethod: enter,
  ClassDeclaration: classLike,
  ClassExpression: classLike,
  ObjectProperty: keyed,
  ClassProperty: keyed,
  ClassAccessorProperty: keyed,
  BlockStatement: inside,
  StaticBlock: (census, node: t.StaticBlock) => census.static(node),
  SwitchStatement: inside,
  ForStatement: inside,
  ForInStatement: loop,
  ForOfStatement: loop,
  CatchClause: (census, node: t.CatchClause) => census.caught(node),
  ArrayPattern: (census, node: t.ArrayPattern, stance) => census.pattern(node.elements, stance),
  ObjectPattern: (census, node: t.ObjectPattern, stance) => census.pattern(node.properties, stance),
  RestElement: (census, node: t.RestElement, stance) => census.pattern([node.argument], stance),
  AssignmentPattern: (census, node: t.AssignmentPattern, stance) => census.fallback(node, stance),
  ImportDeclaration: (census, node: t.ImportDeclaration) => census.imported(node),
  ExportNamedDeclaration: (census, node: t.ExportNamedDeclaration) => census.exported(node),
  ExportAllDeclaration: nothing,
  LabeledStatement: (census, node: t.LabeledStatement) => census.pattern([node.body], "reference"),
  BreakStatement: nothing,
  ContinueStatement: nothing,
  MetaProperty: nothing,
  PrivateName: nothing,
};

function holds({ within }: Declaration, at: Candidate): boolean {
  return (within.start ?? 0) <= at.start && at.end <= (within.end ?? 0);
}

/** All sinks of a script, in order. */
export function sinksOf(program: t.Program): Sink[] {
  const { candidates, declarations } = new Census(program);
  const free = candidates.filter(
    (one) => !declarations.some((known) => known.name === one.name && holds(known, one)),
  );
  return free
    .map(({ sink, start, end }) => ({ sink, start, end }))
    .toSorted((a, b) => a.start - b.start);
}
