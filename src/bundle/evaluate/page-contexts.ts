/** Contexts of React: what a provider is given arrives wherever the context is read. */
import { isCall, literalText, plainKey, type CallNode, type Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameFor, type Frame } from "./frame.ts";
import { undefinedValue, union, type ContextValue, type Values } from "./values.ts";

interface ContextUses {
  /** What is given as `value`. */
  readonly given: Node[];
  /** Calls of `useContext`. */
  readonly reads: CallNode[];
}

const known = new WeakMap<Evaluation, Map<Node, ContextUses>>();

/** `createContext(…)`. */
export function createdContext(at: CallNode): ContextValue {
  return { kind: "context", at };
}

/** What a context holds where it is read: what its providers are given, else its default. */
export function contextValues(evaluation: Evaluation, context: ContextValue, from: Frame): Values {
  const given = usesOf(evaluation, context).given;
  const at = (node: Node): Values =>
    evaluation.evaluate(node, frameFor(evaluation.program.unitOf(node).functionOf(node), from));
  if (given.length > 0) return union(...given.map(at));
  const initial = isCall(context.at) ? context.at.arguments[0] : undefined;
  return initial === undefined ? [undefinedValue] : at(initial);
}

/** Where a context is read. */
export function contextReads(evaluation: Evaluation, context: ContextValue): readonly CallNode[] {
  return usesOf(evaluation, context).reads;
}

function usesOf(evaluation: Evaluation, context: ContextValue): ContextUses {
  const all = known.get(evaluation) ?? findUses(evaluation);
  known.set(evaluation, all);
  return all.get(context.at) ?? { given: [], reads: [] };
}

function findUses(evaluation: Evaluation): Map<Node, ContextUses> {
  const found = new Map<Node, ContextUses>();
  // Set before anything is evaluated, which may ask for it again.
  known.set(evaluation, found);
  const root = evaluation.bareRoot;
  const usesAt = (node: Node): ContextUses[] =>
    evaluation.evaluate(node, root).flatMap((value): ContextUses[] => {
      if (value.kind !== "context") return [];
      const uses = found.get(value.at) ?? { given: [], reads: [] };
      found.set(value.at, uses);
      return [uses];
    });
  for (const unit of evaluation.program.units) {
    for (const member of unit.index.members.get("Provider") ?? []) {
      const value = providedValue(unit.parentOf(member), member);
      if (value !== undefined) for (const uses of usesAt(member.object)) uses.given.push(value);
    }
    for (const member of unit.index.members.get("useContext") ?? []) {
      const read = callOf(unit.parentOf(member), member, (node) => unit.parentOf(node));
      const context = read?.arguments[0];
      if (read && context) for (const uses of usesAt(context)) uses.reads.push(read);
    }
  }
  return found;
}

/** The `value` of `jsx(C.Provider, { value: … })`. */
function providedValue(call: Node | undefined, provider: Node): Node | undefined {
  if (!isCall(call) || call.arguments[0] !== provider) return undefined;
  const props = call.arguments[1];
  if (props?.type !== "ObjectExpression") return undefined;
  for (const property of props.properties) {
    if (property.type !== "ObjectProperty") continue;
    const key = plainKey(property.key, property.computed) ?? literalText(property.key);
    if (key === "value") return property.value;
  }
  return undefined;
}

/** `m.useContext(…)` and `(0, m.useContext)(…)`. */
function callOf(
  parent: Node | undefined,
  member: Node,
  parentOf: (node: Node) => Node | undefined,
): Exclude<CallNode, { type: "TaggedTemplateExpression" }> | undefined {
  if (isCall(parent) && parent.callee === member) return parent;
  if (parent?.type !== "SequenceExpression") return undefined;
  const call = parentOf(parent);
  return isCall(call) && call.callee === parent ? call : undefined;
}
