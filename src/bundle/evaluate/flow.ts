/**
 * Where a value goes: forward from an expression, through variables, members, returns, arguments and chunks, to the places
 * that use it. The value is named by an access path, so that a function inside an object, an instance or a promise is followed
 * too. What leaves the followed ground is an escape: the answer is then not complete.
 */
import type { ObjectPattern, TaggedTemplateExpression } from "@babel/types";
import {
  isClass,
  isFunction,
  type CallNode,
  type FunctionNode,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { fromClass, fromFunction, throughOwnThis } from "./flow-definitions.ts";
import { throughThis } from "./flow-constructors.ts";
import type { Path } from "./flow-path.ts";
import { intoTarget } from "./flow-targets.ts";
import { flowUp } from "./flow-up.ts";
import { intoOutlet } from "./flow-wrapped.ts";
import type { RootFrame } from "./frame.ts";

/** Longest list of places that one value is followed to. */
const placeCap = 4000;
const pathCap = 8;

export type Use =
  | { readonly kind: "call"; readonly node: CallNode }
  | { readonly kind: "member"; readonly node: MemberNode; readonly name: string | undefined }
  | { readonly kind: "pattern"; readonly node: ObjectPattern }
  /** `Reflect.apply(f, self, list)`, `Reflect.construct(F, list)`: the last argument holds the arguments. */
  | { readonly kind: "reflected"; readonly node: Exclude<CallNode, TaggedTemplateExpression> }
  /** A constructor that inherits from it runs it. */
  | {
      readonly kind: "super";
      readonly node: Node;
      readonly callee: Node;
      readonly args: readonly Node[];
    }
  | { readonly kind: "test"; readonly node: Node }
  /** It is called with what a promise gives, with the elements of a list, or with the key of a query. */
  | {
      readonly kind: "given";
      readonly node: Node;
      readonly callee: Node;
      readonly from: Given;
    }
  /** It becomes a global of the page. */
  | { readonly kind: "global"; readonly node: undefined; readonly name: string }
  | { readonly kind: "escape"; readonly node: Node; readonly reason: string };

/** What a function is called with: what an expression promises, or each of its elements, at one of its parameters. */
export interface Given {
  readonly of: Node;
  readonly each: boolean;
  readonly index: number;
  /**
   * It is the key of a query, which arrives as it is or as a member of what the function is given; a template, whose texts a
   * tag is given; or the props of a component.
   */
  readonly as?: "key" | "context" | "template" | "props";
}

export interface Flow {
  readonly uses: readonly Use[];
}

/** Carries one question through the program; the steps themselves live beside it. */
export class FlowTracker {
  readonly evaluation: Evaluation;
  readonly root: RootFrame;
  private readonly seen = new Map<Node, Set<string>>();
  private readonly waiting: { node: Node; path: Path }[] = [];
  private readonly uses: Use[] = [];
  private places = 0;

  private readonly cap: number;

  constructor(evaluation: Evaluation, cap = placeCap) {
    this.evaluation = evaluation;
    this.cap = cap;
    this.root = evaluation.bareRoot;
  }

  /** A tracker for another question. */
  again(): FlowTracker {
    return new FlowTracker(this.evaluation);
  }

  /** Follows the value at `path` of an expression, function or class. */
  run(node: Node, path: Path): Flow {
    this.to(node, path);
    return this.drain();
  }

  /** Follows the value at `path` of what is assigned to a variable or pattern. */
  runInto(target: Node, path: Path): Flow {
    intoTarget(this, target, path);
    return this.drain();
  }

  private drain(): Flow {
    for (let item = this.waiting.pop(); item !== undefined; item = this.waiting.pop()) {
      this.places += 1;
      if (this.places > this.cap) {
        this.escape(item.node, "it is used in too many places");
        break;
      }
      this.step(item.node, item.path);
    }
    return { uses: this.uses };
  }

  /** The value arrives at an expression. */
  to(node: Node, path: Path): void {
    if (path.length > pathCap) return this.escape(node, "it is nested too deep");
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
    const outlet = this.evaluation.program.wrapped.outletOf(node);
    if (outlet !== undefined) intoOutlet(this, outlet, path);
    const ends = outlet !== undefined && this.parentOf(node)?.type !== "AssignmentExpression";
    if (isFunction(node)) return this.stepFunction(node, path, ends);
    if (isClass(node)) fromClass(this, node, path);
    if (node.type === "ObjectExpression") throughOwnThis(this, node, path);
    if (node.type !== "ClassDeclaration" && !ends) flowUp(this, node, path);
  }
  private stepFunction(node: FunctionNode, path: Path, ends: boolean): void {
    throughThis(this, node, path);
    if (ends && node.type === "ObjectMethod") return;
    if (fromFunction(this, node, path) && !ends) flowUp(this, node, path);
  }
}
