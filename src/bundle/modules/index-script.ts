/**
 * One iterative walk over a script's tree: scopes, bindings with their reads and writes, unbound names, and member accesses by
 * name. It evaluates nothing; `@babel/traverse` would give the same answers at several times the cost.
 */
import type * as t from "@babel/types";
import { Scope, type Binding, type BindingKind } from "./scope.ts";
import {
  childAt,
  isClass,
  isFunction,
  keysOf,
  memberName,
  plainKey,
  type ClassNode,
  type MemberNode,
  type Node,
} from "./syntax.ts";

export interface ScriptIndex {
  readonly scope: Scope;
  /** Identifiers that no scope declares, by name: globals. */
  readonly unbound: ReadonlyMap<string, readonly t.Identifier[]>;
  /** What writes such a name. */
  readonly unboundWrites: ReadonlyMap<string, readonly Node[]>;
  /** Member accesses by the name that stands there literally. */
  readonly members: ReadonlyMap<string, readonly MemberNode[]>;
  /** Properties of patterns, by the name that stands there literally: `const { name: x } = …`. */
  readonly taken: ReadonlyMap<string, readonly t.ObjectProperty[]>;
  readonly imports: readonly t.ImportDeclaration[];
  readonly exports: readonly (
    | t.ExportNamedDeclaration
    | t.ExportDefaultDeclaration
    | t.ExportAllDeclaration
  )[];
  /** `import(…)`, in both shapes that parsers give it. */
  readonly dynamicImports: readonly (t.ImportExpression | t.CallExpression)[];
  /** Classes that inherit from another. */
  readonly heirs: readonly ClassNode[];
}

type ModuleExport = ScriptIndex["exports"][number];
type Handler = (walk: Walk, node: Node, scope: Scope) => void;

const lexical = new Set(["let", "const", "using", "await using"]);

/** The patterns inside a pattern; expressions in it go to `rest`. */
function patternParts(node: Node, rest: Node[]): (Node | null)[] {
  switch (node.type) {
    case "AssignmentPattern":
      rest.push(node.right);
      return [node.left];
    case "RestElement":
      return [node.argument];
    case "ArrayPattern":
      return node.elements;
    case "ObjectPattern":
      return node.properties.map((property) => {
        if (property.type === "RestElement") return property.argument;
        if (property.computed) rest.push(property.key);
        return property.value;
      });
    default:
      rest.push(node);
      return [];
  }
}

function append<V>(lists: Map<string, V[]>, name: string, one: V): void {
  const known = lists.get(name);
  if (known === undefined) lists.set(name, [one]);
  else known.push(one);
}

class Walk {
  private readonly nodes: Node[] = [];
  private readonly scopes: Scope[] = [];
  private readonly pendingNames: t.Identifier[] = [];
  private readonly pendingScopes: Scope[] = [];
  /** For each pending name the node that writes it, or null for a read. */
  private readonly pendingWriters: (Node | null)[] = [];
  readonly members = new Map<string, MemberNode[]>();
  readonly taken = new Map<string, t.ObjectProperty[]>();
  readonly unbound = new Map<string, t.Identifier[]>();
  readonly unboundWrites = new Map<string, Node[]>();
  readonly imports: t.ImportDeclaration[] = [];
  readonly exports: ModuleExport[] = [];
  readonly dynamicImports: (t.ImportExpression | t.CallExpression)[] = [];
  readonly heirs: ClassNode[] = [];
  readonly root: Scope;

  constructor(program: t.Program) {
    this.root = new Scope(program, null);
    this.later(program.body, this.root);
    for (let node = this.nodes.pop(); node !== undefined; node = this.nodes.pop()) {
      const scope = this.scopes.pop() as Scope;
      const handler = handlers[node.type];
      if (handler === undefined) this.children(node, scope);
      else handler(this, node, scope);
    }
  }

  /** Pushes nodes so that they are visited in the given order. */
  later(nodes: readonly (Node | null | undefined)[], scope: Scope): void {
    for (let at = nodes.length - 1; at >= 0; at -= 1) {
      const node = nodes[at];
      if (node === null || node === undefined) continue;
      this.nodes.push(node);
      this.scopes.push(scope);
    }
  }

  children(node: Node, scope: Scope): void {
    const found: (Node | null | undefined)[] = [];
    for (const key of keysOf(node)) {
      const child = childAt(node, key);
      // Lists may be too long to be spread into arguments.
      if (Array.isArray(child)) for (const one of child as (Node | null)[]) found.push(one);
      else found.push(child as Node | null | undefined);
    }
    this.later(found, scope);
  }

  read(node: t.Identifier, scope: Scope): void {
    this.pending(node, scope, null);
  }

  private pending(node: t.Identifier, scope: Scope, writer: Node | null): void {
    this.pendingNames.push(node);
    this.pendingScopes.push(scope);
    this.pendingWriters.push(writer);
  }

  /** Goes through a pattern: names to `take`, defaults and computed keys to the walk. */
  private pattern(pattern: Node, scope: Scope, take: (name: t.Identifier) => void): void {
    const rest: Node[] = [];
    const waiting: (Node | null)[] = [pattern];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node === null) continue;
      if (node.type === "ObjectPattern") this.take(node);
      if (node.type === "Identifier") take(node);
      else for (const part of patternParts(node, rest)) waiting.push(part);
    }
    this.later(
      rest.toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0)),
      scope,
    );
  }

  /** Declares the names of a pattern in `target`; expressions in it belong to `scope`. */
  declare(
    pattern: Node,
    scope: Scope,
    as: { kind: BindingKind; declaration: Node; target?: Scope },
  ): void {
    const target = as.target ?? scope;
    this.pattern(pattern, scope, (name) => target.declare(name.name, as.kind, as.declaration));
  }

  /** Records the names that an assignment target writes. */
  assign(pattern: Node, scope: Scope, writer: Node): void {
    this.pattern(pattern, scope, (name) => this.pending(name, scope, writer));
  }

  member(node: MemberNode): void {
    const name = memberName(node);
    if (name !== undefined) append(this.members, name, node);
  }

  private take(pattern: t.ObjectPattern): void {
    for (const property of pattern.properties) {
      if (property.type === "RestElement") continue;
      const name = plainKey(property.key, property.computed);
      if (name !== undefined) append(this.taken, name, property);
    }
  }

  /** Gives every recorded name to its binding, once all declarations are known. */
  resolve(): void {
    for (const [at, name] of this.pendingNames.entries()) {
      const binding: Binding | undefined = (this.pendingScopes[at] as Scope).lookup(name.name);
      const writer = this.pendingWriters[at] as Node | null;
      if (binding !== undefined) {
        if (writer === null) binding.reads.push(name);
        else binding.writes.push(writer);
      } else if (writer === null) append(this.unbound, name.name, name);
      else append(this.unboundWrites, name.name, writer);
    }
  }
}

function declaresBlock(statements: readonly Node[]): boolean {
  return statements.some(
    (statement) =>
      statement.type === "FunctionDeclaration" ||
      statement.type === "ClassDeclaration" ||
      (statement.type === "VariableDeclaration" && lexical.has(statement.kind)),
  );
}

function visitFunction(walk: Walk, node: Node, outer: Scope): void {
  if (!isFunction(node)) return;
  if (node.type === "FunctionDeclaration" && node.id) {
    outer.declare(node.id.name, "function", node);
  }
  let around = outer;
  if (node.type === "FunctionExpression" && node.id) {
    around = new Scope(node, outer);
    around.declare(node.id.name, "function", node);
  }
  const scope = new Scope(node, around);
  const body = node.body.type === "BlockStatement" ? node.body.body : [node.body];
  walk.later(body, scope);
  for (const param of node.params.toReversed()) {
    walk.declare(param, scope, { kind: "param", declaration: node });
  }
  if ("key" in node && "computed" in node && node.computed) walk.later([node.key], outer);
}

function visitClass(walk: Walk, node: Node, outer: Scope): void {
  if (!isClass(node)) return;
  if (node.superClass) walk.heirs.push(node);
  if (node.type === "ClassDeclaration" && node.id) outer.declare(node.id.name, "class", node);
  const scope = new Scope(node, outer);
  if (node.type === "ClassExpression" && node.id) scope.declare(node.id.name, "class", node);
  walk.later([node.superClass, ...node.body.body], scope);
}

function visitBlock(walk: Walk, node: Node, scope: Scope): void {
  const body = node.type === "SwitchStatement" ? node.cases : (node as t.BlockStatement).body;
  const statements =
    node.type === "SwitchStatement" ? node.cases.flatMap((one) => one.consequent) : body;
  const inner =
    node.type === "StaticBlock" || declaresBlock(statements) ? new Scope(node, scope) : scope;
  walk.later(body, inner);
  if (node.type === "SwitchStatement") walk.later([node.discriminant], scope);
}

function visitLoop(walk: Walk, node: Node, scope: Scope): void {
  const loop = node as t.ForStatement | t.ForInStatement | t.ForOfStatement;
  const head = loop.type === "ForStatement" ? loop.init : loop.left;
  const declares = head?.type === "VariableDeclaration";
  const inner = declares && lexical.has(head.kind) ? new Scope(node, scope) : scope;
  if (loop.type === "ForStatement") {
    walk.later([loop.init, loop.test, loop.update, loop.body], inner);
    return;
  }
  walk.later([loop.right, loop.body], inner);
  if (!declares) walk.assign(loop.left, inner, loop);
  else {
    const target = lexical.has(head.kind) ? inner : inner.hoist;
    for (const declarator of head.declarations) {
      const kind = lexical.has(head.kind) ? "let" : "var";
      walk.declare(declarator.id, inner, { kind, declaration: loop, target });
    }
  }
}

function visitDeclaration(walk: Walk, node: Node, scope: Scope): void {
  const declaration = node as t.VariableDeclaration;
  const isLexical = lexical.has(declaration.kind);
  const kind = declaration.kind === "const" ? "const" : isLexical ? "let" : "var";
  const target = isLexical ? scope : scope.hoist;
  for (const declarator of declaration.declarations.toReversed()) {
    walk.later([declarator.init], scope);
    walk.declare(declarator.id, scope, { kind, declaration: declarator, target });
  }
}

function visitCatch(walk: Walk, node: Node, scope: Scope): void {
  const clause = node as t.CatchClause;
  const inner = new Scope(clause, scope);
  walk.later(clause.body.body, inner);
  if (clause.param) walk.declare(clause.param, inner, { kind: "catch", declaration: clause });
}

function visitMember(walk: Walk, node: Node, scope: Scope): void {
  const member = node as MemberNode;
  walk.member(member);
  walk.later(member.computed ? [member.object, member.property] : [member.object], scope);
}

function visitProperty(walk: Walk, node: Node, scope: Scope): void {
  const property = node as t.ObjectProperty | t.ClassProperty;
  walk.later(property.computed ? [property.key, property.value] : [property.value], scope);
}

function visitAssignment(walk: Walk, node: Node, scope: Scope): void {
  const assignment = node as t.AssignmentExpression;
  walk.later([assignment.right], scope);
  walk.assign(assignment.left, scope, assignment);
}

function visitUpdate(walk: Walk, node: Node, scope: Scope): void {
  const update = node as t.UpdateExpression;
  walk.assign(update.argument, scope, update);
}

function visitImport(walk: Walk, node: Node, scope: Scope): void {
  const declaration = node as t.ImportDeclaration;
  walk.imports.push(declaration);
  for (const specifier of declaration.specifiers) {
    scope.declare(specifier.local.name, "import", specifier);
  }
}

function visitExport(walk: Walk, node: Node, scope: Scope): void {
  const declaration = node as ModuleExport;
  walk.exports.push(declaration);
  if (declaration.type === "ExportAllDeclaration") return;
  walk.later([declaration.declaration], scope);
  if (declaration.type !== "ExportNamedDeclaration" || declaration.source) return;
  for (const specifier of declaration.specifiers) {
    if (specifier.type === "ExportSpecifier" && specifier.local.type === "Identifier") {
      walk.read(specifier.local, scope);
    }
  }
}

function visitCall(walk: Walk, node: Node, scope: Scope): void {
  const call = node as t.CallExpression | t.ImportExpression;
  if (call.type === "ImportExpression" || call.callee.type === "Import") {
    walk.dynamicImports.push(call);
  }
  walk.children(call, scope);
}

const skip: Handler = () => undefined;
const handlers: Readonly<Record<string, Handler | undefined>> = {
  Identifier: (walk, node, scope) => walk.read(node as t.Identifier, scope),
  ArrowFunctionExpression: visitFunction,
  FunctionDeclaration: visitFunction,
  FunctionExpression: visitFunction,
  ObjectMethod: visitFunction,
  ClassMethod: visitFunction,
  ClassPrivateMethod: visitFunction,
  ClassDeclaration: visitClass,
  ClassExpression: visitClass,
  BlockStatement: visitBlock,
  StaticBlock: visitBlock,
  SwitchStatement: visitBlock,
  ForStatement: visitLoop,
  ForInStatement: visitLoop,
  ForOfStatement: visitLoop,
  VariableDeclaration: visitDeclaration,
  CatchClause: visitCatch,
  MemberExpression: visitMember,
  OptionalMemberExpression: visitMember,
  ObjectProperty: visitProperty,
  ClassProperty: visitProperty,
  ClassAccessorProperty: visitProperty,
  ClassPrivateProperty: visitProperty,
  AssignmentExpression: visitAssignment,
  UpdateExpression: visitUpdate,
  ImportDeclaration: visitImport,
  ExportNamedDeclaration: visitExport,
  ExportDefaultDeclaration: visitExport,
  ExportAllDeclaration: visitExport,
  CallExpression: visitCall,
  ImportExpression: visitCall,
  LabeledStatement: (walk, node, scope) => walk.later([(node as t.LabeledStatement).body], scope),
  BreakStatement: skip,
  ContinueStatement: skip,
  MetaProperty: skip,
  PrivateName: skip,
};

/** Indexes a parsed script. */
export function indexScript(tree: t.File): ScriptIndex {
  const walk = new Walk(tree.program);
  walk.resolve();
  const { unbound, unboundWrites, members, taken, imports, exports, dynamicImports, heirs } = walk;
  const names = { unbound, unboundWrites, members, taken };
  return { scope: walk.root, ...names, imports, exports, dynamicImports, heirs };
}
