/** Who calls a function: the calls that its value reaches, and whether there may be others. */
import type { Evaluation } from "./evaluation.ts";
import { FlowTracker } from "./flow.ts";
import {
  isCall,
  isMember,
  memberName,
  type CallNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";

export interface Caller {
  /** The call that enters it. */
  readonly call: CallNode;
  /** The expression whose value is called. */
  readonly callee: Node;
  /** Arguments as the function sees them. */
  readonly args: readonly Node[];
}

export interface Callers {
  readonly callers: readonly Caller[];
  /** Why there may be calls that are not among them; undefined if these are all. */
  readonly escapes: string | undefined;
}

const known = new WeakMap<Evaluation, Map<FunctionNode, Callers>>();

/** The callers of a function, found once per evaluation. */
export function callersOf(evaluation: Evaluation, fn: FunctionNode): Callers {
  const cache = known.get(evaluation) ?? new Map<FunctionNode, Callers>();
  known.set(evaluation, cache);
  const cached = cache.get(fn);
  if (cached !== undefined) return cached;
  const found = findCallers(evaluation, fn);
  cache.set(fn, found);
  return found;
}

/** The arguments that a call expression gives. */
export function callArguments(call: CallNode): readonly Node[] {
  if (call.type === "TaggedTemplateExpression") return [call.quasi];
  return call.arguments as Node[];
}

function findCallers(evaluation: Evaluation, fn: FunctionNode): Callers {
  const callers: Caller[] = [];
  let escapes: string | undefined;
  for (const use of new FlowTracker(evaluation).run(fn, []).uses) {
    if (use.kind === "escape") escapes ??= use.reason;
    else if (use.kind === "call") {
      const callee = use.node.type === "TaggedTemplateExpression" ? use.node.tag : use.node.callee;
      callers.push({ call: use.node, callee: callee as Node, args: callArguments(use.node) });
    } else if (use.kind === "member") {
      const call = evaluation.program.parentOf(use.node);
      if (!isCall(call) || call.callee !== use.node || !isMember(use.node)) continue;
      const name = memberName(use.node);
      if (name === "call") {
        const args = (call.arguments as Node[]).slice(1);
        callers.push({ call, callee: use.node.object as Node, args });
      } else if (name === "apply" || name === "bind") {
        escapes ??= `it is called through ${name}`;
      }
    }
  }
  return { callers, escapes };
}
