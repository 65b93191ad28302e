/**
 * One parsed script with its index, and questions about places in it. Parents are found on demand from positions: storing
 * them for every node would cost more memory than the tree's own strings.
 */
import type * as t from "@babel/types";
import type { Script } from "../files/bundle.ts";
import type { ScriptIndex } from "./index-script.ts";
import type { Binding, Scope } from "./scope.ts";
import { childAt, end, isFunction, keysOf, start, type FunctionNode, type Node } from "./syntax.ts";

/** Whether a node of the same script stands in another, or is it. */
export function contains(outer: Node, inner: Node): boolean {
  return start(outer) <= start(inner) && end(outer) >= end(inner);
}

/** The elements of a list that contain a node, found by their positions. */
function containing(list: readonly (Node | null)[], target: Node): Node[] {
  if (list.length < 16 || list.includes(null)) {
    return list.filter((node): node is Node => node !== null && contains(node, target));
  }
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const node = list[middle] as Node;
    if (start(target) < start(node)) high = middle - 1;
    else if (start(target) >= end(node)) low = middle + 1;
    else return [node];
  }
  return [];
}

export class Unit {
  readonly id: number;
  readonly script: Script;
  readonly tree: t.File;
  readonly index: ScriptIndex;
  /** Names that other classic scripts declare for this one. */
  readonly globals = new Map<string, Binding>();
  private readonly parents = new Map<Node, Node>();
  /** The functions whose nodes have their parents known. */
  private readonly read = new Set<Node>();

  constructor(id: number, parsed: { script: Script; tree: t.File; index: ScriptIndex }) {
    this.id = id;
    this.script = parsed.script;
    this.tree = parsed.tree;
    this.index = parsed.index;
  }

  /** The binding that an identifier in expression position means; undefined for a global of the page. */
  bindingOf(identifier: t.Identifier): Binding | undefined {
    const { name } = identifier;
    return this.scopeOf(identifier).lookup(name) ?? this.globals.get(name);
  }

  /** The innermost scope around a node. */
  scopeOf(node: Node): Scope {
    return this.index.scope.at(start(node));
  }

  /** The parent of a node of this script; undefined for the program. */
  parentOf(node: Node): Node | undefined {
    if (node === this.tree.program) return undefined;
    const known = this.parents.get(node);
    if (known !== undefined) return known;
    const found = this.findParent(node);
    if (found !== undefined) this.parents.set(node, found);
    return found;
  }

  /** Reads the function around a node once, nested ones left out: what asks for one parent soon asks for its neighbors'. */
  private findParent(node: Node): Node | undefined {
    for (let scope: Scope | null = this.scopeOf(node); scope !== null; scope = scope.parent) {
      const around = scope.node;
      if (around === node || !contains(around, node)) continue;
      if (!isFunction(around) && around !== this.tree.program) continue;
      if (!this.read.has(around)) this.readParents(around);
      const found = this.parents.get(node);
      if (found !== undefined) return found;
    }
    return this.descend(this.tree.program, node);
  }

  private readParents(around: Node): void {
    this.read.add(around);
    const waiting = [around];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const key of keysOf(node)) {
        const child = childAt(node, key);
        for (const one of Array.isArray(child) ? (child as (Node | null)[]) : [child as Node]) {
          if (one === null || one === undefined) continue;
          this.parents.set(one, node);
          if (!isFunction(one)) waiting.push(one);
        }
      }
    }
  }

  /** Several nodes may share one range, so that a wrong branch must be left again. */
  private descend(from: Node, target: Node): Node | undefined {
    const waiting = [from];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const key of keysOf(node)) {
        const child = childAt(node, key);
        if (child === null || child === undefined) continue;
        const candidates = Array.isArray(child)
          ? containing(child as (Node | null)[], target)
          : contains(child as Node, target)
            ? [child as Node]
            : [];
        if (candidates.includes(target)) return node;
        for (const candidate of candidates) waiting.push(candidate);
      }
    }
    return undefined;
  }

  /** The nodes around a node, innermost first, up to the program. */
  ancestors(node: Node): Node[] {
    const found: Node[] = [];
    for (let at = this.parentOf(node); at !== undefined; at = this.parentOf(at)) found.push(at);
    return found;
  }

  /** The innermost function around a node (not the node itself). */
  functionOf(node: Node): FunctionNode | undefined {
    for (let at = this.parentOf(node); at !== undefined; at = this.parentOf(at)) {
      if (isFunction(at)) return at;
    }
    return undefined;
  }

  /** The source text of a node. */
  textOf(node: Node): string {
    return this.script.code.slice(start(node), end(node));
  }

  /** The innermost node that contains an offset of the script. */
  nodeAt(offset: number): Node {
    let node: Node = this.index.scope.at(offset).node;
    for (;;) {
      const inner = this.childAtOffset(node, offset);
      if (inner === undefined) return node;
      node = inner;
    }
  }

  private childAtOffset(node: Node, offset: number): Node | undefined {
    for (const key of keysOf(node)) {
      const child = childAt(node, key);
      const list = Array.isArray(child) ? (child as (Node | null)[]) : [child as Node | null];
      for (const one of list) if (one && start(one) <= offset && offset < end(one)) return one;
    }
    return undefined;
  }
}
