/**
 * What a value was found under: which calls it took functions to be entered by, and how it took choices to come out. It is the
 * answer again wherever these are the same, so that one place is evaluated once for all the ways of reaching it that make no
 * difference to it.
 */
import type { FunctionNode, Node } from "../modules/syntax.ts";
import type { Frame } from "./frame.ts";
import { nowhere, QuerySet, type Answers, type Query } from "./query-sets.ts";

/** What a way of reaching a place assumes. */
export interface Assumptions {
  /** The functions that are assumed to be entered by a certain call. */
  readonly functions: ReadonlySet<FunctionNode>;
  /** The call by which a function is entered; undefined if any of them may be meant. */
  frameOf(fn: FunctionNode): Frame | undefined;
  /** The call of a function by which one was made that is assumed to be entered. */
  frameAround(fn: FunctionNode): Frame | undefined;
  /** Whether a function is entered on the way to a frame that is assumed. */
  isEnteredBefore(fn: FunctionNode, frame: Frame): boolean;
  /** Whether nothing calls a function: what it writes is not there. */
  isUnused(fn: FunctionNode): boolean;
  /** How choices come out (see decisions.ts). */
  readonly decisions: ReadonlyMap<string, string>;
}

/** A choice as it is met: its values in the code, what hangs on it, and the call that it belongs to. */
export interface MetChoice {
  readonly key: string;
  readonly values: readonly string[];
  readonly by: Node;
  readonly frame: Frame;
}

/** Most that a value may depend on before it is found again for every question. */
const dependencyCap = 24;

/** A value that was found, by what it hangs on and how that was answered. */
export interface Memo<T> {
  found: T;
  queries: QuerySet;
  /** `nowhere` until it is found. */
  situation: number;
  /** How many functions had been assumed to be entered until then: on later ones it may depend unnoted. */
  age: number;
  question: number;
  /** While it is being found: how deep; else 0. */
  pending: number;
  /** What was found in other situations of the same queries. */
  others: Map<number, Memo<T>> | undefined;
  /** What was found under other queries. */
  next: Memo<T> | undefined;
}

export type Memos<K, T> = Map<K, Memo<T>>;

/** A value that is being found. */
interface Finding<T> {
  readonly memo: Memo<T>;
  readonly level: number;
  /** Of what asks for it. */
  readonly current: QuerySet;
  readonly returnsTo: number;
  readonly age: number;
}

export const noDecisions: ReadonlyMap<string, string> = new Map();

const assumesNothing: Assumptions = {
  functions: new Set(),
  frameOf: () => undefined,
  frameAround: () => undefined,
  isEnteredBefore: () => false,
  isUnused: () => false,
  decisions: noDecisions,
};

/** Where a query stands in its sets: what holds for one place or question only comes last. */
const placeOrder = Number.MAX_SAFE_INTEGER - 1;
const questionOrder = Number.MAX_SAFE_INTEGER;

function queryOf(kind: Query["kind"], order: number, fn?: FunctionNode): Query {
  return { kind, fn, order, answer: undefined, answerId: 0, answeredIn: -1 };
}

/** Keeps account of what the value that is being found depends on. */
export class DependencyTracker implements Answers {
  /** The choices that were met, if the question was asked afresh. */
  readonly met: MetChoice[] = [];
  private isFresh = false;
  private assumptions: Assumptions = assumesNothing;
  question = 0;
  /** Questions so far, those within others too. */
  private questions = 0;
  private place = 0;
  /** Functions that have been assumed to be entered, by when. */
  private readonly assumed = new Map<FunctionNode, number>();
  /** When the last function came in that this question assumes. */
  private needed = 0;
  private none = new QuerySet();
  private readonly queries = {
    call: new Map<FunctionNode, Query>(),
    around: new Map<FunctionNode, Query>(),
    unused: new Map<FunctionNode, Query>(),
  };
  private queried = 1;
  private readonly onDecisions = queryOf("decisions", 0);
  private readonly onPlace = queryOf("place", placeOrder);
  private readonly onThis = queryOf("question", questionOrder);
  /** Numbers of answers that are objects. */
  private numbers = new Map<unknown, number>();
  private current = this.none;
  private age = 0;
  private level = 0;
  /** The outermost value that is being found and was asked for meanwhile. */
  private returnsTo = Number.POSITIVE_INFINITY;

  /** Forgets what frames of calls were met: what was found until now must not be asked for again. */
  forget(): void {
    this.none = new QuerySet();
    this.current = this.none;
    this.numbers = new Map();
    for (const queries of Object.values(this.queries)) queries.clear();
  }

  /** Begins to ask about another place. */
  turn(): void {
    this.place += 1;
  }

  /** Begins a question; afresh, to meet all choices that it hangs on. */
  ask(assumptions: Assumptions = assumesNothing, isFresh = false): void {
    this.assumptions = assumptions;
    this.isFresh = isFresh;
    this.met.length = 0;
    this.questions += 1;
    this.question = this.questions;
    this.current = this.none;
    this.needed = 0;
    for (const fn of assumptions.functions) {
      const since = this.assumed.get(fn) ?? this.assumed.size + 1;
      this.assumed.set(fn, since);
      this.needed = Math.max(this.needed, since);
    }
    this.age = this.assumed.size;
  }

  /** The call that a function is assumed to be entered by. */
  frameOf(fn: FunctionNode): Frame | undefined {
    if (!this.assumed.has(fn)) return undefined;
    return this.query("call", fn) as Frame | undefined;
  }

  /** The call of a function by which one was made that is assumed to be entered. */
  frameAround(fn: FunctionNode): Frame | undefined {
    if (!this.assumed.has(fn)) return undefined;
    return this.query("around", fn) as Frame | undefined;
  }

  /** Whether a function is assumed to be entered on the way to a frame. */
  isEnteredBefore(fn: FunctionNode, frame: Frame): boolean {
    return this.frameOf(fn) !== undefined && this.assumptions.isEnteredBefore(fn, frame);
  }

  /** Whether nothing is assumed to call a function. */
  isUnused(fn: FunctionNode): boolean {
    return this.assumed.has(fn) && this.query("unused", fn) === true;
  }

  /** How a choice is assumed to come out. */
  outcomeOf(choice: MetChoice): string | undefined {
    this.note(this.onDecisions);
    const outcome = this.assumptions.decisions.get(choice.key);
    if (outcome === undefined && this.isFresh) this.met.push(choice);
    return outcome;
  }

  /**
   * What is found by a smaller question within this one. What is cut short in it is no answer to this one, and what comes out of
   * it is kept for all that assume the same.
   */
  aside<K, T>(memos: Memos<K, T>, key: K, circular: T, find: () => T): T {
    const known = this.recall(memos, key, circular);
    if (known !== undefined) return known;
    const finding = this.begin(memos, key, circular);
    const { question } = this;
    this.questions += 1;
    this.question = this.questions;
    const found = find();
    this.question = question;
    this.current = this.current.without(this.onThis);
    return this.end(finding, found);
  }

  /** Makes what is being found an answer to this question alone. */
  onQuestion(): void {
    this.current = this.current.with(this.onThis);
  }

  private query(kind: "call" | "around" | "unused", fn: FunctionNode): unknown {
    const queries = this.queries[kind];
    let query = queries.get(fn);
    if (query === undefined) {
      query = queryOf(kind, this.queried, fn);
      this.queried += 1;
      queries.set(fn, query);
    }
    this.note(query);
    return this.answered(query).answer;
  }

  answerId(query: Query): number {
    return this.answered(query).answerId;
  }

  private note(one: Query): void {
    this.current = this.current.with(this.current.all.size < dependencyCap ? one : this.onThis);
  }

  private answered(query: Query): Query {
    if (query.answeredIn === this.question) return query;
    const answer = this.findAnswer(query);
    query.answerId = typeof answer === "number" ? answer : this.numberOf(answer);
    query.answer = answer;
    query.answeredIn = this.question;
    return query;
  }

  private numberOf(answer: unknown): number {
    const known = this.numbers.get(answer);
    if (known !== undefined) return known;
    this.numbers.set(answer, this.numbers.size);
    return this.numbers.size - 1;
  }

  private findAnswer({ kind, fn }: Query): unknown {
    switch (kind) {
      case "call":
        return this.assumptions.frameOf(fn as FunctionNode);
      case "around":
        return this.assumptions.frameAround(fn as FunctionNode);
      case "unused":
        return this.assumptions.isUnused(fn as FunctionNode);
      case "decisions":
        return this.assumptions.decisions;
      case "place":
        return this.place;
      case "question":
        return this.question;
    }
  }

  /**
   * What is known under a key, as far as it holds for this question; undefined if it is still to be found. What asks for itself
   * gets `circular`.
   */
  recall<K, T>(memos: Memos<K, T>, key: K, circular: T): T | undefined {
    const first = memos.get(key);
    if (first === undefined) return undefined;
    if (first.pending > 0) {
      this.returnsTo = Math.min(this.returnsTo, first.pending);
      return circular;
    }
    for (let set: Memo<T> | undefined = first; set !== undefined; set = set.next) {
      const situation = set.queries.situationIn(this);
      if (situation === nowhere) continue;
      const memo = set.situation === situation ? set : set.others?.get(situation);
      if (memo === undefined || !this.isValid(memo)) continue;
      this.current = this.current.and(memo.queries);
      this.age = Math.min(this.age, memo.age);
      return memo.found;
    }
    return undefined;
  }

  private isValid<T>({ age, question }: Memo<T>): boolean {
    return age >= this.needed && (!this.isFresh || question === this.question);
  }

  private memoOf<T>(found: T, pending: number): Memo<T> {
    const { none: queries, question, age } = this;
    const linked = { others: undefined, next: undefined };
    return { found, queries, situation: nowhere, age, question, pending, ...linked };
  }

  /** Begins to find what is to be known under a key. */
  begin<K, T>(memos: Memos<K, T>, key: K, circular: T): Finding<T> {
    const { current, returnsTo, age } = this;
    this.current = this.none;
    this.returnsTo = Number.POSITIVE_INFINITY;
    this.age = this.assumed.size;
    this.level += 1;
    const { level } = this;
    let memo = memos.get(key);
    if (memo === undefined) {
      memo = this.memoOf(circular, level);
      memos.set(key, memo);
    } else memo.pending = level;
    return { memo, level, current, returnsTo, age };
  }

  /** Keeps what was found; what was circular is the answer for this place alone. */
  end<T>({ memo, level, current, returnsTo, age }: Finding<T>, found: T): T {
    this.level -= 1;
    const isCircular = this.returnsTo < level;
    if (!isCircular) this.returnsTo = Number.POSITIVE_INFINITY;
    memo.pending = 0;
    this.keep(memo, found, isCircular ? this.current.with(this.onPlace) : this.current);
    this.current = current.and(this.current);
    this.age = Math.min(age, this.age);
    this.returnsTo = Math.min(returnsTo, this.returnsTo);
    return found;
  }

  private keep<T>(first: Memo<T>, found: T, queries: QuerySet): void {
    const { age, question } = this;
    const situation = queries.situationIn(this, true);
    let set = first;
    while (set.situation !== nowhere && set.queries !== queries) {
      set.next ??= this.memoOf(found, 0);
      set = set.next;
    }
    // What holds for this question alone has no use for others.
    const isFirst =
      set.situation === nowhere || set.situation === situation || queries.last === this.onThis;
    if (isFirst) {
      Object.assign(set, { found, queries, situation, age, question });
      return;
    }
    const memo = this.memoOf(found, 0);
    Object.assign(memo, { queries, situation });
    set.others ??= new Map();
    set.others.set(situation, memo);
  }
}
