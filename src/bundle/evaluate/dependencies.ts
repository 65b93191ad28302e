/**
 * What a value was found under: which calls it took functions to be entered by, and how it took choices to come out. It is the
 * answer again wherever these are the same, so that one place is evaluated once for all the ways of reaching it that make no
 * difference to it.
 */
import type { FunctionNode, Node } from "../modules/syntax.ts";
import type { Frame } from "./frame.ts";

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

type Dependency =
  | {
      readonly kind: "call" | "around";
      readonly fn: FunctionNode;
      readonly frame: Frame | undefined;
    }
  | { readonly kind: "unused"; readonly fn: FunctionNode; readonly is: boolean }
  | { readonly kind: "decisions"; readonly decisions: ReadonlyMap<string, string> }
  /** What was cut short answers no other question. */
  | { readonly kind: "question"; readonly question: number }
  /** What hangs on itself answers other questions about the same place only. */
  | { readonly kind: "place"; readonly place: number };

/** Most that a value may depend on before it is found again for every question. */
const dependencyCap = 24;

class Dependencies {
  readonly all: ReadonlySet<Dependency>;
  /** The question and the place that they are limited to. */
  readonly question: number | undefined;
  readonly place: number | undefined;
  /** The question for which it was last found whether they hold. */
  checkedIn = -1;
  hold = false;
  private readonly grown = new Map<Dependency, Dependencies>();
  private readonly joined = new Map<Dependencies, Dependencies>();

  constructor(all: ReadonlySet<Dependency>) {
    this.all = all;
    for (const one of all) {
      if (one.kind === "question") this.question = one.question;
      else if (one.kind === "place") this.place = one.place;
    }
  }

  with(one: Dependency): Dependencies {
    if (this.all.has(one)) return this;
    const known = this.grown.get(one);
    if (known !== undefined) return known;
    const made = new Dependencies(new Set([...this.all, one]));
    this.grown.set(one, made);
    return made;
  }

  and(others: Dependencies): Dependencies {
    if (others.all.size === 0 || others === this) return this;
    if (this.all.size === 0) return others;
    const known = this.joined.get(others);
    if (known !== undefined) return known;
    const made = [...others.all].reduce<Dependencies>((all, one) => all.with(one), this);
    this.joined.set(others, made);
    return made;
  }
}

/** A value that was found, with what it was found under. */
export interface Memo<T> {
  readonly found: T;
  readonly under: Dependencies;
  /** How many functions had been assumed to be entered until then: on later ones it may depend unnoted. */
  readonly age: number;
  readonly question: number;
  /** While it is being found: how deep. */
  readonly pending: number | undefined;
  /** What was found under something else; what was last used comes first. */
  next: Memo<T> | undefined;
}

export type Memos<K, T> = Map<K, Memo<T>>;

export const noDecisions: ReadonlyMap<string, string> = new Map();

const assumesNothing: Assumptions = {
  functions: new Set(),
  frameOf: () => undefined,
  frameAround: () => undefined,
  isEnteredBefore: () => false,
  isUnused: () => false,
  decisions: noDecisions,
};

/** Most answers that are kept of one place. */
const memoCap = 64;

type FrameDependencies = Map<FunctionNode, Map<Frame | undefined, Dependency>>;

function noFrames(): { readonly call: FrameDependencies; readonly around: FrameDependencies } {
  return { call: new Map(), around: new Map() };
}

/** Keeps account of what the value that is being found depends on. */
export class DependencyTracker {
  /** The choices that were met, if the question was asked afresh. */
  readonly met: MetChoice[] = [];
  private isFresh = false;
  private assumptions: Assumptions = assumesNothing;
  private question = 0;
  private place = 0;
  /** Functions that have been assumed to be entered, by when. */
  private readonly assumed = new Map<FunctionNode, number>();
  /** When the last function came in that this question assumes. */
  private needed = 0;
  private none = new Dependencies(new Set());
  private frames = noFrames();
  private readonly unused = new Map<FunctionNode, Map<boolean, Dependency>>();
  private readonly outcomes = new WeakMap<ReadonlyMap<string, string>, Dependency>();
  private onThis: Dependency = { kind: "question", question: 0 };
  private onPlace: Dependency = { kind: "place", place: 0 };
  private current = this.none;
  private age = 0;
  private level = 0;
  /** The outermost value that is being found and was asked for meanwhile. */
  private returnsTo = Number.POSITIVE_INFINITY;

  /** Forgets what frames of calls were met: what was found until now must not be asked for again. */
  forget(): void {
    this.none = new Dependencies(new Set());
    this.current = this.none;
    this.frames = noFrames();
  }

  /** Begins to ask about another place. */
  turn(): void {
    this.place += 1;
    this.onPlace = { kind: "place", place: this.place };
  }

  /** Begins a question; afresh, to meet all choices that it hangs on. */
  ask(assumptions: Assumptions = assumesNothing, isFresh = false): void {
    this.assumptions = assumptions;
    this.isFresh = isFresh;
    this.met.length = 0;
    this.question += 1;
    this.onThis = { kind: "question", question: this.question };
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
    return this.noteFrame("call", fn, this.assumptions.frameOf(fn));
  }

  /** The call of a function by which one was made that is assumed to be entered. */
  frameAround(fn: FunctionNode): Frame | undefined {
    if (!this.assumed.has(fn)) return undefined;
    return this.noteFrame("around", fn, this.assumptions.frameAround(fn));
  }

  private noteFrame(
    kind: "call" | "around",
    fn: FunctionNode,
    frame: Frame | undefined,
  ): Frame | undefined {
    const known = this.frames[kind].get(fn) ?? new Map<Frame | undefined, Dependency>();
    this.frames[kind].set(fn, known);
    const one = known.get(frame) ?? { kind, fn, frame };
    known.set(frame, one);
    this.note(one);
    return frame;
  }

  private note(one: Dependency): void {
    this.current = this.current.with(this.current.all.size < dependencyCap ? one : this.onThis);
  }

  /** Whether a function is assumed to be entered on the way to a frame. */
  isEnteredBefore(fn: FunctionNode, frame: Frame): boolean {
    return this.frameOf(fn) !== undefined && this.assumptions.isEnteredBefore(fn, frame);
  }

  /** Whether nothing is assumed to call a function. */
  isUnused(fn: FunctionNode): boolean {
    if (!this.assumed.has(fn)) return false;
    const is = this.assumptions.isUnused(fn);
    const known = this.unused.get(fn) ?? new Map<boolean, Dependency>();
    this.unused.set(fn, known);
    const one = known.get(is) ?? { kind: "unused", fn, is };
    known.set(is, one);
    this.note(one);
    return is;
  }

  /** How a choice is assumed to come out. */
  outcomeOf(choice: MetChoice): string | undefined {
    const { decisions } = this.assumptions;
    const one = this.outcomes.get(decisions) ?? { kind: "decisions", decisions };
    this.outcomes.set(decisions, one);
    this.note(one);
    const outcome = decisions.get(choice.key);
    if (outcome === undefined && this.isFresh) this.met.push(choice);
    return outcome;
  }

  /** Makes what is being found an answer to this question alone. */
  onQuestion(): void {
    this.current = this.current.with(this.onThis);
  }

  private isHeld(one: Dependency): boolean {
    switch (one.kind) {
      case "question":
        return one.question === this.question;
      case "place":
        return one.place === this.place;
      case "call":
        return this.assumptions.frameOf(one.fn) === one.frame;
      case "around":
        return this.assumptions.frameAround(one.fn) === one.frame;
      case "unused":
        return this.assumptions.isUnused(one.fn) === one.is;
      case "decisions":
        return this.assumptions.decisions === one.decisions;
    }
  }

  private holds(under: Dependencies): boolean {
    if (under.checkedIn === this.question) return under.hold;
    under.checkedIn = this.question;
    under.hold = true;
    for (const one of under.all) {
      if (this.isHeld(one)) continue;
      under.hold = false;
      break;
    }
    return under.hold;
  }

  /**
   * What is known under a key, as far as it holds for this question; undefined if it is still to be found. What asks for itself
   * gets `circular`.
   */
  recall<K, T>(memos: Memos<K, T>, key: K, circular: T): T | undefined {
    const first = memos.get(key);
    if (first === undefined) return undefined;
    if (first.pending !== undefined) {
      this.returnsTo = Math.min(this.returnsTo, first.pending);
      return circular;
    }
    let before: Memo<T> | undefined;
    for (let memo: Memo<T> | undefined = first; memo !== undefined; memo = memo.next) {
      if (this.isValid(memo)) {
        if (before !== undefined) {
          before.next = memo.next;
          memo.next = first;
          memos.set(key, memo);
        }
        this.current = this.current.and(memo.under);
        this.age = Math.min(this.age, memo.age);
        return memo.found;
      }
      before = memo;
    }
    return undefined;
  }

  private isValid<T>({ age, question, under }: Memo<T>): boolean {
    if (age < this.needed || (this.isFresh && question !== this.question)) return false;
    return under.all.size === 0 || this.holds(under);
  }

  /** Finds what is to be known under a key; what was circular is the answer for this place alone. */
  find<K, T>(memos: Memos<K, T>, key: K, { circular, find }: { circular: T; find: () => T }): T {
    const next = this.kept(memos.get(key));
    const { current, returnsTo, age, question } = this;
    this.current = this.none;
    this.returnsTo = Number.POSITIVE_INFINITY;
    this.age = this.assumed.size;
    this.level += 1;
    const { level } = this;
    memos.set(key, { found: circular, under: this.none, age, question, pending: level, next });
    const found = find();
    this.level -= 1;
    const isCircular = this.returnsTo < level;
    if (!isCircular) this.returnsTo = Number.POSITIVE_INFINITY;
    memos.set(key, {
      found,
      under: isCircular ? this.current.with(this.onPlace) : this.current,
      age: this.age,
      question,
      pending: undefined,
      next,
    });
    this.current = current.and(this.current);
    this.age = Math.min(age, this.age);
    this.returnsTo = Math.min(returnsTo, this.returnsTo);
    return found;
  }

  /** What may hold again, up to as many as are kept. */
  private kept<T>(first: Memo<T> | undefined): Memo<T> | undefined {
    let kept: Memo<T> | undefined;
    let last: Memo<T> | undefined;
    let count = 0;
    for (let memo = first; memo !== undefined && count < memoCap; memo = memo.next) {
      const { question, place } = memo.under;
      if (question !== undefined && question !== this.question) continue;
      if (place !== undefined && place !== this.place) continue;
      if (last === undefined) kept = memo;
      else last.next = memo;
      last = memo;
      count += 1;
    }
    if (last !== undefined) last.next = undefined;
    return kept;
  }
}
