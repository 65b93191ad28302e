/** Where functions and classes go by their own names, as members, and through their instances. */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isClass,
  isFunction,
  plainKey,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";
import type { FlowTracker } from "./flow.ts";
import { construction, instance, result, type Path } from "./flow-path.ts";
import { arrive, intoBinding, intoProperty } from "./flow-targets.ts";
import { constructorOf, isStatic, memberKey } from "./class-members.ts";

/** A getter gives its result without a call. */
function memberPath(fn: t.ObjectMethod | t.ClassMethod | t.ClassPrivateMethod, path: Path): Path {
  return fn.kind === "get" && path[0] === result ? path.slice(1) : path;
}

/** Follows a function; true if it is an expression whose place takes it too. */
export function fromFunction(tracker: FlowTracker, fn: FunctionNode, path: Path): boolean {
  switch (fn.type) {
    case "ObjectMethod":
      intoProperty(tracker, tracker.parentOf(fn), {
        key: plainKey(fn.key, fn.computed),
        path: memberPath(fn, path),
        value: fn,
      });
      return false;
    case "ClassMethod":
    case "ClassPrivateMethod":
      fromMethod(tracker, fn, path);
      return false;
    default:
      named(tracker, fn, path);
      return fn.type !== "FunctionDeclaration";
  }
}

function ownerOf(tracker: FlowTracker, member: Node): ClassNode | undefined {
  const body = tracker.parentOf(member);
  const owner = body && tracker.parentOf(body);
  return isClass(owner) ? owner : undefined;
}

function fromMethod(
  tracker: FlowTracker,
  fn: t.ClassMethod | t.ClassPrivateMethod,
  path: Path,
): void {
  const owner = ownerOf(tracker, fn);
  if (owner === undefined) return;
  if (fn.kind === "constructor") return tracker.to(owner, [construction, ...path]);
  const key = plainKey(fn.key, fn.type === "ClassMethod" && fn.computed);
  if (key === undefined) return tracker.escape(fn, "its name is computed");
  const inner = memberPath(fn, path);
  tracker.to(owner, fn.static ? [key, ...inner] : [instance, key, ...inner]);
}

/** From a class field to the class. */
export function intoField(
  tracker: FlowTracker,
  field: t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty,
  path: Path,
): void {
  const owner = ownerOf(tracker, field);
  const key = plainKey(field.key, "computed" in field && field.computed);
  if (owner === undefined || key === undefined) return;
  tracker.to(owner, field.static ? [key, ...path] : [instance, key, ...path]);
}

function ownBinding(
  tracker: FlowTracker,
  node: FunctionNode | ClassNode,
  name: string,
): Binding | undefined {
  const unit = tracker.evaluation.program.unitOf(node);
  for (let scope: Binding["scope"] | null = unit.scopeOf(node.body); scope; scope = scope.parent) {
    const binding = scope.bindings.get(name);
    // A parameter of the same name hides the function from itself.
    if (binding?.kind !== "param" && binding?.declarations.includes(node)) return binding;
  }
  return undefined;
}

/** Into the names that a function or class declares for itself. */
function named(tracker: FlowTracker, node: FunctionNode | ClassNode, path: Path): void {
  const id = "id" in node ? node.id : null;
  const binding = id ? ownBinding(tracker, node, id.name) : undefined;
  if (id && binding) intoBinding(tracker, binding, { id, path });
  arrive(tracker, node, path);
}

/** The functions of a class whose `this` is an instance, or the class itself. */
function memberFunctions(node: ClassNode, wantsStatic: boolean): FunctionNode[] {
  return node.body.body.flatMap((member): FunctionNode[] => {
    if (("static" in member && member.static === true) !== wantsStatic) return [];
    if (isFunction(member)) return [member];
    const value = "value" in member ? member.value : null;
    return isFunction(value) ? [value] : [];
  });
}

/** Into `this` or `super` of functions. */
function intoOwn(
  tracker: FlowTracker,
  functions: readonly FunctionNode[],
  to: { type: "ThisExpression" | "Super"; path: Path },
): void {
  for (const inner of functions.flatMap(ownedNodes)) {
    if (inner.type === to.type) tracker.to(inner, to.path);
  }
}

/** Follows a class by its name, and its members through `this`. */
export function fromClass(tracker: FlowTracker, node: ClassNode, path: Path): void {
  named(tracker, node, path);
  const [first, ...rest] = path;
  const type = "ThisExpression";
  if (first === instance) intoOwn(tracker, memberFunctions(node, false), { type, path: rest });
  else if (first !== undefined && first !== construction && first !== result) {
    intoOwn(tracker, memberFunctions(node, true), { type, path });
  }
}

/** Follows a member of an object literal through `this` of its methods. */
export function throughOwnThis(tracker: FlowTracker, object: t.ObjectExpression, path: Path): void {
  if (path.length === 0) return;
  const methods = object.properties.flatMap((property): FunctionNode[] => {
    if (property.type === "ObjectMethod") return [property];
    const value = property.type === "ObjectProperty" ? property.value : undefined;
    return value?.type === "FunctionExpression" ? [value] : [];
  });
  intoOwn(tracker, methods, { type: "ThisExpression", path });
}

/** Whether a class has a member of its own where a path leads to one of the class that it extends. */
function hasOwn({ body }: ClassNode, [first, second]: Path): boolean {
  const ofInstance = first === instance;
  const key = ofInstance ? second : first;
  return body.body.some(
    (member) => isStatic(member) !== ofInstance && isFunction(member) && memberKey(member) === key,
  );
}

/** From a class to one that extends it: a constructor of its own constructs the other by `super(…)`. */
export function intoSubclass(tracker: FlowTracker, node: ClassNode, path: Path): void {
  const [first, ...rest] = path;
  const isInstance = first === instance;
  intoOwn(tracker, memberFunctions(node, !isInstance), {
    type: "Super",
    path: isInstance ? rest : path,
  });
  if (hasOwn(node, path)) return;
  const constructs = first === undefined || first === construction;
  const own = constructs ? constructorOf(node) : undefined;
  if (own === undefined) return tracker.to(node, path);
  for (const inner of ownedNodes(own)) {
    if (inner.type === "CallExpression" && inner.callee.type === "Super") {
      tracker.use({ kind: "call", node: inner });
    }
  }
}
