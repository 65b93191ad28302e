/** What names mean: variables with their assignments, parameters with the arguments of the call, imports, globals. */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isFunction,
  isMember,
  literalText,
  memberName,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { amended, unseenWrites } from "./amendments.ts";
import { argumentValues, restArguments } from "./arguments.ts";
import { callersOf } from "./callers.ts";
import { ownerOf } from "./decisions.ts";
import type { Evaluation } from "./evaluation.ts";
import { enteredFrame, frameFor, type Entered, type Frame } from "./frame.ts";
import { isMaker } from "./makers.ts";
import { destructure, stepsTo } from "./patterns.ts";
import {
  undefinedValue,
  union,
  unionOf,
  unknownSet,
  type Entry,
  type ParamValue,
  type Value,
  type Values,
} from "./values.ts";
import { roleValues } from "./wrapped.ts";
import { afterWrites, writesSeen } from "./writes.ts";

const globalObjects = new Set(["window", "self", "globalThis"]);

/** A global by its name. */
function globalValue(name: string): Value {
  if (name === "undefined") return undefinedValue;
  return { kind: "global", path: globalObjects.has(name) ? "window" : name };
}

/** What an identifier in expression position can be. */
export function nameValues(evaluation: Evaluation, node: t.Identifier, from: Frame): Values {
  const unit = evaluation.program.unitOf(node);
  const binding = unit.bindingOf(node);
  if (binding === undefined) {
    return node.name === "arguments"
      ? argumentsObject(evaluation, node, from)
      : [globalValue(node.name)];
  }
  const role = roleValues(evaluation, binding);
  if (role !== undefined) return role;
  const frame = frameFor(ownerOf(binding), from);
  const at = { frame, read: node, root: from.root };
  // All reads that see the same assignments see the same values.
  const unseen = unseenWrites(evaluation, binding, node).map(({ start }) => start);
  const key = [writesSeen(unit, binding, node).key, ...unseen].join("!");
  return evaluation.remembered(frame.namesOf(binding), key, () =>
    boundValues(evaluation, binding, at),
  );
}

function boundValues(
  evaluation: Evaluation,
  binding: Binding,
  at: { frame: Frame; read: t.Identifier; root: Frame },
): Values {
  const { frame, read, root } = at;
  const [first] = binding.declarations;
  switch (binding.kind) {
    case "param":
      return paramValues(evaluation, binding, { fn: first as FunctionNode, frame, read });
    case "import": {
      const unit = evaluation.program.unitOf(read);
      return importedValues(evaluation, unit, { specifier: first as Node, root });
    }
    case "catch":
      return unknownSet;
    default:
      return variableValues(evaluation, binding, { frame, read });
  }
}

/** `arguments`: those of the call, or whatever callers give. */
function argumentsObject(evaluation: Evaluation, node: Node, from: Frame): Values {
  const unit = evaluation.program.unitOf(node);
  let fn = unit.functionOf(node);
  while (fn?.type === "ArrowFunctionExpression") fn = unit.functionOf(fn);
  if (fn === undefined) return unknownSet;
  const entered = enteredFrame(fn, from)?.entered ?? null;
  if (entered === null) return [{ kind: "param", fn, binding: undefined, path: [] }];
  return [{ ...restArguments(evaluation, entered, 0), exact: true }];
}

function importedValues(
  evaluation: Evaluation,
  unit: Unit,
  at: { specifier: Node; root: Frame },
): Values {
  const { specifier, root } = at;
  const found = evaluation.program.modules.importOf(unit, specifier);
  if (found === undefined) return unknownSet;
  if ("namespace" in found) return [{ kind: "namespace", unit: found.namespace }];
  return evaluation.evaluate(found.node, root);
}

function paramValues(
  evaluation: Evaluation,
  binding: Binding,
  at: { fn: FunctionNode; frame: Frame; read: Node },
): Values {
  const { fn, frame } = at;
  const index = fn.params.findIndex((param) => stepsTo(param, binding.name) !== undefined);
  const pattern = fn.params[index];
  if (pattern === undefined) return unknownSet;
  const entered = enteredFrame(fn, frame)?.entered ?? null;
  const given =
    (entered === null
      ? undefined
      : givenBy(evaluation, entered, { pattern, index }).map((value) =>
          isMaker(fn) ? asFixed(value) : asArgument(value, spelledOut(evaluation, fn, index)),
        )) ??
    inPlace(evaluation, fn, { pattern, index, frame }) ??
    symbolic(fn, binding, pattern);
  const values = destructure(evaluation, { pattern, name: binding.name, values: given, frame });
  const written = afterWrites(evaluation, { binding, frame, read: at.read, start: values });
  const holder = { binding, frame, read: at.read };
  return written.map((value) => amended(evaluation, value, holder));
}

function givenBy(
  evaluation: Evaluation,
  entered: Entered,
  param: { pattern: Node; index: number },
): Values {
  return param.pattern.type === "RestElement"
    ? [restArguments(evaluation, entered, param.index)]
    : argumentValues(evaluation, entered, param.index);
}

/** A function that is called where it stands has one caller. */
function inPlace(
  evaluation: Evaluation,
  fn: FunctionNode,
  param: { pattern: Node; index: number; frame: Frame },
): Values | undefined {
  const { program } = evaluation;
  const call = program.parentOf(fn);
  if (call?.type !== "CallExpression" || ("id" in fn && fn.id)) return undefined;
  const caller = frameFor(program.unitOf(call).functionOf(call), param.frame);
  if (call.callee === fn) return givenBy(evaluation, { args: call.arguments, caller }, param);
  return listElement(evaluation, call, { fn, index: param.index, caller });
}

/** `list.forEach(f)`: f is called with each element. */
function listElement(
  evaluation: Evaluation,
  call: t.CallExpression,
  given: { fn: FunctionNode; index: number; caller: Frame },
): Values | undefined {
  const { callee } = call;
  if (given.index !== 0 || call.arguments[0] !== given.fn || !isMember(callee)) return undefined;
  if (!/^(?:forEach|map|filter|flatMap)$/.test(memberName(callee) ?? "")) return undefined;
  const lists = evaluation.evaluate(callee.object, given.caller);
  return lists.every((list) => list.kind === "array")
    ? elementValues(evaluation, lists)
    : undefined;
}

/** Whether all calls of a function give a text as it stands. */
function spelledOut(evaluation: Evaluation, fn: FunctionNode, index: number): boolean {
  const { callers, escapes } = callersOf(evaluation, fn);
  return (
    escapes === undefined &&
    callers.length > 0 &&
    callers.every(({ args }) => literalText(args[index]) !== undefined)
  );
}

/** Marks what a factory is given: it is the same in every request of what it makes. */
function asFixed(value: Value): Value {
  if (value.kind !== "text") return value;
  const parts = value.parts.map((part) =>
    part.kind === "text" && part.argument === undefined ? { ...part, argument: false } : part,
  );
  return { kind: "text", parts };
}

/** Marks the text of an argument as one of many, also of a number. */
function asArgument(value: Value, isSpelledOut: boolean): Value {
  if (value.kind === "literal" && typeof value.value === "number") {
    return { ...value, argument: true };
  }
  if (value.kind !== "text") return value;
  const parts = value.parts.map((part) =>
    part.kind === "text" && part.argument === undefined
      ? { ...part, argument: true, ...(isSpelledOut ? { isSpelledOut } : {}) }
      : part,
  );
  return { kind: "text", parts };
}

/** A parameter that no call binds. Its default does not count: the caller may give something else. */
function symbolic(fn: FunctionNode, binding: Binding, pattern: Node): Values {
  const whole = pattern.type === "AssignmentPattern" ? pattern.left : pattern;
  const param: ParamValue = {
    kind: "param",
    fn,
    binding: whole.type === "Identifier" ? binding : undefined,
    path: [],
  };
  return [param];
}

function variableValues(
  evaluation: Evaluation,
  binding: Binding,
  at: { frame: Frame; read: Node },
): Values {
  const start = union(
    ...binding.declarations.map((one) => declaredValues(evaluation, binding, one, at.frame)),
  );
  const values = afterWrites(evaluation, { binding, ...at, start });
  return values.map((value) => amended(evaluation, value, { binding, ...at }));
}

function declaredValues(
  evaluation: Evaluation,
  binding: Binding,
  declaration: Node,
  frame: Frame,
): Values {
  if (isFunction(declaration)) return [{ kind: "function", node: declaration, env: frame }];
  switch (declaration.type) {
    case "ClassDeclaration":
    case "ClassExpression":
      return [{ kind: "class", node: declaration, env: frame }];
    case "VariableDeclarator": {
      const { id, init } = declaration;
      const values = init ? evaluation.evaluate(init, frame) : [undefinedValue];
      return destructure(evaluation, { pattern: id, name: binding.name, values, frame });
    }
    case "ForOfStatement":
      return loopValues(evaluation, binding, declaration, frame);
    default:
      return [{ kind: "unknown", type: "string" }];
  }
}

function loopValues(
  evaluation: Evaluation,
  binding: Binding,
  loop: t.ForOfStatement,
  frame: Frame,
): Values {
  const pattern =
    loop.left.type === "VariableDeclaration" ? loop.left.declarations[0]?.id : loop.left;
  if (pattern === undefined) return unknownSet;
  const values = elementValues(evaluation, evaluation.evaluate(loop.right, frame));
  return destructure(evaluation, { pattern, name: binding.name, values, frame });
}

/** What the elements of lists can be. */
export function elementValues(evaluation: Evaluation, lists: Values): Values {
  return union(
    ...lists.map((list): Values => {
      // Callers say what the list is, and so what any of its elements is.
      if (list.kind === "param") return [{ ...list, path: [...list.path, "0"] }];
      return list.kind === "array" && list.elements.every((element) => !element.spread)
        ? unionOf(list.elements, (element) => entryValues(evaluation, element))
        : unknownSet;
    }),
  );
}

/** What one entry of an object or array holds. */
export function entryValues(evaluation: Evaluation, entry: Entry): Values {
  if (entry.values !== undefined) return entry.values;
  return entry.node === null ? unknownSet : evaluation.evaluate(entry.node, entry.frame);
}
