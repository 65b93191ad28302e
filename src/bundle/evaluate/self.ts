/** What `this` is. */
import { isFunction, type FunctionNode, type Node } from "../modules/syntax.ts";
import type { Unit } from "../modules/unit.ts";
import { asyncRunOf } from "./async-runners.ts";
import { constructorOf, isStatic, type Member } from "./class-members.ts";
import { constructedBy, prototypeOf } from "./constructors.ts";
import type { Evaluation } from "./evaluation.ts";
import { enteredFrame, frameAround, frameFor, type Frame } from "./frame.ts";
import { carriersOf } from "./this-carriers.ts";
import {
  unionOf,
  unknownSet,
  type ClassValue,
  type FunctionValue,
  type MadeValue,
  type Value,
  type Values,
} from "./values.ts";

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
  const entered = enteredFrame(fn, frame);
  if (entered?.self !== undefined) return [entered.self];
  const run = asyncRunOf(evaluation, fn);
  if (run !== undefined) {
    return evaluation.evaluate(run.self, frameFor(unit.functionOf(run.call), frame));
  }
  const carriers = carriersOf(evaluation, fn);
  if (carriers.length > 0) {
    return unionOf(carriers, (one) =>
      evaluation.evaluate(one, frameAround(evaluation.program, one, frame)),
    );
  }
  const constructors = constructedBy(evaluation, fn);
  const made = constructors.flatMap((one): Values => {
    const values = evaluation.evaluate(one, frameAround(evaluation.program, one, frame));
    return values.flatMap((of): Values => {
      if (of.kind !== "function") return [];
      const { members } = prototypeOf(evaluation, of.node);
      const isOwn = members.some((member) => member.static && member.node === fn);
      return [isOwn ? of : madeBy(of, frame)];
    });
  });
  if (made.length > 0) return made;
  const owners = ownerSelf(evaluation, fn, frame);
  return entered !== undefined ? owners : owners.map((value) => decidedBy(value, fn));
}

/** Nothing says yet of which class an instance is: the callers of the method do. */
function decidedBy(value: Value, fn: FunctionNode): Value {
  const isDecided =
    value.kind !== "instance" || (fn.type === "ClassMethod" && fn.kind !== "method");
  return isDecided ? value : { ...value, by: fn };
}

/** The instance whose field is being initialized. */
function initialized(frame: Frame): Value | undefined {
  for (let at: Frame | null = frame; at !== null; at = at.env) {
    if (at.fn === null && at.self !== undefined) return at.self;
  }
  return undefined;
}

/** In the initializer of a class field `this` is the instance. */
function fieldSelf(evaluation: Evaluation, node: Node, frame: Frame): Values {
  const unit = evaluation.program.unitOf(node);
  const around = unit.ancestors(node);
  const entered = around.flatMap((one) =>
    isFunction(one) ? (enteredFrame(one, frame) ?? []) : [],
  );
  for (const from of [frame, ...entered]) {
    const self = initialized(from);
    if (self !== undefined) return [self];
  }
  const body = around.findIndex((one) => one.type === "ClassBody");
  if (body < 0) return topSelf(unit);
  const at = around[body - 1];
  return at === undefined ? unknownSet : classSelf(evaluation, around[body + 1], { at, frame });
}

/** At the top of a classic script it is the page itself, in a handler its element. */
function topSelf({ script }: Unit): Values {
  const isOther = script.type === "module" || script.type === "handler";
  return isOther ? unknownSet : [{ kind: "global", path: "window" }];
}

/** An object of a constructor function, by the construction that a frame assumes. */
function madeBy(of: FunctionValue, frame: Frame): MadeValue {
  return { kind: "made", of, made: enteredFrame(of.node, frame) };
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
  const made = ctor === undefined ? undefined : enteredFrame(ctor, place.frame);
  return [{ kind: "instance", of: value, made }];
}
