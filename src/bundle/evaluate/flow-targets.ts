/** Where a value goes that is assigned: to names, patterns, members, parameters, and to other scripts. */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isCall,
  isClass,
  isFunction,
  memberName,
  plainKey,
  type FunctionNode,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import { listedNames } from "./listed-members.ts";
import { constructedBy, prototypeOf } from "./constructors.ts";
import type { FlowTracker } from "./flow.ts";
import { keysFor, queryFunction } from "./query-objects.ts";
import { element, instance, type Path } from "./flow-path.ts";
import { argumentsOf } from "./lowered.ts";
import { isThis } from "./super-calls.ts";
import { thisOwners } from "./this-carriers.ts";

const pageObject = /^(?:window|self|globalThis)$/;

/** Into a parameter of a function, by its index. */
export function intoParam(
  tracker: FlowTracker,
  fn: FunctionNode,
  given: { index: number; path: Path },
): void {
  const { index, path } = given;
  const last = fn.params.at(-1);
  const param = fn.params[index];
  if (param !== undefined && param.type !== "RestElement") intoTarget(tracker, param, path);
  else if (last?.type === "RestElement") {
    const at = String(index - fn.params.length + 1);
    intoTarget(tracker, last.argument, [at, ...path]);
  }
  for (const read of argumentsOf(tracker.evaluation, fn))
    tracker.to(read, [String(index), ...path]);
}

/** Into the parameters of a function that takes a list as its arguments. */
export function intoParams(tracker: FlowTracker, fn: FunctionNode, path: Path): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (first !== element) return intoParam(tracker, fn, { index: Number(first), path: rest });
  for (const param of fn.params) {
    if (param.type === "RestElement") intoTarget(tracker, param.argument, path);
    else intoTarget(tracker, param, rest);
  }
  for (const read of argumentsOf(tracker.evaluation, fn)) tracker.to(read, path);
}

/** Into a variable, pattern or member that is assigned. */
export function intoTarget(tracker: FlowTracker, target: Node | undefined, path: Path): void {
  switch (target?.type) {
    case undefined:
      return;
    case "Identifier":
      return intoName(tracker, target, path);
    case "AssignmentPattern":
      return intoTarget(tracker, target.left, path);
    case "RestElement":
      return intoTarget(tracker, target.argument, path);
    case "ObjectPattern":
      return intoObjectPattern(tracker, target, path);
    case "ArrayPattern":
      return intoArrayPattern(tracker, target, path);
    case "MemberExpression":
    case "OptionalMemberExpression":
      return intoMember(tracker, target, path);
    default:
      tracker.escape(target as Node, "it is assigned in a way that is not followed");
  }
}

function intoObjectPattern(tracker: FlowTracker, pattern: t.ObjectPattern, path: Path): void {
  const [first, ...rest] = path;
  if (first === undefined) return tracker.use({ kind: "pattern", node: pattern });
  let taken = false;
  for (const property of pattern.properties) {
    if (property.type === "RestElement") {
      if (!taken) intoTarget(tracker, property.argument, path);
      continue;
    }
    const key = plainKey(property.key, property.computed);
    const isSame = key === first;
    taken ||= isSame;
    if (isSame || key === undefined) intoTarget(tracker, property.value, rest);
    else if (first === element) tracker.escape(pattern, "it is stored under a computed name");
  }
}

function intoArrayPattern(tracker: FlowTracker, pattern: t.ArrayPattern, path: Path): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  for (const [at, target] of pattern.elements.entries()) {
    if (target?.type === "RestElement") {
      const from = first === element ? element : String(Number(first) - at);
      if (first === element || Number(first) >= at) {
        intoTarget(tracker, target.argument, [from, ...rest]);
      }
    } else if (target && (first === element || Number(first) === at)) {
      intoTarget(tracker, target, rest);
    }
  }
}

/** Into a member of an object literal. */
export function intoProperty(
  tracker: FlowTracker,
  object: Node | undefined,
  member: { key: string | undefined; path: Path; value: Node },
): void {
  if (object?.type !== "ObjectExpression") return;
  if (member.key === queryFunction && member.path.length === 0) {
    const keys = keysFor(tracker.evaluation, object);
    for (const of of keys ?? []) {
      const from = { of, each: false, index: 0, as: "context" as const };
      tracker.use({ kind: "given", node: of, callee: member.value, from });
    }
    if (keys !== undefined) return;
  }
  if (member.key === undefined) {
    return tracker.escape(object, "it is stored under a computed name");
  }
  tracker.to(object, [member.key, ...member.path]);
}

function intoName(tracker: FlowTracker, name: t.Identifier, path: Path): void {
  const binding = tracker.evaluation.program.bindingOf(name);
  if (binding === undefined) intoGlobal(tracker, name.name, path);
  else intoBinding(tracker, binding, { id: name, path });
}

/** Into every read of a name, in this script and in those that import it. */
export function intoBinding(
  tracker: FlowTracker,
  binding: Binding,
  at: { id: Node; path: Path },
): void {
  for (const read of binding.reads) tracker.to(read, at.path);
  if (binding.scope.parent !== null) return;
  if (isExported(tracker, at.id)) leave(tracker, at.id, at.path);
  else arrive(tracker, at.id, at.path);
}

/** `export const x = …`, `export function x() {}`: the declared name is what is exported. */
function isExported(tracker: FlowTracker, id: Node): boolean {
  const around = tracker.evaluation.program.unitOf(id).ancestors(id);
  const at = around.findIndex((node) => !/Pattern$|^ObjectProperty$|^RestElement$/.test(node.type));
  const outer = around[at]?.type === "VariableDeclarator" ? around[at + 2] : around[at + 1];
  return outer?.type === "ExportNamedDeclaration";
}

/** Out of a script: to those that import it, or to nobody in the bundle. */
export function leave(tracker: FlowTracker, exported: Node, path: Path): void {
  if (!arrive(tracker, exported, path)) {
    tracker.escape(exported, "it is exported, and no script of the bundle imports it");
  }
}

/** Into the scripts that import an exported node; false if there are none. */
export function arrive(tracker: FlowTracker, exported: Node, path: Path): boolean {
  const { program } = tracker.evaluation;
  const arrivals = program.modules.arrivalsOf(program.unitOf(exported), exported);
  for (const arrival of arrivals) {
    const whole = [...arrival.path, ...path];
    if (!arrival.node.type.endsWith("Specifier")) tracker.to(arrival.node, whole);
    else {
      const { local } = arrival.node as t.ImportSpecifier;
      const binding = arrival.unit.index.scope.lookup(local.name);
      if (binding !== undefined) intoBinding(tracker, binding, { id: local, path: whole });
    }
  }
  return arrivals.length > 0;
}

/** Into a global: its bare name, and the member of the page's global object. */
function intoGlobal(tracker: FlowTracker, name: string, path: Path): void {
  const { program } = tracker.evaluation;
  if (path.length === 0) tracker.use({ kind: "global", node: undefined, name });
  for (const read of program.unbound(name)) tracker.to(read, path);
  for (const unit of program.units) {
    for (const member of unit.index.members.get(name) ?? []) {
      if (isPage(tracker, member.object) !== "no") tracker.to(member, path);
    }
  }
}

/** Whether an expression holds the page's global object. */
function isPage(tracker: FlowTracker, object: Node): "only" | "also" | "no" {
  const { evaluation } = tracker;
  if (!/^(?:Identifier|LogicalExpression|ConditionalExpression)$/.test(object.type)) return "no";
  const isName = object.type === "Identifier";
  const binding = isName ? evaluation.program.bindingOf(object) : undefined;
  if (isName && binding === undefined) return pageObject.test(object.name) ? "only" : "no";
  const values = evaluation.glance(object, tracker.root);
  const page = values.filter((value) => value.kind === "global" && value.path === "window");
  if (page.length === 0) return "no";
  return page.length === values.length ? "only" : "also";
}

/** Whether a script of the bundle sets a global. */
function isSetHere(tracker: FlowTracker, name: string): boolean {
  return tracker.evaluation.program.units.some((unit) =>
    (unit.index.members.get(name) ?? []).some((member) => {
      const write = tracker.parentOf(member);
      const isWrite = write?.type === "AssignmentExpression" && write.left === member;
      return isWrite && isPage(tracker, member.object) === "only";
    }),
  );
}

/** The functions that an expression can be. */
export function functionsOf(tracker: FlowTracker, node: Node): FunctionNode[] {
  const values = tracker.evaluation.glance(node, tracker.root);
  return values.flatMap((value) => (value.kind === "function" ? [value.node] : []));
}

/** Whether a function is a member of a constructor itself, and not of what it makes. */
function isStaticMember(tracker: FlowTracker, owner: Node, fn: Node | undefined): boolean {
  const constructors = isFunction(owner) ? [owner] : functionsOf(tracker, owner);
  return constructors.some((one) =>
    prototypeOf(tracker.evaluation, one).members.some((row) => row.node === fn && row.static),
  );
}

/** Into members of a constructor function, named by an expression that holds it. */
export function intoMembers(tracker: FlowTracker, owner: Node, path: Path): void {
  if (isFunction(owner)) return tracker.to(owner, path);
  for (const fn of functionsOf(tracker, owner)) tracker.to(fn, path);
  intoTarget(tracker, owner, path);
}

/** Into a member that is assigned: all reads of the object's variable see it. */
function intoMember(tracker: FlowTracker, member: MemberNode, path: Path): void {
  const key = memberName(member);
  if (key === "prototype") return intoMembers(tracker, member.object, [instance, ...path]);
  const write = key === undefined ? tracker.parentOf(member) : undefined;
  const names = write && listedNames(tracker.evaluation, write);
  for (const name of names ?? []) intoObject(tracker, member.object, [name, ...path]);
  if (names === undefined) intoObject(tracker, member.object, [key ?? element, ...path]);
}

/** Into a member of an object, by the expression that holds it. */
export function intoObject(tracker: FlowTracker, object: Node, path: Path): void {
  const page = isPage(tracker, object);
  const [key = "", ...rest] = path;
  if (page !== "no") intoGlobal(tracker, key, rest);
  if (page === "only") return;
  if (isThis(tracker.evaluation, object)) return intoThisName(tracker, object, path);
  switch (object.type) {
    case "Identifier":
      return intoMemberOf(tracker, object, path);
    case "MemberExpression":
    case "OptionalMemberExpression":
      return intoMember(tracker, object, path);
    case "ObjectExpression":
      return tracker.to(object, path);
    case "LogicalExpression":
    case "AssignmentExpression":
      intoObject(tracker, object.left, path);
      return intoObject(tracker, object.right, path);
    default:
      tracker.escape(object, "it is stored in an object that is not followed");
  }
}

/** Into a member of `this`, or of a variable that holds it: all reads of that see it, too. */
function intoThisName(tracker: FlowTracker, object: Node, path: Path): void {
  intoThis(tracker, object, path);
  const name = object.type === "AssignmentExpression" ? object.left : object;
  if (name.type === "Identifier") intoMemberOf(tracker, name, path);
}

function intoMemberOf(tracker: FlowTracker, object: t.Identifier, path: Path): void {
  const binding = tracker.evaluation.program.bindingOf(object);
  const role = binding && tracker.evaluation.program.wrapped.roleOf(binding);
  const comesIn = binding?.kind === "param" && role === undefined;
  const given = comesIn ? givenAtOnce(tracker, binding) : undefined;
  if (given !== undefined) intoObject(tracker, given, path);
  else if (comesIn || (binding === undefined && !isSetHere(tracker, object.name))) {
    tracker.escape(object, "it is stored in an object that comes from elsewhere");
  }
  if (binding === undefined) intoGlobal(tracker, object.name, path);
  else intoBinding(tracker, binding, { id: object, path });
}

/** `(function (module) {…})(lib)`: what a parameter is given by the only call of its function, which stands around it. */
function givenAtOnce(tracker: FlowTracker, { name, declarations }: Binding): Node | undefined {
  const [fn, ...others] = declarations;
  if (others.length > 0 || !isFunction(fn)) return undefined;
  const call = tracker.parentOf(fn);
  if (!isCall(call) || call.callee !== fn) return undefined;
  const at = fn.params.findIndex((param) => param.type === "Identifier" && param.name === name);
  const given = call.arguments[at];
  return given === undefined || call.arguments.some(({ type }) => type === "SpreadElement")
    ? undefined
    : given;
}

/** Into a member of `this`, in a method, a constructor function or an object's function. */
export function intoThis(tracker: FlowTracker, node: Node, path: Path): void {
  for (const fn of thisOwners(tracker.evaluation, node)) {
    if (!intoOwner(tracker, fn, path)) {
      tracker.escape(node, "it is stored in an object that is not followed");
    }
  }
}

/** Into a member of what a function is a member of; false if it is none of anything that is known. */
function intoOwner(tracker: FlowTracker, fn: FunctionNode | undefined, path: Path): boolean {
  const body = fn && tracker.parentOf(fn);
  const owner = body?.type === "ClassBody" ? tracker.parentOf(body) : body;
  const ofClass = fn !== undefined && "static" in fn && fn.static;
  if (owner?.type === "ObjectExpression") tracker.to(owner, path);
  else if (isClass(owner)) tracker.to(owner, ofClass ? path : [instance, ...path]);
  else return fn !== undefined && intoConstructed(tracker, fn, path);
  return true;
}

function intoConstructed(tracker: FlowTracker, fn: FunctionNode, path: Path): boolean {
  const constructors = constructedBy(tracker.evaluation, fn);
  for (const one of constructors) {
    const ofConstructor = isStaticMember(tracker, one, fn);
    intoMembers(tracker, one, ofConstructor ? path : [instance, ...path]);
  }
  return constructors.length > 0;
}
