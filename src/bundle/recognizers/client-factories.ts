/**
 * Finds the functions that make the clients of an HTTP library, by their structure: a function that returns an object, and a
 * `create` on that object that calls the function again. Property names survive minifiers, local names say nothing.
 */
import type * as t from "@babel/types";
import { returnsOf } from "../evaluate/bodies.ts";
import type { Program } from "../modules/program.ts";
import { end, isCall, isFunction, start, type FunctionNode, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";

export interface ClientFactory {
  readonly unit: Unit;
  readonly fn: FunctionNode;
  /** The functions of the library that call it again. */
  readonly again: readonly FunctionNode[];
}

/** Whether a node lies inside another one of its script. */
export function isWithin(program: Program, node: Node, outer: Node): boolean {
  return (
    program.unitOf(node) === program.unitOf(outer) &&
    start(outer) <= start(node) &&
    end(node) <= end(outer)
  );
}

/** The assignments to members of a name, in a script. */
function memberWrites(unit: Unit, name: string): t.AssignmentExpression[] {
  return (unit.index.members.get(name) ?? []).flatMap((member) => {
    const parent = unit.parentOf(member);
    return parent?.type === "AssignmentExpression" && parent.left === member ? [parent] : [];
  });
}

/** The functions that a name is declared as or assigned. */
function functionsNamed(unit: Unit, name: Node): FunctionNode[] {
  const callee = name.type === "SequenceExpression" ? name.expressions.at(-1) : name;
  const binding = callee?.type === "Identifier" ? unit.bindingOf(callee) : undefined;
  if (binding === undefined) return [];
  return [...binding.declarations, ...binding.writes].flatMap((node): FunctionNode[] => {
    if (isFunction(node)) return binding.kind === "param" ? [] : [node];
    const value =
      node.type === "VariableDeclarator"
        ? node.init
        : node.type === "AssignmentExpression"
          ? node.right
          : null;
    return isFunction(value) ? [value] : [];
  });
}

/** The functions whose result a function returns. */
function returnedCallees(unit: Unit, fn: FunctionNode): FunctionNode[] {
  return returnsOf(fn).flatMap((node) => {
    const last = node.type === "SequenceExpression" ? (node.expressions.at(-1) as Node) : node;
    return isCall(last) ? functionsNamed(unit, last.callee) : [];
  });
}

function addReturned(
  unit: Unit,
  value: FunctionNode,
  found: Map<FunctionNode, FunctionNode[]>,
): void {
  for (const fn of returnedCallees(unit, value)) {
    if (fn !== value) found.set(fn, [...(found.get(fn) ?? []), value]);
  }
}

/** All factories whose `create` calls them again. */
export function findFactories(program: Program): ClientFactory[] {
  const found = new Map<FunctionNode, FunctionNode[]>();
  const units = new Map<FunctionNode, Unit>();
  for (const unit of program.units) {
    for (const write of [...memberWrites(unit, "create"), ...memberWrites(unit, "extend")]) {
      const values = isFunction(write.right) ? [write.right] : functionsNamed(unit, write.right);
      for (const value of values) addReturned(unit, value, found);
    }
    for (const fn of found.keys()) if (!units.has(fn)) units.set(fn, unit);
  }
  return [...found].map(([fn, again]) => ({ fn, again, unit: units.get(fn) as Unit }));
}

/** Whether a factory sets a member on what it returns. */
export function setsMember(factory: ClientFactory, name: string): boolean {
  return memberWrites(factory.unit, name).some(
    (write) => start(factory.fn) <= start(write) && end(write) <= end(factory.fn),
  );
}

/** Whether a factory reads `….owner.name`, e.g. `prototype.request`. */
export function readsMember(factory: ClientFactory, owner: string, name: string): boolean {
  return (factory.unit.index.members.get(name) ?? []).some((member) => {
    const { object } = member;
    const isOwner =
      (object.type === "MemberExpression" || object.type === "OptionalMemberExpression") &&
      !object.computed &&
      object.property.type === "Identifier" &&
      object.property.name === owner;
    return isOwner && start(factory.fn) <= start(member) && end(member) <= end(factory.fn);
  });
}
