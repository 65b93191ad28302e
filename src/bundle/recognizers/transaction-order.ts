/** In which order code sends statements: every way through a function, with the functions that it calls. */
import { callersOf } from "../evaluate/callers.ts";
import {
  childAt,
  end,
  isFunction,
  keysOf,
  start,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { RecognizerContext } from "./recognizer.ts";

/** A call on a client. */
export interface Sent {
  readonly node: CallNode;
  readonly does: "send" | "begin" | "commit" | "rollback";
  /** The expression of its text; the call itself where it is a template. */
  readonly text: Node;
}

export type Step =
  | { readonly kind: "sent"; readonly sent: Sent }
  | { readonly kind: "return" | "throw" };

type Way = readonly Step[];

/** Most ways through one function that are told apart. */
const mostWays = 16;
const deepest = 4;

class Fault extends Error {}

/** All ways through the code around statements, or why they cannot be told. */
export type Ways = { readonly steps: readonly Way[] } | { readonly fault: string };

const isOver = (way: Way): boolean => way.at(-1)?.kind === "return" || way.at(-1)?.kind === "throw";

function keyOf(way: Way): string {
  return way
    .map((step) => (step.kind === "sent" ? String(step.sent.node.start) : step.kind))
    .join();
}

function either(...sets: readonly (readonly Way[])[]): readonly Way[] {
  const ways = new Map(sets.flat().map((way) => [keyOf(way), way]));
  if (ways.size > mostWays) throw new Fault("there are too many ways through it");
  return [...ways.values()];
}

function then(before: readonly Way[], after: () => readonly Way[]): readonly Way[] {
  if (before.every(isOver)) return before;
  const next = after();
  return either(
    before.flatMap((way) => (isOver(way) ? [way] : next.map((more) => [...way, ...more]))),
  );
}

const nothing: readonly Way[] = [[]];

export class Order {
  private readonly sent: ReadonlyMap<Node, Sent>;
  /** Calls that run functions in which something is sent. */
  private readonly entered = new Map<Node, FunctionNode[]>();
  private readonly interesting: readonly Node[];
  private readonly context: RecognizerContext;
  private depth = 0;

  constructor(context: RecognizerContext, sent: readonly Sent[]) {
    this.context = context;
    this.sent = new Map(sent.map((one) => [one.node, one]));
    this.enterAll(sent);
    this.interesting = [...this.sent.keys(), ...this.entered.keys()];
  }

  private enterAll(sent: readonly Sent[]): void {
    const seen = new Set<FunctionNode>();
    let waiting: Node[] = sent.map(({ node }) => node);
    for (let level = 0; level < deepest && waiting.length > 0; level += 1) {
      const next: Node[] = [];
      for (const node of waiting) {
        const fn = this.context.program.unitOf(node).functionOf(node);
        if (fn === undefined || seen.has(fn)) continue;
        seen.add(fn);
        next.push(...this.enter(fn));
      }
      waiting = next;
    }
  }

  private enter(fn: FunctionNode): Node[] {
    this.context.evaluator.budget = 100_000;
    const { callers } = callersOf(this.context.evaluator, fn);
    for (const { call } of callers) {
      this.entered.set(call, [...(this.entered.get(call) ?? []), fn]);
    }
    return callers.map(({ call }) => call);
  }

  /** Through the function around a node; through the script where there is none. */
  around(node: Node): Ways {
    const unit = this.context.program.unitOf(node);
    return this.ways(unit.functionOf(node)?.body ?? unit.tree.program, false);
  }

  /** Through a function. */
  within(fn: Node): Ways {
    return this.ways(isFunction(fn) ? fn.body : fn, true);
  }

  private ways(body: Node, isAll: boolean): Ways {
    try {
      const steps = this.through(body);
      const reached = new Set(
        steps.flatMap((way) => way.flatMap((one) => (one.kind === "sent" ? [one.sent] : []))),
      );
      const isMissed = [...this.sent.values()].some(
        (one) => !reached.has(one) && one.does === "send" && !this.isAside(one.node),
      );
      return isMissed && isAll
        ? { fault: "some of its statements are sent in an order that is not known" }
        : { steps };
    } catch (error) {
      if (error instanceof Fault) return { fault: error.message };
      throw error;
    }
  }

  /** Whether a statement is sent where something has failed. */
  private isAside(node: Node): boolean {
    return this.context.program
      .unitOf(node)
      .ancestors(node)
      .some(({ type }) => type === "CatchClause");
  }

  private holds(node: Node | null | undefined): boolean {
    if (!node) return false;
    const unit = this.context.program.unitOf(node);
    return this.interesting.some(
      (one) =>
        start(node) <= start(one) &&
        end(one) <= end(node) &&
        this.context.program.unitOf(one) === unit,
    );
  }

  private through(node: Node | null | undefined): readonly Way[] {
    if (!node) return nothing;
    if (node.type === "ReturnStatement") {
      return then(this.through(node.argument), () => [[{ kind: "return" }]]);
    }
    if (node.type === "ThrowStatement") {
      return then(this.through(node.argument), () => [[{ kind: "throw" }]]);
    }
    if (/^(?:If|Block|Try|Labeled)/.test(node.type) && this.mayLeave(node))
      return this.inside(node);
    if (!this.holds(node)) return nothing;
    return this.inside(node);
  }

  /** Whether a branch ends the function before what follows it. */
  private mayLeave(node: Node): boolean {
    return this.holds(node) || leaves(node);
  }

  private inside(node: Node): readonly Way[] {
    if (isFunction(node)) {
      const isCalled = [...this.entered.values()].flat().includes(node);
      if (!isCalled) throw new Fault("a statement is sent by a function that is called later");
      return nothing;
    }
    switch (node.type) {
      case "IfStatement":
      case "ConditionalExpression":
        return then(this.through(node.test), () =>
          either(this.through(node.consequent), this.through(node.alternate)),
        );
      case "LogicalExpression":
        return then(this.through(node.left), () => either(nothing, this.through(node.right)));
      case "TryStatement":
        return then(this.through(node.block), () => this.through(node.finalizer));
      default:
        if (/^(?:For|While|DoWhile)/.test(node.type)) {
          throw new Fault("a statement is sent in a loop, as often as only the run time knows");
        }
        if (node.type !== "SwitchStatement") return this.children(node);
        throw new Fault("a statement is sent in a choice of several cases");
    }
  }

  private children(node: Node): readonly Way[] {
    let ways = nothing;
    for (const key of keysOf(node)) {
      const child = childAt(node, key);
      for (const one of Array.isArray(child) ? (child as (Node | null)[]) : [child as Node]) {
        ways = then(ways, () => this.through(one));
      }
    }
    return then(ways, () => this.own(node));
  }

  /** What a call sends itself, or the functions that it runs. */
  private own(node: Node): readonly Way[] {
    const sent = this.sent.get(node);
    if (sent !== undefined) return [[{ kind: "sent", sent }]];
    const fns = this.entered.get(node);
    if (fns === undefined) return nothing;
    if (this.depth >= deepest) throw new Fault("its functions call each other");
    const isEach = fns.some((fn) =>
      callersOf(this.context.evaluator, fn).callers.some(
        ({ call, given }) => call === node && given !== undefined,
      ),
    );
    if (isEach) throw new Fault("a statement is sent for each of several values");
    this.depth += 1;
    const ways = either(...fns.map((fn) => this.through(fn.body)));
    this.depth -= 1;
    // What returns goes on after the call.
    return ways.map((way) => (way.at(-1)?.kind === "return" ? way.slice(0, -1) : way));
  }
}

/** Whether a statement holds a `return` or `throw` of its own function. */
function leaves(node: Node): boolean {
  if (node.type === "ReturnStatement" || node.type === "ThrowStatement") return true;
  if (!/^(?:If|Block|Try|Labeled)/.test(node.type)) return false;
  return keysOf(node).some((key) => {
    if (key === "handler" || key === "test") return false;
    const child = childAt(node, key);
    const all = Array.isArray(child) ? (child as (Node | null)[]) : [child as Node | null];
    return all.some((one) => one !== null && one !== undefined && leaves(one));
  });
}
