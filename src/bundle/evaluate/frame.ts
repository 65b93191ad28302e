/**
 * Where an expression is evaluated: which call each function around it was entered by. A root frame knows no calls but those
 * that it assumes; a parameter that no frame binds stays symbolic.
 */
import type { Program } from "../modules/program.ts";
import type { Binding } from "../modules/scope.ts";
import type { FunctionNode, Node } from "../modules/syntax.ts";
import {
  noDecisions,
  type Assumptions,
  type DependencyTracker,
  type Memo,
  type MetChoice,
} from "./dependencies.ts";
import type { Value, Values } from "./values.ts";

/** How a function was entered: the arguments as they stand at the call. */
export interface Entered {
  /** Argument expressions, spreads included. */
  readonly args: readonly (Node | null)[];
  /** The frame of the caller. */
  readonly caller: Frame;
  /** Arguments by value, where there is no call expression. */
  readonly values?: readonly Values[];
}

export interface FrameParts {
  readonly fn: FunctionNode | null;
  readonly env: Frame | null;
  readonly root?: RootFrame;
  readonly entered?: Entered | null;
  readonly self?: Value | undefined;
}

export class Frame {
  readonly fn: FunctionNode | null;
  /** The frame of the function around `fn`. */
  readonly env: Frame | null;
  readonly root: RootFrame;
  readonly entered: Entered | null;
  readonly self: Value | undefined;
  readonly depth: number;
  readonly cache = new Map<Node, Memo<Values>>();
  /** What the names that its function declares are, by the assignments that a read sees. */
  private readonly names = new Map<Binding, Map<string, Memo<Values>>>();
  /** Frames of calls made from here, so that one call has one frame. */
  readonly calls = new Map<Node, Frame[]>();

  constructor(made: FrameParts) {
    this.fn = made.fn;
    this.env = made.env;
    this.root = made.root ?? (this as unknown as RootFrame);
    this.entered = made.entered ?? null;
    this.self = made.self;
    this.depth = made.entered ? made.entered.caller.depth + 1 : 0;
  }

  /** What a name is found to be, by the assignments that a read sees. */
  namesOf(binding: Binding): Map<string, Memo<Values>> {
    const known = this.names.get(binding) ?? new Map<string, Memo<Values>>();
    this.names.set(binding, known);
    return known;
  }

  /** Whether a function is being entered in this frame or one of its callers. */
  enters(fn: FunctionNode): boolean {
    if (this.fn === fn) return true;
    const callers = [...this.callers()];
    if (callers.some((frame) => frame.fn === fn)) return true;
    const outermost = callers.findLast((frame) => frame.fn !== null);
    return this.root.leadsThrough(fn, outermost ?? this);
  }

  private *callers(): Generator<Frame> {
    for (let frame = this.entered?.caller; frame; frame = frame.entered?.caller) yield frame;
  }
}

function inChain(frame: Frame | null, fn: FunctionNode): Frame | undefined {
  for (let at = frame; at !== null; at = at.env) if (at.fn === fn) return at;
  return undefined;
}

function functionsAround({ env }: Frame): FunctionNode[] {
  const found: FunctionNode[] = [];
  for (let at = env; at !== null; at = at.env) if (at.fn !== null) found.push(at.fn);
  return found;
}

/** The calls by which functions are assumed to be entered, and how choices come out, while one question is asked. */
export class Context implements Assumptions {
  readonly decisions: ReadonlyMap<string, string>;
  readonly functions: ReadonlySet<FunctionNode>;
  /** Outermost first. */
  private readonly entered: ReadonlyMap<FunctionNode, Frame>;
  private readonly around = new Map<FunctionNode, Frame | undefined>();

  /** Functions that nothing calls: what they write is not there. */
  private readonly unused: ReadonlySet<FunctionNode>;

  constructor(
    decisions: ReadonlyMap<string, string> = noDecisions,
    entered: ReadonlyMap<FunctionNode, Frame> = new Map(),
    unused: ReadonlySet<FunctionNode> = new Set(),
  ) {
    this.decisions = decisions;
    this.entered = entered;
    this.unused = unused;
    const around = [...entered].flatMap(([fn, frame]) => [fn, ...functionsAround(frame)]);
    this.functions = new Set([...around, ...unused]);
  }

  /** The same, where a function is called by those that are entered already. */
  calling(fn: FunctionNode, frame: Frame): Context {
    return new Context(this.decisions, new Map([...this.entered, [fn, frame]]), this.unused);
  }

  /** The same, where nothing calls a function. */
  without(fn: FunctionNode): Context {
    return new Context(this.decisions, this.entered, new Set([...this.unused, fn]));
  }

  isUnused(fn: FunctionNode): boolean {
    return this.unused.has(fn);
  }

  frameOf(fn: FunctionNode): Frame | undefined {
    return this.frameAround(fn) ?? this.entered.get(fn);
  }

  frameAround(fn: FunctionNode): Frame | undefined {
    if (!this.around.has(fn)) this.around.set(fn, this.findAround(fn));
    return this.around.get(fn);
  }

  /** Whether a function is entered on the way to a frame that is assumed. */
  isEnteredBefore(fn: FunctionNode, frame: Frame): boolean {
    let isMet = false;
    for (const [entered, by] of this.entered) {
      if (by === frame) return isMet;
      if (entered === fn) isMet = true;
    }
    return false;
  }

  private findAround(fn: FunctionNode): Frame | undefined {
    for (const frame of this.entered.values()) {
      const around = inChain(frame.env, fn);
      if (around !== undefined) return around;
    }
    return undefined;
  }
}

/** The frame of all code that stands in no function, and of all that nothing is assumed of. */
export class RootFrame extends Frame {
  /** What is found at a glance. */
  readonly glances = new Map<Node, Memo<Values>>();
  /** Frames of assumed calls, so that one call has one frame. */
  readonly assumed = new Map<object, Frame[]>();
  private readonly tracker: DependencyTracker | undefined;

  /** Without a tracker nothing is ever assumed under it. */
  constructor(tracker?: DependencyTracker) {
    super({ fn: null, env: null });
    this.tracker = tracker;
  }

  /** The call by which the question being asked assumes that a function is entered. */
  assumedFrame(fn: FunctionNode): Frame | undefined {
    return this.tracker?.frameOf(fn);
  }

  /** The call of a function by which one was made that the question assumes to be entered. */
  frameAround(fn: FunctionNode): Frame | undefined {
    return this.tracker?.frameAround(fn);
  }

  /** Whether the question assumes that nothing calls a function. */
  isUnused(fn: FunctionNode): boolean {
    return this.tracker?.isUnused(fn) ?? false;
  }

  /** How the question being asked assumes that a choice comes out. */
  outcomeOf(choice: MetChoice): string | undefined {
    return this.tracker?.outcomeOf(choice);
  }

  /** Whether a function is assumed to be entered on the way to a frame. */
  leadsThrough(fn: FunctionNode, frame: Frame): boolean {
    return this.tracker?.isEnteredBefore(fn, frame) ?? false;
  }
}

/**
 * The frame in which code of a function is evaluated, seen from another frame. Of a function that is only assumed to be entered
 * it is the root: its code is the same for all its calls, but where it reads what it is given.
 */
export function frameFor(fn: FunctionNode | undefined, from: Frame): Frame {
  if (fn === undefined) return from.root;
  return inChain(from, fn) ?? from.root.frameAround(fn) ?? from.root;
}

/** The call of a function, or its assumed call, seen from another frame; undefined if it may be any. */
export function enteredFrame(fn: FunctionNode, from: Frame): Frame | undefined {
  return inChain(from, fn) ?? from.root.assumedFrame(fn);
}

/** The same, but for a callback that no call is known to enter: it runs where it stands. */
export function frameInside(fn: FunctionNode | undefined, from: Frame): Frame {
  const frame = frameFor(fn, from);
  if (fn === undefined || frame !== from.root || !contains(from.fn, fn)) return frame;
  const [known] = from.calls.get(fn) ?? [];
  if (known !== undefined) return known;
  const made = new Frame({ fn, env: from, root: from.root });
  from.calls.set(fn, [made]);
  return made;
}

function contains(outer: FunctionNode | null, fn: FunctionNode): boolean {
  if (outer === null) return false;
  return (outer.start ?? 0) < (fn.start ?? 0) && (fn.end ?? 0) <= (outer.end ?? 0);
}

/** The frame of the function around a node, seen from another frame. */
export function frameAround(program: Program, node: Node, from: Frame): Frame {
  return frameFor(program.unitOf(node).functionOf(node), from);
}
