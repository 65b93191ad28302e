/** What names mean: variables with their assignments, parameters with the arguments of the call, imports, globals. */
import type * as t from "@babel/types";
import type { Binding } from "../modules/scope.ts";
import {
  isCall,
  isFunction,
  isMember,
  memberName,
  plainKey,
  type FunctionNode,
  type Node,
} from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { argumentValues, restArguments } from "./arguments.ts";
import type { Evaluation } from "./evaluation.ts";
import { frameFor, type Frame } from "./frame.ts";
import { destructure, stepsTo } from "./patterns.ts";
import { joinTexts } from "./texts.ts";
import {
  plainText,
  undefinedValue,
  union,
  unknownSet,
  type Entry,
  type ParamValue,
  type QueryValue,
  type Value,
  type Values,
} from "./values.ts";

/** Bindings with more reads than this are library globals: nobody builds an options object through them. */
const amendedReads = 400;

const globalObjects = new Set(["window", "self", "globalThis"]);

/** A global by its name. */
export function globalValue(name: string): Value {
  if (name === "undefined") return undefinedValue;
  return { kind: "global", path: globalObjects.has(name) ? "window" : name };
}

/** The function that declares a binding; undefined at the top of a script. */
export function ownerOf(binding: Binding): FunctionNode | undefined {
  for (let scope: Binding["scope"] | null = binding.scope; scope !== null; scope = scope.parent) {
    if (isFunction(scope.node)) return scope.node;
  }
  return undefined;
}

/** What an identifier in expression position can be. */
export function nameValues(evaluation: Evaluation, node: t.Identifier, from: Frame): Values {
  const unit = evaluation.program.unitOf(node);
  const binding = unit.bindingOf(node);
  if (binding === undefined) return [globalValue(node.name)];
  const frame = frameFor(ownerOf(binding), from);
  const [first] = binding.declarations;
  switch (binding.kind) {
    case "param":
      return paramValues(evaluation, binding, { fn: first as FunctionNode, frame, read: node });
    case "import":
      return importedValues(evaluation, unit, { specifier: first as Node, root: from.root });
    case "catch":
      return unknownSet;
    default:
      return variableValues(evaluation, binding, { frame, read: node });
  }
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
  const known = frame.fn === fn && frame.entered !== null;
  const value = known
    ? pattern.type === "RestElement"
      ? [restArguments(evaluation, frame.entered, index)]
      : argumentValues(evaluation, frame.entered, index).map(asArgument)
    : symbolic(fn, binding, pattern);
  const values = destructure(evaluation, { pattern, name: binding.name, values: value, frame });
  return afterWrites(evaluation, { binding, frame, read: at.read, start: values });
}

/** Marks the text of an argument as one of many. */
function asArgument(value: Value): Value {
  if (value.kind !== "text") return value;
  const parts = value.parts.map((part) =>
    part.kind === "text" ? { ...part, argument: true as const } : part,
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
  return values.map((value) => amended(evaluation, binding, value, at.frame));
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
  const values = union(
    ...evaluation
      .evaluate(loop.right, frame)
      .map((list) =>
        list.kind === "array" && list.elements.every((element) => !element.spread)
          ? union(...list.elements.map((element) => entryValues(evaluation, element)))
          : unknownSet,
      ),
  );
  return destructure(evaluation, { pattern, name: binding.name, values, frame });
}

/** What one entry of an object or array holds. */
export function entryValues(evaluation: Evaluation, entry: Entry): Values {
  if (entry.values !== undefined) return entry.values;
  return entry.node === null ? unknownSet : evaluation.evaluate(entry.node, entry.frame);
}

interface Written {
  readonly binding: Binding;
  readonly frame: Frame;
  readonly read: Node;
  readonly start: Values;
}

/** Applies the assignments to a variable, in source order, to what it was declared with. */
function afterWrites(evaluation: Evaluation, written: Written): Values {
  const { binding, read } = written;
  if (binding.writes.length === 0) return written.start;
  if (binding.writes.length > 64) return unknownSet;
  const unit = evaluation.program.unitOf(read);
  const home = unit.functionOf(read);
  let values = written.start;
  const ordered = binding.writes.toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0));
  for (const write of ordered) {
    const sameRun = unit.functionOf(write) === home;
    if (sameRun && (write.start ?? 0) > (read.start ?? 0) && !inLoop(unit, write, read)) continue;
    if ((write.start ?? 0) <= (read.start ?? 0) && (read.end ?? 0) <= (write.end ?? 0)) continue;
    values = applyWrite(evaluation, { ...written, start: values }, write);
  }
  const known = values.filter((value) => value.kind !== "literal" || value.value !== undefined);
  return known.length === 0 ? values : known;
}

function inLoop(unit: Unit, write: Node, read: Node): boolean {
  return unit
    .ancestors(write)
    .some(
      (node) =>
        /^(?:For|While|DoWhile)/.test(node.type) &&
        (node.start ?? 0) <= (read.start ?? 0) &&
        (read.end ?? 0) <= (node.end ?? 0),
    );
}

function applyWrite(evaluation: Evaluation, written: Written, write: Node): Values {
  const { binding, start } = written;
  const unit = evaluation.program.unitOf(write);
  const frame = frameFor(unit.functionOf(write), written.frame);
  if (write.type !== "AssignmentExpression") {
    return union(start, [
      {
        kind: "unknown",
        ...(write.type === "UpdateExpression" ? { type: "number" as const } : {}),
      },
    ]);
  }
  const right = evaluation.evaluate(write.right, frame);
  const sure = isUnconditional(unit, write, binding);
  switch (write.operator) {
    case "=": {
      const values = destructure(evaluation, {
        pattern: write.left,
        name: binding.name,
        values: right,
        frame,
      });
      return sure ? values : union(start, values);
    }
    case "+=": {
      const joined = joinTexts([
        { values: start, node: write.left },
        { values: right, node: write.right },
      ]);
      return sure ? joined : union(start, joined);
    }
    case "||=":
    case "??=":
    case "&&=":
      return union(start, right);
    default:
      return union(start, [{ kind: "unknown", type: "number" }]);
  }
}

/** Whether an assignment surely runs once after the declaration: both are statements of one block. */
function isUnconditional(unit: Unit, write: Node, binding: Binding): boolean {
  const declaration = binding.declarations[0];
  if (declaration === undefined) return false;
  let at = unit.parentOf(write);
  if (at?.type === "SequenceExpression") at = unit.parentOf(at);
  if (at?.type !== "ExpressionStatement") return false;
  const block = unit.parentOf(at);
  if (block === undefined) return false;
  if (isFunction(declaration)) return block === declaration.body;
  const declared = unit.parentOf(declaration);
  return declared !== undefined && unit.parentOf(declared) === block;
}

/** Adds to an object what is assigned to it through the variable that holds it. */
function amended(evaluation: Evaluation, binding: Binding, value: Value, frame: Frame): Value {
  if (value.kind !== "object" && value.kind !== "query") return value;
  if (binding.reads.length > amendedReads) return value;
  return value.kind === "object"
    ? { ...value, entries: [...value.entries, ...amendments(evaluation, binding, frame)] }
    : appended(evaluation, binding, value, frame);
}

/** `query.set(k, v)` and `query.append(k, v)` through the variable. */
function appended(
  evaluation: Evaluation,
  binding: Binding,
  value: QueryValue,
  frame: Frame,
): QueryValue {
  const fields = new Map(value.fields);
  let { open } = value;
  for (const read of binding.reads) {
    const unit = evaluation.program.unitOf(read);
    const member = unit.parentOf(read);
    if (member === undefined || !isMember(member) || member.object !== read) continue;
    const call = unit.parentOf(member);
    const name = memberName(member);
    if (!isCall(call) || call.callee !== member || (name !== "set" && name !== "append")) continue;
    const own = frameFor(unit.functionOf(call), frame);
    const [key, given] = call.arguments;
    const names = key ? evaluation.evaluate(key, own).map(plainText) : [];
    if (names.length === 0 || names.includes(undefined)) open = true;
    for (const one of names) {
      if (one !== undefined && given) fields.set(one, evaluation.evaluate(given, own));
    }
  }
  return { ...value, fields, open };
}

/** Members assigned through a variable: `o.k = v`. */
export function amendments(evaluation: Evaluation, binding: Binding, frame: Frame): Entry[] {
  const entries: Entry[] = [];
  for (const read of binding.reads) {
    const unit = evaluation.program.unitOf(read);
    const member = unit.parentOf(read);
    if (member?.type !== "MemberExpression" || member.object !== read) continue;
    const write = unit.parentOf(member);
    if (write?.type !== "AssignmentExpression" || write.left !== member) continue;
    const key = plainKey(member.property, member.computed);
    const optional = !isUnconditional(unit, write, binding);
    const own = frameFor(unit.functionOf(write), frame);
    const node = write.operator === "=" ? write.right : null;
    entries.push({ key, spread: false, node, frame: own, optional });
  }
  return entries;
}
