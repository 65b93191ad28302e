/** Members of values: of object literals, instances and their classes, modules, globals, parameters. */
import type * as t from "@babel/types";
import {
  isFunction,
  plainKey,
  type ClassNode,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { ownedNodes } from "./bodies.ts";
import { clientProperty } from "./clients.ts";
import { constructedBy, prototypeOf } from "./constructors.ts";
import type { Evaluation } from "./evaluation.ts";
import { Frame, frameFor } from "./frame.ts";
import { entryValues } from "./names.ts";
import {
  certainly,
  literalValue,
  undefinedValue,
  union,
  unknown,
  unknownSet,
  type ArrayValue,
  type ClassValue,
  type ClientValue,
  type ContextValue,
  type Entry,
  type FunctionValue,
  type GlobalValue,
  type InstanceValue,
  type LiteralValue,
  type MadeValue,
  type ObjectValue,
  type ParamValue,
  type RequestValue,
  type TextValue,
  type Value,
  type Values,
} from "./values.ts";
import { textProperty } from "./text-members.ts";
import { bareRoot, exportedMember, getterMember } from "./wrapped.ts";

type Lookup = (evaluation: Evaluation, value: never, key: string) => Values;

const lookups: Readonly<Partial<Record<Value["kind"], Lookup>>> = {
  object: objectProperty,
  array: arrayProperty,
  instance: instanceProperty,
  made: madeProperty,
  class: staticProperty,
  namespace: namespaceProperty,
  exports: exportedMember,
  getter: getterMember,
  function: functionProperty,
  global: (_, value: GlobalValue, key) => [globalMember(value.path, key)],
  param: (_, value: ParamValue, key) => [{ ...value, path: [...value.path, key] }],
  literal: (_, value: LiteralValue) =>
    value.value === undefined || value.value === null ? [undefinedValue] : unknownSet,
  text: (_, value: TextValue, key) => textProperty(value, key),
  client: (evaluation, value: ClientValue, key) => clientProperty(evaluation, value, key),
  context: (_, value: ContextValue, key) => (key === "Provider" ? [value] : unknownSet),
  request: (_, value: RequestValue, key) => (key === "url" ? value.url : unknownSet),
};

/** What a member of a value can be. */
export function propertyValues(evaluation: Evaluation, value: Value, key: string): Values {
  return lookups[value.kind]?.(evaluation, value as never, key) ?? unknownSet;
}

const pageObjects = new Set(["window", "self", "globalThis", "top", "parent"]);

function globalMember(path: string, key: string): Value {
  if (path !== "window") return { kind: "global", path: `${path}.${key}` };
  return { kind: "global", path: pageObjects.has(key) ? "window" : key };
}

function bindSelf(values: Values, self: Value): Values {
  return values.map((value) =>
    value.kind === "function" &&
    value.self === undefined &&
    value.node.type !== "ArrowFunctionExpression"
      ? { ...value, self }
      : value,
  );
}

const properties = new WeakMap<ObjectValue, Map<string, Values>>();

/** Found once per object: objects that spread each other would else be walked again on every path through them. */
function objectProperty(evaluation: Evaluation, object: ObjectValue, key: string): Values {
  const found = properties.get(object) ?? new Map<string, Values>();
  properties.set(object, found);
  const cached = found.get(key);
  if (cached !== undefined) return cached;
  const values = findProperty(evaluation, object, key);
  found.set(key, values);
  return values;
}

function findProperty(evaluation: Evaluation, object: ObjectValue, key: string): Values {
  let found: Values = [];
  for (const entry of object.entries.toReversed()) {
    const { values, certain } = entryProperty(evaluation, entry, key);
    found = union(found, values);
    if (certain) return bindSelf(found, object);
  }
  const values = found.length === 0 ? [undefinedValue] : union(found, [undefinedValue]);
  return bindSelf(values, object);
}

function entryProperty(
  evaluation: Evaluation,
  entry: Entry,
  key: string,
): { values: Values; certain: boolean } {
  if (entry.spread) return spreadProperty(evaluation, entry, key);
  if (entry.key === undefined) return { values: [unknown], certain: false };
  if (entry.key !== key) return { values: [], certain: false };
  return { values: entryValues(evaluation, entry), certain: !entry.optional };
}

function spreadProperty(
  evaluation: Evaluation,
  entry: Entry,
  key: string,
): { values: Values; certain: boolean } {
  const spread = entryValues(evaluation, entry);
  const each = spread.map((value) =>
    certainly([value]) === false ? [undefinedValue] : evaluation.property(value, key),
  );
  const all = union(...each);
  const given = all.filter((value) => value.kind !== "literal" || value.value !== undefined);
  const isKnown = spread.every((value) => value.kind === "object" || value.kind === "instance");
  return { values: given, certain: isKnown && given.length === all.length && !entry.optional };
}

function arrayProperty(evaluation: Evaluation, array: ArrayValue, key: string): Values {
  if (key === "length") {
    const isSure = array.exact === true && array.elements.every((element) => !element.spread);
    return isSure ? [literalValue(array.elements.length)] : [{ kind: "unknown", type: "number" }];
  }
  const at = Number(key);
  if (!Number.isInteger(at)) return unknownSet;
  if (array.elements.slice(0, at + 1).some((element) => element.spread)) return unknownSet;
  const element = array.elements[at];
  return element === undefined ? [undefinedValue] : entryValues(evaluation, element);
}

function namespaceProperty(
  evaluation: Evaluation,
  value: Extract<Value, { kind: "namespace" }>,
  key: string,
): Values {
  const found = evaluation.program.modules.exportOf(value.unit, key);
  if (found === undefined) return unknownSet;
  if ("namespace" in found) return [{ kind: "namespace", unit: found.namespace }];
  return evaluation.evaluate(found.node, bareRoot(evaluation));
}

/** CommonJS modules that export a function give it as its own default too. */
function functionProperty(evaluation: Evaluation, value: FunctionValue, key: string): Values {
  if (key === "default") return [value];
  const members = prototypeOf(evaluation, value.node).members.filter(
    (member) => member.static && member.key === key,
  );
  if (members.length === 0) return unknownSet;
  return union(
    ...members.map(({ node }) => evaluation.evaluate(node, frameAt(evaluation, node, value.env))),
  );
}

function frameAt(evaluation: Evaluation, node: Node, from: Frame): Frame {
  return frameFor(evaluation.program.unitOf(node).functionOf(node), from);
}

/** What a member of an object made by a constructor function can be. */
function madeProperty(evaluation: Evaluation, value: MadeValue, key: string): Values {
  const { node, env } = value.of;
  const { members, parents } = prototypeOf(evaluation, node);
  const own = members.filter((member) => !member.static);
  const sets = own
    .filter((member) => member.key === key)
    .map((member) => evaluation.evaluate(member.node, frameAt(evaluation, member.node, env)));
  const functions = [node, ...own.map((member) => member.node).filter((one) => isFunction(one))];
  for (const write of writesIn(functions).get(key) ?? []) {
    const fn = evaluation.program.unitOf(write).functionOf(write);
    const frame = fn === value.made?.fn && value.made ? value.made : frameFor(fn, env);
    sets.push(evaluation.evaluate(write.right, frame));
  }
  if (sets.length > 0) return bindSelf(union(...sets), value);
  const inherits = parents.map((parent) => inheritedMember(evaluation, parent, { env, key }));
  return inherits.length === 0 ? unknownSet : bindSelf(union(...inherits), value);
}

function inheritedMember(
  evaluation: Evaluation,
  parent: Node,
  asked: { env: Frame; key: string },
): Values {
  const parents = evaluation.evaluate(parent, frameAt(evaluation, parent, asked.env));
  return union(
    ...parents.map((one): Values => {
      if (one.kind === "class") {
        return evaluation.property({ kind: "instance", of: one, made: undefined }, asked.key);
      }
      if (one.kind !== "function") return [];
      return evaluation.property({ kind: "made", of: one, made: undefined }, asked.key);
    }),
  );
}

type Member = ClassNode["body"]["body"][number];

function memberKey(member: Member): string | undefined {
  if (!("key" in member)) return undefined;
  return plainKey(member.key, "computed" in member && member.computed);
}

function isStatic(member: Member): boolean {
  return "static" in member && member.static === true;
}

/** The value of a declared class member seen from a frame. */
function memberValues(evaluation: Evaluation, member: Member, frame: Frame): Values {
  if (isFunction(member)) {
    const value: FunctionValue = { kind: "function", node: member, env: frame };
    if (member.kind === "get") {
      return evaluation.returned(value, { args: [], caller: frame }, member as never);
    }
    return [value];
  }
  if (!("value" in member) || !member.value) return [undefinedValue];
  return evaluation.evaluate(member.value, frame);
}

function staticProperty(evaluation: Evaluation, value: ClassValue, key: string): Values {
  for (const member of value.node.body.body) {
    if (isStatic(member) && memberKey(member) === key) {
      return bindSelf(memberValues(evaluation, member, value.env), value);
    }
  }
  return inherited(evaluation, value, (parent) => evaluation.property(parent, key));
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

/** The constructor that runs for a class, or undefined if it is inherited or there is none. */
export function constructorOf(node: ClassNode): t.ClassMethod | undefined {
  return node.body.body.find(
    (member): member is t.ClassMethod =>
      member.type === "ClassMethod" && member.kind === "constructor",
  );
}

function instanceProperty(evaluation: Evaluation, instance: InstanceValue, key: string): Values {
  const { node, env } = instance.of;
  const methods = node.body.body.filter((member) => !isStatic(member) && memberKey(member) === key);
  const sets: Values[] = methods.map((member) =>
    bindSelf(memberValues(evaluation, member, fieldFrame(instance, member)), instance),
  );
  for (const write of selfWrites(node).get(key) ?? []) {
    const fn = evaluation.program.unitOf(write).functionOf(write);
    const frame = fn === instance.made?.fn && instance.made ? instance.made : frameFor(fn, env);
    sets.push(evaluation.evaluate(write.right, frame));
  }
  if (sets.length > 0) return union(...sets);
  if (!node.superClass) return unknownSet;
  return inherited(evaluation, instance.of, (parent) =>
    instanceProperty(
      evaluation,
      { kind: "instance", of: parent, made: superFrame(evaluation, instance) },
      key,
    ),
  );
}

const fieldFrames = new WeakMap<InstanceValue, Frame>();

/** Methods take the frame of their class; the initializers of fields run with the instance as `this`. */
function fieldFrame(instance: InstanceValue, member: Member): Frame {
  const { env } = instance.of;
  if (isFunction(member)) return env;
  const known = fieldFrames.get(instance);
  if (known !== undefined) return known;
  const root = instance.made?.root ?? env.root;
  const frame = new Frame({ fn: null, env, root, self: instance });
  fieldFrames.set(instance, frame);
  return frame;
}

/** The frame of the constructor of the parent class, as `super(…)` enters it. */
function superFrame(evaluation: Evaluation, instance: InstanceValue): Frame | undefined {
  const { made, of } = instance;
  if (made === undefined || !of.node.superClass) return undefined;
  const [parent] = evaluation.evaluate(of.node.superClass, of.env);
  if (parent?.kind !== "class") return undefined;
  const target = constructorOf(parent.node);
  if (target === undefined) return undefined;
  const own = constructorOf(of.node);
  if (own === undefined) return made.fn === target ? made : undefined;
  const call = ownedNodes(own).find(
    (node): node is t.CallExpression =>
      node.type === "CallExpression" && node.callee.type === "Super",
  );
  if (call === undefined) return undefined;
  const fn: FunctionValue = { kind: "function", node: target, env: parent.env };
  return evaluation.frameOf(fn, { args: call.arguments, caller: made }, call);
}

const writesOfClass = new WeakMap<ClassNode, Map<string, t.AssignmentExpression[]>>();

/** `this.k = …` in the methods of a class, by key. */
function selfWrites(node: ClassNode): Map<string, t.AssignmentExpression[]> {
  const known = writesOfClass.get(node);
  if (known !== undefined) return known;
  const functions = node.body.body.filter((member) => isFunction(member) && !isStatic(member));
  const writes = writesIn(functions);
  writesOfClass.set(node, writes);
  return writes;
}

/** `this.k = …` in functions, by key. */
function writesIn(functions: readonly Node[]): Map<string, t.AssignmentExpression[]> {
  const writes = new Map<string, t.AssignmentExpression[]>();
  for (const fn of functions) {
    for (const inner of isFunction(fn) ? ownedNodes(fn) : []) {
      if (inner.type !== "AssignmentExpression" || inner.left.type !== "MemberExpression") continue;
      if (inner.left.object.type !== "ThisExpression") continue;
      const key = plainKey(inner.left.property, inner.left.computed);
      if (key !== undefined) writes.set(key, [...(writes.get(key) ?? []), inner]);
    }
  }
  return writes;
}

/** The function whose `this` a place sees; undefined in the initializer of a class field and outside every function. */
function thisFunction(unit: Unit, node: Node): FunctionNode | undefined {
  for (let at = unit.parentOf(node); at !== undefined; at = unit.parentOf(at)) {
    if (isFunction(at) && at.type !== "ArrowFunctionExpression") return at;
    if (/^Class(?:Private|Accessor)?Property$/.test(at.type)) return undefined;
  }
  return undefined;
}

/** What `this` is in a function, where no call says it. */
export function selfValues(evaluation: Evaluation, node: Node, frame: Frame): Values {
  const unit = evaluation.program.unitOf(node);
  const fn = thisFunction(unit, node);
  if (fn === undefined) return fieldSelf(evaluation, node, frame);
  const around = frameFor(fn, frame);
  if (around.fn === fn && around.self !== undefined) return [around.self];
  const constructors = constructedBy(evaluation, fn);
  const made = constructors.flatMap((one): Values => {
    const values = evaluation.evaluate(one, frameAt(evaluation, one, frame));
    return values.flatMap((of) => (of.kind === "function" ? [madeBy(of, frame)] : []));
  });
  if (made.length > 0) return made;
  return ownerSelf(evaluation, fn, frame);
}

/** In the initializer of a class field `this` is the instance. */
function fieldSelf(evaluation: Evaluation, node: Node, frame: Frame): Values {
  for (let at: Frame | null = frame; at !== null; at = at.env) {
    if (at.fn === null && at.self !== undefined) return [at.self];
  }
  const unit = evaluation.program.unitOf(node);
  const around = unit.ancestors(node);
  const body = around.findIndex((one) => one.type === "ClassBody");
  const at = around[body - 1];
  return at === undefined ? unknownSet : classSelf(evaluation, around[body + 1], { at, frame });
}

/** An object of a constructor function, by the construction that a frame assumes. */
function madeBy(of: FunctionValue, frame: Frame): MadeValue {
  const made = frameFor(of.node, frame);
  return { kind: "made", of, made: made.fn === of.node ? made : undefined };
}

/** The object or class that a function is a member of. */
function ownerSelf(evaluation: Evaluation, fn: Node, frame: Frame): Values {
  const unit = evaluation.program.unitOf(fn);
  let at = fn;
  for (let parent = unit.parentOf(at); parent !== undefined; parent = unit.parentOf(at)) {
    if (parent.type === "ClassBody") {
      return classSelf(evaluation, unit.parentOf(parent), { at, frame });
    }
    if (parent.type === "ObjectExpression") {
      return evaluation.evaluate(parent, frameFor(unit.functionOf(parent), frame));
    }
    if (parent.type !== "ObjectProperty" && !parent.type.startsWith("Class")) return unknownSet;
    at = parent;
  }
  return unknownSet;
}

function classSelf(
  evaluation: Evaluation,
  node: Node | undefined,
  place: { at: Node; frame: Frame },
): Values {
  if (node?.type !== "ClassDeclaration" && node?.type !== "ClassExpression") return unknownSet;
  const unit = evaluation.program.unitOf(node);
  const env = frameFor(unit.functionOf(node), place.frame);
  const value: ClassValue = { kind: "class", node, env };
  if (isStatic(place.at as Member)) return [value];
  const ctor = constructorOf(node);
  const made = ctor === undefined ? undefined : frameFor(ctor, place.frame);
  return [{ kind: "instance", of: value, made: made?.fn === ctor ? made : undefined }];
}

/** The members of an object that are certain to exist, in order, and whether there may be others. */
export function knownFields(
  evaluation: Evaluation,
  value: Value,
): { fields: Map<string, Values>; open: boolean } {
  const fields = new Map<string, Values>();
  if (value.kind === "query") {
    for (const [key, values] of value.fields) fields.set(key, values);
    return { fields, open: value.open };
  }
  if (value.kind === "literal") return { fields, open: false };
  if (value.kind !== "object") return { fields, open: true };
  let open = false;
  for (const entry of value.entries) {
    if (entry.key !== undefined) {
      fields.set(entry.key, evaluation.property(value, entry.key));
    } else if (entry.spread) {
      for (const one of entryValues(evaluation, entry)) {
        const inner = knownFields(evaluation, one);
        open ||= inner.open;
        for (const key of inner.fields.keys()) {
          fields.set(key, evaluation.property(value, key));
        }
      }
    } else open = true;
  }
  return { fields, open };
}
