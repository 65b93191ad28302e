/**
 * Every way in which a place in the program is reached, as far as its arguments depend on it: a question is asked first without
 * any caller; where the answer hangs on a parameter, it is asked again for each caller of that function, outward.
 */
import type { Node } from "../modules/syntax.ts";
import { isClass, isMember, memberName, type FunctionNode } from "../modules/syntax.ts";
import { contains } from "../modules/unit.ts";
import { ownedNodes } from "./bodies.ts";
import { callersOf, type Caller } from "./callers.ts";
import { sharedChoice } from "./decisions.ts";
import type { Evaluator } from "./evaluator.ts";
import { isMaker } from "./makers.ts";
import { Context, Frame, frameAround, type FrameParts } from "./frame.ts";
import { givenValues } from "./given-values.ts";
import {
  unknownSet,
  type FunctionValue,
  type ParamValue,
  type Value,
  type Values,
} from "./values.ts";
import { anyWay, calledBy, decidedSo, withoutCalls, type Link, type Way } from "./ways.ts";

/** Longest chain of callers. */
const chainCap = 8;
/** Most contexts of one place. */
const contextCap = 1500;
/** Contexts of all places of a bundle; past them each other place is asked in a few only. */
const bundleContexts = 30_000;
const lateContexts = 8;
/** Callers asked for a parameter that would only refine an answer. */
const softCallers = 24;
const softDepth = 2;
/** Most choices that are told apart in one context. */
const choiceCap = 3;
/** Expressions evaluated for all contexts of one place. */
const placeBudget = 1_000_000;
/** The same, as long as none of them gives an answer. */
const fruitlessBudget = 50_000;
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

class Exploration<T> {
  private readonly results: T[] = [];
  private readonly calledAt = new Map<T, Node>();
  private readonly open = new Set<string>();
  private contexts = 0;
  private dead = 0;

  private readonly evaluator: Evaluator;
  private readonly node: Node;
  private readonly firstStep: number;
  private readonly work: number;
  private readonly mostContexts: number;
  private readonly ask: Question<T>;

  constructor(evaluator: Evaluator, at: { node: Node; work: number }, ask: Question<T>) {
    this.evaluator = evaluator;
    this.node = at.node;
    this.ask = ask;
    this.firstStep = evaluator.steps;
    this.work = at.work;
    this.mostContexts = evaluator.contexts > bundleContexts ? lateContexts : contextCap;
  }

  run(): Explored<T> {
    this.evaluator.tracker.turn();
    this.visit(anyWay);
    const unreachable = this.results.length === 0 && this.open.size === 0 && this.dead > 0;
    const { results, calledAt } = this;
    return { results, calledAt, open: [...this.open], unreachable };
  }

  private visit(at: Way): void {
    this.contexts += 1;
    this.evaluator.contexts += 1;
    if (this.contexts > this.mostContexts) {
      this.open.add("it is reached in too many ways");
      return;
    }
    if (this.left <= 0) {
      this.open.add("it takes too much work to follow");
      return;
    }
    this.evaluator.ask(Math.min(contextBudget, this.left), this.assume(at));
    const frame = this.placeFrame();
    if (!this.evaluator.reachable(this.node, frame) || !this.isTaken(at)) return;
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
    else this.settle(answer, at);
  }

  /** Whether the calls of a way run, as far as what their functions are called with tells. */
  private isTaken({ chain }: Way): boolean {
    const { evaluator } = this;
    return chain.slice(0, -1).every((link) => {
      const call = calledBy(link);
      if (call === undefined) return true;
      const frame = frameAround(evaluator.program, call, evaluator.root);
      return evaluator.reachable(call, frame) && this.mayCall(link, frame);
    });
  }

  /** `table[name](…)`: whether the member that the name is known to be can be the function. */
  private mayCall({ fn, caller }: Link, frame: Frame): boolean {
    if (caller === undefined || caller === "none" || caller.given !== undefined) return true;
    const { callee } = caller;
    if (!isMember(callee) || memberName(callee) !== undefined) return true;
    const called = this.evaluator.evaluate(callee, frame);
    return called.some((value) => value.kind !== "function" || value.node === fn);
  }

  /** Expressions that may still be evaluated. */
  private get left(): number {
    const most = this.results.length === 0 ? Math.min(fruitlessBudget, this.work) : this.work;
    return this.firstStep + most - this.evaluator.steps;
  }

  /** Takes an answer; where a choice has a part in it, the answers by its outcomes. */
  private settle(answer: Answer<T>, at: Way): void {
    const mayShare = answer.results.length > 1 && at.decisions.size < choiceCap;
    const shared = mayShare ? this.sharedChoice(at) : undefined;
    if (shared === undefined) return this.take(answer, at.chain);
    for (const outcome of shared.outcomes) this.visit(decidedSo(at, shared.key, outcome));
  }

  /** The question again, to see on which choices it hangs. */
  private sharedChoice(at: Way): { key: string; outcomes: string[] } | undefined {
    this.evaluator.ask(contextBudget, this.assume(at), true);
    const frame = this.placeFrame();
    if (this.evaluator.reachable(this.node, frame)) this.ask(frame);
    return sharedChoice(this.evaluator.tracker.met);
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

  private expandHard(param: ParamValue, at: Way): void {
    const { callers, escapes } = this.outerCallers(param.fn);
    if (at.chain.length >= chainCap) {
      this.open.add("it is wrapped too deep");
      return;
    }
    if (escapes !== undefined) this.mayEscape(escapes);
    else if (callers.length === 0) return this.expandDead(param, at);
    else if (isMany(param.fn, callers, at) && this.expandMethod(at)) return;
    const isAny = isConstructor(param.fn) && isMany(param.fn, callers, at);
    for (const caller of isAny ? [undefined] : callers) {
      this.visit({ ...at, chain: [...at.chain, { fn: param.fn, caller }] });
    }
  }

  private mayEscape(why: string): void {
    this.open.add(`the function around it may be called from elsewhere: ${why}`);
  }

  /** Asks the callers of a method on the way, who know what they call it on; false if there is none to ask. */
  private expandMethod(at: Way): boolean {
    for (const [index, link] of at.chain.entries()) {
      const call = calledBy(link);
      const method = call && this.evaluator.program.unitOf(call).functionOf(call);
      if (method?.type !== "ClassMethod" || method.kind !== "method" || method.static) continue;
      if (at.chain.some(({ fn }) => fn === method)) continue;
      const { callers, escapes } = this.outerCallers(method);
      if (callers.length === 0) continue;
      if (escapes !== undefined) this.mayEscape(escapes);
      const chain = at.chain.slice(0, index + 1);
      for (const caller of callers)
        this.visit({ ...at, chain: [...chain, { fn: method, caller }] });
      return true;
    }
    return false;
  }

  /** Nothing calls a function: what it would have written is not there, and what stands in it does not run. */
  private expandDead({ fn }: ParamValue, at: Way): void {
    this.dead += 1;
    if (!this.isPassed(fn, at)) this.visit(withoutCalls(fn, at));
  }

  /** Whether the way to the place leads through a function. */
  private isPassed(fn: FunctionNode, { chain }: Way): boolean {
    return isAround(fn, this.node) || chain.some((link) => isAround(fn, calledBy(link)));
  }

  private expandSoft(param: ParamValue, answer: Answer<T>, at: Way): void {
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

  /** Assumes the calls of a chain, outermost first, so that inner callees are seen under them. */
  private assume({ chain, decisions }: Way): Context {
    let context = new Context(decisions);
    for (const link of chain.toReversed()) {
      if (link.caller === "none") context = context.without(link.fn);
      else {
        this.evaluator.ask(contextBudget, context);
        context = context.calling(link.fn, this.assumedFrame(link.fn, link.caller));
      }
    }
    return context;
  }

  private placeFrame(): Frame {
    return frameAround(this.evaluator.program, this.node, this.evaluator.root);
  }

  private assumedFrame(fn: FunctionNode, caller: Caller | undefined): Frame {
    const { root } = this.evaluator;
    if (caller === undefined) {
      const values = fn.params.map(() => unknownSet);
      const env = frameAround(this.evaluator.program, fn, root);
      return this.frameOf(fn, { fn, env, entered: { args: [], caller: root, values } });
    }
    const outer = frameAround(this.evaluator.program, caller.call, root);
    const { env, self } = this.standsAlone(fn) ? { env: root } : this.calledAs(fn, caller, outer);
    const { args, given } = caller;
    if (given === undefined) {
      return this.frameOf(caller, { fn, env, self, entered: { args, caller: root } });
    }
    const values = givenValues(this.evaluator, { given, fn, frame: outer });
    return new Frame({ fn, env, root, self, entered: { args, caller: outer, values } });
  }

  /** The frame of an assumed call: one, whoever calls its caller, which is asked for when it matters. */
  private frameOf(of: object, made: Omit<FrameParts, "root">): Frame {
    const { root } = this.evaluator;
    const known = root.assumed.get(of) ?? [];
    const same = known.find(
      ({ fn, env, self }) => fn === made.fn && env === made.env && self === made.self,
    );
    if (same !== undefined) return same;
    const frame = new Frame({ ...made, root });
    root.assumed.set(of, [...known, frame]);
    return frame;
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

function isAround(fn: FunctionNode, node: Node | undefined): boolean {
  return node !== undefined && node.loc?.filename === fn.loc?.filename && contains(fn, node);
}

/** Whether a class is made in many places: each of them for each call of its methods is too much. */
function isMany(fn: FunctionNode, callers: readonly Caller[], { chain }: Way): boolean {
  return chain.length > 0 && callers.length > constructionCap && isMaker(fn);
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
  evaluator.forget();
  return new Exploration(evaluator, { node, work }, ask).run();
}
