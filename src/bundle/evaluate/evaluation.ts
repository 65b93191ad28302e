/** What the parts of the evaluator ask of each other. */
import type { Program } from "../modules/program.ts";
import type { CallNode, Node } from "../modules/syntax.ts";
import type { Memos } from "./dependencies.ts";
import type { Entered, Frame, RootFrame } from "./frame.ts";
import type { FunctionValue, Value, Values } from "./values.ts";

export interface Evaluation {
  readonly program: Program;
  /** Outside every function, and assuming nothing: for values that are the same whoever calls. */
  readonly bareRoot: RootFrame;
  /** What an expression can be in a frame. Never empty. */
  evaluate(node: Node, frame: Frame): Values;
  /** The same as far as little work tells, and unknown past that: for what is asked of many places and rarely matters. */
  glance(node: Node, frame: RootFrame): Values;
  /** What is kept under a key, as far as it holds for the question being asked; else what is found, which is kept. */
  remembered<K>(memos: Memos<K, Values>, key: K, find: () => Values): Values;
  /** What a member of a value can be. */
  property(value: Value, key: string): Values;
  /** What a call of a known function returns. */
  returned(fn: FunctionValue, entered: Entered, at: CallNode): Values;
  /** The frame of a call of a known function. */
  frameOf(fn: FunctionValue, entered: Entered, at: Node): Frame;
  /** Whether a statement can be reached, as far as the conditions around it are known. */
  reachable(node: Node, frame: Frame): boolean;
}
