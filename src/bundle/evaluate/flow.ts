/**
 * Where a value goes: forward from an expression, through variables, members, returns, arguments and chunks, to the places
 * that use it. The value is named by an access path, so that a function inside an object, an instance or a promise is followed
 * too. What leaves the followed ground is an escape: the answer is then not complete.
 */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isCall,
  isClass,
  isFunction,
  isMember,
  memberName,
  plainKey,
  type CallNode,
  type ClassNode,
  type FunctionNode,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";
import type { Evaluation } from "./evaluation.ts";
import { flowIntoCall } from "./flow-calls.ts";
import { RootFrame } from "./frame.ts";
import { constructorOf } from "./properties.ts";

/** Steps of an access path that are no property names. */
export const result = "()";
export const instance = "<new>";
export const construction = "<ctor>";

/** Longest list of places that one value is followed to. */
const placeCap = 4000;

export type Path = readonly string[];

export type Use =
  | { readonly kind: "call"; readonly node: CallNode }
  | { readonly kind: "member"; readonly node: MemberNode; readonly name: string | undefined }
  | { readonly kind: "test"; readonly node: Node }
  | { readonly kind: "escape"; readonly node: Node; readonly reason: string };

export interface Flow {
  readonly uses: readonly Use[];
}

const harmless = new Set([
  "ExpressionStatement",
  "IfStatement",
  "WhileStatement",
  "DoWhileStatement",
  "ForStatement",
  "BinaryExpression",
  "UnaryExpression",
  "SwitchStatement",
  "SwitchCase",
  "TemplateLiteral",
]);

/** Carries one question through the program. Flow into calls lives beside it. */
export class FlowTracker {
  readonly evaluation: Evaluation;
  readonly root = new RootFrame();
  private readonly seen = new Map<Node, Set<string>>();
  private readonly waiting: { node: Node; path: Path }[] = [];
  readonly uses: Use[] = [];
  private places = 0;

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation;
  }

  /** Follows the value at `path` of an expression, function or class. */
  run(node: Node, path: Path): Flow {
    this.to(node, path);
    for (let item = this.waiting.pop(); item !== undefined; item = this.waiting.pop()) {
      this.places += 1;
      if (this.places > placeCap) {
        this.escape(item.node, "it is used in too many places");
        break;
      }
      this.step(item.node, item.path);
    }
    return { uses: this.uses };
  }

  /** The value arrives at an expression. */
  to(node: Node, path: Path): void {
    if (path.length > 8) return this.escape(node, "it is nested too deep");
    const key = path.join("\0");
    const known = this.seen.get(node);
    if (known?.has(key)) return;
    if (known === undefined) this.seen.set(node, new Set([key]));
    else known.add(key);
    this.waiting.push({ node, path });
  }

  escape(node: Node, reason: string): void {
    this.uses.push({ kind: "escape", node, reason });
  }

  use(use: Use): void {
    this.uses.push(use);
  }

  parentOf(node: Node): Node | undefined {
    return this.evaluation.program.parentOf(node);
  }

  private step(node: Node, path: Path): void {
    if (isFunction(node)) return this.fromFunction(node, path);
    if (isClass(node)) this.fromClass(node, path);
    if (node.type !== "ClassDeclaration") this.up(node, path);
  }

  private fromFunction(fn: FunctionNode, path: Path): void {
    const parent = this.parentOf(fn);
    if (fn.type === "ObjectMethod") {
      const inner = fn.kind === "get" && path[0] === result ? path.slice(1) : path;
      if (parent) this.intoProperty(parent, plainKey(fn.key, fn.computed), inner);
      return;
    }
    if (fn.type === "ClassMethod" || fn.type === "ClassPrivateMethod") {
      return this.fromMethod(fn, path);
    }
    this.named(fn, path);
    if (fn.type !== "FunctionDeclaration") this.up(fn, path);
  }

  private fromMethod(fn: t.ClassMethod | t.ClassPrivateMethod, path: Path): void {
    const body = this.parentOf(fn);
    const owner = body && this.parentOf(body);
    if (owner === undefined || !isClass(owner)) return;
    if (fn.kind === "constructor") return this.to(owner, [construction, ...path]);
    const key = plainKey(fn.key, "computed" in fn && fn.computed === true);
    if (key === undefined) return this.escape(fn, "its name is computed");
    const inner = fn.kind === "get" && path[0] === result ? path.slice(1) : path;
    this.to(owner, fn.static ? [key, ...inner] : [instance, key, ...inner]);
  }

  /** Into the names that a function or class declares for itself. */
  private named(node: FunctionNode | ClassNode, path: Path): void {
    const id = "id" in node ? node.id : null;
    if (id) {
      const binding = this.ownBinding(node, id.name);
      if (binding) this.intoBinding(binding, id, path);
    }
    this.arrive(node, path);
  }

  private ownBinding(node: FunctionNode | ClassNode, name: string): Binding | undefined {
    const unit = this.evaluation.program.unitOf(node);
    for (
      let scope: Binding["scope"] | null = unit.scopeOf(node.body);
      scope;
      scope = scope.parent
    ) {
      const binding = scope.bindings.get(name);
      if (binding?.declarations.includes(node)) return binding;
    }
    return undefined;
  }

  private fromClass(node: ClassNode, path: Path): void {
    this.named(node, path);
    const [first, ...rest] = path;
    if (first !== instance && first !== construction) return;
    for (const member of node.body.body) {
      if (!isFunction(member) || ("static" in member && member.static)) continue;
      for (const inner of ownedNodes(member)) {
        if (inner.type === "ThisExpression" && first === instance) this.to(inner, rest);
      }
    }
    for (const member of node.body.body) {
      const value = "value" in member ? member.value : null;
      if (first === instance && isFunction(value)) {
        for (const inner of ownedNodes(value)) {
          if (inner.type === "ThisExpression") this.to(inner, rest);
        }
      }
    }
  }

  /** From an expression to what takes its value. */
  private up(node: Node, path: Path): void {
    const parent = this.parentOf(node);
    if (parent === undefined || harmless.has(parent.type)) {
      if (parent && parent.type !== "ExpressionStatement") this.use({ kind: "test", node: parent });
      return;
    }
    switch (parent.type) {
      case "AwaitExpression":
      case "ParenthesizedExpression":
        return this.to(parent, path);
      case "LogicalExpression":
        if (node === parent.left && parent.operator === "&&")
          this.use({ kind: "test", node: parent });
        return this.to(parent, path);
      case "ConditionalExpression":
        if (node === parent.test) this.use({ kind: "test", node: parent });
        else this.to(parent, path);
        return;
      case "SequenceExpression":
        if (parent.expressions.at(-1) === node) this.to(parent, path);
        return;
      case "VariableDeclarator":
        return this.intoTarget(parent.id, path);
      case "AssignmentPattern":
        return this.intoTarget(parent.left, path);
      case "AssignmentExpression":
        return this.intoAssignment(parent, node, path);
      default:
        return this.upIntoStructure(parent, node, path);
    }
  }

  private upIntoStructure(parent: Node, node: Node, path: Path): void {
    switch (parent.type) {
      case "ObjectProperty":
        return this.intoProperty(
          this.parentOf(parent),
          plainKey(parent.key, parent.computed),
          path,
        );
      case "ClassProperty":
      case "ClassPrivateProperty":
      case "ClassAccessorProperty":
        return this.intoField(parent, path);
      case "ArrayExpression":
        return this.to(parent, [String(parent.elements.indexOf(node as never)), ...path]);
      case "SpreadElement":
        return this.intoSpread(parent, path);
      case "ReturnStatement":
        return this.intoReturn(parent, path);
      case "ArrowFunctionExpression":
        return this.to(parent, [result, ...path]);
      case "ClassDeclaration":
      case "ClassExpression":
        return this.intoSubclass(parent, path);
      case "ForOfStatement":
        if (parent.right === node && path.length > 0)
          this.intoTarget(loopTarget(parent), path.slice(1));
        return;
      case "ExportDefaultDeclaration":
      case "ExportSpecifier":
        return this.leave(node, path);
      default:
        return this.upIntoUse(parent, node, path);
    }
  }

  private upIntoUse(parent: Node, node: Node, path: Path): void {
    if (isMember(parent)) {
      if (parent.object === node) this.throughMember(parent, path);
      return;
    }
    if (isCall(parent)) return flowIntoCall(this, parent, { node, path });
    if (parent.type === "TaggedTemplateExpression") {
      if (path.length === 0) this.use({ kind: "call", node: parent });
      else if (path[0] === result) this.to(parent, path.slice(1));
      return;
    }
    this.escape(node, "it is handed to code that is not followed");
  }

  private throughMember(member: MemberNode, path: Path): void {
    const name = memberName(member);
    const [first, ...rest] = path;
    if (first === undefined) {
      const call = name === "bind" ? this.parentOf(member) : undefined;
      if (isCall(call) && call.callee === member && call.arguments.length < 2) this.to(call, path);
      else this.use({ kind: "member", node: member, name });
      return;
    }
    const isTarget = this.parentOf(member);
    if (isTarget?.type === "AssignmentExpression" && isTarget.left === member) return;
    if (first === instance && name === "prototype") return this.to(member, rest);
    if (name === undefined) {
      if (/^\d+$/.test(first) || !member.computed) return;
      this.to(member, rest);
      return;
    }
    if (name === first) return this.to(member, rest);
    if (name === "then" || name === "catch" || name === "finally")
      this.throughPromise(member, path);
  }

  private throughPromise(member: MemberNode, path: Path): void {
    const call = this.parentOf(member);
    if (!isCall(call) || call.callee !== member) return;
    if (memberName(member) === "then") {
      const [callback] = call.arguments;
      if (callback && isFunction(callback)) this.intoParam(callback, 0, path);
    } else this.to(call, path);
  }

  intoProperty(object: Node | undefined, key: string | undefined, path: Path): void {
    if (object?.type === "ObjectPattern") return;
    if (object?.type !== "ObjectExpression") return;
    if (key === undefined) return this.escape(object, "it is stored under a computed name");
    this.to(object, [key, ...path]);
  }

  private intoField(
    field: t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty,
    path: Path,
  ): void {
    const body = this.parentOf(field);
    const owner = body && this.parentOf(body);
    const key = plainKey(field.key, "computed" in field && field.computed === true);
    if (owner === undefined || !isClass(owner) || key === undefined) return;
    this.to(owner, field.static ? [key, ...path] : [instance, key, ...path]);
  }

  private intoSpread(spread: t.SpreadElement, path: Path): void {
    const target = this.parentOf(spread);
    if (target?.type === "ObjectExpression") {
      if (path.length > 0) this.to(target, path);
    } else if (path.length > 0) this.escape(spread, "it is spread into a list");
  }

  private intoReturn(statement: Node, path: Path): void {
    const fn = this.evaluation.program.unitOf(statement).functionOf(statement);
    if (fn !== undefined) this.to(fn, [result, ...path]);
  }

  private intoSubclass(node: ClassNode, path: Path): void {
    const [first] = path;
    if (first !== construction) return this.to(node, path);
    const own = constructorOf(node);
    if (own === undefined) return this.to(node, path);
    for (const inner of ownedNodes(own)) {
      if (inner.type === "CallExpression" && inner.callee.type === "Super") {
        this.use({ kind: "call", node: inner });
      }
    }
  }

  private intoAssignment(assignment: t.AssignmentExpression, node: Node, path: Path): void {
    if (assignment.right !== node) return;
    if (/^(?:=|\|\|=|\?\?=|&&=)$/.test(assignment.operator)) {
      this.intoTarget(assignment.left, path);
      this.to(assignment, path);
    }
  }

  /** Into a parameter of a function, by its index. */
  intoParam(fn: FunctionNode, index: number, path: Path): void {
    const last = fn.params.at(-1);
    const param = fn.params[index];
    if (param !== undefined && param.type !== "RestElement") return this.intoTarget(param, path);
    if (last?.type === "RestElement") {
      return this.intoTarget(last.argument, [String(index - fn.params.length + 1), ...path]);
    }
    if (path.length === 0 && usesArguments(fn)) this.escape(fn, "it is read from arguments");
  }

  /** Into a variable, pattern or member that is assigned. */
  intoTarget(target: Node | undefined, path: Path): void {
    switch (target?.type) {
      case undefined:
        return;
      case "Identifier":
        return this.intoName(target, path);
      case "AssignmentPattern":
        return this.intoTarget(target.left, path);
      case "RestElement":
        return this.intoTarget(target.argument, path);
      case "ObjectPattern":
        return this.intoObjectPattern(target, path);
      case "ArrayPattern": {
        const element = target.elements[Number(path[0])];
        if (element) this.intoTarget(element, path.slice(1));
        return;
      }
      default:
        if (isMember(target)) this.intoMember(target, path);
        else this.escape(target as Node, "it is assigned in a way that is not followed");
    }
  }

  private intoObjectPattern(pattern: t.ObjectPattern, path: Path): void {
    const [first, ...rest] = path;
    if (first === undefined) return;
    let taken = false;
    for (const property of pattern.properties) {
      if (property.type === "RestElement") {
        if (!taken) this.intoTarget(property.argument, path);
      } else if (plainKey(property.key, property.computed) === first) {
        taken = true;
        this.intoTarget(property.value, rest);
      }
    }
  }

  private intoName(name: t.Identifier, path: Path): void {
    const binding = this.evaluation.program.bindingOf(name);
    if (binding !== undefined) return this.intoBinding(binding, name, path);
    this.intoGlobal(name.name, path);
  }

  /** Into every read of a name, in this script and in those that import it. */
  intoBinding(binding: Binding, id: Node, path: Path): void {
    for (const read of binding.reads) this.to(read, path);
    if (binding.scope.parent !== null) return;
    if (this.isExported(id)) this.leave(id, path);
    else this.arrive(id, path);
  }

  /** `export const x = …`, `export function x() {}`: the declared name is what is exported. */
  private isExported(id: Node): boolean {
    const around = this.evaluation.program.unitOf(id).ancestors(id);
    const at = around.findIndex(
      (node) => !/Pattern$|^ObjectProperty$|^RestElement$/.test(node.type),
    );
    const outer = around[at]?.type === "VariableDeclarator" ? around[at + 2] : around[at + 1];
    return outer?.type === "ExportNamedDeclaration";
  }

  /** Out of a script: to those that import it, or to nobody in the bundle. */
  private leave(exported: Node, path: Path): void {
    if (!this.arrive(exported, path)) {
      this.escape(exported, "it is exported, and no script of the bundle imports it");
    }
  }

  private intoGlobal(name: string, path: Path): void {
    for (const read of this.evaluation.program.unbound(name)) this.to(read, path);
    for (const unit of this.evaluation.program.units) {
      for (const member of unit.index.members.get(name) ?? []) {
        if (
          member.object.type === "Identifier" &&
          /^(?:window|self|globalThis)$/.test(member.object.name)
        ) {
          this.to(member, path);
        }
      }
    }
  }

  /** Into a member that is assigned: all reads of the object's variable see it. */
  private intoMember(member: MemberNode, path: Path): void {
    const key = memberName(member);
    const { object } = member;
    if (key === undefined) return this.escape(member, "it is stored under a computed name");
    if (key === "prototype") return this.intoTarget(object as Node, [instance, ...path]);
    if (object.type === "ThisExpression") return this.intoThis(object, [key, ...path]);
    if (isMember(object)) return this.intoMember(object, [key, ...path]);
    if (object.type !== "Identifier")
      return this.escape(member, "it is stored in an object that is not followed");
    if (/^(?:window|self|globalThis)$/.test(object.name)) {
      if (this.evaluation.program.bindingOf(object) === undefined)
        return this.intoGlobal(key, path);
    }
    const binding = this.evaluation.program.bindingOf(object);
    if (binding === undefined || binding.kind === "param") {
      this.escape(member, "it is stored in an object that comes from elsewhere");
    }
    if (binding !== undefined) this.intoBinding(binding, object, [key, ...path]);
  }

  private intoThis(node: Node, path: Path): void {
    const unit = this.evaluation.program.unitOf(node);
    let fn = unit.functionOf(node);
    while (fn?.type === "ArrowFunctionExpression") fn = unit.functionOf(fn);
    const body = fn && this.parentOf(fn);
    if (body?.type === "ObjectExpression") return this.to(body, path);
    const owner = body?.type === "ClassBody" ? this.parentOf(body) : undefined;
    if (owner !== undefined && isClass(owner)) return this.to(owner, [instance, ...path]);
    this.escape(node, "it is stored in an object that is not followed");
  }

  /** Into the scripts that import an exported node. */
  private arrive(exported: Node, path: Path): boolean {
    const { program } = this.evaluation;
    const arrivals = program.modules.arrivalsOf(program.unitOf(exported), exported);
    for (const arrival of arrivals) {
      const whole = [...arrival.path, ...path];
      if (!/Specifier$/.test(arrival.node.type)) this.to(arrival.node, whole);
      else {
        const { local } = arrival.node as t.ImportSpecifier;
        const binding = arrival.unit.index.scope.lookup(local.name);
        if (binding !== undefined) this.intoBinding(binding, local, whole);
      }
    }
    return arrivals.length > 0;
  }
}

function loopTarget(loop: t.ForOfStatement): Node | undefined {
  return loop.left.type === "VariableDeclaration" ? loop.left.declarations[0]?.id : loop.left;
}

function usesArguments(fn: FunctionNode): boolean {
  return fn.type !== "ArrowFunctionExpression" && fn.params.length === 0;
}
