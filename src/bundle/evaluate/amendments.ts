/** Objects that are changed after they are made, through the variable or parameter that holds them. */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  plainKey,
  type MemberNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameFor, frameInside, type Frame } from "./frame.ts";
import { listedRows } from "./listed-members.ts";
import { withPathname } from "./set-paths.ts";
import { asText } from "./texts.ts";
import {
  plainText,
  type ArrayValue,
  type Entry,
  type Part,
  type QueryValue,
  type TextValue,
  type Value,
  type Values,
} from "./values.ts";
import { isSeen, isUnconditional, runs } from "./writes.ts";

/** Bindings with more reads than this are library globals: nobody builds an options object through them. */
const amendedReads = 400;

/** A variable that holds an object, as one of its reads sees it. */
export interface Holder {
  readonly binding: Binding;
  readonly frame: Frame;
  readonly read: Node;
}

/** Adds to an object what is assigned to it through the variable that holds it. */
export function amended(evaluation: Evaluation, value: Value, holder: Holder): Value {
  const { binding, frame } = holder;
  if (binding.reads.length > amendedReads) return value;
  if (value.kind === "text") return addressed(evaluation, binding, value, frame);
  if (value.kind !== "object" && value.kind !== "query" && value.kind !== "array") return value;
  if (value.kind === "array") return pushed(evaluation, binding, value, frame);
  return value.kind === "object"
    ? { ...value, entries: [...value.entries, ...amendments(evaluation, holder)] }
    : appended(evaluation, binding, value, frame);
}

/** What is done with a variable that may change what it holds: the same for all that it is found to hold. */
interface Changes {
  /** Reads by which members are set. */
  readonly sets: readonly Node[];
  readonly calls: readonly MemberCall[];
  readonly members: readonly MemberNode[];
}

interface MemberCall {
  readonly name: string;
  readonly args: readonly Node[];
  readonly call: Node;
}

const changesOf = new WeakMap<Binding, Changes>();

function changes(evaluation: Evaluation, binding: Binding): Changes {
  const known = changesOf.get(binding);
  if (known !== undefined) return known;
  const sets: Node[] = [];
  const calls: MemberCall[] = [];
  const members: MemberNode[] = [];
  for (const read of binding.reads) {
    const unit = evaluation.program.unitOf(read);
    const member = unit.parentOf(read);
    if (member !== undefined && isMember(member) && member.object === read) members.push(member);
    const called = memberCall(unit, read);
    if (called !== null) calls.push(called);
    if (maySet(unit, read)) sets.push(read);
  }
  const found = { sets, calls, members };
  changesOf.set(binding, found);
  return found;
}

/** Whether members may be set through a read: `o.k = v`, `Object.assign(o, v)`, `(function (e) { … })(o)`. */
function maySet(unit: Unit, read: Node): boolean {
  const parent = unit.parentOf(read);
  if (parent?.type === "MemberExpression" && parent.object === read) {
    return memberWrite(unit, read) !== undefined;
  }
  return givenInPlace(unit, read) !== undefined || isAssignTo(unit, read);
}

/** The call of a member of a name: `name.member(…)`. */
function memberCall(unit: Unit, read: Node): MemberCall | null {
  const member = unit.parentOf(read);
  if (member === undefined || !isMember(member) || member.object !== read) return null;
  const call = unit.parentOf(member);
  const name = memberName(member);
  if (!isCall(call) || call.callee !== member || name === undefined) return null;
  return { name, args: call.arguments, call };
}

/** `query.set(k, v)` and `query.append(k, v)` through the variable. */
function appended(
  evaluation: Evaluation,
  binding: Binding,
  value: QueryValue,
  frame: Frame,
): QueryValue {
  // Minifiers call what an assignment gives: `(q = new URLSearchParams).set(k, v)`.
  const written = binding.writes.flatMap(
    (write) => memberCall(evaluation.program.unitOf(write), write) ?? [],
  );
  const calls = [...changes(evaluation, binding).calls, ...written];
  return withFields(evaluation, { calls, value, binding, frame });
}

/** A query with the fields that calls set on it. */
function withFields(
  evaluation: Evaluation,
  from: { calls: readonly MemberCall[]; value: QueryValue; binding: Binding; frame: Frame },
): QueryValue {
  const { calls, value, binding, frame } = from;
  const fields = new Map(value.fields);
  let { open } = value;
  for (const { name, args, call } of calls) {
    if (name !== "set" && name !== "append") continue;
    if (runs(evaluation, { binding, frame }, call) === false) continue;
    const own = frameInside(evaluation.program.unitOf(call).functionOf(call), frame);
    if (!addField(evaluation, fields, { args, frame: own })) open = true;
  }
  return { ...value, fields, open };
}

const noFields: QueryValue = { kind: "query", fields: new Map(), open: false, multipart: false };

/** A URL object with what is set on it: `url.searchParams.set(k, v)`, `url.search = query`. */
function addressed(
  evaluation: Evaluation,
  binding: Binding,
  value: TextValue,
  frame: Frame,
): TextValue {
  const { members } = changes(evaluation, binding);
  if (members.length === 0) return value;
  const calls = members.flatMap((member) =>
    memberName(member) === "searchParams"
      ? (memberCall(evaluation.program.unitOf(member), member) ?? [])
      : [],
  );
  const query = withFields(evaluation, { calls, value: noFields, binding, frame });
  const searches = members.flatMap((member) => {
    const write = evaluation.program.parentOf(member);
    const isSet = write?.type === "AssignmentExpression" && write.left === member;
    return isSet && memberName(member) === "search" ? [write.right] : [];
  });
  const set = searches.flatMap((node) => {
    const own = frameFor(evaluation.program.unitOf(node).functionOf(node), frame);
    return evaluation.evaluate(node, own).flatMap((one) => asText(one).parts);
  });
  const isSet = query.fields.size > 0 || query.open;
  const moved = withPathname(evaluation, value, { members, binding, frame });
  if (!isSet && set.length === 0) return moved;
  const added: Part[] = isSet ? [{ kind: "query", query }] : [];
  return { kind: "text", parts: [...moved.parts, { kind: "text", text: "?" }, ...set, ...added] };
}

/** Whether a call may run more than once for one declaration: in a loop, or in another function. */
function repeats(unit: Unit, call: Node, { declarations: [declaration] }: Binding): boolean {
  const around = unit.ancestors(call);
  const outer = around.findIndex((node) => isFunction(node));
  const inner = outer < 0 ? around : around.slice(0, outer);
  if (inner.some((node) => /^(?:For|While|Do)/.test(node.type))) return true;
  return declaration !== undefined && unit.functionOf(call) !== unit.functionOf(declaration);
}

/** `list.push(x)` through the variable. */
function pushed(
  evaluation: Evaluation,
  binding: Binding,
  value: ArrayValue,
  frame: Frame,
): ArrayValue {
  const added = changes(evaluation, binding).calls.flatMap(({ name, args, call }): Entry[] => {
    if (name !== "push") return [];
    const unit = evaluation.program.unitOf(call);
    const own = frameFor(unit.functionOf(call), frame);
    const optional = !isUnconditional(unit, call, binding);
    if (repeats(unit, call, binding))
      return [{ key: undefined, spread: true, node: null, frame: own, optional }];
    return args.map((node) =>
      node.type === "SpreadElement"
        ? { key: undefined, spread: true, node: node.argument, frame: own, optional }
        : { key: undefined, spread: false, node, frame: own, optional },
    );
  });
  return added.length === 0 ? value : { ...value, elements: [...value.elements, ...added] };
}

/** Adds the field of one call; false if its name is not known. */
function addField(
  evaluation: Evaluation,
  fields: Map<string, Values>,
  call: { args: readonly Node[]; frame: Frame },
): boolean {
  const [key, given] = call.args;
  if (key === undefined || given === undefined) return false;
  const names = evaluation.evaluate(key, call.frame).map(plainText);
  for (const name of names) {
    if (name !== undefined) fields.set(name, evaluation.evaluate(given, call.frame));
  }
  return !names.includes(undefined);
}

/** Members set through a variable: `o.k = v`, `o[k] = v` and `Object.assign(o, v)`. */
function amendments(evaluation: Evaluation, holder: Holder): Entry[] {
  const { binding, frame } = holder;
  const unseen = unseenWrites(evaluation, binding, holder.read);
  const defined = evaluation.program.wrapped.definedOn(binding).map(({ name, node }): Entry => {
    const own = frameFor(evaluation.program.unitOf(node).functionOf(node), frame);
    return { key: name, spread: false, node, frame: own, optional: false };
  });
  const assigned = changes(evaluation, binding).sets.flatMap((read) => {
    const unit = evaluation.program.unitOf(read);
    const write = memberWrite(unit, read);
    if (write !== undefined && unseen.includes(write)) return [];
    return (
      assignedMember(evaluation, read, { binding, frame }) ??
      assignedInPlace(evaluation, read, frame) ??
      assignedAll(unit, read, frame)
    );
  });
  return [...defined, ...assigned];
}

/** `(function (e) { e.k = v })(o || (o = {}))`: what a function sets that is called where it stands. */
function assignedInPlace(evaluation: Evaluation, read: Node, frame: Frame): Entry[] | null {
  const binding = givenInPlace(evaluation.program.unitOf(read), read);
  return binding === undefined ? null : amendments(evaluation, { binding, frame, read });
}

/** The parameter that a read is given to, of a function that is called where it stands. */
function givenInPlace(unit: Unit, read: Node): Binding | undefined {
  const around = unit.parentOf(read);
  const given = around?.type === "LogicalExpression" && around.left === read ? around : read;
  const call = unit.parentOf(given);
  if (!isCall(call) || !isFunction(call.callee)) return undefined;
  const param = call.callee.params[call.arguments.indexOf(given as never)];
  if (param?.type !== "Identifier") return undefined;
  const binding = unit.scopeOf(call.callee.body).lookup(param.name);
  return binding?.kind === "param" ? binding : undefined;
}

/** The assignment of `o.k = v`, by the name of the object. */
function memberWrite(unit: Unit, read: Node): t.AssignmentExpression | undefined {
  const member = unit.parentOf(read);
  if (member?.type !== "MemberExpression" || member.object !== read) return undefined;
  const write = unit.parentOf(member);
  return write?.type === "AssignmentExpression" && write.left === member ? write : undefined;
}

const writesByName = new WeakMap<Binding, ReadonlyMap<string, readonly Node[]>>();

function memberWrites(unit: Unit, binding: Binding): ReadonlyMap<string, readonly Node[]> {
  const known = writesByName.get(binding);
  if (known !== undefined) return known;
  const found = new Map<string, Node[]>();
  for (const read of binding.reads) {
    const write = memberWrite(unit, read);
    const name = write && memberName(write.left as MemberNode);
    if (write !== undefined && name !== undefined) {
      found.set(name, [...(found.get(name) ?? []), write]);
    }
  }
  writesByName.set(binding, found);
  return found;
}

const unseenBy = new WeakMap<Node, readonly Node[]>();

/** Assignments of a member that a read of it does not see: `o.k = o.k.slice(1)` reads what was there before. */
export function unseenWrites(
  evaluation: Evaluation,
  binding: Binding,
  read: Node,
): readonly Node[] {
  const known = unseenBy.get(read);
  if (known !== undefined) return known;
  const found = findUnseen(evaluation, binding, read);
  unseenBy.set(read, found);
  return found;
}

function findUnseen(evaluation: Evaluation, binding: Binding, read: Node): readonly Node[] {
  const unit = evaluation.program.unitOf(read);
  const member = unit.parentOf(read);
  if (member === undefined || !isMember(member) || member.object !== read) return [];
  const name = memberName(member);
  if (name === undefined || binding.reads.length > amendedReads) return [];
  const writes = memberWrites(unit, binding).get(name) ?? [];
  return writes.filter((write) => !isSeen(unit, write, read));
}

function assignedMember(
  evaluation: Evaluation,
  read: Node,
  held: { binding: Binding; frame: Frame },
): Entry[] | null {
  const unit = evaluation.program.unitOf(read);
  const member = unit.parentOf(read);
  if (member?.type !== "MemberExpression" || member.object !== read) return null;
  const write = unit.parentOf(member);
  if (write?.type !== "AssignmentExpression" || write.left !== member) return [];
  const key = plainKey(member.property, member.computed);
  const rows = key === undefined ? listedRows(evaluation, write, held.frame) : undefined;
  if (rows !== undefined) return rows.map((row) => ({ ...row, node: write.right }));
  const sure = runs(evaluation, held, write);
  if (sure === false) return [];
  const optional = sure !== true;
  const frame = frameFor(unit.functionOf(write), held.frame);
  const node = write.operator === "=" ? write.right : null;
  return [{ key, spread: false, node, frame, optional }];
}

/** `Object.assign(o, …)` */
function isAssignTo(unit: Unit, read: Node): boolean {
  const call = unit.parentOf(read);
  if (!isCall(call) || call.arguments[0] !== read || !isMember(call.callee)) return false;
  return memberName(call.callee) === "assign";
}

function assignedAll(unit: Unit, read: Node, frame: Frame): Entry[] {
  const call = unit.parentOf(read);
  if (!isAssignTo(unit, read) || !isCall(call)) return [];
  const own = frameFor(unit.functionOf(call), frame);
  return (call.arguments.slice(1) as Node[]).map((node) => ({
    key: undefined,
    spread: node.type !== "SpreadElement",
    node: node.type === "SpreadElement" ? null : node,
    frame: own,
    optional: true,
  }));
}
