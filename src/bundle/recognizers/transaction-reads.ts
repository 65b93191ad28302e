/** Whether code reads the result of a statement before its transaction has ended. */
import type * as t from "@babel/types";
import {
  end,
  isCall,
  isMember,
  memberName,
  plainKey,
  start,
  type Node,
} from "../modules/syntax.ts";
import type { RecognizerContext } from "./recognizer.ts";
import type { Sent } from "./transaction-order.ts";

/** Members of a result that stand for it until it is known. */
const handedOn: ReadonlySet<string | undefined> = new Set(["rows", "fields"]);

/** Whether what a statement gives is looked at where its transaction may still be open. */
export function readInside(
  context: RecognizerContext,
  call: Node,
  commits: readonly Sent[],
): boolean {
  const { program } = context;
  let at = call;
  for (let parent = program.parentOf(at); parent; parent = program.parentOf(at)) {
    if (isThrough(parent, at)) at = parent;
    else return isRead(context, { parent, at }, commits);
  }
  return false;
}

/** What gives a result on unread: `await`, and lists of promises. */
function isThrough(parent: Node, at: Node): boolean {
  switch (parent.type) {
    case "AwaitExpression":
    case "ParenthesizedExpression":
    case "YieldExpression":
      return true;
    case "SequenceExpression":
      return parent.expressions.at(-1) === at;
    case "LogicalExpression":
      return parent.right === at;
    case "ConditionalExpression":
      return parent.test !== at;
    case "ArrayExpression":
      return true;
    default:
      return isCall(parent) && isMember(parent.callee) && memberName(parent.callee) === "all";
  }
}

function isRead(
  context: RecognizerContext,
  { parent, at }: { parent: Node; at: Node },
  commits: readonly Sent[],
): boolean {
  switch (parent.type) {
    case "ExpressionStatement":
    case "ReturnStatement":
    case "SequenceExpression":
    case "ArrowFunctionExpression":
      return false;
    case "VariableDeclarator":
      return namesOf(parent.id)?.some((name) => isNameRead(context, name, commits)) ?? true;
    case "AssignmentExpression":
      return parent.right !== at || parent.left.type !== "Identifier"
        ? true
        : isNameRead(context, parent.left, commits);
    default:
      return true;
  }
}

/** The names that stand for a result, or for its rows; undefined where something is read out of it. */
function namesOf(target: Node): t.Identifier[] | undefined {
  if (target.type === "Identifier") return [target];
  if (target.type === "ObjectPattern") {
    const names = target.properties.map((property) =>
      property.type === "ObjectProperty" &&
      handedOn.has(plainKey(property.key, property.computed)) &&
      property.value.type === "Identifier"
        ? property.value
        : undefined,
    );
    return names.every((name) => name !== undefined) ? names : undefined;
  }
  return undefined;
}

function isNameRead(
  context: RecognizerContext,
  name: t.Identifier,
  commits: readonly Sent[],
): boolean {
  const { program } = context;
  const reads = program.bindingOf(name)?.reads ?? [];
  return reads.some((read) => !isAfter(context, read, commits) && !isHandedOn(context, read));
}

/** Whether a place runs only once a COMMIT of the same function has been answered. */
function isAfter(context: RecognizerContext, read: Node, commits: readonly Sent[]): boolean {
  const { program } = context;
  const unit = program.unitOf(read);
  return commits.some(
    ({ node }) =>
      program.unitOf(node) === unit &&
      unit.functionOf(node) === unit.functionOf(read) &&
      start(read) >= end(node),
  );
}

/** `return result`, `return result.rows`. */
function isHandedOn(context: RecognizerContext, read: Node): boolean {
  const { program } = context;
  const parent = program.parentOf(read);
  if (parent?.type === "ReturnStatement") return true;
  return (
    isMember(parent) &&
    parent.object === read &&
    handedOn.has(memberName(parent)) &&
    program.parentOf(parent)?.type === "ReturnStatement"
  );
}
