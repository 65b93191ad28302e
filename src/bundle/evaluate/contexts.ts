/**
 * Every way in which a place in the program is reached, as far as its arguments depend on it: a question is asked first without
 * any caller; where the answer hangs on a parameter, it is asked again for each caller of that function, outward.
 */
import type { Node } from "../modules/syntax.ts";
import { isClass, type FunctionNode } from "../modules/syntax.ts";
import { contains } from "../modules/unit.ts";
import { ownedNodes } from "./bodies.ts";
import { callersOf, type Caller } from "./callers.ts";
import { sharedChoice } from "./decisions.ts";
import type { Evaluator } from "./evaluator.ts";
import { isMaker } from "./makers.ts";
import { Frame, frameAround, frameFor, RootFrame } from "./frame.ts";
import { givenValues } from "./given-values.ts";
import {
  unknownSet,
  type FunctionValue,
  type ParamValue,
  type Value,
  type Values,
} from "./values.ts";

/** Longest chain of callers. */
const chainCap = 8;
/** Most contexts of one place. */
const contextCap = 1500;
/** Callers asked for a parameter that would only refine an answer. */
const softCallers = 24;
const softDepth = 2;
/** Most choices that are told apart in one context. */
const choiceCap = 3;
/** Expressions evaluated for all contexts of one place. */
const placeBudget = 4_000_000;
/** Most constructions of a class that are told apart where a call of one of its methods is known. */
const constructionCap = 4;
/** Expressions evaluated for one context. */
const contextBudget = 40_000;

/** What an answer still hangs on. */
interface Needs {
  /** Parameters without which there is no answer. */
  readonly hard: readonly ParamValue[];
  /** Parameters whose callers would refine it. */
  readonly soft: readonly ParamValue[];
}

export interface Answer<T> {
  readonly results: readonly T[];
  /** Why part of it is not known. */
  readonly open: readonly string[];
  readonly needs: Needs;
}

/** What is asked at a place. */
type Question<T> = (frame: Frame) => Answer<T>;

export interface Explored<T> {
  readonly results: readonly T[];
  /** Of a result that callers decide: the call, farthest from the place, that has a part in it. */
  readonly calledAt: ReadonlyMap<T, Node>;
  readonly open: readonly string[];
  /** Nothing that is needed is ever called. */
  readonly unreachable: boolean;
}

interface Link {
  readonly fn: FunctionNode;
  /** Undefined for any of them; "none" if nothing calls it. */
  readonly caller: Caller | "none" | undefined;
}

/** In which way a place is reached. */
interface Context {
  /** Innermost caller first. */
  readonly chain: readonly Link[];
  /** Parameters that were followed for their refinement only. */
  readonly soft: number;
  /** Functions whose parameters stay holes. */
  readonly leaves: ReadonlySet<FunctionNode>;
  /** How choices come out that several values hang on. */
  readonly decisions: ReadonlyMap<string, string>;
}

class Exploration<T> {
  private readonly results: T[] = [];
  private readonly calledAt = new Map<T, Node>();
  private readonly open = new Set<string>();
  private contexts = 0;
  private dead = 0;

  private readonly evaluator: Evaluator;
  private readonly node: Node;
  private readonly lastStep: number;
  private readonly ask: Question<T>;

  constructor(evaluator: Evaluator, at: { node: Node; work: number }, ask: Question<T>) {
    this.evaluator = evaluator;
    this.node = at.node;
    this.ask = ask;
    this.lastStep = evaluator.steps + at.work;
  }

  run(): Explored<T> {
    this.visit({ chain: [], soft: 0, leaves: new Set(), decisions: new Map() });
    const unreachable = this.results.length === 0 && this.open.size === 0 && this.dead > 0;
    const { results, calledAt } = this;
    return { results, calledAt, open: [...this.open], unreachable };
  }

  private visit(at: Context): void {
    this.contexts += 1;
    if (this.contexts > contextCap) {
      this.open.add("it is reached in too many ways");
      return;
    }
    if (this.evaluator.steps >= this.lastStep) {
      this.open.add("it takes too much work to follow");
      return;
    }
    this.evaluator.budget = Math.min(contextBudget, this.lastStep - this.evaluator.steps);
    const root = this.rootOf(at);
    const unit = this.evaluator.program.unitOf(this.node);
    const frame = frameFor(unit.functionOf(this.node), root);
    if (!this.evaluator.reachable(this.node, frame)) return;
    const answer = this.ask(frame);
    if (this.evaluator.exhausted) this.open.add("it takes too much work to follow");
    const { chain, leaves } = at;
    const assumed = new Set([...chain.map((link) => link.fn), ...leaves]);
    const needed = [...answer.needs.hard, ...answer.needs.soft.filter((param) => param.self)];
    const hard = needed.filter((param) => !chain.some((link) => link.fn === param.fn));
    const wanted = this.innermost(hard);
    if (needed.length > 0 && wanted === undefined) this.open.add("it calls itself");
    if (wanted !== undefined) return this.expandHard(wanted, at);
    const open = answer.needs.soft.filter((param) => !param.called && !assumed.has(param.fn));
    // What a factory is given is a part of the address: it is followed however deep.
    const deep = at.soft < softDepth ? open : open.filter((param) => isMaker(param.fn));
    const refining = this.innermost(deep);
    if (refining !== undefined) this.expandSoft(refining, answer, at);
    else this.settle(answer, { at, root });
  }

  /** Takes an answer; where a choice has a part in it, the answers by its outcomes. */
  private settle(answer: Answer<T>, { at, root }: { at: Context; root: RootFrame }): void {
    const shared = answer.results.length > 1 ? sharedChoice(root) : undefined;
    if (shared === undefined || at.decisions.size >= choiceCap) return this.take(answer, at.chain);
    for (const outcome of shared.outcomes) {
      this.visit({ ...at, decisions: new Map([...at.decisions, [shared.key, outcome]]) });
    }
  }

  private take(answer: Answer<T>, chain: readonly Link[]): void {
    for (const reason of answer.open) this.open.add(reason);
    const outermost = calledBy(chain.at(-1));
    for (const result of answer.results) {
      this.results.push(result);
      if (outermost !== undefined) this.calledAt.set(result, outermost);
    }
  }

  private innermost(params: readonly ParamValue[]): ParamValue | undefined {
    return params.toSorted((a, b) => (b.fn.start ?? 0) - (a.fn.start ?? 0))[0];
  }

  /** Callers from outside the function: a function that calls itself hands its parameters on. */
  private outerCallers(fn: FunctionNode): { callers: Caller[]; escapes: string | undefined } {
    const { callers, escapes } = callersOf(this.evaluator, fn);
    const unit = this.evaluator.program.unitOf(fn);
    const outer = callers.filter(
      ({ call }) =>
        this.evaluator.program.unitOf(call) !== unit ||
        (call.start ?? 0) < (fn.start ?? 0) ||
        (call.end ?? 0) > (fn.end ?? 0),
    );
    return { callers: outer, escapes };
  }

  private expandHard(param: ParamValue, at: Context): void {
    const { callers, escapes } = this.outerCallers(param.fn);
    if (at.chain.length >= chainCap) {
      this.open.add("it is wrapped too deep");
      return;
    }
    if (escapes !== undefined)
      this.open.add(`the function around it may be called from elsewhere: ${escapes}`);
    else if (callers.length === 0) return this.expandDead(param, at);
    // A class that is constructed in many places: each of them for each call of its methods is too much.
    const isMany =
      at.chain.length > 0 && callers.length > constructionCap && isConstructor(param.fn);
    for (const caller of isMany ? [undefined] : callers) {
      this.visit({ ...at, chain: [...at.chain, { fn: param.fn, caller }] });
    }
  }

  /** Nothing calls a function: what it would have written is not there, and what stands in it does not run. */
  private expandDead({ fn }: ParamValue, at: Context): void {
    this.dead += 1;
    if (!this.isPassed(fn, at)) this.visit(withoutCalls(fn, at));
  }

  /** Whether the way to the place leads through a function. */
  private isPassed(fn: FunctionNode, { chain }: Context): boolean {
    return isAround(fn, this.node) || chain.some((link) => isAround(fn, calledBy(link)));
  }

  private expandSoft(param: ParamValue, answer: Answer<T>, at: Context): void {
    const { callers, escapes } = this.outerCallers(param.fn);
    if (callers.length === 0 && escapes === undefined && !this.isPassed(param.fn, at)) {
      return this.visit(withoutCalls(param.fn, at));
    }
    const isLeaf = callers.length === 0 || callers.length > softCallers;
    if (isLeaf || escapes !== undefined) {
      this.visit({ ...at, leaves: new Set([...at.leaves, param.fn]) });
      if (isLeaf) return;
    }
    if (at.chain.length >= chainCap) {
      this.take(answer, at.chain);
      return;
    }
    for (const caller of callers) {
      const chain = [...at.chain, { fn: param.fn, caller }];
      this.visit({ ...at, chain, soft: at.soft + 1 });
    }
  }

  /** A root that assumes the calls of a chain, outermost first, so that inner callees are seen in their context. */
  private rootOf({ chain, decisions }: Context): RootFrame {
    const root = new RootFrame(new Map(), decisions);
    for (const link of chain.toReversed()) {
      if (link.caller === "none") {
        root.unused.add(link.fn);
        continue;
      }
      root.assumed.set(link.fn, this.assumedFrame(link, root));
      root.cache.clear();
      root.names.clear();
      root.calls.clear();
      root.open.clear();
    }
    return root;
  }

  private assumedFrame({ fn, caller }: Link, root: RootFrame): Frame {
    if (caller === undefined || caller === "none") {
      const values = fn.params.map(() => unknownSet);
      const env = frameAround(this.evaluator.program, fn, root);
      return new Frame({ fn, env, root, entered: { args: [], caller: root, values } });
    }
    const outer = frameAround(this.evaluator.program, caller.call, root);
    const { env, self } = this.standsAlone(fn) ? { env: root } : this.calledAs(fn, caller, outer);
    const { given } = caller;
    const entered = {
      args: caller.args,
      caller: outer,
      ...(given === undefined
        ? {}
        : { values: givenValues(this.evaluator, { given, fn, frame: outer }) }),
    };
    return new Frame({ fn, env, root, entered, self });
  }

  /** Whether a function is the same whichever way it is called: it stands in no other, and knows no `this`. */
  private standsAlone(fn: FunctionNode): boolean {
    const isPlain = fn.type === "FunctionDeclaration" || fn.type === "ArrowFunctionExpression";
    if (!isPlain || this.evaluator.program.unitOf(fn).functionOf(fn) !== undefined) return false;
    return !ownedNodes(fn).some((node) => node.type === "ThisExpression");
  }

  private calledAs(
    fn: FunctionNode,
    caller: Caller,
    outer: Frame,
  ): { env: Frame; self?: Value | undefined } {
    const values = this.evaluator.evaluate(caller.callee, outer);
    const called = values.find(
      (value): value is FunctionValue => value.kind === "function" && value.node === fn,
    );
    const env = called?.env ?? this.constructorEnv(fn, values) ?? outer.root;
    return { env, self: called?.self };
  }

  private constructorEnv(fn: FunctionNode, values: Values): Frame | undefined {
    const body = this.evaluator.program.parentOf(fn);
    const owner = body && this.evaluator.program.parentOf(body);
    if (owner === undefined || !isClass(owner)) return undefined;
    for (const value of values)
      if (value.kind === "class" && value.node === owner) return value.env;
    return undefined;
  }
}

function withoutCalls(fn: FunctionNode, at: Context): Context {
  return { ...at, chain: [...at.chain, { fn, caller: "none" }] };
}

function calledBy(link: Link | undefined): Node | undefined {
  return link === undefined || link.caller === "none" ? undefined : link.caller?.call;
}

function isAround(fn: FunctionNode, node: Node | undefined): boolean {
  return node !== undefined && node.loc?.filename === fn.loc?.filename && contains(fn, node);
}

function isConstructor(fn: FunctionNode): boolean {
  return fn.type === "ClassMethod" && fn.kind === "constructor";
}

/**
 * Asks a question at a place, for every way in which its parameters are given.
 *
 * @param work how many expressions may be evaluated for it; past that the answer is open
 */
export function explore<T>(
  evaluator: Evaluator,
  node: Node,
  ask: Question<T>,
  work = placeBudget,
): Explored<T> {
  return new Exploration(evaluator, { node, work }, ask).run();
}
