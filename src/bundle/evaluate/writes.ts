/** Assignments to variables: what a read sees of them. */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import { end, isFunction, start, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { guardsOf, holds } from "./decisions.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameFor, frameInside, type Frame } from "./frame.ts";
import { destructure } from "./patterns.ts";
import { joinTexts } from "./texts.ts";
import { union, unknownSet, type Value, type Values } from "./values.ts";

/** Variables with more assignments are state machines, not texts. */
const writeCap = 64;

/** A variable at a read, with the values it has before its assignments. */
export interface Written {
  readonly binding: Binding;
  readonly frame: Frame;
  readonly read: Node;
  readonly start: Values;
}

interface Seen {
  /** In source order. */
  readonly writes: readonly Node[];
  /** The same for all reads of a binding that see these. */
  readonly key: string;
}

const nothingSeen: Seen = { writes: [], key: "" };
const seenBy = new WeakMap<Node, Seen>();

/** The assignments to a variable that a read of it may see. */
export function writesSeen(unit: Unit, binding: Binding, read: Node): Seen {
  const count = binding.writes.length;
  if (count === 0 || count > writeCap) return nothingSeen;
  const known = seenBy.get(read);
  if (known !== undefined) return known;
  const writes = binding.writes
    .filter((write) => isSeen(unit, write, read))
    .toSorted((a, b) => start(a) - start(b));
  const seen = { writes, key: writes.map(start).join(" ") };
  seenBy.set(read, seen);
  return seen;
}

/** Applies the assignments to a variable, in source order, to what it was declared with. */
export function afterWrites(evaluation: Evaluation, written: Written): Values {
  const { binding, read } = written;
  if (binding.writes.length === 0) return written.start;
  if (binding.writes.length > writeCap) return unknownSet;
  const unit = evaluation.program.unitOf(read);
  let values = written.start;
  for (const write of writesSeen(unit, binding, read).writes) {
    if (isUnused(unit, write, written.frame)) continue;
    values = applyWrite(evaluation, { ...written, start: values }, write);
  }
  const known = values.filter((value) => value.kind !== "literal" || value.value !== undefined);
  return known.length === 0 ? values : known;
}

/** Whether a write stands in a function that nothing calls. */
export function isUnused(unit: Unit, write: Node, { root }: Frame): boolean {
  const fn = unit.functionOf(write);
  return fn !== undefined && root.isUnused(fn);
}

/** Whether a read may see a write: not one that stands later in the same run, nor the one it is part of. */
export function isSeen(unit: Unit, write: Node, read: Node): boolean {
  if (start(write) <= start(read) && end(read) <= end(write)) return false;
  const isLater = start(write) > start(read) && unit.functionOf(write) === unit.functionOf(read);
  return !isLater || inLoop(unit, write, read);
}

function inLoop(unit: Unit, write: Node, read: Node): boolean {
  return unit
    .ancestors(write)
    .some(
      (node) =>
        /^(?:For|While|DoWhile)/.test(node.type) &&
        start(node) <= start(read) &&
        end(read) <= end(node),
    );
}

const anyText: Value = { kind: "unknown", type: "string" };

/** Whether an assignment stands in a loop that its variable lives through: what is added may come many times. */
function repeats(unit: Unit, write: Node, { declarations: [declaration] }: Binding): boolean {
  const contains = (node: Node): boolean =>
    declaration !== undefined && start(node) <= start(declaration) && end(declaration) <= end(node);
  for (const node of unit.ancestors(write)) {
    if (contains(node)) return false;
    if (/^(?:For|While|DoWhile)/.test(node.type)) return true;
  }
  return false;
}

/** What `+=` gives; in a loop anything may be added. */
function appended(
  { program }: Evaluation,
  { binding, start: before, right }: Written & { readonly right: Values },
  write: t.AssignmentExpression,
): Values {
  const added = repeats(program.unitOf(write), write, binding) ? [anyText] : right;
  return joinTexts([
    { values: before, node: write.left },
    { values: added, node: write.right },
  ]);
}

function applyWrite(evaluation: Evaluation, written: Written, write: Node): Values {
  const { binding, start: before } = written;
  const unit = evaluation.program.unitOf(write);
  const frame = frameFor(unit.functionOf(write), written.frame);
  if (write.type !== "AssignmentExpression") {
    return union(before, [
      {
        kind: "unknown",
        ...(write.type === "UpdateExpression" ? { type: "number" as const } : {}),
      },
    ]);
  }
  const sure = runs(evaluation, written, write);
  if (sure === false) return before;
  const right = evaluation.evaluate(write.right, frame);
  switch (write.operator) {
    case "=": {
      const values = destructure(evaluation, {
        pattern: write.left,
        name: binding.name,
        values: right,
        frame,
      });
      return sure ? values : union(before, values);
    }
    case "+=": {
      const joined = appended(evaluation, { ...written, right }, write);
      return sure ? joined : union(before, joined);
    }
    case "||=":
    case "??=":
    case "&&=":
      return union(before, right);
    default:
      return union(before, [{ kind: "unknown", type: "number" }]);
  }
}

/**
 * Whether what is done to a variable runs once after its declaration, as far as the conditions around it are known; undefined
 * where it may or may not.
 */
export function runs(
  evaluation: Evaluation,
  { binding, frame }: Pick<Written, "binding" | "frame">,
  node: Node,
): boolean | undefined {
  const unit = evaluation.program.unitOf(node);
  const fn = unit.functionOf(node);
  const at = { frame: frameInside(fn, frame), by: node };
  const [declaration] = binding.declarations;
  const declared = isFunction(declaration)
    ? declaration
    : declaration && unit.functionOf(declaration);
  const guards = guardsOf(unit, node);
  const held = guards.map((guard) => holds(evaluation, guard, at));
  if (held.includes(false)) return false;
  if (isUnconditional(unit, node, binding)) return true;
  const isOwn = declaration !== undefined && fn === declared;
  return guards.length > 0 && isOwn && held.every(Boolean) && isPlain(unit, node)
    ? true
    : undefined;
}

/** Neither in a loop nor where an exception may skip it. */
function isPlain(unit: Unit, node: Node): boolean {
  for (let at = unit.parentOf(node); at !== undefined && !isFunction(at); at = unit.parentOf(at)) {
    if (/^(?:For|While|DoWhile|Try|Catch)/.test(at.type)) return false;
  }
  return true;
}

/** Whether an assignment surely runs once after the declaration: both are statements of one block. */
export function isUnconditional(unit: Unit, write: Node, binding: Binding): boolean {
  const declaration = binding.declarations[0];
  if (declaration === undefined) return false;
  let at = unit.parentOf(write);
  if (at?.type === "SequenceExpression") at = unit.parentOf(at);
  if (at?.type !== "ExpressionStatement") return false;
  const block = unit.parentOf(at);
  if (block === undefined) return false;
  if (isFunction(declaration)) return block === declaration.body;
  const declared = unit.parentOf(declaration);
  return declared !== undefined && unit.parentOf(declared) === block;
}
