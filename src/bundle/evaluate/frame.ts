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
  /** What the names that its function declares are, by the assignments that a read sees. */
  readonly names = new Map<Binding, Map<string, Values>>();
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

  keepName(binding: Binding, seen: string, values: Values): void {
    const known = this.names.get(binding);
    if (known === undefined) this.names.set(binding, new Map([[seen, values]]));
    else known.set(seen, values);
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

/** A choice that nothing is known of: its values in the code, what hangs on it, and the calls that it belongs to. */
interface OpenChoice {
  readonly values: Set<string>;
  readonly by: Set<Node>;
  readonly frames: Set<Frame>;
}

export class RootFrame extends Frame {
  /** The call by which each of these functions is assumed to be entered. */
  readonly assumed: Map<FunctionNode, Frame>;
  /** Functions that nothing calls: what they write is not there. */
  readonly unused = new Set<FunctionNode>();
  /** How choices are assumed to come out (see decisions.ts). */
  readonly decisions: ReadonlyMap<string, string>;
  /** Choices that were met and not decided. */
  readonly open = new Map<string, OpenChoice>();

  constructor(
    assumed: ReadonlyMap<FunctionNode, Frame> = new Map(),
    decisions: ReadonlyMap<string, string> = new Map(),
  ) {
    super({ fn: null, env: null });
    this.assumed = new Map(assumed);
    this.decisions = decisions;
  }

  /** Notes a choice that is not decided. */
  leaveOpen(key: string, met: { values: readonly string[]; by: Node; frame: Frame }): void {
    const open = this.open.get(key) ?? { values: new Set(), by: new Set(), frames: new Set() };
    this.open.set(key, open);
    for (const value of met.values) open.values.add(value);
    open.by.add(met.by);
    open.frames.add(met.frame);
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
