/** Members of instances, of their classes, and of objects that constructor functions make. */
import type * as t from "@babel/types";
import { isFunction, type FunctionNode, type Node } from "../modules/syntax.ts";
import { ownedNodes } from "./bodies.ts";
import {
  constructorOf,
  isConstructorStatement,
  isStatic,
  memberKey,
  selfWrites,
  writesIn,
  type Member,
  type SelfWrite,
} from "./class-members.ts";
import { prototypeOf } from "./constructors.ts";
import type { Evaluation } from "./evaluation.ts";
import { isOverridden } from "./heirs.ts";
import { enteredFrame, Frame, frameAround, frameFor } from "./frame.ts";
import { joinTexts } from "./texts.ts";
import {
  bindSelf,
  undefinedValue,
  union,
  unknownSet,
  type ClassValue,
  type FunctionValue,
  type InstanceValue,
  type MadeValue,
  type Value,
  type Values,
} from "./values.ts";
import { superCallsIn } from "./super-calls.ts";
import { isUnused } from "./writes.ts";

/** What a member of an object made by a constructor function can be. */
export function madeProperty(evaluation: Evaluation, value: MadeValue, key: string): Values {
  const { node, env } = value.of;
  const { members, parents } = prototypeOf(evaluation, node);
  const own = members.filter((member) => !member.static);
  const sets = own
    .filter((member) => member.key === key)
    .map((member) =>
      evaluation.evaluate(member.node, frameAround(evaluation.program, member.node, env)),
    );
  const functions = [node, ...own.map((member) => member.node).filter((one) => isFunction(one))];
  for (const write of writesIn(evaluation, functions).get(key) ?? []) {
    if (isUnused(evaluation.program.unitOf(write.at), write.at, env)) continue;
    sets.push(writtenValues(evaluation, write, { made: value.made, env, before: sets }));
  }
  if (sets.length > 0) return bindSelf(union(...sets), value);
  const inherits = parents.map((parent) => inheritedMember(evaluation, parent, { value, key }));
  return inherits.length === 0 ? unknownSet : bindSelf(union(...inherits), value);
}

/** What a write sets, seen from the construction of its object. */
function writtenValues(
  evaluation: Evaluation,
  write: SelfWrite,
  object: { made: Frame | undefined; env: Frame; before: readonly Values[] },
): Values {
  if (write.value === undefined) return [undefinedValue];
  if (write.operator === "other") return unknownSet;
  const { made, env, before } = object;
  const fn = evaluation.program.unitOf(write.at).functionOf(write.at);
  const frame = fn === made?.fn && made ? made : frameFor(fn, env);
  const values = evaluation.evaluate(write.value, frame);
  if (write.operator === undefined) return values;
  return joinTexts([{ values: before.length === 0 ? unknownSet : union(...before) }, { values }]);
}

function inheritedMember(
  evaluation: Evaluation,
  parent: Node,
  { value, key }: { value: MadeValue; key: string },
): Values {
  const { env } = value.of;
  const parents = evaluation.evaluate(parent, frameAround(evaluation.program, parent, env));
  return union(
    ...parents.map((one): Values => {
      if (one.kind === "class") {
        return evaluation.property({ kind: "instance", of: one, made: undefined }, key);
      }
      if (one.kind !== "function") return [];
      return evaluation.property(
        { kind: "made", of: one, made: parentFrame(evaluation, value, one) },
        key,
      );
    }),
  );
}

/** The frame of the constructor function that one inherits from, as its own enters it. */
function parentFrame(
  evaluation: Evaluation,
  { of, made }: MadeValue,
  parent: FunctionValue,
): Frame | undefined {
  const [run] = superCallsIn(evaluation, of.node);
  if (run === undefined) return undefined;
  const caller = made ?? anyConstruction(of.node, of.env);
  return evaluation.frameOf(parent, { args: run.args, caller }, run.call);
}

/** Longest line of classes that inherit from each other. */
const lineage = 16;

/** The object that a member is asked of, which may be of a class that inherits it, and how far that is. */
interface Asked {
  readonly self: Value;
  readonly depth: number;
}

/** The value of a declared class member seen from a frame. */
function memberValues(
  evaluation: Evaluation,
  member: Member,
  { frame, self }: { frame: Frame; self: Value },
): Values {
  if (isFunction(member)) {
    const value: FunctionValue = { kind: "function", node: member, env: frame, self };
    if (member.kind === "get") {
      return evaluation.returned(value, { args: [], caller: frame }, member as never);
    }
    return [value];
  }
  if (!("value" in member) || !member.value) return [undefinedValue];
  return evaluation.evaluate(member.value, frame);
}

/** What a static member of a class can be. */
export function staticProperty(
  evaluation: Evaluation,
  value: ClassValue,
  key: string,
  asked: Asked = { self: value, depth: 0 },
): Values {
  const { self, depth } = asked;
  for (const member of value.node.body.body) {
    if (isStatic(member) && memberKey(member) === key) {
      return bindSelf(memberValues(evaluation, member, { frame: value.env, self }), self);
    }
  }
  if (depth > lineage) return unknownSet;
  return inherited(evaluation, value, (parent) =>
    staticProperty(evaluation, parent, key, { self, depth: depth + 1 }),
  );
}

function inherited(
  evaluation: Evaluation,
  value: ClassValue,
  ask: (parent: ClassValue) => Values,
): Values {
  if (!value.node.superClass) return [undefinedValue];
  const parents = evaluation.evaluate(value.node.superClass, value.env);
  return union(...parents.map((parent) => (parent.kind === "class" ? ask(parent) : unknownSet)));
}

/** What a member of an instance can be. */
export function instanceProperty(
  evaluation: Evaluation,
  instance: InstanceValue,
  key: string,
  asked: Asked = { self: instance, depth: 0 },
): Values {
  const { self, depth } = asked;
  const { node, env } = instance.of;
  if (instance.by !== undefined && isOverridden(evaluation, node, key)) {
    return [{ kind: "param", fn: instance.by, binding: undefined, path: [key], self: true }];
  }
  const unit = evaluation.program.unitOf(node);
  const writes = selfWrites(evaluation, node).get(key) ?? [];
  // The last statement of the constructor that sets it replaces what was set before.
  const sure = writes.findLastIndex((write) => isConstructorStatement(unit, node, write));
  const methods = node.body.body.filter((member) => !isStatic(member) && memberKey(member) === key);
  const sets: Values[] = methods
    .filter((member) => isFunction(member) || sure < 0)
    .map((member) =>
      bindSelf(
        memberValues(evaluation, member, { frame: fieldFrame(instance, member, self), self }),
        self,
      ),
    );
  for (const [at, write] of writes.entries()) {
    if (at < sure && isConstructorStatement(unit, node, write)) continue;
    if (isUnused(unit, write.at, env)) continue;
    const values = writtenValues(evaluation, write, { made: instance.made, env, before: sets });
    sets.push(bindSelf(values, self));
  }
  if (sets.length > 0) return union(...sets);
  if (!node.superClass || depth > lineage) return unknownSet;
  return inherited(evaluation, instance.of, (parent) => {
    const made = superFrame(evaluation, instance);
    const as: InstanceValue = { kind: "instance", of: parent, made };
    return instanceProperty(evaluation, as, key, { self, depth: depth + 1 });
  });
}

const fieldFrames = new WeakMap<Value, Frame>();

/** Methods take the frame of their class; the initializers of fields run with the instance as `this`. */
function fieldFrame(instance: InstanceValue, member: Member, self: Value): Frame {
  const { env } = instance.of;
  if (isFunction(member)) return env;
  const known = fieldFrames.get(self);
  if (known !== undefined && known.env === env) return known;
  const root = instance.made?.root ?? env.root;
  const frame = new Frame({ fn: null, env, root, self });
  fieldFrames.set(self, frame);
  return frame;
}

const constructions = new WeakMap<Frame, Map<FunctionNode, Frame>>();

/** The construction that a frame assumes, else one whose arguments callers decide. */
function anyConstruction(target: FunctionNode, env: Frame): Frame {
  const assumed = enteredFrame(target, env);
  if (assumed !== undefined) return assumed;
  const known = constructions.get(env) ?? new Map<FunctionNode, Frame>();
  constructions.set(env, known);
  const frame = known.get(target) ?? new Frame({ fn: target, env, root: env.root });
  known.set(target, frame);
  return frame;
}

/** The frame of the constructor of the parent class, as `super(…)` enters it. */
function superFrame(evaluation: Evaluation, instance: InstanceValue): Frame | undefined {
  const { of } = instance;
  if (!of.node.superClass) return undefined;
  const [parent] = evaluation.evaluate(of.node.superClass, of.env);
  if (parent?.kind !== "class") return undefined;
  const target = constructorOf(parent.node);
  if (target === undefined) return undefined;
  const own = constructorOf(of.node);
  if (own === undefined) return instance.made?.fn === target ? instance.made : undefined;
  const made = instance.made ?? anyConstruction(own, of.env);
  const call = ownedNodes(own).find(
    (node): node is t.CallExpression =>
      node.type === "CallExpression" && node.callee.type === "Super",
  );
  if (call === undefined) return undefined;
  const fn: FunctionValue = { kind: "function", node: target, env: parent.env };
  return evaluation.frameOf(fn, { args: call.arguments, caller: made }, call);
}
