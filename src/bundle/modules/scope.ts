/** Scopes and bindings: who declares a name, who reads it, who writes it. */
import type * as t from "@babel/types";
import { end, isFunction, start, type Node } from "./syntax.ts";

export type BindingKind =
  | "var"
  | "let"
  | "const"
  | "function"
  | "class"
  | "param"
  | "import"
  | "catch";

export interface Binding {
  readonly name: string;
  readonly scope: Scope;
  readonly kind: BindingKind;
  /** Declarators, functions (also those whose parameter it is), classes, import specifiers, catch clauses. */
  readonly declarations: Node[];
  /** Identifiers that read it, in no order. */
  readonly reads: t.Identifier[];
  /** Assignments, updates and loops that write it. */
  readonly writes: Node[];
}

const noBindings: ReadonlyMap<string, Binding> = new Map();

export class Scope {
  readonly node: Node;
  readonly parent: Scope | null;
  /** Where names are looked up in it: a function's own name and computed key lie outside. */
  readonly start: number;
  readonly end: number;
  /** Made on demand: most scopes of a bundle hold neither names nor scopes. */
  private children: Scope[] | undefined;
  private names: Map<string, Binding> | undefined;

  constructor(node: Node, parent: Scope | null) {
    this.node = node;
    this.parent = parent;
    this.start = isFunction(node) ? start(node.params[0] ?? node.body) : start(node);
    this.end = end(node);
    parent?.adopt(this);
  }

  get bindings(): ReadonlyMap<string, Binding> {
    return this.names ?? noBindings;
  }

  /** The scope that takes `var`: the function's, or the program's. */
  get hoist(): Scope {
    const isHoist = isFunction(this.node) || this.node.type === "StaticBlock";
    return this.parent === null || isHoist ? this : this.parent.hoist;
  }

  declare(name: string, kind: BindingKind, declaration: Node): void {
    this.names ??= new Map();
    const known = this.names.get(name);
    if (known !== undefined) known.declarations.push(declaration);
    else {
      const made = { name, scope: this, kind, declarations: [declaration], reads: [], writes: [] };
      this.names.set(name, made);
    }
  }

  lookup(name: string): Binding | undefined {
    const own = this.names?.get(name);
    if (own !== undefined) return own;
    for (let scope = this.parent; scope !== null; scope = scope.parent) {
      const binding = scope.names?.get(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  /** The innermost scope at an offset. */
  at(offset: number): Scope {
    let inner = this.childAt(offset);
    if (inner === undefined) return this;
    for (let next = inner.childAt(offset); next !== undefined; next = next.childAt(offset)) {
      inner = next;
    }
    return inner;
  }

  /** Keeps the children in order of their start: a computed key's function starts before its method's scope. */
  private adopt(child: Scope): void {
    this.children ??= [];
    let at = this.children.length;
    while (at > 0 && (this.children[at - 1] as Scope).start > child.start) at -= 1;
    this.children.splice(at, 0, child);
  }

  private childAt(offset: number): Scope | undefined {
    const children = this.children ?? [];
    let low = 0;
    let high = children.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const child = children[middle] as Scope;
      if (offset < child.start) high = middle - 1;
      else if (offset >= child.end) low = middle + 1;
      else return child;
    }
    return undefined;
  }
}
