/**
 * Where an expression is evaluated: which call each function around it was entered by. A root frame knows no calls but those
 * that it assumes; a parameter that no frame binds stays symbolic.
 */
import type { Program } from "../modules/program.ts";
import type { Binding } from "../modules/scope.ts";
import type { FunctionNode, Node } from "../modules/syntax.ts";
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

export class Frame {
  readonly fn: FunctionNode | null;
  /** The frame of the function around `fn`. */
  readonly env: Frame | null;
  readonly root: RootFrame;
  readonly entered: Entered | null;
  readonly self: Value | undefined;
  readonly depth: number;
  readonly cache = new Map<Node, Values>();
  /** What the names that its function declares are, where every read of them sees the same. */
  readonly names = new Map<Binding, Values>();
  /** Frames of calls made from here, so that one call has one frame. */
  readonly calls = new Map<Node, Frame[]>();

  constructor(made: {
    fn: FunctionNode | null;
    env: Frame | null;
    root?: RootFrame;
    entered?: Entered | null;
    self?: Value | undefined;
  }) {
    this.fn = made.fn;
    this.env = made.env;
    this.root = made.root ?? (this as unknown as RootFrame);
    this.entered = made.entered ?? null;
    this.self = made.self;
    this.depth = made.entered ? made.entered.caller.depth + 1 : 0;
  }

  /** Whether a function is being entered in this frame or one of its callers. */
  enters(fn: FunctionNode): boolean {
    if (this.fn === fn) return true;
    for (let frame = this.entered?.caller; frame; frame = frame.entered?.caller) {
      if (frame.fn === fn) return true;
    }
    return false;
  }
}

function inChain(frame: Frame | null, fn: FunctionNode): Frame | undefined {
  for (let at = frame; at !== null; at = at.env) if (at.fn === fn) return at;
  return undefined;
}

export class RootFrame extends Frame {
  /** The call by which each of these functions is assumed to be entered. */
  readonly assumed: Map<FunctionNode, Frame>;

  constructor(assumed: ReadonlyMap<FunctionNode, Frame> = new Map()) {
    super({ fn: null, env: null });
    this.assumed = new Map(assumed);
  }

  /** The assumed frame of a function, also one that lies around an assumed function. */
  assumedFrame(fn: FunctionNode): Frame | undefined {
    const own = this.assumed.get(fn);
    if (own !== undefined) return own;
    for (const frame of this.assumed.values()) {
      const around = inChain(frame.env, fn);
      if (around !== undefined) return around;
    }
    return undefined;
  }
}

/** The frame in which names declared by a function are evaluated, seen from another frame. */
export function frameFor(fn: FunctionNode | undefined, from: Frame): Frame {
  if (fn === undefined) return from.root;
  return inChain(from, fn) ?? from.root.assumedFrame(fn) ?? from.root;
}

/** The frame of the function around a node, seen from another frame. */
export function frameAround(program: Program, node: Node, from: Frame): Frame {
  return frameFor(program.unitOf(node).functionOf(node), from);
}
