/**
 * What is set on an object after it was made, wherever it went: through another name, by a function that it is handed to, as a
 * member of something else. Following an object costs much more than evaluating it, so only decisive members are asked for.
 */
import { isCall, type Node } from "../modules/syntax.ts";
import type { Evaluation } from "./evaluation.ts";
import { FlowTracker } from "./flow.ts";
import { frameFor } from "./frame.ts";
import { staticKey } from "./keys.ts";
import { entryValues } from "./names.ts";
import { unknownSet, type Value, type Values } from "./values.ts";

/** Most places that an object is followed to. */
const places = 400;

const known = new WeakMap<Evaluation, Map<Node, Map<string, Values>>>();

/** What is assigned later to a member of an object. */
export function lateWrites(evaluation: Evaluation, value: Value, key: string): Values {
  return sourcesOf(evaluation, value, 0).flatMap((node) => writesOf(evaluation, node, key));
}

/** The literals that an object is made of. */
function sourcesOf(evaluation: Evaluation, value: Value, depth: number): Node[] {
  if (value.kind !== "object") return [];
  const own = value.node === undefined ? [] : [value.node];
  if (depth > 2) return own;
  const spread = value.entries.filter((entry) => entry.spread && !entry.optional);
  return [
    ...own,
    ...spread.flatMap((entry) =>
      entryValues(evaluation, entry).flatMap((one) => sourcesOf(evaluation, one, depth + 1)),
    ),
  ];
}

/** An object that stands in the call of a global as its argument is nobody else's. */
function isPassedOn({ program }: Evaluation, node: Node): boolean {
  const parent = program.parentOf(node);
  if (!isCall(parent) || parent.callee.type !== "Identifier") return true;
  return program.bindingOf(parent.callee) !== undefined;
}

function writesOf(evaluation: Evaluation, node: Node, key: string): Values {
  const cache = known.get(evaluation) ?? new Map<Node, Map<string, Values>>();
  known.set(evaluation, cache);
  const found = cache.get(node) ?? new Map<string, Values>();
  cache.set(node, found);
  const cached = found.get(key);
  if (cached !== undefined) return cached;
  found.set(key, []);
  const values = isPassedOn(evaluation, node) ? followedWrites(evaluation, node, key) : [];
  found.set(key, values);
  return values;
}

function followedWrites(evaluation: Evaluation, node: Node, key: string): Values {
  const { program } = evaluation;
  const root = evaluation.bareRoot;
  return new FlowTracker(evaluation, places).run(node, []).uses.flatMap((use): Values => {
    if (use.kind !== "member") return [];
    const write = program.parentOf(use.node);
    if (write?.type !== "AssignmentExpression" || write.left !== use.node) return [];
    const frame = frameFor(program.unitOf(write).functionOf(write), root);
    const name = use.name ?? staticKey(evaluation, use.node, frame);
    if (name !== undefined && name !== key) return [];
    return name === undefined ? unknownSet : evaluation.evaluate(write.right, frame);
  });
}
