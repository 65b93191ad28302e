/** Which members of a class others override that inherit from it. */
import { isFunction, type ClassNode } from "../modules/syntax.ts";
import { constructorOf, isStatic, memberKey, writesIn } from "./class-members.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameAround } from "./frame.ts";

/** Longest line of classes that inherit from each other. */
const lineage = 16;

/** The classes that inherit and declare a member, by its name. */
const declaring = new WeakMap<Evaluation, Map<string, ClassNode[]>>();
const parents = new WeakMap<ClassNode, ClassNode | null>();

function declaringClasses(evaluation: Evaluation): Map<string, ClassNode[]> {
  const known = declaring.get(evaluation);
  if (known !== undefined) return known;
  const found = new Map<string, ClassNode[]>();
  declaring.set(evaluation, found);
  for (const unit of evaluation.program.units) {
    for (const heir of unit.index.heirs) {
      for (const key of ownKeys(evaluation, heir)) {
        const classes = found.get(key);
        if (classes === undefined) found.set(key, [heir]);
        else classes.push(heir);
      }
    }
  }
  return found;
}

/** Methods, fields, and what the constructor sets. */
function ownKeys(evaluation: Evaluation, node: ClassNode): Set<string> {
  const keys = new Set<string>();
  for (const member of node.body.body) {
    const key = isStatic(member) ? undefined : memberKey(member);
    if (key !== undefined && key !== "constructor") keys.add(key);
  }
  const made = constructorOf(node);
  if (made !== undefined && isFunction(made)) {
    for (const key of writesIn(evaluation, [made]).keys()) keys.add(key);
  }
  return keys;
}

function parentOf(evaluation: Evaluation, node: ClassNode): ClassNode | undefined {
  const known = parents.get(node);
  if (known !== undefined) return known ?? undefined;
  // A class that asks for itself inherits from none.
  parents.set(node, null);
  const frame = frameAround(evaluation.program, node, evaluation.bareRoot);
  const values = node.superClass ? evaluation.evaluate(node.superClass, frame) : [];
  const parent = values.find((value) => value.kind === "class")?.node;
  parents.set(node, parent ?? null);
  return parent;
}

/** Whether a class that inherits from another declares a member itself. */
export function isOverridden(evaluation: Evaluation, of: ClassNode, key: string): boolean {
  return (declaringClasses(evaluation).get(key) ?? []).some((heir) => {
    let at = parentOf(evaluation, heir);
    for (let depth = 0; at !== undefined && depth < lineage; depth += 1) {
      if (at === of) return true;
      at = parentOf(evaluation, at);
    }
    return false;
  });
}
