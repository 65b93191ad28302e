/**
 * Constructor functions, as compilers write classes for old browsers: members on the prototype, in tables that a helper
 * takes, and the constructor that one inherits from.
 */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import { isCall, isMember, memberName, type FunctionNode, type Node } from "../modules/syntax.ts";
import { heldBy, literalMembers } from "../modules/wrapped/wrapped-module.ts";
import type { Evaluation } from "./evaluation.ts";
import { lastOf } from "./lowered.ts";
import { plainText, type Value } from "./values.ts";

type Call = t.CallExpression | t.OptionalCallExpression | t.NewExpression;

/** Longest source of a helper. */
const helperLength = 2000;

export interface PrototypeMember {
  readonly key: string;
  readonly node: Node;
  readonly static: boolean;
}

export interface Prototype {
  readonly members: readonly PrototypeMember[];
  /** What it inherits from. */
  readonly parents: readonly Node[];
}

const none: Prototype = { members: [], parents: [] };
const known = new WeakMap<FunctionNode, Prototype>();

/** The bindings that hold a function: its own name, and the variable that it is assigned to. */
function bindingsOf(evaluation: Evaluation, fn: FunctionNode): Set<Binding> {
  const unit = evaluation.program.unitOf(fn);
  const found = new Set<Binding>();
  const held = heldBy(unit, fn);
  if (held !== undefined) found.add(held);
  if (fn.type === "FunctionExpression" && fn.id) {
    const own = unit.scopeOf(fn.body).lookup(fn.id.name);
    if (own?.declarations.includes(fn)) found.add(own);
  }
  return found;
}

/** Whether a name means a constructor function inside it. */
export function namesConstructor(evaluation: Evaluation, fn: FunctionNode, name: Node): boolean {
  const binding = name.type === "Identifier" ? evaluation.program.bindingOf(name) : undefined;
  return binding !== undefined && bindingsOf(evaluation, fn).has(binding);
}

function helperSays(evaluation: Evaluation, call: Call, pattern: RegExp): boolean {
  return evaluation.evaluate(call.callee, evaluation.bareRoot).some((callee) => {
    if (callee.kind !== "function") return false;
    const text = evaluation.program.unitOf(callee.node).textOf(callee.node);
    return pattern.test(text) && text.length < helperLength;
  });
}

/** Whether a helper that takes a constructor and a table defines on its prototype: one that knows none defines on what it is given. */
export function definesOnPrototype(evaluation: Evaluation, call: Call): boolean {
  return helperSays(evaluation, call, /prototype/);
}

class Reader {
  readonly members: PrototypeMember[] = [];
  readonly parents: Node[] = [];
  private readonly evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation;
  }

  private parentOf(node: Node): Node | undefined {
    return this.evaluation.program.parentOf(node);
  }

  private add(key: string | undefined, value: Node, isStatic: boolean): void {
    const node = lastOf(value);
    if (key !== undefined) this.members.push({ key, node, static: isStatic });
  }

  /** What is done with the constructor. */
  constructorUse(read: Node): void {
    const parent = this.parentOf(read);
    if (isCall(parent)) this.callUse(parent, read, true);
    if (parent?.type === "AssignmentExpression" && parent.right === read) this.renamed(read);
    if (parent === undefined || !isMember(parent) || parent.object !== read) return;
    const name = memberName(parent);
    if (name === "prototype") this.prototypeUse(parent);
    else this.memberWrite(parent, true);
  }

  /** `c = C, define(c.prototype, rows)`: minifiers name the parameter of a helper that they put in place. */
  private renamed(read: Node): void {
    const held = heldBy(this.evaluation.program.unitOf(read), read);
    if (held === undefined || held.kind === "param" || held.writes.length > 1) return;
    for (const other of held.reads) this.constructorUse(other);
  }

  private prototypeUse(prototype: Node): void {
    const parent = this.parentOf(prototype);
    if (parent === undefined) return;
    if (isCall(parent)) this.callUse(parent, prototype, false);
    else if (isMember(parent)) this.memberWrite(parent, false);
    else if (parent.type === "AssignmentExpression" && parent.left === prototype) {
      this.replaced(parent.right);
    } else this.prototypeName(prototype);
  }

  /** `var p = F.prototype; p.member = …`. */
  private prototypeName(prototype: Node): void {
    const held = heldBy(this.evaluation.program.unitOf(prototype), prototype);
    for (const read of held?.reads ?? []) {
      const member = this.parentOf(read);
      if (isMember(member) && member.object === read) this.memberWrite(member, false);
    }
  }

  /** `F.prototype = {…}` and `F.prototype = Object.create(Parent.prototype, …)`. */
  private replaced(value: Node): void {
    for (const { name, node } of literalMembers(value) ?? []) this.add(name, node, false);
    const [first] = isCall(value) ? value.arguments : [];
    if (isMember(first) && memberName(first) === "prototype") this.parents.push(first.object);
    if (value.type === "NewExpression") this.parents.push(value.callee);
  }

  private memberWrite(member: Node & { type: string }, isStatic: boolean): void {
    const write = this.parentOf(member);
    if (write?.type !== "AssignmentExpression" || write.left !== member || !isMember(member))
      return;
    this.add(memberName(member), write.right, isStatic);
  }

  /** `createClass(F, [{key, value}], [statics])`, `define(F.prototype, [{key, value}])`, `inherits(F, Parent)`. */
  private callUse(call: Call, given: Node, isFunction: boolean): void {
    const [first, second, ...others] = call.arguments as Node[];
    if (first !== given || second === undefined) return;
    if (isFunction && others.length === 0 && this.inherits(call)) this.parents.push(second);
    for (const { name, node } of (isFunction ? undefined : literalMembers(second)) ?? []) {
      this.add(name, node, false);
    }
    // A helper that knows no prototype defines on what it is given.
    this.table(
      second,
      isFunction && others.length === 0 && !definesOnPrototype(this.evaluation, call),
    );
    for (const other of others) this.table(other, isFunction);
  }

  /** Whether a call sets the prototype of its first argument. */
  private inherits(call: Call): boolean {
    return helperSays(
      this.evaluation,
      call,
      /setPrototypeOf|__proto__|\.prototype\s*=\s*Object\.create/,
    );
  }

  private table(arg: Node, isStatic: boolean): void {
    if (arg.type !== "ArrayExpression" && arg.type !== "Identifier") return;
    for (const value of this.evaluation.evaluate(arg, this.evaluation.bareRoot)) {
      if (value.kind === "array") this.rows(value, isStatic);
    }
  }

  private rows(list: Extract<Value, { kind: "array" }>, isStatic: boolean): void {
    for (const { node } of list.elements) {
      const row = literalMembers(node) ?? [];
      const key = row.find(({ name }) => name === "key")?.node;
      const value = row.find(({ name }) => name === "value" || name === "get")?.node;
      if (key === undefined || value === undefined) continue;
      const [name] = this.evaluation.evaluate(key, this.evaluation.bareRoot).map(plainText);
      this.add(name, value, isStatic);
    }
  }
}

/** The members that a function gets as a constructor, and what it inherits from. */
export function prototypeOf(evaluation: Evaluation, fn: FunctionNode): Prototype {
  const cached = known.get(fn);
  if (cached !== undefined) return cached;
  // A constructor whose table depends on itself has no members while they are being found.
  known.set(fn, none);
  const reader = new Reader(evaluation);
  for (const binding of bindingsOf(evaluation, fn)) {
    for (const read of binding.reads) reader.constructorUse(read);
  }
  // `createClass(function C() {…}, [{key, value}])`
  if (fn.type === "FunctionExpression") reader.constructorUse(fn);
  const found: Prototype = { members: reader.members, parents: reader.parents };
  known.set(fn, found);
  return found;
}

/** What takes a function, also as the value of `(helper = …, function () {…})`. */
function takerOf({ program }: Evaluation, fn: FunctionNode): Node | undefined {
  const parent = program.parentOf(fn);
  const isLast = parent?.type === "SequenceExpression" && lastOf(parent) === fn;
  return isLast ? program.parentOf(parent) : parent;
}

/** The expressions of the constructors whose objects are `this` in a function. */
export function constructedBy(evaluation: Evaluation, fn: FunctionNode): Node[] {
  if (fn.type === "ClassMethod" || fn.type === "ClassPrivateMethod") return [];
  const parent = takerOf(evaluation, fn);
  if (parent?.type === "AssignmentExpression" && lastOf(parent.right) === fn) {
    const { left } = parent;
    const prototype = isMember(left) ? left.object : undefined;
    if (isMember(prototype) && memberName(prototype) === "prototype") return [prototype.object];
  }
  if (parent?.type === "ObjectProperty") return tableOwner(evaluation, parent);
  return prototypeOf(evaluation, fn).members.some((member) => !member.static) ? [fn] : [];
}

/** `createClass(F, [{key, value: function}])`: F, seen from the row. */
function tableOwner(evaluation: Evaluation, property: Node): Node[] {
  const { program } = evaluation;
  const row = program.parentOf(property);
  const table = row && program.parentOf(row);
  if (table?.type !== "ArrayExpression") return [];
  const held = heldBy(program.unitOf(table), table);
  return [table, ...(held?.reads ?? [])].flatMap((node) => {
    const call = program.parentOf(node);
    const [first] = isCall(call) ? call.arguments : [];
    if (!isCall(call) || first === undefined || !call.arguments.slice(1).includes(node)) {
      return [];
    }
    const isPrototype = isMember(first) && memberName(first) === "prototype";
    return [isPrototype ? first.object : first];
  });
}
