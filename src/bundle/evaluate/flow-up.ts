/** From an expression to what takes its value: one rule for each kind of parent. */
import type * as t from "@babel/types";
import {
  isCall,
  isClass,
  isMember,
  memberName,
  plainKey,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import { asyncRunOf } from "./async-runners.ts";
import { flowIntoCall } from "./flow-calls.ts";
import { intoField, intoSubclass } from "./flow-definitions.ts";
import { intoCallback, listMember } from "./flow-lists.ts";
import { intoSpread } from "./flow-methods.ts";
import { element, instance, isIndex, result, type Path } from "./flow-path.ts";
import { intoProperty, intoTarget, leave } from "./flow-targets.ts";
import type { FlowTracker } from "./flow.ts";
import { forwarderOf, givesParam, returnsParam } from "./lowered.ts";

interface Step {
  readonly node: Node;
  readonly path: Path;
}

type Rule = (tracker: FlowTracker, parent: never, step: Step) => void;

const through: Rule = (tracker, parent, { path }) => tracker.to(parent, path);

const look: Rule = (tracker, parent) => tracker.use({ kind: "test", node: parent });

/** In a lowered async function `yield` awaits. */
function yielded(tracker: FlowTracker, parent: t.YieldExpression, { node, path }: Step): void {
  const fn = tracker.evaluation.program.unitOf(parent).functionOf(parent);
  if (fn !== undefined && asyncRunOf(tracker.evaluation, fn)) tracker.to(parent, path);
  else tracker.escape(node, "it is handed to code that is not followed");
}

function logical(tracker: FlowTracker, parent: t.LogicalExpression, { node, path }: Step): void {
  if (node === parent.left && parent.operator === "&&")
    look(tracker, parent as never, { node, path });
  tracker.to(parent, path);
}

function conditional(
  tracker: FlowTracker,
  parent: t.ConditionalExpression,
  { node, path }: Step,
): void {
  if (node === parent.test) look(tracker, parent as never, { node, path });
  else tracker.to(parent, path);
}

function sequence(tracker: FlowTracker, parent: t.SequenceExpression, { node, path }: Step): void {
  if (parent.expressions.at(-1) === node) tracker.to(parent, path);
}

function assignment(
  tracker: FlowTracker,
  parent: t.AssignmentExpression,
  { node, path }: Step,
): void {
  if (parent.right !== node || !/^(?:=|\|\|=|\?\?=|&&=)$/.test(parent.operator)) return;
  if (!isOwnMember(tracker, parent, path)) intoTarget(tracker, parent.left, path);
  tracker.to(parent, path);
}

/** `x.default = x`: once is enough. */
function isOwnMember(
  tracker: FlowTracker,
  { left, right }: t.AssignmentExpression,
  path: Path,
): boolean {
  if (!isMember(left) || memberName(left) !== path[0]) return false;
  if (left.object.type !== "Identifier" || right.type !== "Identifier") return false;
  const { program } = tracker.evaluation;
  const binding = program.bindingOf(right);
  return binding !== undefined && program.bindingOf(left.object) === binding;
}

function spread(tracker: FlowTracker, parent: t.SpreadElement, { path }: Step): void {
  const target = tracker.parentOf(parent);
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (target?.type === "ObjectExpression") tracker.to(target, path);
  else if (target?.type === "ArrayExpression") tracker.to(target, [element, ...rest]);
  else if (isCall(target) && intoSpread(tracker, target, { spread: parent, path })) return;
  else tracker.escape(parent, "it is spread into a list");
}

function returned(tracker: FlowTracker, parent: t.ReturnStatement, { path }: Step): void {
  const fn = tracker.evaluation.program.unitOf(parent).functionOf(parent);
  if (
    fn === undefined ||
    (parent.argument && returnsParam(tracker.evaluation, fn, parent.argument))
  ) {
    return;
  }
  tracker.to(fn, [result, ...path]);
}

function listed(tracker: FlowTracker, parent: t.ArrayExpression, { node, path }: Step): void {
  const at = parent.elements.indexOf(node as never);
  const isSure = !parent.elements.slice(0, at).some((one) => one?.type === "SpreadElement");
  tracker.to(parent, [isSure ? String(at) : element, ...path]);
}

function loop(tracker: FlowTracker, parent: t.ForOfStatement, { node, path }: Step): void {
  if (parent.right !== node || path.length === 0) return;
  const { left } = parent;
  const target = left.type === "VariableDeclaration" ? left.declarations[0]?.id : left;
  intoTarget(tracker, target, path.slice(1));
}

function template(tracker: FlowTracker, parent: t.TaggedTemplateExpression, { path }: Step): void {
  if (path.length === 0) tracker.use({ kind: "call", node: parent });
  else if (path[0] === result) tracker.to(parent, path.slice(1));
}

function member(tracker: FlowTracker, parent: MemberNode, step: Step): void {
  if (parent.object !== step.node) return;
  const [first, ...rest] = step.path;
  if (first === undefined) return wholeMember(tracker, parent);
  const write = tracker.parentOf(parent);
  if (write?.type === "AssignmentExpression" && write.left === parent) return;
  const name = memberName(parent);
  if (name === undefined || meets(first, name)) return tracker.to(parent, rest);
  const asked = { name, path: step.path };
  if (isIndex(first) && !isPromiseMember(name)) listMember(tracker, parent, asked);
  else promiseMember(tracker, parent, asked);
}

/** Whether the member of a name can be the one that a step of a path means. */
function meets(step: string, name: string): boolean {
  if (step === instance) return name === "prototype";
  return step === name || (step === element && isIndex(name));
}

/** A member of the followed value itself. */
function wholeMember(tracker: FlowTracker, parent: MemberNode): void {
  const name = memberName(parent);
  const call = name === "bind" ? tracker.parentOf(parent) : undefined;
  const bound = isCall(call) && call.callee === parent && call.arguments.length < 2;
  const forwarder = name === "apply" ? forwarderOf(tracker.evaluation, parent) : undefined;
  if (forwarder !== undefined) tracker.to(forwarder, []);
  else if (bound) tracker.to(call, []);
  else if (isPromiseMember(name)) promiseMember(tracker, parent, { name, path: [] });
  else tracker.use({ kind: "member", node: parent, name });
}

function isPromiseMember(name: string | undefined): name is string {
  return name === "then" || name === "catch" || name === "finally";
}

/** Promises are transparent: `then` gives the value to its function. */
function promiseMember(
  tracker: FlowTracker,
  parent: MemberNode,
  called: { name: string; path: Path },
): void {
  const call = tracker.parentOf(parent);
  if (!isCall(call) || call.callee !== parent) return;
  if (called.name === "catch" || called.name === "finally") return tracker.to(call, called.path);
  const [callback] = call.arguments;
  if (called.name !== "then" || callback === undefined) return;
  for (const fn of intoCallback(tracker, callback, { index: 0, path: called.path })) {
    if (givesParam(tracker.evaluation, fn, 0)) tracker.to(call, called.path);
  }
}

const nothing: Rule = () => undefined;

const rules: Readonly<Record<string, Rule | undefined>> = {
  ExpressionStatement: nothing,
  IfStatement: look,
  WhileStatement: look,
  DoWhileStatement: look,
  ForStatement: look,
  BinaryExpression: look,
  UnaryExpression: look,
  SwitchStatement: look,
  SwitchCase: look,
  TemplateLiteral: look,
  AwaitExpression: through,
  YieldExpression: yielded,
  ParenthesizedExpression: through,
  LogicalExpression: logical,
  ConditionalExpression: conditional,
  SequenceExpression: sequence,
  VariableDeclarator: (tracker, parent: t.VariableDeclarator, { path }) =>
    intoTarget(tracker, parent.id, path),
  AssignmentPattern: (tracker, parent: t.AssignmentPattern, { path }) =>
    intoTarget(tracker, parent.left, path),
  AssignmentExpression: assignment,
  ObjectProperty: (tracker, parent: t.ObjectProperty, { path }) =>
    intoProperty(tracker, tracker.parentOf(parent), {
      key: plainKey(parent.key, parent.computed),
      path,
      value: parent.value,
    }),
  ClassProperty: (tracker, parent: t.ClassProperty, { path }) => intoField(tracker, parent, path),
  ClassPrivateProperty: (tracker, parent: t.ClassPrivateProperty, { path }) =>
    intoField(tracker, parent, path),
  ClassAccessorProperty: (tracker, parent: t.ClassAccessorProperty, { path }) =>
    intoField(tracker, parent, path),
  ArrayExpression: listed,
  SpreadElement: spread,
  ReturnStatement: returned,
  ArrowFunctionExpression: (tracker, parent: Node, { path }) =>
    tracker.to(parent, [result, ...path]),
  ForOfStatement: loop,
  ExportDefaultDeclaration: (tracker, _parent, { node, path }) => leave(tracker, node, path),
  ExportSpecifier: (tracker, _parent, { node, path }) => leave(tracker, node, path),
  TaggedTemplateExpression: template,
};

/** Follows a value from an expression into whatever takes it. */
export function flowUp(tracker: FlowTracker, node: Node, path: Path): void {
  const parent = tracker.parentOf(node);
  if (parent === undefined) return;
  const rule = rules[parent.type];
  if (rule !== undefined) rule(tracker, parent as never, { node, path });
  else if (isMember(parent)) member(tracker, parent, { node, path });
  else if (isCall(parent)) flowIntoCall(tracker, parent, { node, path });
  else if (isClass(parent)) intoSubclass(tracker, parent, path);
  else tracker.escape(node, "it is handed to code that is not followed");
}
