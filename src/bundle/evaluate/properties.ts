/** Members of values: of object literals, modules, globals, parameters; those of instances are in instance-members.ts. */
import { prototypeOf } from "./constructors.ts";
import { clientProperty } from "./clients.ts";
import type { Memos } from "./dependencies.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameAround } from "./frame.ts";
import { instanceProperty, madeProperty, staticProperty } from "./instance-members.ts";
import { listElements } from "./list-elements.ts";
import { entryValues } from "./names.ts";
import {
  bindSelf,
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
  type ObjectValue,
  type ParamValue,
  type RequestValue,
  type TextValue,
  type Value,
  type Values,
} from "./values.ts";
import { textProperty } from "./text-members.ts";
import { exportedMember, getterMember } from "./wrapped.ts";

type Lookup = (evaluation: Evaluation, value: never, key: string) => Values;

const lookups: Readonly<Partial<Record<Value["kind"], Lookup>>> = {
  object: objectProperty,
  array: arrayProperty,
  instance: (evaluation, value: InstanceValue, key) => instanceProperty(evaluation, value, key),
  made: madeProperty,
  class: (evaluation, value: ClassValue, key) => staticProperty(evaluation, value, key),
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

const properties = new WeakMap<ObjectValue, Memos<string, Values>>();

/** Found once per object: objects that spread each other would else be walked again on every path through them. */
function objectProperty(evaluation: Evaluation, object: ObjectValue, key: string): Values {
  const found: Memos<string, Values> = properties.get(object) ?? new Map();
  properties.set(object, found);
  return evaluation.remembered(found, key, () => findProperty(evaluation, object, key));
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
  const isPlain = !array.elements.slice(0, at + 1).some((element) => element.spread);
  const elements = isPlain ? array.elements : listElements(evaluation, array);
  if (elements === undefined) return unknownSet;
  const element = elements[at];
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
  return evaluation.evaluate(found.node, evaluation.bareRoot);
}

/** CommonJS modules that export a function give it as its own default too. */
function functionProperty(evaluation: Evaluation, value: FunctionValue, key: string): Values {
  if (key === "default") return [value];
  const members = prototypeOf(evaluation, value.node).members.filter(
    (member) => member.static && member.key === key,
  );
  if (members.length === 0) return unknownSet;
  return union(
    ...members.map(({ node }) =>
      evaluation.evaluate(node, frameAround(evaluation.program, node, value.env)),
    ),
  );
}
