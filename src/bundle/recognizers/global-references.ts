/** References to the page's network globals: unbound names and members of the global object, by binding and never by text. */
import type { GlobalCut } from "../analysis.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { Program } from "../modules/program.ts";
import { pageObjects } from "./page-objects.ts";
import { isMember, type MemberNode, type Node } from "../modules/syntax.ts";

type Global = GlobalCut["global"];

export interface GlobalReference {
  readonly global: Global;
  /** The expression that the proxy replaces. */
  readonly node: Node;
  /** `{fetch}`: the whole shorthand property is replaced. */
  readonly shorthand: Node | null;
  /** A pattern takes it: what the value is assigned to. Nothing can be replaced there. */
  readonly target?: Node;
}

/** `typeof X` and assignment targets stay as they are. */
function isLeftAlone(program: Program, node: Node): boolean {
  const parent = program.parentOf(node);
  if (parent?.type === "UnaryExpression") {
    return parent.operator === "typeof" || parent.operator === "delete";
  }
  if (parent?.type === "AssignmentExpression") return parent.left === node;
  return parent?.type === "UpdateExpression";
}

function names(program: Program, global: Global): GlobalReference[] {
  return program.unbound(global).flatMap((node) => {
    if (isLeftAlone(program, node)) return [];
    const parent = program.parentOf(node);
    const shorthand = parent?.type === "ObjectProperty" && parent.shorthand ? parent : null;
    return [{ global, node, shorthand }];
  });
}

function members(program: Program, evaluator: Evaluator, global: Global): GlobalReference[] {
  const found: GlobalReference[] = [];
  const root = evaluator.bareRoot;
  const owner = global === "sendBeacon" ? "navigator" : "window";
  const isOwner = (member: MemberNode): boolean => {
    evaluator.budget = 5000;
    const values = evaluator.evaluate(member.object, root);
    return values.some((value) => value.kind === "global" && value.path === owner);
  };
  for (const unit of program.units) {
    for (const member of unit.index.members.get(global) ?? []) {
      if (!isMember(member) || isLeftAlone(program, member)) continue;
      if (isOwner(member)) found.push({ global, node: member, shorthand: null });
    }
  }
  return found;
}

/** Every reference to a network global, in all scripts. */
export function globalReferences(
  program: Program,
  evaluator: Evaluator,
  global: Global,
): GlobalReference[] {
  const bare = global === "sendBeacon" ? [] : names(program, global);
  const found = [...bare, ...members(program, evaluator, global)];
  const seen = new Set(found.map(({ node }) => node));
  const taken = pageObjects(program, evaluator).taken.flatMap((one): GlobalReference[] => {
    if (one.global !== global || seen.has(one.node)) return [];
    const { node, target } = one;
    return [{ global, node, shorthand: null, ...(target === null ? {} : { target }) }];
  });
  return [...found, ...taken];
}
